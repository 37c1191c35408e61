//! Every list but that of conversations, walked through from row to row.

use std::convert::Infallible;

use conversations_application::ports::{Commit, Deletion, DeletionOutcome};
use conversations_application::read_model::{CustomerFilter, UserFilter};
use conversations_application::{PageSlice, PageStart, PageWindow, SortKey};
use conversations_domain::{
    AuditAction, AuditEntry, AuditId, ConversationId, Customer, HistoryEntry, HistoryId, Tier,
};
use conversations_persistence::Repositories;
use uuid::Uuid;

use super::commits::{removal, renamed};
use super::paging::walked;
use super::tenant::Tenant;
use crate::fixtures::{
    a_customer, a_history_entry, a_message, a_user, an_audit_entry, an_inbox, an_origin, at,
    next_id,
};

const ROWS: usize = 7;

/// Customers, all of them and those that a filter allows.
pub async fn pages_through_customers_by_cursor(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let mut ids = Vec::new();
    for number in 0..ROWS {
        other.customer(a_customer()).await;
        let tier = if number % 3 == 0 { Tier::Gold } else { Tier::Bronze };
        ids.push((tenant.customer(a_customer().ranked(tier)).await.id(), tier));
    }
    ids.reverse();

    let gold = CustomerFilter { tiers: vec![Tier::Gold], ..CustomerFilter::default() };
    for (filter, expected) in [
        (CustomerFilter::default(), ids.clone()),
        (gold, ids.iter().copied().filter(|(_, tier)| *tier == Tier::Gold).collect()),
    ] {
        let list = async |window| {
            let slice = repositories.customers.list(tenant.id, filter.clone(), window).await;
            slice.expect("customers are listed")
        };
        let all = walked(list, |customer: &Customer| SortKey::of_id(customer.id())).await;
        let expected: Vec<_> = expected.into_iter().map(|(id, _)| id).collect();
        assert_eq!(all.iter().map(Customer::id).collect::<Vec<_>>(), expected);
    }
}

/// Users.
pub async fn pages_through_users_by_cursor(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let mut ids = Vec::new();
    for _ in 0..ROWS {
        other.user(a_user()).await;
        ids.push(tenant.user(a_user()).await.id().as_uuid());
    }

    let list = async |window| {
        let slice = repositories
            .users
            .list(tenant.id, UserFilter::default(), window)
            .await
            .expect("users are listed");
        ids_of(slice, |user| user.id().into())
    };
    assert_walks(list, ids).await;
}

/// Inboxes.
pub async fn pages_through_inboxes_by_cursor(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let mut ids = vec![tenant.inbox.as_uuid()];
    for _ in 1..ROWS {
        other.inbox(an_inbox()).await;
        ids.push(tenant.inbox(an_inbox()).await.id().as_uuid());
    }

    let list = async |window| {
        let slice = repositories.inboxes.list(tenant.id, window).await.expect("inboxes are listed");
        ids_of(slice, |inbox| inbox.id().into())
    };
    assert_walks(list, ids).await;
}

/// Keys.
pub async fn pages_through_keys_by_cursor(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let mut ids = Vec::new();
    for _ in 0..ROWS {
        other.key().await;
        ids.push(tenant.key().await.key.id.as_uuid());
    }

    let list = async |window| {
        let slice = repositories.keys.list(tenant.id, window).await.expect("keys are listed");
        ids_of(slice, |details| details.key.id.into())
    };
    assert_walks(list, ids).await;
}

/// The audit.
pub async fn pages_through_the_audit_by_cursor(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let mut ids = Vec::new();
    for millis in [3, 1, 2, 2, 5, 4, 2] {
        let entry = AuditEntry {
            id: AuditId::from_uuid(next_id(at(millis))),
            ..an_audit_entry(AuditAction::KeyCreated, next_id(at(0)))
        };
        ids.push(entry.id.as_uuid());
        for (tenant, entry) in
            [(&tenant, entry), (&other, an_audit_entry(AuditAction::KeyCreated, next_id(at(0))))]
        {
            let commit = Commit { audit: vec![entry], ..Commit::of(an_origin(), an_inbox()) };
            let stored = repositories.inboxes.create(tenant.id, commit).await;
            stored.expect("an inbox is stored");
        }
    }

    ids.sort_unstable();
    let list = async |window| {
        let slice = repositories.audit.list(tenant.id, window).await.expect("the audit is listed");
        ids_of(slice, |entry| entry.id.into())
    };
    assert_walks(list, ids).await;
}

