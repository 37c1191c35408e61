//! An event as callers see it, and a page of the feed.

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, Responder};
use conversations_application::events::EventPage;
use conversations_application::ports::FeedEnds;
use conversations_application::read_model::{EventChange, EventDetails, EventState};
use conversations_domain::{
    ConversationId, Event, EventCursor, EventField, EventId, EventSubject, EventType, Field,
    FieldValue, MessageId, NewEvent, Permissions, Sequence, Status, Timestamp, Version,
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::ascii_json::to_ascii_json;
use super::data::{EventData, quoted_etag};
use crate::actor::ActorBody;
use crate::body::response_body;
use crate::conversations::example_conversation;
use crate::error::ApiError;
use crate::examples;
use crate::json_body::json;
use crate::schema::{Fields, ObjectSchema, ResponseBody, Schema, Schemas};

response_body! {
    /// A change in the workspace.
    #[body(name = "Event")]
    pub(crate) struct EventBody {
        /// Its id.
        #[serde(rename = "_id")]
        id: EventId,
        /// Its position in the feed: 1, 2, 3 … without gaps.
        sequence: u64,
        /// The cursor that continues after it.
        cursor: EventCursor,
        /// Its type.
        #[serde(rename = "type")]
        kind: EventType,
        /// The time of the change.
        timestamp: Timestamp,
        /// Its subject.
        subject: SubjectBody,
        /// The key that made the change.
        by: ActorBody,
        /// The changed fields; empty if the resource was deleted.
        changes: Vec<ChangeBody>,
        /// The current resource, which may be newer than the event; null if it was deleted.
        data: Option<EventData>,
        /// The tag of `data`, for `If-Match`.
        etag: Option<String>,
        /// For a message, its conversation.
        conversation: Option<ConversationNow>,
    }
}

/// The subject of an event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SubjectBody {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "_id")]
    id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<ConversationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    version: u64,
}

/// A change of a field.
#[derive(Debug, Serialize)]
struct ChangeBody {
    field: EventField,
    #[serde(flatten)]
    values: Option<ChangedValues>,
}

/// The old and the new value of a field.
#[derive(Debug, Serialize)]
struct ChangedValues {
    from: Option<FieldValue>,
    to: Option<FieldValue>,
}

response_body! {
    /// The current conversation of a message.
    #[body(name = "ConversationNow")]
    struct ConversationNow {
        /// The conversation.
        data: EventData,
        /// Its tag, for `If-Match`.
        etag: String
    }
}

impl ObjectSchema for SubjectBody {
    const NAME: &'static str = "EventSubject";
    const TEXT: &'static str = "The changed resource.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<SubjectKind>("type", "The kind of resource.")
            .has::<Option<Uuid>>("_id", "Its id; null for the feed itself.")
            .may_have::<ConversationId>("conversationId", "For a message, its conversation.")
            .may_have::<u64>("number", "For a message, its position in the conversation.")
            .has::<u64>(
                "version",
                "Its version after the change, or its last; for a message that of the conversation.",
            );
    }
}

impl ObjectSchema for ChangeBody {
    const NAME: &'static str = "EventChange";
    const TEXT: &'static str = "A field that changed.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<EventField>("field", "The field.")
            .may_have::<Option<FieldValue>>("from", "The old value, for conversations.")
            .may_have::<Option<FieldValue>>("to", "The new value, for conversations.");
    }
}

/// The kinds of subjects.
struct SubjectKind;

impl Schema for SubjectKind {
    fn schema(_: &mut Schemas) -> Value {
        let words = ["conversation", "message", "customer", "user", "inbox", "webhook", "feed"];
        serde_json::json!({ "type": "string", "enum": words })
    }
}

/// An event as JSON, in ASCII and on one line, for a caller with these permissions.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn event_json(
    details: EventDetails,
    permissions: &Permissions,
) -> Result<Vec<u8>, serde_json::Error> {
    to_ascii_json(&EventBody::new(details, permissions)?)
}

impl EventBody {
    /// An event for a caller with these permissions.
    pub(crate) fn new(
        details: EventDetails,
        permissions: &Permissions,
    ) -> Result<Self, serde_json::Error> {
        let EventDetails { event, changes, state } = details;
        let (timestamp, cursor) = (event.time(), event.cursor());
        let Event { sequence, id, change, by } = event;
        let NewEvent { kind, subject, version, revision: _, fields: _ } = change;
        let mut conversation = None;
        let reset = match state {
            EventState::Feed(reason) => Some(EventData::of_reset(reason)),
            _ => None,
        };
        let shown = match state {
            EventState::Gone | EventState::Feed(_) => None,
            EventState::Conversation(details) => {
                Some(EventData::of_conversation(*details, permissions)?)
            }
            EventState::Message { message, conversation: details } => {
                let (data, etag) = EventData::of_conversation(*details, permissions)?;
                conversation = Some(ConversationNow { data, etag });
                message.map(|message| {
                    let etag = quoted_etag(&message);
                    (EventData::Message(message.into()), etag)
                })
            }
            EventState::Customer(customer) => {
                let etag = quoted_etag(&*customer);
                Some((EventData::Customer(Box::new((*customer).into())), etag))
            }
            EventState::User(user) => {
                let etag = quoted_etag(&user);
                Some((EventData::User(user.into()), etag))
            }
            EventState::Inbox(inbox) => {
                let etag = quoted_etag(&inbox);
                Some((EventData::Inbox(inbox.into()), etag))
            }
            EventState::Webhook(details) => {
                let etag = quoted_etag(&*details);
                Some((EventData::Webhook(Box::new((*details).into())), etag))
            }
        };
        let (data, etag) = match shown {
            Some((data, etag)) => (Some(data), Some(etag)),
            None => (reset, None),
        };
        Ok(Self {
            id,
            sequence: sequence.number(),
            cursor,
            kind,
            timestamp,
            subject: SubjectBody::new(subject, version),
            by: by.into(),
            changes: changes.into_iter().map(Into::into).collect(),
            data,
            etag,
            conversation,
        })
    }
}

