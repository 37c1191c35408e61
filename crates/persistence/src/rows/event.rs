//! The rows of `events` and `events_waiting`.

use conversations_application::ports::RepositoryError;
use conversations_domain::{
    Actor, ConversationId, CustomerId, Event, EventField, EventId, EventSubject, EventType,
    InboxId, KeyId, MessageId, NewEvent, Origin, Sequence, UserId, Version, WebhookId, WorkspaceId,
};
use diesel::{Queryable, Selectable};
use uuid::Uuid;

use super::{count, to_column, version, version_column};
use crate::columns::DbId;
use crate::error::column;
use crate::schema::events;

const TABLE: &str = "events";

/// An event without a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewEventRow {
    pub(crate) workspace_id: DbId,
    pub(crate) id: DbId,
    pub(crate) kind: i16,
    pub(crate) subject_id: DbId,
    pub(crate) part_id: Option<DbId>,
    pub(crate) part_number: Option<i64>,
    pub(crate) version: i64,
    pub(crate) fields: String,
    pub(crate) key_id: Option<DbId>,
    pub(crate) actor_name: String,
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = events)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct EventRow {
    pub(crate) seq: i64,
    pub(crate) id: DbId,
    pub(crate) kind: i16,
    pub(crate) subject_id: DbId,
    pub(crate) part_id: Option<DbId>,
    pub(crate) part_number: Option<i64>,
    pub(crate) version: i64,
    pub(crate) fields: String,
    pub(crate) key_id: Option<DbId>,
    pub(crate) actor_name: String,
}

impl NewEventRow {
    /// The event this many events after the first one of its origin.
    pub(crate) fn new(
        workspace: WorkspaceId,
        Origin { first, by }: &Origin,
        place: usize,
        change: NewEvent,
    ) -> Self {
        let NewEvent { kind, subject, version, revision, fields } = change;
        let Actor { key, name } = by;
        let id = first.followed_by(u64::try_from(place).unwrap_or(u64::MAX));
        let revision = revision.map(version_column);
        let (subject, part, number): (Uuid, Option<Uuid>, Option<i64>) = match subject {
            EventSubject::Conversation(id) => (id.into(), None, revision),
            EventSubject::Message { conversation, message, number } => {
                (conversation.into(), Some(message.into()), Some(to_column(number)))
            }
            EventSubject::Customer(id) => (id.into(), None, None),
            EventSubject::User(id) => (id.into(), None, None),
            EventSubject::Inbox(id) => (id.into(), None, None),
            EventSubject::Webhook(id) => (id.into(), None, None),
            EventSubject::Feed => (workspace.into(), None, None),
        };
        let fields: Vec<_> = fields.into_iter().map(EventField::as_str).collect();
        Self {
            workspace_id: DbId::of(workspace),
            id: DbId::of(id),
            kind: code(kind),
            subject_id: DbId(subject),
            part_id: part.map(DbId),
            part_number: number,
            version: version_column(version),
            fields: fields.join(","),
            key_id: key.map(DbId::of),
            actor_name: name.clone(),
        }
    }
}

impl TryFrom<EventRow> for Event {
    type Error = RepositoryError;

    fn try_from(row: EventRow) -> Result<Self, RepositoryError> {
        let EventRow {
            seq,
            id,
            kind,
            subject_id,
            part_id,
            part_number,
            version: version_number,
            fields,
            key_id,
            actor_name,
        } = row;
        let kind = read_kind(TABLE, kind)?;
        let subject = read_subject(kind, subject_id.0, part_id, part_number)?;
        let revision = match subject {
            EventSubject::Conversation(_) => {
                part_number.map(|number| count(TABLE, "part_number", number)).transpose()?
            }
            _ => None,
        };
        let names = fields.split(',').filter(|name| !name.is_empty());
        let fields: Result<Vec<EventField>, _> = names.map(str::parse).collect();
        Ok(Self {
            sequence: Sequence::new(count(TABLE, "seq", seq)?),
            id: EventId::from_uuid(id.0),
            change: NewEvent {
                kind,
                subject,
                version: version(TABLE, version_number)?,
                revision: revision.map(Version::new),
                fields: column(TABLE, "fields", fields)?,
            },
            by: Actor { key: key_id.map(|id| KeyId::from_uuid(id.0)), name: actor_name },
        })
    }
}

fn read_subject(
    kind: EventType,
    id: Uuid,
    part: Option<DbId>,
    number: Option<i64>,
) -> Result<EventSubject, RepositoryError> {
    Ok(match kind {
        EventType::ConversationCreated
        | EventType::ConversationUpdated
        | EventType::ConversationAssigned
        | EventType::ConversationUnassigned
        | EventType::ConversationClosed
        | EventType::ConversationReopened
        | EventType::ConversationDeleted => {
            EventSubject::Conversation(ConversationId::from_uuid(id))
        }
        EventType::MessageReceived
        | EventType::MessageSent
        | EventType::MessageNoted
        | EventType::MessageDeleted => {
            let message = column(TABLE, "part_id", part.ok_or("a message has an id"))?;
            let number = column(TABLE, "part_number", number.ok_or("a message has a number"))?;
            EventSubject::Message {
                conversation: ConversationId::from_uuid(id),
                message: MessageId::from_uuid(message.0),
                number: count(TABLE, "part_number", number)?,
            }
        }
        EventType::CustomerCreated | EventType::CustomerUpdated | EventType::CustomerDeleted => {
            EventSubject::Customer(CustomerId::from_uuid(id))
        }
        EventType::UserCreated | EventType::UserUpdated | EventType::UserDeleted => {
            EventSubject::User(UserId::from_uuid(id))
        }
        EventType::InboxCreated | EventType::InboxUpdated | EventType::InboxDeleted => {
            EventSubject::Inbox(InboxId::from_uuid(id))
        }
        EventType::WebhookDisabled => EventSubject::Webhook(WebhookId::from_uuid(id)),
        EventType::FeedReset => EventSubject::Feed,
    })
}

/// The stored number of a type. A number is never reused for another type.
pub(crate) const fn code(kind: EventType) -> i16 {
    match kind {
        EventType::ConversationCreated => 1,
        EventType::ConversationUpdated => 2,
        EventType::ConversationAssigned => 3,
        EventType::ConversationUnassigned => 4,
        EventType::ConversationClosed => 5,
        EventType::ConversationReopened => 6,
        EventType::ConversationDeleted => 7,
        EventType::MessageReceived => 8,
        EventType::MessageSent => 9,
        EventType::MessageNoted => 10,
        EventType::MessageDeleted => 11,
        EventType::CustomerCreated => 12,
        EventType::CustomerUpdated => 13,
        EventType::CustomerDeleted => 14,
        EventType::UserCreated => 15,
        EventType::UserUpdated => 16,
        EventType::UserDeleted => 17,
        EventType::InboxCreated => 18,
        EventType::InboxUpdated => 19,
        EventType::InboxDeleted => 20,
        EventType::FeedReset => 21,
        EventType::WebhookDisabled => 22,
    }
}

/// Reads the type of an event from a column of a table.
pub(super) fn read_kind(table: &'static str, number: i16) -> Result<EventType, RepositoryError> {
    let kind = EventType::ALL.iter().copied().find(|&kind| code(kind) == number);
    column(table, "kind", kind.ok_or("no such type"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_number_of_its_own() {
        for &kind in EventType::ALL {
            assert_eq!(read_kind(TABLE, code(kind)).ok(), Some(kind));
        }
    }
}
