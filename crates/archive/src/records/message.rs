//! A message as a line.

use conversations_domain::{
    Author, AuthorKind, ConversationId, CustomerId, Message, MessageBody, MessageId, MessageParts,
    Timestamp, UserId,
};

use super::ExternalIdRecord;
use crate::field::{AnyId, Number};
use crate::object::object;

object! {
    /// A message of the conversation before it.
    MessageRecord as "message" {
        /// Unique id (UUIDv7).
        id: MessageId = "_id",
        /// The id in another system.
        external_id: Option<ExternalIdRecord> = "externalId",
        /// The conversation.
        conversation_id: ConversationId = "conversationId",
        /// Its place in the conversation: 1, 2, 3 …
        number: Number = "number",
        /// The author.
        author: AuthorRecord = "author",
        /// Whether it is an internal note.
        internal: bool = "internal",
        /// The text.
        body: MessageBody = "body",
        /// Creation time: the time inside the id.
        created_at: Timestamp = "createdAt",
    }
}

object! {
    /// The author of a message.
    AuthorRecord {
        /// The kind.
        kind: AuthorKind = "type",
        /// The customer or the user, who may have been deleted; null for the system.
        id: Option<AnyId> = "_id",
    }
}

impl From<Message> for MessageRecord {
    fn from(message: Message) -> Self {
        let MessageParts { id, external_id, conversation, number, author, internal, body } =
            message.into_parts();
        Self {
            id,
            external_id: external_id.map(Into::into),
            conversation_id: conversation,
            number: Number(number),
            author: author.into(),
            internal,
            body,
            created_at: id.created_at(),
        }
    }
}

impl TryFrom<MessageRecord> for Message {
    type Error = &'static str;

    fn try_from(record: MessageRecord) -> Result<Self, Self::Error> {
        let MessageRecord {
            id,
            external_id,
            conversation_id,
            number: Number(number),
            author,
            internal,
            body,
            created_at: _,
        } = record;
        let (conversation, author) = (conversation_id, author.try_into()?);
        let external_id = external_id.map(Into::into);
        Ok(Self::restore(MessageParts {
            id,
            external_id,
            conversation,
            number,
            author,
            internal,
            body,
        }))
    }
}

impl From<Author> for AuthorRecord {
    fn from(author: Author) -> Self {
        let id = match author {
            Author::Customer(id) => id.map(CustomerId::as_uuid),
            Author::Agent(id) => Some(id.as_uuid()),
            Author::System => None,
        };
        Self { kind: author.kind(), id: id.map(AnyId) }
    }
}

impl TryFrom<AuthorRecord> for Author {
    type Error = &'static str;

    fn try_from(AuthorRecord { kind, id }: AuthorRecord) -> Result<Self, Self::Error> {
        match (kind, id.map(|AnyId(id)| id)) {
            (AuthorKind::Customer, id) => Ok(Self::Customer(id.map(CustomerId::from_uuid))),
            (AuthorKind::Agent, Some(id)) => Ok(Self::Agent(UserId::from_uuid(id))),
            (AuthorKind::System, None) => Ok(Self::System),
            (AuthorKind::Agent, None) => Err("author._id: must be given for an agent"),
            (AuthorKind::System, Some(_)) => Err("author._id: must be null for the system"),
        }
    }
}
