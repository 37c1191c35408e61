//! The rules of a conversation's life.

use super::*;
use crate::message::{Author, AuthorKind, MessageDraft};
use crate::{TagsChange, TagsEdit, TagsError};
use uuid::Uuid;

const OPENED: i64 = 1_000_000;

fn conversation() -> Conversation {
    let id = Uuid::from_u128((OPENED as u128) << 80);
    Conversation::open(NewConversation {
        id: ConversationId::from_uuid(id),
        source: Source::Api,
        customer: None,
        draft: ConversationDraft::new(
            Subject::parse("Refund").expect("a subject"),
            InboxId::from_uuid(Uuid::from_u128(1)),
        ),
    })
}

fn later(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(OPENED + millis).expect("a time")
}

fn draft(time: Timestamp, author: Author) -> MessageDraft {
    let id = Uuid::from_u128(u128::from(time.as_unix_millis().unsigned_abs()) << 80);
    let body = crate::MessageBody::parse("Here it is.").expect("a body");
    MessageDraft::new(crate::MessageId::from_uuid(id), author, false, body).expect("a message")
}

fn to_status(status: Status) -> Changes {
    Changes { status: Change::To(status), ..Changes::default() }
}

#[test]
fn any_status_may_follow_any_and_only_closed_has_closed_at() {
    for &from in Status::ALL {
        for &to in Status::ALL {
            let mut conversation = conversation();
            conversation.change(to_status(from), later(1)).expect("allowed");

            let changed = conversation.change(to_status(to), later(2)).expect("allowed");

            assert_eq!(conversation.status(), to);
            assert_eq!(changed.is_empty(), from == to);
            let closed_at = match (from, to) {
                (Status::Closed, Status::Closed) => Some(later(1)),
                (_, Status::Closed) => Some(later(2)),
                _ => None,
            };
            assert_eq!(conversation.closed_at(), closed_at, "{from} to {to}");
        }
    }
}

#[test]
fn an_unchanged_update_changes_nothing() {
    let mut conversation = conversation();
    let before = conversation.clone();

    let changed = conversation.change(
        Changes {
            external_id: Change::To(None),
            subject: Change::To(Subject::parse(" Refund ").expect("a subject")),
            status: Change::To(Status::Open),
            priority: Change::To(Priority::Medium),
            inbox: Change::To(before.inbox()),
            assignee: Change::To(None),
            labels: TagsChange::To(Tags::default()),
            customer: Change::Keep,
        },
        later(5),
    );

    assert_eq!(changed, Ok(Vec::new()));
    assert_eq!(conversation, before);
}

#[test]
fn a_change_records_the_previous_value() {
    let mut conversation = conversation();
    let user = UserId::from_uuid(Uuid::from_u128(7));

    let changes = Changes { assignee: Change::To(Some(user)), ..Changes::default() };
    let changed = conversation.change(changes, later(5));

    let to = Some(FieldValue::Text(user.to_string()));
    assert_eq!(changed, Ok(vec![FieldChange { field: Field::Assignee, from: None, to }]));
    assert_eq!(conversation.updated_at(), later(5));
    assert_eq!(conversation.version(), Version::FIRST.next());
    assert_eq!(conversation.revision(), Version::FIRST.next());
}

#[test]
fn labels_are_replaced_as_a_list() {
    let labels = |words: &[&str]| Tags::parse(words).expect("labels");
    let list = |words: &[&str]| {
        Some(FieldValue::List(words.iter().map(|&word| word.to_owned()).collect()))
    };
    let relabel = |words| Changes { labels: TagsChange::To(labels(words)), ..Changes::default() };
    let mut conversation = conversation();
    conversation.change(relabel(&["refund", "vip"]), later(1)).expect("allowed");

    let changed = conversation.change(relabel(&["vip", "refund"]), later(2));

    let (from, to) = (list(&["refund", "vip"]), list(&["vip", "refund"]));
    assert_eq!(changed, Ok(vec![FieldChange { field: Field::Labels, from, to }]));
    assert_eq!(conversation.into_parts().labels, labels(&["vip", "refund"]));
}

#[test]
fn an_edit_of_labels_tells_the_whole_lists() {
    let labels = |words: &[&str]| Tags::parse(words).expect("labels");
    let list = |words: &[&str]| {
        Some(FieldValue::List(words.iter().map(|&word| word.to_owned()).collect()))
    };
    let edit = |add, remove| {
        let edit = TagsEdit::new(labels(add), labels(remove)).expect("an edit");
        Changes { labels: TagsChange::Edit(edit), ..Changes::default() }
    };
    let mut conversation = conversation();
    conversation.change(edit(&["a", "b"], &[]), later(1)).expect("allowed");

    let changed = conversation.change(edit(&["c"], &["a"]), later(2));

    let (from, to) = (list(&["a", "b"]), list(&["b", "c"]));
    assert_eq!(changed, Ok(vec![FieldChange { field: Field::Labels, from, to }]));
    assert_eq!(conversation.change(edit(&["c"], &["a"]), later(3)), Ok(Vec::new()));
}

