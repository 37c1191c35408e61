//! Making up conversations, over a storage in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use conversations_application::ports::{MockSeedRepository, SeedBatching, SeededConversation};
use conversations_domain::{
    Author, ConversationId, ConversationParts, MessageParts, Priority, Status, Timestamp,
    WorkspaceId,
};
use conversations_fixtures::at;

use super::*;
use crate::testing::{context_factory, workspace};

const SHAPE: SeedShape = SeedShape { customers: 100, users: 8, inboxes: 4, messages_per: 0 };

/// What a storage holds.
#[derive(Default)]
struct Held {
    begun: Vec<SeedRun>,
    people: SeedPeople,
    seeded: BTreeMap<ConversationId, SeededConversation>,
    /// How many batches are still stored before the storage fails.
    batches_left: Option<u32>,
}

/// A storage in memory.
fn storage(held: &Arc<Mutex<Held>>) -> MockSeedRepository {
    let mut storage = MockSeedRepository::new();
    storage.expect_batching().returning(|| SeedBatching { rows: 100, concurrency: 3 });
    let it = Arc::clone(held);
    storage.expect_runs().returning(move |_| Ok(it.lock().expect("not poisoned").begun.clone()));
    let it = Arc::clone(held);
    storage.expect_record_run().returning(move |_, run| {
        it.lock().expect("not poisoned").begun.push(run);
        Ok(())
    });
    let it = Arc::clone(held);
    storage.expect_insert_people().returning(move |_, people, _| {
        let there = &mut it.lock().expect("not poisoned").people;
        there.inboxes.extend(people.inboxes);
        there.users.extend(people.users);
        there.customers.extend(people.customers);
        Ok(())
    });
    let it = Arc::clone(held);
    storage
        .expect_contains()
        .returning(move |_, id| Ok(it.lock().expect("not poisoned").seeded.contains_key(&id)));
    let it = Arc::clone(held);
    storage.expect_store().returning(move |_, seeded, _| {
        let mut held = it.lock().expect("not poisoned");
        if let Some(left) = &mut held.batches_left {
            *left = left.checked_sub(1).ok_or(RepositoryError::StorageFull)?;
        }
        for thread in seeded {
            let doubled = held.seeded.insert(thread.conversation.id(), thread);
            assert!(doubled.is_none(), "a conversation was stored twice");
        }
        Ok(())
    });
    storage.expect_analyze().returning(|| Ok(()));
    storage
}

async fn fill(
    held: &Arc<Mutex<Held>>,
    conversations: u64,
    shape: SeedShape,
) -> Result<SeedProgress, SeedError> {
    let service = SeedService::new(Arc::new(storage(held)), context_factory());
    service.fill(workspace(), SeedRequest { conversations, shape }, |_| ()).await
}

async fn filled(conversations: u64, shape: SeedShape) -> Held {
    let held = Arc::default();
    let _progress = fill(&held, conversations, shape).await.expect("filled");
    std::mem::take(&mut held.lock().expect("not poisoned"))
}

async fn parts(conversations: u64) -> Vec<ConversationParts> {
    let seeded = filled(conversations, SHAPE).await.seeded;
    seeded.into_values().map(|thread| thread.conversation.into_parts()).collect()
}

/// How many of a hundred do this.
fn percent(parts: &[ConversationParts], has: impl Fn(&ConversationParts) -> bool) -> usize {
    parts.iter().filter(|parts| has(parts)).count() * 100 / parts.len()
}

/// How often the most frequent of these comes, and how many there are.
fn most<T: Ord>(things: impl Iterator<Item = T>) -> (usize, usize) {
    let mut counts = BTreeMap::new();
    for thing in things {
        *counts.entry(thing).or_insert(0) += 1;
    }
    (counts.values().copied().max().unwrap_or_default(), counts.len())
}

#[tokio::test]
async fn makes_as_many_as_requested() {
    let held = filled(1_234, SHAPE).await;

    assert_eq!(held.seeded.len(), 1_234);
    let people = held.people;
    assert_eq!((people.inboxes.len(), people.users.len(), people.customers.len()), (4, 8, 100));
}

#[tokio::test]
async fn resumes_after_an_interruption_without_duplicates() {
    let whole = filled(1_000, SHAPE).await.seeded;
    let held = Arc::new(Mutex::new(Held { batches_left: Some(4), ..Held::default() }));

    let broken = fill(&held, 1_000, SHAPE).await;
    assert!(matches!(broken, Err(SeedError::Failed(Error::StorageFull))), "{broken:?}");
    held.lock().expect("not poisoned").batches_left = None;
    let progress = fill(&held, 1_000, SHAPE).await.expect("filled");

    assert_eq!(progress, SeedProgress { found: 400, made: 600 });
    assert_eq!(held.lock().expect("not poisoned").seeded, whole);
}

