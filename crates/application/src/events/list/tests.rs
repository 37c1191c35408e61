//! What readers of the feed get.

use std::sync::Arc;

use conversations_domain::{
    Author, DirectoryField, EventId, EventSubject, Field, Message, MessageBody, MessageId,
    MessageParts, NewEvent, Permission, Sequence, Version,
};
use mockall::predicate::eq;
use uuid::Uuid;

use super::*;
use crate::ports::{
    GoneReason, MockConversationRepository, MockCustomerRepository, MockEventFeed,
    MockInboxRepository, MockMessageRepository, MockUserRepository, MockWebhookRepository,
};
use crate::testing::{caller, caller_who_may, conversation_id, details, user, user_id, workspace};

/// Ports of a workspace that has [`details`] and one user.
#[derive(Default)]
struct Ports {
    feed: MockEventFeed,
    messages: MockMessageRepository,
}

impl Ports {
    fn service(self) -> EventService {
        let mut conversations = MockConversationRepository::new();
        conversations.expect_find().returning(|_, id| Ok((id == conversation_id()).then(details)));
        let mut users = MockUserRepository::new();
        users.expect_find().returning(|_, id| Ok((id == user_id(1)).then(|| user(id))));
        EventService::new(
            Arc::new(self.feed),
            Arc::new(conversations),
            Arc::new(self.messages),
            Arc::new(MockCustomerRepository::new()),
            Arc::new(users),
            Arc::new(MockInboxRepository::new()),
            Arc::new(MockWebhookRepository::new()),
        )
    }
}

fn cursor(number: u64) -> EventCursor {
    EventCursor::at(Sequence::new(number), id(number))
}

fn id(number: u64) -> EventId {
    EventId::from_uuid(Uuid::from_u128(number.into()))
}

fn event(number: u64, change: NewEvent) -> RecordedEvent {
    let event =
        Event { sequence: Sequence::new(number), id: id(number), change, by: caller().actor };
    RecordedEvent { event, changes: Vec::new() }
}

fn page(events: Vec<RecordedEvent>) -> FeedReply {
    let ends = FeedEnds { earliest: cursor(0), latest: cursor(9) };
    FeedReply::Page(FeedPage { events, cursor: cursor(7), ends })
}

fn wanted(types: Option<Vec<EventType>>) -> ListEvents {
    ListEvents {
        start: FeedStart::Earliest,
        types,
        conversation: None,
        limit: 10,
        is_current: true,
    }
}

async fn list(mut ports: Ports, response: FeedReply) -> Result<EventPage, Error> {
    ports.feed.expect_page().times(1).returning(move |_, _| Ok(response.clone()));
    ports.service().list(&caller(), &wanted(None)).await
}

#[tokio::test]
async fn who_may_read_nothing_of_it_is_refused() {
    let caller = caller_who_may(&[Permission::WriteConversations, Permission::ReadKeys]);

    let refused = Ports::default().service().list(&caller, &wanted(None)).await;

    let Err(Error::ForbiddenAll { any_of }) = refused else { panic!("{refused:?}") };
    assert_eq!(any_of, EventService::READING.into_iter().collect());
}

#[tokio::test]
async fn only_what_the_caller_may_read_is_asked_for() {
    let types = vec![EventType::UserCreated, EventType::ConversationClosed, EventType::UserCreated];
    let mut ports = Ports::default();
    let query = FeedQuery {
        start: FeedStart::Earliest,
        types: vec![EventType::UserCreated, EventType::FeedReset],
        conversation: None,
        limit: 10,
        is_current: true,
    };
    ports
        .feed
        .expect_page()
        .with(eq(workspace()), eq(query))
        .times(1)
        .returning(|_, _| Ok(page(Vec::new())));

    let caller = caller_who_may(&[Permission::ReadUsers]);
    let listed = ports.service().list(&caller, &wanted(Some(types))).await.expect("a page");

    assert_eq!((listed.cursor, listed.remaining()), (cursor(7), 2));
}

#[tokio::test]
async fn an_unknown_place_is_gone() {
    let ends = FeedEnds { earliest: cursor(3), latest: cursor(9) };

    let gone = list(Ports::default(), FeedReply::Gone(GoneReason::Expired, ends)).await;

    let Err(Error::CursorGone { reason: GoneReason::Expired, ends: shown }) = gone else {
        panic!("{gone:?}")
    };
    assert_eq!(shown, ends);
}

#[tokio::test]
async fn what_is_there_is_shown_and_what_is_gone_is_not() {
    let gone = conversations_domain::ConversationId::from_uuid(Uuid::from_u128(1));
    let versions = (Version::new(2), Version::new(2));
    let closed = FieldChange::of_status(
        conversations_domain::Status::Open,
        conversations_domain::Status::Closed,
    );
    let closing = |id| NewEvent::of_change(id, versions, std::slice::from_ref(&closed)).remove(0);
    let [mut there, mut away] = [event(1, closing(conversation_id())), event(2, closing(gone))];
    there.changes = vec![closed.clone()];
    away.changes = vec![closed.clone()];
    let fields = vec![DirectoryField::Name.into()];
    let changed = event(3, NewEvent::of_changed_user(&user(user_id(1)), fields));
    let deleted = event(4, NewEvent::of_deleted_user(user_id(1), Version::FIRST));
    let reset = event(5, NewEvent::of_reset());

    let listed = list(Ports::default(), page(vec![there, away, changed, deleted, reset])).await;

    let listed = listed.expect("a page");
    let states: Vec<_> = listed.events.iter().map(|event| event.state.clone()).collect();
    let expected = [
        EventState::Conversation(Box::new(details())),
        EventState::Gone,
        EventState::User(user(user_id(1))),
        EventState::Gone,
        EventState::Feed(crate::read_model::ResetReason::Rewritten),
    ];
    assert_eq!(states, expected);
    let changes: Vec<_> = listed.events.into_iter().map(|event| event.changes).collect();
    let values = Some((closed.from, closed.to));
    assert_eq!(changes[0], [EventChange { field: Field::Status.into(), values }]);
    assert_eq!(changes[2], [EventChange { field: DirectoryField::Name.into(), values: None }]);
    assert!([1, 3, 4].iter().all(|&place| changes[place].is_empty()));
}

#[tokio::test]
async fn a_page_holds_as_much_as_fits() {
    const MANY: u64 = 90;

    let body = "a".repeat(MessageBody::MAX_LENGTH);
    let message = move |id| {
        Message::restore(MessageParts {
            external_id: None,
            id,
            conversation: conversation_id(),
            number: 1,
            author: Author::System,
            internal: false,
            body: MessageBody::parse(&body).expect("a body"),
        })
    };
    let mut ports = Ports::default();
    ports.messages.expect_find().returning(move |_, _, id| Ok(Some(message(id))));
    let events = (1..=MANY).map(|number| {
        let message = MessageId::from_uuid(Uuid::from_u128(number.into()));
        let subject = EventSubject::Message { conversation: conversation_id(), message, number: 1 };
        event(number, NewEvent { subject, ..NewEvent::of_reset() })
    });
    let events: Vec<_> = events
        .map(|mut recorded| {
            recorded.event.change.kind = EventType::MessageSent;
            recorded
        })
        .collect();

    let listed = list(ports, page(events)).await.expect("a page");

    let fit = PageWindow::MAX_BYTES / MessageBody::MAX_LENGTH as u64;
    assert_eq!(listed.events.len() as u64, fit);
    assert_eq!(listed.cursor, cursor(fit));
}
