//! The rows of `messages`.

use conversations_application::ports::RepositoryError;
use conversations_domain::{
    Author, AuthorKind, ConversationId, CustomerId, Message, MessageBody, MessageId, MessageParts,
    UserId, WorkspaceId,
};
use diesel::{Insertable, Queryable, Selectable};

use super::external_id::{read_external_id, write_external_id};
use super::{count, to_column};
use crate::columns::DbId;
use crate::error::column;
use crate::schema::messages;

const TABLE: &str = "messages";

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = messages)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct MessageRow {
    pub(crate) workspace_id: DbId,
    pub(crate) id: DbId,
    pub(crate) conversation_id: DbId,
    pub(crate) number: i64,
    pub(crate) author_kind: String,
    pub(crate) author_id: Option<DbId>,
    pub(crate) internal: bool,
    pub(crate) body: String,
    pub(crate) external_source: Option<String>,
    pub(crate) external_id: Option<String>,
}

impl MessageRow {
    pub(crate) fn new(workspace: WorkspaceId, message: Message) -> Self {
        let MessageParts { id, external_id, conversation, number, author, internal, body } =
            message.into_parts();
        let (external_source, external_id) = write_external_id(external_id);
        let author_id = match author {
            Author::Customer(id) => id.map(DbId::of),
            Author::Agent(id) => Some(DbId::of(id)),
            Author::System => None,
        };
        Self {
            workspace_id: DbId::of(workspace),
            id: DbId::of(id),
            conversation_id: DbId::of(conversation),
            number: to_column(number),
            author_kind: author.kind().as_str().to_owned(),
            author_id,
            internal,
            body: body.into_string(),
            external_source,
            external_id,
        }
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = RepositoryError;

    fn try_from(row: MessageRow) -> Result<Self, RepositoryError> {
        let MessageRow {
            workspace_id: _,
            id,
            conversation_id,
            number,
            author_kind,
            author_id,
            internal,
            body,
            external_source,
            external_id,
        } = row;
        let (source, external_id) = (external_source.as_deref(), external_id.as_deref());
        let kind: AuthorKind = column(TABLE, "author_kind", author_kind.parse())?;
        let author_id = author_id.map(|id| id.0);
        let author = match kind {
            AuthorKind::Customer => Author::Customer(author_id.map(CustomerId::from_uuid)),
            AuthorKind::Agent => {
                let id = author_id.ok_or("an agent without an id");
                Author::Agent(UserId::from_uuid(column(TABLE, "author_id", id)?))
            }
            AuthorKind::System => Author::System,
        };
        Ok(Self::restore(MessageParts {
            id: MessageId::from_uuid(id.0),
            external_id: read_external_id(TABLE, source, external_id)?,
            conversation: ConversationId::from_uuid(conversation_id.0),
            number: count(TABLE, "number", number)?,
            author,
            internal,
            body: column(TABLE, "body", MessageBody::parse(&body))?,
        }))
    }
}
