//! What lists are asked for, and what is shown: the words that the use cases, the storage that answers
//! them and the adapters that show it have in common.

mod conversation_counts;
mod conversation_details;
mod conversation_filter;
mod conversation_order;
mod customer_filter;
mod event_details;
mod key_details;
mod webhook_details;

pub use conversation_counts::{ConversationCount, CountedField, CountedFields, CountedValue};
pub use conversation_details::{ConversationDetails, ObservedVersions};
pub use conversation_filter::{AssigneeFilter, ConversationFilter, Criterion};
pub use conversation_order::ConversationOrder;
pub use customer_filter::CustomerFilter;
pub use event_details::{EventChange, EventDetails, EventState, ResetReason};
pub use key_details::KeyDetails;
pub use webhook_details::WebhookDetails;