impl SubjectBody {
    fn new(subject: EventSubject, version: Version) -> Self {
        let version = version.number();
        let plain = |kind, id: Option<Uuid>| Self {
            kind,
            id,
            conversation_id: None,
            number: None,
            version,
        };
        match subject {
            EventSubject::Conversation(id) => plain("conversation", Some(id.into())),
            EventSubject::Message { conversation, message, number } => Self {
                conversation_id: Some(conversation),
                number: Some(number),
                ..plain("message", Some(message.into()))
            },
            EventSubject::Customer(id) => plain("customer", Some(id.into())),
            EventSubject::User(id) => plain("user", Some(id.into())),
            EventSubject::Inbox(id) => plain("inbox", Some(id.into())),
            EventSubject::Webhook(id) => plain("webhook", Some(id.into())),
            EventSubject::Feed => plain("feed", None),
        }
    }
}

impl From<EventChange> for ChangeBody {
    fn from(EventChange { field, values }: EventChange) -> Self {
        Self { field, values: values.map(|(from, to)| ChangedValues { from, to }) }
    }
}

impl ResponseBody for EventBody {
    fn example() -> Option<Self> {
        let event = Event {
            sequence: Sequence::new(1042),
            id: EventId::parse(examples::MESSAGE).ok()?,
            change: NewEvent {
                kind: EventType::ConversationClosed,
                subject: EventSubject::Conversation(
                    ConversationId::parse(examples::CONVERSATION).ok()?,
                ),
                version: Version::new(7),
                revision: None,
                fields: vec![Field::Status.into()],
            },
            by: examples::actor(),
        };
        let values =
            Some((Some(Status::Open.as_str().into()), Some(Status::Closed.as_str().into())));
        let changes = vec![EventChange { field: Field::Status.into(), values }];
        let state = EventState::Conversation(Box::new(example_conversation()?));
        Self::new(EventDetails { event, changes, state }, &Permissions::all()).ok()
    }
}

/// A page of the feed.
#[derive(Debug, Serialize)]
pub(crate) struct FeedBody {
    success: bool,
    data: Vec<EventBody>,
    pagination: FeedPagination,
}

/// The position of a page in the feed.
#[derive(Debug, Serialize)]
pub(crate) struct FeedPagination {
    cursor: EventCursor,
    remaining: u64,
    earliest: EventCursor,
    latest: EventCursor,
}

impl FeedBody {
    /// A page for a caller with these permissions.
    pub(crate) fn new(page: EventPage, permissions: &Permissions) -> Result<Self, ApiError> {
        let remaining = page.remaining();
        let EventPage { events, cursor, ends: FeedEnds { earliest, latest } } = page;
        let shown = events.into_iter().map(|event| EventBody::new(event, permissions));
        let data: Result<_, serde_json::Error> = shown.collect();
        let data = data.map_err(|error| ApiError::Internal(Box::new(error)))?;
        let pagination = FeedPagination { cursor, remaining, earliest, latest };
        Ok(Self { success: true, data, pagination })
    }

    /// A page with one event.
    pub(crate) fn example() -> Option<Self> {
        let event = EventBody::example()?;
        let (cursor, first) = (event.cursor, MessageId::parse(examples::MESSAGE).ok()?);
        let earliest = EventCursor::at(Sequence::default(), EventId::from_uuid(first.into()));
        let pagination = FeedPagination { cursor, remaining: 0, earliest, latest: cursor };
        Some(Self { success: true, data: vec![event], pagination })
    }
}

impl Responder for FeedBody {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        json(&mut HttpResponse::Ok(), self)
    }
}

impl ObjectSchema for FeedPagination {
    const NAME: &'static str = "FeedPagination";
    const TEXT: &'static str = "The position of a page in the feed.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<EventCursor>(
                "cursor",
                "Continues after this page. It also moves past events that were left out.",
            )
            .has::<u64>("remaining", "The number of events after it, of all types.")
            .has::<EventCursor>("earliest", "The cursor before the first stored event.")
            .has::<EventCursor>("latest", "The cursor of the last event.");
    }
}
