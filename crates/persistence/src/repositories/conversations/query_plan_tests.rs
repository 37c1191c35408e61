//! Tests that no list reads rows outside of its result, by the query plans of its statements.

use conversations_application::read_model::{
    AssigneeFilter, ConversationFilter, ConversationOrder, ExternalIdFilter,
};
use conversations_application::{PageStart, PageWindow, SortKey};
use conversations_domain::{
    Channel, CustomerId, InboxId, Priority, Source, Status, Tags, Timestamp, UserId, WorkspaceId,
};
use diesel_async::AsyncConnection;
use uuid::Uuid;

use super::super::super::plan_fixture::PlanFixture;
use super::list_query::ListQuery;
use crate::statements::Statements;

fn time(millis: i64) -> Option<Timestamp> {
    Timestamp::from_unix_millis(millis)
}

/// Every filter alone, and some together.
fn filters() -> Vec<(&'static str, ConversationFilter)> {
    let all = ConversationFilter::default;
    let open = || ConversationFilter { statuses: vec![Status::Open], ..all() };
    let ada = Some(AssigneeFilter::User(UserId::from_uuid(Uuid::from_u128(1))));
    let inbox = Some(InboxId::from_uuid(Uuid::from_u128(1)));
    let customer = Some(CustomerId::from_uuid(Uuid::from_u128(1)));
    let labels = Tags::parse(&["refund"]).expect("labels");
    let words = "refund -order".parse().ok();
    let since = time(1_700_000_000_000);
    vec![
        ("all", all()),
        ("status", open()),
        ("statuses", ConversationFilter { statuses: vec![Status::Open, Status::Pending], ..all() }),
        ("priority", ConversationFilter { priorities: vec![Priority::Urgent], ..all() }),
        (
            "priorities",
            ConversationFilter { priorities: vec![Priority::Urgent, Priority::High], ..open() },
        ),
        ("assignee", ConversationFilter { assignee: ada, ..all() }),
        ("nobody", ConversationFilter { assignee: Some(AssigneeFilter::Nobody), ..all() }),
        ("inbox", ConversationFilter { inbox, ..all() }),
        ("customer", ConversationFilter { customer, ..all() }),
        ("customer, open", ConversationFilter { customer, ..open() }),
        (
            "customer, urgent",
            ConversationFilter { customer, priorities: vec![Priority::Urgent], ..all() },
        ),
        ("channel", ConversationFilter { channels: vec![Channel::Whatsapp], ..all() }),
        ("source", ConversationFilter { sources: vec![Source::Widget], ..all() }),
        ("label", ConversationFilter { labels: labels.clone(), ..all() }),
        ("label, open", ConversationFilter { labels, ..open() }),
        ("created", ConversationFilter { created_after: since, ..all() }),
        ("created, open", ConversationFilter { created_before: since, ..open() }),
        ("updated", ConversationFilter { updated_after: since, ..all() }),
        ("updated, open", ConversationFilter { updated_before: since, ..open() }),
        ("text", ConversationFilter { text: words.clone(), ..all() }),
        ("external id", ConversationFilter { external_id: Some(external_id(None)), ..all() }),
        (
            "external id, open",
            ConversationFilter { external_id: Some(external_id(Some("crm"))), ..open() },
        ),
        ("text, open", ConversationFilter { text: words, ..open() }),
        ("queue", ConversationFilter { inbox, assignee: ada, ..open() }),
        (
            "everything",
            ConversationFilter { inbox, assignee: ada, priorities: vec![Priority::High], ..open() },
        ),
    ]
}

fn external_id(source: Option<&str>) -> ExternalIdFilter {
    let source = source.map(|source| source.parse().expect("a source"));
    ExternalIdFilter { id: "4711".parse().expect("an id"), source }
}

fn windows(order: ConversationOrder) -> Vec<PageWindow> {
    let value = match order {
        ConversationOrder::MostUrgent | ConversationOrder::LeastUrgent => 1,
        ConversationOrder::LastChanged | ConversationOrder::FirstChanged => 1_700_000_000_000,
        _ => 0,
    };
    let place = SortKey { value, id: Uuid::from_u128(1_700_000_000_000 << 80) };
    let starts = [
        PageStart::Offset(0),
        PageStart::Offset(100),
        PageStart::After(place),
        PageStart::Before(place),
    ];
    starts.map(|start| PageWindow { start, limit: 50 }).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_is_served_by_an_index() {
    let mut fixture = PlanFixture::new().await;
    let statements = Statements::default();
    fixture.connection.set_instrumentation(statements.clone());
    let mut plan_violations = Vec::new();
    for &order in ConversationOrder::ALL {
        for (name, filter) in filters() {
            if order == ConversationOrder::Relevance && filter.text.is_none() {
                continue;
            }
            let workspace = WorkspaceId::from_uuid(Uuid::nil());
            let list = ListQuery::new(workspace, filter, order);
            for window in windows(order) {
                statements.take();
                if list.fits_one_statement(window) {
                    list.in_one_statement(&mut fixture.connection, window).await.expect("a page");
                }
                let list = list.clone();
                list.search(&mut fixture.connection, 50_000, window).await.expect("a page");
                // What changed lately lies anywhere among what was made: if it is much, it is met.
                let everything = ["all", "updated"].contains(&name);
                for statement in statements.take() {
                    let found = fixture.plan_violations(&statement, everything).await;
                    if !found.is_empty() {
                        plan_violations
                            .push(format!("{order} {name} {window:?}: {statement}\n{found:#?}"));
                    }
                }
            }
        }
    }
    assert!(
        plan_violations.is_empty(),
        "{} flaws\n{}",
        plan_violations.len(),
        plan_violations[..plan_violations.len().min(3)].join("\n")
    );
}
