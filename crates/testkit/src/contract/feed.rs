//! The feed of changes: every write creates its events, once and in order.

use std::collections::HashMap;
use std::sync::Arc;

use conversations_application::ports::{
    Commit, ConversationToCreate, Deletion, FeedEnds, FeedPage, FeedQuery, FeedReply, FeedStart,
    GoneReason,
};
use conversations_domain::{
    Author, Change, ConversationId, DirectoryField, Event, EventCursor, EventId, EventSubject,
    EventType, Field, FieldChange, HistoryEntry, InboxChanges, Sequence,
};
use conversations_persistence::Repositories;

use super::bulk::{at_once, finish_erasures};
use super::commits::{
    arrival, changed_inbox, customer_erasure, just, removal, renamed, user_removal,
};
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{
    a_conversation, a_customer, a_history_entry, a_message, a_user, an_inbox, an_origin, at, name,
    next_id,
};

/// More events than any case creates.
const MANY: u32 = 500;

impl Tenant<'_> {
    pub(super) async fn feed(&self, query: FeedQuery) -> FeedReply {
        self.repositories.feed.page(self.id, query).await.expect("the feed is read")
    }

    pub(super) async fn feed_page(&self, query: FeedQuery) -> FeedPage {
        match self.feed(query).await {
            FeedReply::Page(page) => page,
            FeedReply::Gone(reason, _) => panic!("the cursor is {reason:?}"),
        }
    }

    /// All events.
    pub(super) async fn events(&self) -> Vec<Event> {
        let page = self.feed_page(all()).await;
        page.events.into_iter().map(|recorded| recorded.event).collect()
    }

    /// The events after this cursor.
    pub(super) async fn events_after(&self, place: EventCursor) -> Vec<Event> {
        let page = self.feed_page(FeedQuery { start: FeedStart::After(place), ..all() }).await;
        page.events.into_iter().map(|recorded| recorded.event).collect()
    }

    /// The last cursor.
    pub(super) async fn latest(&self) -> EventCursor {
        self.feed_page(all()).await.ends.latest
    }
}

pub(super) fn all() -> FeedQuery {
    let types = EventType::ALL.to_vec();
    let start = FeedStart::Earliest;
    FeedQuery { start, types, conversation: None, limit: MANY, is_current: true }
}

pub(super) fn kinds(events: &[Event]) -> Vec<EventType> {
    events.iter().map(|event| event.change.kind).collect()
}

fn sequences(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.sequence.number()).collect()
}

fn thread(of: &Event) -> Option<ConversationId> {
    match of.change.subject {
        EventSubject::Conversation(id) => Some(id),
        EventSubject::Message { conversation, .. } => Some(conversation),
        _ => None,
    }
}