/// The messages of a conversation, by their numbers, whatever their ids; some are gone.
pub async fn pages_through_messages_by_cursor(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (conversation, other) =
        (tenant.conversation().await.id(), tenant.conversation().await.id());
    let mut messages = Vec::new();
    for millis in [30, 20, 50, 40, 10, 60, 0, 5, 5] {
        tenant.append(other, a_message().build()).await;
        let draft = a_message().written_at(at(millis)).build();
        messages.push(tenant.append(conversation, draft).await.expect("it is there"));
    }
    for gone in [4, 1] {
        let commit = removal(conversation, messages.remove(gone).id(), at(99));
        let removed = repositories.messages.delete(tenant.id, commit).await;
        assert_eq!(removed.ok(), Some(true));
    }

    let list = async |window| tenant.messages(conversation, window).await.expect("it is there");
    let all = walked(list, |message| SortKey {
        value: i64::try_from(message.number()).expect("a small number"),
        id: message.id().as_uuid(),
    });
    assert_eq!(all.await, messages);
}

/// The history of a conversation, in which several entries may be of one change.
pub async fn pages_through_a_history_by_cursor(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (mut stored, mut other) = (tenant.conversation().await, tenant.conversation().await);
    let entries = |of: ConversationId, count: i64| -> Vec<_> {
        let id = |place: i64| HistoryId::from_uuid(next_id(at(-place)));
        (0..count).map(|place| HistoryEntry { id: id(place), ..a_history_entry(of) }).collect()
    };
    for count in [1, 3, 2, 0, 4] {
        for conversation in [&mut stored, &mut other] {
            let write = renamed(conversation, &conversation.version().number().to_string());
            let history = entries(conversation.id(), count);
            let commit =
                Commit { write, origin: an_origin(), history, audit: Vec::new(), response: None };
            let updated = repositories.conversations.update(tenant.id, commit).await;
            *conversation = updated.expect("the change is stored");
        }
    }

    let list = async |window| {
        let slice = repositories.history.list(tenant.id, stored.id(), window).await;
        slice.expect("a history is listed").expect("it is there")
    };
    let all =
        walked(list, |change| SortKey { value: change.revision, id: change.entry.id.as_uuid() });
    let all: Vec<_> = all.await.into_iter().map(|change| (change.revision, change.entry)).collect();
    assert_eq!(all.len(), 10);
    assert!(all.is_sorted_by_key(|(revision, entry)| (*revision, entry.id)));
    assert!(all.iter().all(|(_, entry)| entry.conversation == stored.id()));
}

/// A place stays where it was when its row goes, and rows that come before it are not met again.
pub async fn a_cursor_outlives_its_row(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut customers = Vec::new();
    for _ in 0..6 {
        customers.push(tenant.customer(a_customer()).await.id());
    }
    let list = async |start| {
        let window = PageWindow { start, limit: 2 };
        let filter = CustomerFilter::default();
        let slice = repositories.customers.list(tenant.id, filter, window).await;
        ids_of(slice.expect("customers are listed"), |customer| customer.id().into()).items
    };
    let [first, second, third, fourth, fifth, sixth] =
        customers.iter().map(|id| id.as_uuid()).collect::<Vec<_>>()[..]
    else {
        unreachable!("six are stored")
    };

    assert_eq!(list(PageStart::Offset(0)).await, [sixth, fifth]);
    for gone in [customers[4], customers[3]] {
        let removed = repositories
            .customers
            .delete(tenant.id, Commit::of(an_origin(), Deletion::of(gone)))
            .await;
        assert_eq!(removed.ok(), Some(DeletionOutcome::Done));
    }
    tenant.customer(a_customer()).await;

    assert_eq!(list(PageStart::After(SortKey::of_id(fifth))).await, [third, second]);
    assert_eq!(list(PageStart::Before(SortKey::of_id(fourth))).await.last(), Some(&sixth));
    assert_eq!(list(PageStart::After(SortKey::of_id(second))).await, [first]);
    assert_eq!(list(PageStart::After(SortKey::of_id(first))).await, Vec::<Uuid>::new());
}

/// Makes sure that the list of these ids, in the order of their making, is newest first however it
/// is walked through.
async fn assert_walks(list: impl AsyncFn(PageWindow) -> PageSlice<Uuid>, mut ids: Vec<Uuid>) {
    ids.reverse();
    assert_eq!(walked(list, |id| SortKey::of_id(*id)).await, ids);
}

/// The slice, with ids only.
fn ids_of<T>(slice: PageSlice<T>, id: impl Fn(&T) -> Uuid) -> PageSlice<Uuid> {
    let Ok(ids) = slice.try_map(|item| Ok::<_, Infallible>(id(&item)));
    ids
}
