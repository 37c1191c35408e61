//! A conversation as the API returns it, read into the domain's.

use conversations_domain::{
    Channel, Conversation, ConversationDraft, ConversationId, ConversationParts, CustomerId,
    InboxId, NewConversation, Priority, Source, Status, Subject, Tags, Timestamp, UserId,
};
use serde::Deserialize;

/// The conversation. What the rules do not ask for, like the profile of its customer, is passed
/// over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Snapshot {
    #[serde(rename = "_id")]
    id: ConversationId,
    subject: Subject,
    status: Status,
    priority: Priority,
    channel: Channel,
    source: Source,
    inbox_id: InboxId,
    customer_id: Option<Somebody<CustomerId>>,
    assigned_to: Option<Somebody<UserId>>,
    labels: Tags,
    message_count: u64,
    last_message_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    updated_at: Timestamp,
}

#[derive(Deserialize)]
struct Somebody<Id> {
    #[serde(rename = "_id")]
    id: Id,
}

impl From<Snapshot> for Conversation {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot {
            id,
            subject,
            status,
            priority,
            channel,
            source,
            inbox_id,
            customer_id,
            assigned_to,
            labels,
            message_count,
            last_message_at,
            closed_at,
            updated_at,
        } = snapshot;
        let opened = Self::open(NewConversation {
            id,
            source,
            customer: customer_id.map(|customer| customer.id),
            draft: ConversationDraft {
                channel: Some(channel),
                priority: Some(priority),
                labels,
                ..ConversationDraft::new(subject, inbox_id)
            },
        });
        // Versions and numbers are the storage's; no rule that is asked here looks at them.
        Self::restore(ConversationParts {
            status,
            assignee: assigned_to.map(|user| user.id),
            message_count,
            last_message_number: message_count,
            last_message_at,
            closed_at,
            updated_at,
            ..opened.into_parts()
        })
    }
}
