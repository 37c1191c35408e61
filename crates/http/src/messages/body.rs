//! A message as callers see it.

use conversations_domain::{
    Author, AuthorKind, ConversationId, Message, MessageId, MessageParts, Timestamp,
};
use serde::Serialize;
use uuid::Uuid;

use crate::disclosure::identified;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageBody {
    #[serde(rename = "_id")]
    id: MessageId,
    conversation_id: ConversationId,
    number: u64,
    author: AuthorBody,
    internal: bool,
    body: String,
    created_at: Timestamp,
}

#[derive(Debug, Serialize)]
struct AuthorBody {
    #[serde(rename = "type")]
    kind: AuthorKind,
    #[serde(rename = "_id")]
    id: Option<Uuid>,
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
            body: body.into_string(),
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
