#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod access;
mod audit;
mod change;
mod channel;
mod conversation;
mod custom_fields;
mod customer;
mod email;
mod event;
mod event_field;
mod external_id;
mod history;
mod ids;
mod inbox;
mod message;
mod message_body;
mod name;
mod priority;
mod rate_limit;
mod reason;
mod role;
mod source;
mod status;
mod subject;
mod tags;
mod text;
mod tier;
mod time;
mod user;
mod version;
mod vocabulary;
mod webhook;
mod workspace;
mod workspace_record;

pub use access::{Actor, ApiKey, KeyChanges, Permission, Permissions};
pub use audit::{AuditAction, AuditEntry};
pub use change::{Change, Edit, PartialChange};
pub use channel::Channel;
pub use conversation::{
    AlreadyAssigned, ChangeRefused, Changes, Conversation, ConversationDraft, ConversationParts,
    CountKey, Field, FieldChange, FieldValue, IncompleteConversation, NewConversation,
};
pub use custom_fields::{
    CustomFieldError, CustomFields, CustomFieldsChange, CustomFieldsEdit, CustomValue,
};
pub use customer::{
    Customer, CustomerChangeRefused, CustomerChanges, CustomerParts, CustomerStatus, EmptyProfile,
    NewCustomer, Profile, ProfileChanges, ProfileText, SearchText,
};
pub use email::{Email, EmailError};
pub use event::{
    Event, EventCursor, EventPattern, EventSubject, EventType, InvalidEventCursor, NewEvent,
    Origin, Sequence, UnknownPattern,
};
pub use event_field::{DirectoryField, EventField, UnknownField};
pub use external_id::{ExternalId, ExternalSource, ForeignId};
pub use history::HistoryEntry;
pub use ids::{
    AuditId, ConversationId, CustomerId, EventId, HistoryId, InboxId, InvalidId, KeyId, MessageId,
    UserId, WebhookDeliveryId, WebhookId, WorkspaceId,
};
pub use inbox::{Inbox, InboxChanges, InboxParts, NewInbox};
pub use message::{
    Author, AuthorKind, InternalNoteByCustomer, Message, MessageDraft, MessageParts,
};
pub use message_body::MessageBody;
pub use name::Name;
pub use priority::Priority;
pub use rate_limit::{InvalidRateLimit, RateLimit, RatePeriod};
pub use reason::Reason;
pub use role::Role;
pub use source::Source;
pub use status::Status;
pub use subject::Subject;
pub use tags::{Tag, Tags, TagsChange, TagsEdit, TagsError};
pub use text::{TextError, fold, fold_char};
pub use tier::Tier;
pub use time::{InvalidTimestamp, Timestamp};
pub use user::{NewUser, User, UserChanges, UserParts};
pub use version::Version;
pub use vocabulary::UnknownWord;
pub use webhook::{
    Admission, AttemptOutcome, Delivery, DeliveryAttempt, DeliveryError, DeliveryStatus,
    DisabledReason, InvalidRetryPolicy, Jitter, NewWebhook, ReceiverHealth, RetryPolicy,
    SigningSecret, SigningSecrets, TooManySecrets, Webhook, WebhookChanges, WebhookEvents,
    WebhookEventsError, WebhookHeaders, WebhookHeadersError, WebhookParts, WebhookSecret,
    WebhookStatus, WebhookUrl, WebhookUrlError,
};
pub use workspace::Workspace;
pub use workspace_record::WorkspaceRecord;