/// Every kind of write creates its event, with the version, the fields and the actor, in the order of
/// the writes and numbered from 1.
pub async fn every_write_creates_its_events_in_order(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    let message = tenant.append(conversation.id(), a_message().build()).await.expect("a message");
    let stored = tenant.stored(conversation.id()).await;
    let revision = renamed(&stored, "Lamp");
    let history = vec![HistoryEntry {
        change: FieldChange {
            field: Field::Subject,
            from: Some("Refund".into()),
            to: Some("Lamp".into()),
        },
        ..a_history_entry(conversation.id())
    }];
    let commit = Commit { history: history.clone(), ..Commit::of(an_origin(), revision) };
    let renamed = repositories.conversations.update(tenant.id, commit).await.expect("renamed");
    let removal = removal(conversation.id(), message.id(), at(2_000));
    assert_eq!(repositories.messages.delete(tenant.id, removal).await.ok(), Some(true));
    let inbox = tenant.inbox(an_inbox()).await;
    let changes = InboxChanges { name: Change::To(name("Sales")), ..InboxChanges::default() };
    let origin = an_origin();
    let commit = Commit::of(origin.clone(), changed_inbox(&inbox, changes));
    repositories.inboxes.update(tenant.id, commit).await.expect("an inbox is changed");
    let commit = Commit::of(an_origin(), Deletion::of(inbox.id()));
    repositories.inboxes.delete(tenant.id, commit).await.expect("an inbox is deleted");
    tenant.erase(conversation.id()).await.expect("it was there");

    let events = tenant.events().await;

    let expected = [
        EventType::InboxCreated,
        EventType::ConversationCreated,
        EventType::MessageReceived,
        EventType::ConversationUpdated,
        EventType::MessageDeleted,
        EventType::InboxCreated,
        EventType::InboxUpdated,
        EventType::InboxDeleted,
        EventType::ConversationDeleted,
    ];
    assert_eq!(kinds(&events), expected);
    assert_eq!(sequences(&events), (1..=9).collect::<Vec<_>>());
    let versions: Vec<_> = events.iter().map(|event| event.change.version.number()).collect();
    assert_eq!(versions, [1, 1, 2, 3, 4, 1, 2, 2, 4]);
    assert_eq!(events[3].change.fields, [Field::Subject.into()]);
    assert_eq!(events[3].change.version, renamed.version());
    assert_eq!(events[3].change.revision, Some(renamed.revision()));
    let number = message.number();
    let subject =
        EventSubject::Message { conversation: conversation.id(), message: message.id(), number };
    assert_eq!((events[2].change.subject, events[4].change.subject), (subject, subject));
    assert_eq!(events[6].change.fields, [DirectoryField::Name.into()]);
    assert_eq!((events[6].id, &events[6].by), (origin.first, &origin.by));
}

/// A refused write creates no event.
pub async fn refused_writes_create_no_events(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    let before = tenant.events().await;
    let elsewhere = a_conversation(an_inbox().id()).build();

    assert_stale(&tenant.create(just(elsewhere)).await);
    let gone = Commit::of(an_origin(), Deletion::of(an_inbox().id()));
    repositories.inboxes.delete(tenant.id, gone).await.expect("nothing is deleted");
    let nowhere = arrival(ConversationId::from_uuid(next_id(at(0))), a_message().build());
    assert_eq!(repositories.messages.append(tenant.id, nowhere).await.ok(), Some(None));
    tenant.update(renamed(&conversation, "One")).await.expect("the first one lands");
    assert_stale(&tenant.update(renamed(&conversation, "Other")).await);

    let after = tenant.events().await;
    assert_eq!(after, before, "these changes had no history, which events tell of");
}

/// Entities that are created together have adjacent events.
pub async fn a_thread_has_events_for_its_customer_and_message(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let before = tenant.latest().await;
    let customer = a_customer().build();
    let mut conversation = a_conversation(tenant.inbox).with_customer(customer.id()).build();
    let message = conversation.open_with(a_message().by(Author::Customer(None)).build());
    let (id, message_id) = (conversation.id(), message.id());

    let thread =
        ConversationToCreate { conversation, customer: Some(customer), message: Some(message) };
    tenant.create(thread).await.expect("a thread is stored");

    let events = tenant.events_after(before).await;
    let expected =
        [EventType::ConversationCreated, EventType::MessageReceived, EventType::CustomerCreated];
    assert_eq!(kinds(&events), expected);
    let subject = EventSubject::Message { conversation: id, message: message_id, number: 1 };
    assert_eq!(events[1].change.subject, subject);
    assert!(events[..2].iter().all(|event| event.change.version.number() == 1));
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids, (0..3).map(|place| ids[0].followed_by(place)).collect::<Vec<_>>());
}

/// A status changed by a message has its own event, with the same version.
pub async fn a_message_that_reopens_has_two_events(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let closed = tenant.open(a_conversation(tenant.inbox).closed().build()).await;
    let before = tenant.latest().await;

    tenant
        .append(closed.id(), a_message().by(Author::Customer(None)).build())
        .await
        .expect("a message");

    let page = FeedQuery { start: FeedStart::After(before), ..all() };
    let page = tenant.feed_page(page).await;
    let events: Vec<_> = page.events.iter().map(|recorded| recorded.event.clone()).collect();
    assert_eq!(kinds(&events), [EventType::ConversationReopened, EventType::MessageReceived]);
    assert_eq!(events[0].change.version, events[1].change.version);
    assert_eq!(events[0].change.fields, [Field::Status.into()]);
    let history = tenant.history(closed.id()).await;
    let changes: Vec<_> = history.into_iter().map(|entry| entry.change).collect();
    assert_eq!(page.events[0].changes, changes);
    assert_eq!(page.events[1].changes, []);
}

