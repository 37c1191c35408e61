//! A conversation as callers see it, with its people: everywhere the same.

use conversations_application::ports::ConversationDetails;
use conversations_domain::{
    Channel, ConversationId, ConversationParts, InboxId, Priority, Source, Status, Timestamp,
};
use serde::Serialize;

use crate::customers::CustomerBody;
use crate::disclosure::identified;
use crate::tags::words;
use crate::users::UserBody;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConversationBody {
    #[serde(rename = "_id")]
    id: ConversationId,
    subject: String,
    status: Status,
    priority: Priority,
    channel: Channel,
    source: Source,
    inbox_id: InboxId,
    /// The customer, not only their id.
    customer_id: Option<CustomerBody>,
    assigned_to: Option<UserBody>,
    labels: Vec<String>,
    message_count: u64,
    last_message_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

identified!(ConversationBody);

impl From<ConversationDetails> for ConversationBody {
    fn from(details: ConversationDetails) -> Self {
        let ConversationDetails { conversation, customer, assignee } = details;
        let ConversationParts {
            id,
            subject,
            status,
            priority,
            channel,
            source,
            inbox,
            customer: _,
            assignee: _,
            labels,
            message_count,
            last_message_number: _,
            last_message_at,
            closed_at,
            updated_at,
            version: _,
            revision: _,
        } = conversation.into_parts();
        Self {
            id,
            subject: subject.into_string(),
            status,
            priority,
            channel,
            source,
            inbox_id: inbox,
            customer_id: customer.map(Into::into),
            assigned_to: assignee.map(Into::into),
            labels: words(&labels),
            message_count,
            last_message_at,
            closed_at,
            created_at: id.created_at(),
            updated_at,
        }
    }
}
