//! A conversation as callers see it, with its people: everywhere the same.

use conversations_application::ports::ConversationDetails;
use conversations_domain::{
    Channel, ConversationId, ConversationParts, InboxId, Priority, Source, Status, Subject, Tags,
    Timestamp,
};

use crate::body::response_body;
use crate::customers::CustomerBody;
use crate::disclosure::identified;
use crate::examples;
use crate::schema::Shown;
use crate::users::UserBody;

response_body! {
    /// A thread of messages between agents and a customer.
    #[body(name = "Conversation")]
    pub(crate) struct ConversationBody {
        /// Its id.
        #[serde(rename = "_id")]
        id: ConversationId,
        /// What it is about.
        subject: Subject,
        /// Where it stands.
        status: Status,
        /// How urgent it is.
        priority: Priority,
        /// The medium it is held in.
        channel: Channel,
        /// What the key was made for that created it.
        source: Source,
        /// The inbox it lies in.
        inbox_id: InboxId,
        /// The whole customer, not only their id.
        customer_id: Option<CustomerBody>,
        /// The whole user who takes care of it.
        assigned_to: Option<UserBody>,
        /// Words that people put on it, in their order.
        labels: Tags,
        /// How many messages it has, internal ones included.
        message_count: u64,
        /// When the newest of them was written.
        last_message_at: Option<Timestamp>,
        /// When it was closed, while it is.
        closed_at: Option<Timestamp>,
        /// When it was made.
        created_at: Timestamp,
        /// When it, or its messages, last changed.
        updated_at: Timestamp,
    }
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
            subject,
            status,
            priority,
            channel,
            source,
            inbox_id: inbox,
            customer_id: customer.map(Into::into),
            assigned_to: assignee.map(Into::into),
            labels,
            message_count,
            last_message_at,
            closed_at,
            created_at: id.created_at(),
            updated_at,
        }
    }
}

impl Shown for ConversationBody {
    fn example() -> Option<Self> {
        examples::conversation().map(Into::into)
    }
}