/// The deletions of a customer and of their conversations create one event each.
pub async fn a_long_deletion_creates_each_event_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_customer()).await.id();
    let mut ids = Vec::new();
    for _ in 0..60 {
        let conversation = a_conversation(tenant.inbox).with_customer(customer).build();
        ids.push(tenant.open(conversation).await.id());
    }
    let before = tenant.latest().await;

    let erased = repositories.customers.erase(tenant.id, customer_erasure(customer)).await;
    assert_eq!(erased.ok(), Some(true));
    finish_erasures(repositories).await;

    let events = tenant.events_after(before).await;
    let mut gone: Vec<_> = events.iter().filter_map(thread).collect();
    gone.sort();
    assert_eq!(gone, ids);
    let of_customer = events.iter().filter(|event| event.change.kind == EventType::CustomerDeleted);
    assert_eq!(of_customer.count(), 1);
    assert_eq!(events.len(), ids.len() + 1);
    let mut unique: Vec<_> = events.iter().map(|event| event.id).collect();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), events.len());
}

/// Conversations that lose their assignee have an event each, with the next version.
pub async fn deleting_a_user_creates_events_for_their_conversations(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let user = tenant.user(a_user()).await.id();
    let mut ids = Vec::new();
    for _ in 0..40 {
        let conversation = a_conversation(tenant.inbox).assigned_to(user).build();
        ids.push(tenant.open(conversation).await.id());
    }
    let before = tenant.latest().await;

    let deleted = repositories.users.delete(tenant.id, user_removal(user, at(2_000))).await;
    assert_eq!(deleted.ok(), Some(true));
    finish_erasures(repositories).await;

    let events = tenant.events_after(before).await;
    let mut free = Vec::new();
    for event in events.iter().filter(|event| event.change.kind != EventType::UserDeleted) {
        assert_eq!(event.change.kind, EventType::ConversationUnassigned);
        let id = thread(event).expect("a conversation");
        let stored = tenant.stored(id).await;
        assert_eq!(event.change.version, stored.version());
        assert_eq!(event.change.revision, Some(stored.revision()));
        free.push(id);
    }
    free.sort();
    assert_eq!(free, ids);
    assert_eq!(events.len(), ids.len() + 1);
}

/// Pages by cursor contain each event once, despite concurrent writes.
pub async fn pages_continue_after_their_cursor(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    for _ in 0..5 {
        tenant.conversation().await;
    }
    let mut met = Vec::new();
    let mut start = FeedStart::Earliest;

    for _ in 0..10 {
        let page = tenant.feed_page(FeedQuery { start, limit: 2, ..all() }).await;
        assert!(page.events.len() <= 2);
        if let Some(last) = page.events.last() {
            assert_eq!(page.cursor, last.event.cursor());
        }
        met.extend(page.events.into_iter().map(|recorded| recorded.event));
        start = FeedStart::After(page.cursor);
        if met.len() < 9 {
            tenant.conversation().await;
        }
    }

    assert_eq!(met, tenant.events().await);
    let latest = tenant.feed_page(FeedQuery { start: FeedStart::Latest, ..all() }).await;
    assert_eq!((latest.events, latest.cursor), (Vec::new(), tenant.latest().await));
}

