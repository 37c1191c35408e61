//! A message as callers see it.

use conversations_domain::{
    Author, AuthorKind, ConversationId, Message, MessageBody as MessageText, MessageId,
    MessageParts, Timestamp, UserId,
};
use uuid::Uuid;

use crate::body::response_body;
use crate::disclosure::identified;
use crate::examples;
use crate::schema::Shown;

response_body! {
    /// A message of a conversation.
    #[body(name = "Message")]
    pub(crate) struct MessageBody {
        /// Its id.
        #[serde(rename = "_id")]
        id: MessageId,
        /// The conversation it belongs to.
        conversation_id: ConversationId,
        /// Its place in the conversation: 1, 2, 3 …, never used again.
        number: u64,
        /// Who wrote it.
        author: AuthorBody,
        /// Whether it is a note that is not for the customer.
        internal: bool,
        /// What was said, as it was sent.
        body: MessageText,
        /// When it was written.
        created_at: Timestamp,
    }
}

response_body! {
    /// Who wrote a message.
    #[body(name = "Author")]
    struct AuthorBody {
        /// What they are.
        #[serde(rename = "type")]
        kind: AuthorKind,
        /// The customer, or the user, who may be gone by now.
        #[serde(rename = "_id")]
        id: Option<Uuid>,
    }
}

identified!(MessageBody);

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        let MessageParts { id, conversation, number, author, internal, body } =
            message.into_parts();
        Self {
            id,
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

impl Shown for MessageBody {
    fn example() -> Option<Self> {
        let message = Message::restore(MessageParts {
            id: MessageId::parse(examples::MESSAGE).ok()?,
            conversation: ConversationId::parse(examples::CONVERSATION).ok()?,
            number: 2,
            author: Author::Agent(UserId::parse(examples::USER).ok()?),
            internal: false,
            body: MessageText::parse("The refund is on its way.").ok()?,
        });
        Some(message.into())
    }
}