#[tokio::test]
async fn a_seed_may_only_grow() {
    let held = Arc::default();
    let _first = fill(&held, 250, SHAPE).await.expect("filled");

    let more = fill(&held, 400, SHAPE).await.expect("filled");
    assert_eq!(more, SeedProgress { found: 250, made: 150 });
    assert!(matches!(fill(&held, 399, SHAPE).await, Err(SeedError::Other)));
    let other = SeedShape { users: 9, ..SHAPE };
    assert!(matches!(fill(&held, 500, other).await, Err(SeedError::Other)));
    assert_eq!(held.lock().expect("not poisoned").seeded.len(), 400);
}

#[tokio::test]
async fn they_are_spread_over_two_years_that_end_now() {
    let parts = parts(2_000).await;
    let now = at(0);
    let age = |time: Timestamp| (now.as_unix_millis() - time.as_unix_millis()) / DAY;

    let times: Vec<_> = parts.iter().map(|parts| parts.id.created_at()).collect();
    assert!(times.iter().all(|&time| time <= now && age(time) <= 730));
    assert_eq!(
        (times.first().map(|&time| age(time)), times.last().map(|&time| age(time))),
        (Some(729), Some(0))
    );
    let halves = times.iter().filter(|&&time| age(time) < 365).count();
    assert!((990..1_010).contains(&halves), "{halves}");
    for parts in &parts {
        let began = parts.id.created_at();
        assert!(began <= parts.updated_at && parts.updated_at <= now, "{parts:?}");
        assert!(parts.closed_at.is_none_or(|end| began <= end && end <= parts.updated_at));
        assert_eq!(parts.closed_at.is_some(), parts.status == Status::Closed);
    }
}

#[tokio::test]
async fn open_conversations_are_recent() {
    let parts = parts(20_000).await;

    assert!(percent(&parts, |parts| parts.status == Status::Closed) >= 90);
    let waiting: Vec<_> = parts.into_iter().filter(|parts| parts.status == Status::Open).collect();
    assert!(waiting.len() > 100, "{}", waiting.len());
    let month = at(0).as_unix_millis() - 30 * DAY;
    assert!(percent(&waiting, |parts| parts.id.created_at().as_unix_millis() > month) >= 50);
}

#[tokio::test]
async fn few_customers_have_most_conversations() {
    let parts = parts(10_000).await;

    assert!((55..70).contains(&percent(&parts, |parts| parts.priority == Priority::Medium)));
    assert!((1..6).contains(&percent(&parts, |parts| parts.priority == Priority::Urgent)));
    let (inbox, inboxes) = most(parts.iter().map(|parts| parts.inbox));
    assert!(inbox > 4_000 && inboxes == 4, "{inbox} of {inboxes}");
    let (customer, customers) = most(parts.iter().filter_map(|parts| parts.customer));
    assert!(customer > 5 * 100 && customers == 100, "{customer} of {customers}");
    let (user, users) = most(parts.iter().filter_map(|parts| parts.assignee));
    assert!(user > 2_000 && users == 8, "{user} of {users}");
    assert!((2..8).contains(&percent(&parts, |parts| parts.customer.is_none())));
    assert!((5..20).contains(&percent(&parts, |parts| parts.assignee.is_none())));
    assert!((25..45).contains(&percent(&parts, |parts| parts.labels.iter().count() > 0)));
    assert!((60..80).contains(&percent(&parts, |parts| parts.channel.as_str() == "email")));
    let subjects: BTreeSet<_> = parts.iter().map(|parts| parts.subject.as_str()).collect();
    assert!(subjects.len() > 5_000, "{}", subjects.len());
}

#[tokio::test]
async fn messages_are_counted_and_in_order() {
    let held = filled(300, SeedShape { messages_per: 5, ..SHAPE }).await;

    for SeededConversation { conversation, messages, history: _ } in held.seeded.into_values() {
        let conversation = conversation.into_parts();
        let messages: Vec<_> =
            messages.into_iter().map(conversations_domain::Message::into_parts).collect();
        assert_eq!((conversation.message_count, conversation.last_message_number), (5, 5));
        assert_eq!(
            messages.iter().map(|message| message.number).collect::<Vec<_>>(),
            [1, 2, 3, 4, 5]
        );
        assert!(messages.is_sorted_by(|one, other| one.id < other.id));
        let last = messages.last().map(|message| message.id.created_at());
        assert_eq!(conversation.last_message_at, last);
        assert!(last.is_some_and(|last| last <= conversation.updated_at));
        assert!(messages.iter().all(|message| message.conversation == conversation.id));
        let is_note = |message: &MessageParts| message.internal;
        assert!(
            messages
                .iter()
                .filter(|message| is_note(message))
                .all(|message| message.author != Author::Customer(conversation.customer))
        );
    }
}

#[tokio::test]
async fn another_workspace_gets_other_data() {
    let other = WorkspaceId::from_uuid(uuid::Uuid::from_u128(4_711));
    let held = Arc::new(Mutex::new(Held::default()));
    let service = SeedService::new(Arc::new(storage(&held)), context_factory());
    let order = SeedRequest { conversations: 50, shape: SHAPE };
    let _filled = service.fill(other, order, |_| ()).await.expect("filled");

    let ours = filled(50, SHAPE).await.seeded;
    let theirs = &held.lock().expect("not poisoned").seeded;
    assert!(ours.keys().all(|id| !theirs.contains_key(id)));
}
