//! A message as callers see it.

use conversations_domain::{
    Author, AuthorKind, ConversationId, Message, MessageBody as MessageText, MessageId,
    MessageParts, Timestamp, UserId,
};
use uuid::Uuid;

use crate::body::response_body;
use crate::disclosure::identified;
use crate::examples;
use crate::external_id::ExternalIdBody;
use crate::schema::ResponseBody;

response_body! {
    /// A message of a conversation.
    #[body(name = "Message")]
    pub(crate) struct MessageBody {
        /// Unique id (UUIDv7).
        #[serde(rename = "_id")]
        id: MessageId,
        /// The message's id in another system.
        external_id: Option<ExternalIdBody>,
        /// The conversation it belongs to.
        conversation_id: ConversationId,
        /// Position in the conversation: 1, 2, 3 … Numbers are never reused.
        number: u64,
        /// The author.
        author: AuthorBody,
        /// Whether it is an internal note, hidden from the customer.
        internal: bool,
        /// The text, exactly as sent.
        body: MessageText,
        /// Creation time.
        created_at: Timestamp,
    }
}

response_body! {
    /// The author of a message.
    #[body(name = "Author")]
    struct AuthorBody {
        /// The kind.
        #[serde(rename = "type")]
        kind: AuthorKind,
        /// The id of the customer or the user, who may have been deleted.
        #[serde(rename = "_id")]
        id: Option<Uuid>,
    }
}

identified!(MessageBody);

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        let MessageParts { id, external_id, conversation, number, author, internal, body } =
            message.into_parts();
        Self {
            id,
            external_id: external_id.map(Into::into),
            conversation_id: conversation,
            number,
            author: author.into(),
            internal,
            body,
            created_at: id.created_at(),
        }
    }
}

impl From<Author> for AuthorBody {
    fn from(author: Author) -> Self {
        let id = match author {
            Author::Customer(id) => id.map(conversations_domain::CustomerId::as_uuid),
            Author::Agent(id) => Some(id.as_uuid()),
            Author::System => None,
        };
        Self { kind: author.kind(), id }
    }
}

impl ResponseBody for MessageBody {
    fn example() -> Option<Self> {
        let message = Message::restore(MessageParts {
            id: MessageId::parse(examples::MESSAGE).ok()?,
            external_id: None,
            conversation: ConversationId::parse(examples::CONVERSATION).ok()?,
            number: 2,
            author: Author::Agent(UserId::parse(examples::USER).ok()?),
            internal: false,
            body: MessageText::parse("The refund is on its way.").ok()?,
        });
        Some(message.into())
    }
}
