//! The events of changes.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::message::AuthorKind;
use crate::{
    Change, Changes, ConversationDraft, InboxId, MessageBody, MessageDraft, NewConversation,
    Priority, Source, Subject, Tags, TagsChange, Timestamp,
};

fn conversation() -> Conversation {
    Conversation::open(NewConversation {
        id: ConversationId::from_uuid(Uuid::from_u128(1)),
        source: Source::Api,
        customer: None,
        draft: ConversationDraft::new(
            Subject::parse("Refund").expect("a subject"),
            InboxId::from_uuid(Uuid::from_u128(2)),
        ),
    })
}

fn now() -> Timestamp {
    Timestamp::from_unix_millis(1_000).expect("a time")
}

fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

fn events_of(conversation: &Conversation, changes: &[FieldChange]) -> Vec<NewEvent> {
    let versions = (conversation.version(), conversation.revision());
    NewEvent::of_change(conversation.id(), versions, changes)
}

fn kinds(events: &[NewEvent]) -> Vec<EventType> {
    events.iter().map(|event| event.kind).collect()
}

fn kind_of_message(author: Author, internal: bool) -> EventType {
    let id = MessageId::from_uuid(Uuid::from_u128(3));
    let body = MessageBody::parse("Hello").expect("a body");
    let draft = MessageDraft::new(id, author, internal, body).expect("a message");
    NewEvent::of_message(&conversation().open_with(draft), Version::FIRST).kind
}

#[test]
fn each_part_of_a_change_is_in_one_event() {
    let mut conversation = conversation();
    let changes = Changes {
        status: Change::To(Status::Closed),
        assignee: Change::To(Some(user(7))),
        labels: TagsChange::To(Tags::parse(&["vip"]).expect("labels")),
        subject: Change::To(Subject::parse("Lamp").expect("a subject")),
        ..Changes::default()
    };
    let changed = conversation.change(changes, now()).expect("allowed");

    let events = events_of(&conversation, &changed);

    let expected = [
        EventType::ConversationUpdated,
        EventType::ConversationAssigned,
        EventType::ConversationClosed,
    ];
    assert_eq!(kinds(&events), expected);
    assert_eq!(events[0].fields, [Field::Subject.into(), Field::Labels.into()]);
    assert_eq!(events[1].fields, [Field::Assignee.into()]);
    assert_eq!(events[2].fields, [Field::Status.into()]);
    assert!(events.iter().all(|event| event.version == conversation.version()));
}

#[test]
fn the_type_follows_from_the_old_and_the_new_status() {
    let of = |from, to| {
        let changes = [FieldChange::of_status(from, to)];
        kinds(&events_of(&conversation(), &changes))
    };

    assert_eq!(of(Status::Open, Status::Pending), [EventType::ConversationUpdated]);
    assert_eq!(of(Status::Pending, Status::Open), [EventType::ConversationUpdated]);
    assert_eq!(of(Status::Pending, Status::Closed), [EventType::ConversationClosed]);
    assert_eq!(of(Status::Closed, Status::Pending), [EventType::ConversationReopened]);
    assert_eq!(of(Status::Closed, Status::Open), [EventType::ConversationReopened]);
}

#[test]
fn a_customers_message_that_reopens_is_an_event_reopened() {
    let mut conversation = conversation();
    let close = Changes { status: Change::To(Status::Closed), ..Changes::default() };
    conversation.change(close, now()).expect("allowed");

    let change = conversation.apply_message_status(AuthorKind::Customer);

    let events = events_of(&conversation, change.as_slice());
    assert_eq!(kinds(&events), [EventType::ConversationReopened]);
}

#[test]
fn two_steps_to_a_new_assignee_are_one_event() {
    let assignee = |from: Option<u128>, to: Option<u128>| FieldChange {
        field: Field::Assignee,
        from: from.map(|number| FieldValue::Text(user(number).to_string())),
        to: to.map(|number| FieldValue::Text(user(number).to_string())),
    };
    let changes = [assignee(Some(7), None), assignee(None, Some(8))];

    let events = events_of(&conversation(), &changes);

    assert_eq!(kinds(&events), [EventType::ConversationAssigned]);
    assert_eq!(events[0].fields, [Field::Assignee.into()]);
    assert_eq!(
        kinds(&events_of(&conversation(), &changes[..1])),
        [EventType::ConversationUnassigned]
    );
}

#[test]
fn a_note_is_never_sent() {
    assert_eq!(kind_of_message(Author::Customer(None), false), EventType::MessageReceived);
    assert_eq!(kind_of_message(Author::Agent(user(7)), false), EventType::MessageSent);
    assert_eq!(kind_of_message(Author::System, false), EventType::MessageSent);
    assert_eq!(kind_of_message(Author::Agent(user(7)), true), EventType::MessageNoted);
    assert_eq!(kind_of_message(Author::System, true), EventType::MessageNoted);
}

fn any_changes() -> impl Strategy<Value = Changes> {
    let status = prop::option::of(prop::sample::select(Status::ALL));
    let priority = prop::option::of(prop::sample::select(Priority::ALL));
    let assignee = prop::option::of(prop::option::of(0_u128..3));
    let inbox = prop::option::of(2_u128..4);
    let subject = prop::option::of("[ab]");
    let labels = prop::option::of(prop::sample::subsequence(vec!["a", "b"], 0..=2));
    (status, priority, assignee, inbox, subject, labels).prop_map(
        |(status, priority, assignee, inbox, subject, labels)| Changes {
            subject: wanted(subject, |text| Subject::parse(&text).expect("a subject")),
            status: wanted(status, |status| status),
            priority: wanted(priority, |priority| priority),
            inbox: wanted(inbox, |number| InboxId::from_uuid(Uuid::from_u128(number))),
            assignee: wanted(assignee, |to| to.map(user)),
            labels: labels.map_or_else(TagsChange::default, |labels| {
                TagsChange::To(Tags::parse(&labels).expect("labels"))
            }),
            ..Changes::default()
        },
    )
}

fn wanted<T, U>(wish: Option<T>, make: impl FnOnce(T) -> U) -> Change<U> {
    wish.map_or(Change::Keep, |value| Change::To(make(value)))
}

proptest! {
    #[test]
    fn every_changed_field_is_in_exactly_one_event(
        changes in prop::collection::vec(any_changes(), 1..6),
    ) {
        let mut conversation = conversation();
        for changes in changes {
            let changed = conversation.change(changes, now()).expect("allowed");

            let events = events_of(&conversation, &changed);

            let mut fields: Vec<_> = changed.iter().map(|one| EventField::from(one.field)).collect();
            let mut in_events: Vec<_> =
                events.iter().flat_map(|event| event.fields.clone()).collect();
            fields.sort();
            in_events.sort();
            prop_assert_eq!(fields, in_events);
            prop_assert!(events.is_sorted_by(|one, next| one.kind < next.kind));
            prop_assert!(events.iter().all(|event| !event.fields.is_empty()));
        }
    }
}
