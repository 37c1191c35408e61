//! Tests that no list reads rows outside of its result, by the query plans of its statements.

use conversations_application::read_model::{
    AssigneeFilter, ConversationFilter, ConversationOrder,
};
use conversations_application::{Anchor, Start, Window};
use conversations_domain::{
    Channel, CustomerId, InboxId, Priority, Source, Status, Tags, Timestamp, UserId, WorkspaceId,
};
use diesel_async::AsyncConnection;
use uuid::Uuid;

use super::super::super::lab::Lab;
use super::listing::Listing;
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
        ("text, open", ConversationFilter { text: words, ..open() }),
        ("queue", ConversationFilter { inbox, assignee: ada, ..open() }),
        (
            "everything",
            ConversationFilter { inbox, assignee: ada, priorities: vec![Priority::High], ..open() },
        ),
    ]
}

fn windows(order: ConversationOrder) -> Vec<Window> {
    let value = match order {
        ConversationOrder::MostUrgent | ConversationOrder::LeastUrgent => 1,
        ConversationOrder::LastChanged | ConversationOrder::FirstChanged => 1_700_000_000_000,
        _ => 0,
    };
    let place = Anchor { value, id: Uuid::from_u128(1_700_000_000_000 << 80) };
    let starts = [Start::Offset(0), Start::Offset(100), Start::After(place), Start::Before(place)];
    starts.map(|start| Window { start, limit: 50 }).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_list_looks_at_what_is_not_in_it() {
    let mut lab = Lab::new().await;
    let statements = Statements::default();
    lab.connection.set_instrumentation(statements.clone());
    let mut flaws = Vec::new();
    for &order in ConversationOrder::ALL {
        for (name, filter) in filters() {
            if order == ConversationOrder::Relevance && filter.text.is_none() {
                continue;
            }
            let workspace = WorkspaceId::from_uuid(Uuid::nil());
            let listing = Listing::new(workspace, filter, order);
            for window in windows(order) {
                statements.take();
                if listing.is_at_hand(window) {
                    listing.at_once(&mut lab.connection, window).await.expect("a page");
                }
                let listing = listing.clone();
                listing.searched(&mut lab.connection, 50_000, window).await.expect("a page");
                // What changed lately lies anywhere among what was made: if it is much, it is met.
                let everything = ["all", "updated"].contains(&name);
                for statement in statements.take() {
                    let found = lab.flaws(&statement, everything).await;
                    if !found.is_empty() {
                        flaws.push(format!("{order} {name} {window:?}: {statement}\n{found:#?}"));
                    }
                }
            }
        }
    }
    assert!(flaws.is_empty(), "{} flaws\n{}", flaws.len(), flaws[..flaws.len().min(3)].join("\n"));
}
