//! A message of a conversation, and who may write which.

use crate::vocabulary::vocabulary;
use crate::{ConversationId, CustomerId, ExternalId, MessageBody, MessageId, UserId};

vocabulary! {
    /// The kinds of authors.
    AuthorKind {
        Customer = "customer",
        Agent = "agent",
        System = "system",
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The conversation's customer; without an id where the conversation has none.
    Customer(Option<CustomerId>),
    /// A user of the workspace. The id stays when the user is deleted.
    Agent(UserId),
    /// The system itself, or an integration in its name.
    System,
}

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    parts: MessageParts,
}

/// Everything that a message consists of: the door for storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageParts {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: MessageId,
    /// The id in another system.
    pub external_id: Option<ExternalId>,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// Its place in the conversation: 1, 2, 3 …, never used again.
    pub number: u64,
    /// Who wrote it.
    pub author: Author,
    /// A note among agents that the customer never sees.
    pub internal: bool,
    /// What was said.
    pub body: MessageBody,
}

/// A message that has no number yet: numbers are given where messages are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageDraft {
    id: MessageId,
    external_id: Option<ExternalId>,
    author: Author,
    internal: bool,
    body: MessageBody,
    reopens: bool,
}

/// A customer cannot write an internal note: it would be a note about them that they wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must not be true for a message of the customer")]
pub struct InternalNoteByCustomer;

impl Author {
    /// The kind of this author.
    #[must_use]
    pub const fn kind(self) -> AuthorKind {
        match self {
            Self::Customer(_) => AuthorKind::Customer,
            Self::Agent(_) => AuthorKind::Agent,
            Self::System => AuthorKind::System,
        }
    }
}

impl MessageDraft {
    /// Writes a message.
    ///
    /// # Errors
    /// When it would be an internal note by the customer.
    pub fn new(
        id: MessageId,
        author: Author,
        internal: bool,
        body: MessageBody,
    ) -> Result<Self, InternalNoteByCustomer> {
        if internal && author.kind() == AuthorKind::Customer {
            return Err(InternalNoteByCustomer);
        }
        Ok(Self { id, external_id: None, author, internal, body, reopens: true })
    }

    /// The same with this id in another system.
    #[must_use]
    pub fn with_external_id(self, external_id: Option<ExternalId>) -> Self {
        Self { external_id, ..self }
    }

    /// The same, but whether it reopens its conversation, if the customer wrote it, is this.
    #[must_use]
    pub fn that_reopens(self, reopens: bool) -> Self {
        Self { reopens, ..self }
    }

    /// The message with its number in a conversation.
    #[must_use]
    pub fn numbered(self, conversation: ConversationId, number: u64) -> Message {
        let Self { id, external_id, author, internal, body, reopens: _ } = self;
        let parts = MessageParts { id, external_id, conversation, number, author, internal, body };
        Message { parts }
    }

    /// Unique id (`UUIDv7`, embeds the creation time).
    #[must_use]
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// Who wrote it.
    #[must_use]
    pub fn author(&self) -> Author {
        self.author
    }

    /// What is said.
    #[must_use]
    pub fn body(&self) -> &MessageBody {
        &self.body
    }

    /// Whether it reopens its conversation, if the customer wrote it: an automatic reply does not.
    #[must_use]
    pub fn reopens(&self) -> bool {
        self.reopens
    }
}

impl Message {
    /// Makes the message from what was stored.
    #[must_use]
    pub fn restore(parts: MessageParts) -> Self {
        Self { parts }
    }

    /// Takes the message apart.
    #[must_use]
    pub fn into_parts(self) -> MessageParts {
        self.parts
    }

    /// Unique id (`UUIDv7`, embeds the creation time).
    #[must_use]
    pub fn id(&self) -> MessageId {
        self.parts.id
    }

    /// The conversation that it belongs to.
    #[must_use]
    pub fn conversation(&self) -> ConversationId {
        self.parts.conversation
    }

    /// Its place in the conversation.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.parts.number
    }

    /// Who wrote it.
    #[must_use]
    pub fn author(&self) -> Author {
        self.parts.author
    }

    /// Whether it is a note among agents that the customer never sees.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.parts.internal
    }

    /// What was said.
    #[must_use]
    pub fn body(&self) -> &MessageBody {
        &self.parts.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_customer_writes_no_internal_notes() {
        let draft = |author, internal| {
            let id = MessageId::from_uuid(Uuid::nil());
            MessageDraft::new(id, author, internal, MessageBody::parse("a").expect("a body"))
        };

        assert_eq!(draft(Author::Customer(None), true), Err(InternalNoteByCustomer));
        assert!(draft(Author::Customer(None), false).is_ok());
        assert!(draft(Author::System, true).is_ok());
    }
}
