//! What lists are asked for, and what is shown: the words that the use cases, the storage that answers
//! them and the adapters that show it have in common.

mod conversation_counts;
mod conversation_details;
mod conversation_filter;
mod conversation_order;
mod customer_filter;
mod event_details;
mod external_id_filter;
mod key_details;
mod message_filter;
mod user_filter;
mod webhook_details;

pub use conversation_counts::{ConversationCount, CountedField, CountedFields, CountedValue};
pub use conversation_details::{ConversationDetails, ObservedVersions};
pub use conversation_filter::{AssigneeFilter, ConversationFilter, Criterion};
pub use conversation_order::ConversationOrder;
pub use customer_filter::CustomerFilter;
pub use event_details::{EventChange, EventDetails, EventState, ResetReason};
pub use external_id_filter::ExternalIdFilter;
pub use key_details::KeyDetails;
pub use message_filter::MessageFilter;
pub use user_filter::UserFilter;
pub use webhook_details::WebhookDetails;