/// The cursor moves past events that a filter leaves out.
pub async fn a_filter_moves_the_cursor_past_other_events(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let one = tenant.conversation().await.id();
    let other = tenant.conversation().await.id();
    tenant.append(one, a_message().build()).await.expect("a message");
    tenant.append(other, a_message().build()).await.expect("a message");
    tenant.user(a_user()).await;

    let of_one = tenant.feed_page(FeedQuery { conversation: Some(one), ..all() }).await;
    let users = vec![EventType::UserCreated, EventType::UserDeleted];
    let of_users = tenant.feed_page(FeedQuery { types: users, ..all() }).await;
    let none = tenant.feed_page(FeedQuery { types: Vec::new(), ..all() }).await;

    let found = |page: &FeedPage| {
        page.events.iter().map(|recorded| recorded.event.change.kind).collect::<Vec<_>>()
    };
    assert_eq!(found(&of_one), [EventType::ConversationCreated, EventType::MessageReceived]);
    assert_eq!(found(&of_users), [EventType::UserCreated]);
    assert_eq!(found(&none), []);
    // The id of something else is none of a conversation.
    let EventSubject::Inbox(inbox) = tenant.events().await[0].change.subject else {
        panic!("the first event is that of the inbox")
    };
    let conversation = Some(ConversationId::from_uuid(inbox.into()));
    let of_inbox = tenant.feed_page(FeedQuery { conversation, ..all() }).await;
    assert_eq!(found(&of_inbox), []);
    for page in [of_one, of_users, none] {
        assert_eq!(page.cursor, page.ends.latest);
    }
}

/// A cursor of another workspace or beyond the end is refused; the earliest one is not.
pub async fn unknown_cursors_are_refused(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let (own, foreign) = (tenant.latest().await, other.latest().await);
    let sequence = Sequence::new(7);
    let beyond = EventCursor::at(sequence, EventId::from_uuid(next_id(at(0))));

    assert_eq!(tenant.events_after(own).await, []);
    assert_eq!(tenant.events_after(EventCursor::beginning(tenant.id)).await.len(), 1);
    for unknown in [foreign, beyond, EventCursor::beginning(other.id)] {
        let asked = FeedQuery { start: FeedStart::After(unknown), ..all() };
        let response = tenant.feed(asked).await;
        let ends = FeedEnds { earliest: EventCursor::beginning(tenant.id), latest: own };
        assert_eq!(response, FeedReply::Gone(GoneReason::Unknown, ends));
    }
}

/// However many write at once, the feed has no gap, tells of each write once, and of each conversation
/// in the order of its versions.
pub async fn concurrent_writes_have_one_event_each_in_the_order_of_versions(
    repositories: &Repositories,
) {
    let tenant = Tenant::new(repositories).await;
    let (id, inbox) = (tenant.id, tenant.inbox);
    let mut conversations = Vec::new();
    for _ in 0..4 {
        conversations.push(tenant.conversation().await.id());
    }
    let before = tenant.latest().await;

    let (messages, opened) =
        (Arc::clone(&repositories.messages), Arc::clone(&repositories.conversations));
    at_once((0..80_usize).map(|number| {
        let (messages, opened) = (Arc::clone(&messages), Arc::clone(&opened));
        let conversation = conversations[number % conversations.len()];
        async move {
            let arrived = messages.append(id, arrival(conversation, a_message().build())).await;
            assert!(arrived.expect("a message is appended").is_some());
            let new = a_conversation(inbox).build();
            let commit = Commit::of(an_origin(), just(new));
            opened.create(id, commit).await.expect("a conversation is stored");
        }
    }))
    .await;

    let events = tenant.events_after(before).await;
    assert_eq!(events.len(), 160);
    let first = before.sequence().number() + 1;
    assert_eq!(sequences(&events), (first..first + 160).collect::<Vec<_>>());
    let mut versions: HashMap<_, Vec<u64>> = HashMap::new();
    for event in &events {
        let version = event.change.version.number();
        versions.entry(thread(event)).or_default().push(version);
    }
    for conversation in conversations {
        assert_eq!(versions[&Some(conversation)], (2..=21).collect::<Vec<_>>());
    }
}

/// Events are found by their positions, as far as they are stored.
pub async fn finds_events_by_their_positions(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    tenant.conversation().await;
    tenant.inbox(an_inbox()).await;
    let all = tenant.feed_page(all()).await.events;

    let positions = [3, 1, 99].map(Sequence::new).to_vec();
    let found = repositories.feed.find(tenant.id, positions).await;

    assert_eq!(found.ok(), Some(vec![all[0].clone(), all[2].clone()]));
}
