//! A conversation as callers see it, with its people: everywhere the same.

use conversations_application::read_model::ConversationDetails;
use conversations_domain::{
    Channel, Conversation, ConversationId, ConversationParts, CustomerId, InboxId, Priority,
    Source, Status, Subject, Tags, Timestamp, UserId, Version,
};

use crate::body::response_body;
use crate::customers::CustomerBody;
use crate::disclosure::identified;
use crate::examples;
use crate::external_id::ExternalIdBody;
use crate::schema::ResponseBody;
use crate::users::UserBody;

response_body! {
    /// A thread of messages between agents and a customer.
    #[body(name = "Conversation")]
    pub(crate) struct ConversationBody {
        /// Unique id (UUIDv7).
        #[serde(rename = "_id")]
        id: ConversationId,
        /// The conversation's id in another system.
        external_id: Option<ExternalIdBody>,
        /// The subject.
        subject: Subject,
        /// The status.
        status: Status,
        /// The priority.
        priority: Priority,
        /// The medium.
        channel: Channel,
        /// The source of the API key that created the conversation.
        source: Source,
        /// The id of its inbox.
        inbox_id: InboxId,
        /// The customer, as a full object.
        customer_id: Option<CustomerBody>,
        /// The assigned user, as a full object.
        assigned_to: Option<UserBody>,
        /// Labels, in the order given.
        labels: Tags,
        /// Number of messages, including internal ones.
        message_count: u64,
        /// Creation time of the newest message.
        last_message_at: Option<Timestamp>,
        /// Time at which it was closed; null unless it is closed.
        closed_at: Option<Timestamp>,
        /// Creation time.
        created_at: Timestamp,
        /// Time of the last change of the conversation or its messages.
        updated_at: Timestamp,
    }
}

identified!(ConversationBody);

impl From<ConversationDetails> for ConversationBody {
    fn from(details: ConversationDetails) -> Self {
        let ConversationDetails { conversation, customer, assignee } = details;
        let ConversationParts {
            id,
            external_id,
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
            external_id: external_id.map(Into::into),
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

impl ResponseBody for ConversationBody {
    fn example() -> Option<Self> {
        example_conversation().map(Into::into)
    }
}

/// The conversation of the examples, with its people.
pub(crate) fn example_conversation() -> Option<ConversationDetails> {
    let customer = examples::customer()?;
    let assignee = examples::user()?;
    let conversation = Conversation::restore(ConversationParts {
        id: ConversationId::parse(examples::CONVERSATION).ok()?,
        external_id: None,
        subject: Subject::parse("Refund for order 1042").ok()?,
        status: Status::Pending,
        priority: Priority::High,
        channel: Channel::Email,
        source: Source::Api,
        inbox: InboxId::parse(examples::INBOX).ok()?,
        customer: CustomerId::parse(examples::CUSTOMER).ok(),
        assignee: UserId::parse(examples::USER).ok(),
        labels: Tags::parse(&["refund", "lamp"]).ok()?,
        message_count: 2,
        last_message_number: 2,
        last_message_at: examples::time(),
        closed_at: None,
        updated_at: examples::time()?,
        version: Version::FIRST,
        revision: Version::FIRST,
    });
    let (customer, assignee) = (Some(customer), Some(assignee));
    Some(ConversationDetails { conversation, customer, assignee })
}