#[test]
fn a_conversation_with_too_many_labels_stays_as_it_is() {
    let labels = |from: u8, to: u8| {
        let words: Vec<_> = (from..to).map(|number| number.to_string()).collect();
        Tags::parse(&words).expect("labels")
    };
    let mut conversation = conversation();
    let full = Changes { labels: TagsChange::To(labels(0, 20)), ..Changes::default() };
    conversation.change(full, later(1)).expect("allowed");
    let before = conversation.clone();

    let edit = TagsEdit::new(labels(20, 21), Tags::default()).expect("an edit");
    let more = Changes { labels: TagsChange::Edit(edit), ..to_status(Status::Closed) };

    let refused = ChangeRefused::Labels(TagsError::TooMany { max: Tags::MAX_COUNT });
    assert_eq!(conversation.change(more, later(2)), Err(refused));
    assert_eq!(conversation, before);
}

#[test]
fn a_customer_can_be_set_once() {
    let customer = |number| CustomerId::from_uuid(Uuid::from_u128(number));
    let to = |number| Changes { customer: Change::To(customer(number)), ..Changes::default() };
    let mut conversation = conversation();

    assert_eq!(conversation.change(to(1), later(1)).map(|changed| changed.len()), Ok(1));
    assert_eq!(conversation.change(to(1), later(2)), Ok(Vec::new()));
    assert_eq!(conversation.change(to(2), later(3)), Err(ChangeRefused::CustomerIsSet));
    assert_eq!(conversation.customer(), Some(customer(1)));
}

#[test]
fn the_first_claim_wins() {
    let user = |number| UserId::from_uuid(Uuid::from_u128(number));
    let mut conversation = conversation();

    let claimed = conversation.claim(user(1), later(1)).expect("it is unassigned");
    assert_eq!(claimed.map(|change| change.field), Some(Field::Assignee));
    let claimed = conversation.clone();

    assert_eq!(conversation.claim(user(1), later(2)), Ok(None));
    assert_eq!(conversation.claim(user(2), later(3)), Err(AlreadyAssigned { by: user(1) }));
    assert_eq!(conversation, claimed);
}

#[test]
fn a_conversation_is_opened_in_any_state() {
    let user = |number| UserId::from_uuid(Uuid::from_u128(number));
    let open = |status| {
        let id = Uuid::from_u128((OPENED as u128) << 80);
        let inbox = InboxId::from_uuid(Uuid::from_u128(1));
        let draft = ConversationDraft::new(Subject::parse("Refund").expect("a subject"), inbox);
        Conversation::open(NewConversation {
            id: ConversationId::from_uuid(id),
            source: Source::Api,
            customer: None,
            draft: ConversationDraft { status, assignee: Some(user(1)), ..draft },
        })
    };

    for (status, closed_at) in
        [(None, None), (Some(Status::Pending), None), (Some(Status::Closed), Some(later(0)))]
    {
        let opened = open(status);
        assert_eq!(opened.status(), status.unwrap_or_default());
        assert_eq!(opened.closed_at(), closed_at);
        assert_eq!((opened.assignee(), opened.version()), (Some(user(1)), Version::FIRST));
    }
}

#[test]
fn a_customers_message_reopens_what_was_closed() {
    let mut conversation = conversation();
    conversation.change(to_status(Status::Closed), later(1)).expect("allowed");

    assert_eq!(conversation.apply_message_status(AuthorKind::Agent), None);
    let automatic = draft(later(2), Author::Customer(None)).that_reopens(false);
    assert_eq!(conversation.append(automatic).1, None);
    let change = conversation.apply_message_status(AuthorKind::Customer);

    assert_eq!(change, Some(FieldChange::of_status(Status::Closed, Status::Open)));
    assert_eq!(conversation.closed_at(), None);
    assert_eq!(conversation.revision(), Version::FIRST.next().next());
    assert_eq!(conversation.apply_message_status(AuthorKind::Customer), None);
    assert_eq!(conversation.revision(), Version::FIRST.next().next());
}

#[test]
fn a_message_that_is_appended_is_counted_and_moves_versions_and_time() {
    let mut conversation = conversation();
    conversation.change(to_status(Status::Closed), later(3)).expect("allowed");
    let before = conversation.clone();

    let (first, change) = conversation.append(draft(later(1), Author::System));
    assert_eq!((first.number(), change), (1, None));
    assert_eq!(conversation.version(), before.version().next());
    assert_eq!(conversation.revision(), before.revision());
    let moved = Timestamp::from_unix_millis(later(3).as_unix_millis() + 1);
    assert_eq!(Some(conversation.updated_at()), moved, "by a clock that is behind");

    let (second, change) = conversation.append(draft(later(9), Author::Customer(None)));
    assert_eq!((second.number(), conversation.message_count()), (2, 2));
    assert_eq!(conversation.updated_at(), later(9));
    assert_eq!(change, Some(FieldChange::of_status(Status::Closed, Status::Open)));
    assert_eq!(conversation.revision(), before.revision().next());
}

#[test]
fn a_change_by_a_clock_that_went_back_comes_after_the_last_one() {
    let mut conversation = conversation();
    conversation.change(to_status(Status::Pending), later(9)).expect("allowed");

    conversation.change(to_status(Status::Closed), later(3)).expect("allowed");

    let next = Timestamp::from_unix_millis(later(9).as_unix_millis() + 1);
    assert_eq!(Some(conversation.updated_at()), next);
    assert_eq!(conversation.closed_at(), next);
}
