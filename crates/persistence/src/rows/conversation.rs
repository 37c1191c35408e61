//! The rows of `conversations`.

use conversations_application::ports::RepositoryError;
use conversations_domain::{
    Conversation, ConversationId, ConversationParts, CustomerId, InboxId, Priority, Subject,
    UserId, Version, WorkspaceId,
};
use diesel::{Queryable, Selectable};

use super::external_id::{read_external_id, write_external_id};
use super::tags::{read_tags, write_tags};
use super::{count, to_column, version, version_column};
use crate::columns::{DbId, DbTime};
use crate::error::column;

const TABLE: &str = "conversations";

/// The columns of `conversations`, by who writes them, each with its type, the kind of list in which
/// [many of them](crate::bulk::Column) are bound, and its type in SQL. The table, the row, the insertion
/// of many and the changes are all made of this one list: `$then` is called with it.
///
/// - `fixed` ones are written with a new row and never again,
/// - `set` ones by every change of the conversation's fields,
/// - `moved` ones by every change, relative to what is stored,
/// - `counted` ones by the messages that arrive and go.
macro_rules! conversation_columns {
    ($then:ident) => {
        $then! {
            fixed {
                workspace_id: DbId as Ids [Id],
                id: DbId as Ids [Id],
                channel: String as Texts [Text],
                source: String as Texts [Text],
            }
            set {
                external_source: Option<String> as MaybeTexts [Nullable<Text>],
                external_id: Option<String> as MaybeTexts [Nullable<Text>],
                subject: String as Texts [Text],
                status: String as Texts [Text],
                priority: i16 as Shorts [SmallInt],
                inbox_id: DbId as Ids [Id],
                customer_id: Option<DbId> as MaybeIds [Nullable<Id>],
                assignee_id: Option<DbId> as MaybeIds [Nullable<Id>],
                closed_at: Option<DbTime> as MaybeTimes [Nullable<UtcMillis>],
                revision: i64 as Longs [BigInt],
                labels: String as Texts [Text],
            }
            moved {
                updated_at: DbTime as Times [UtcMillis],
                version: i64 as Longs [BigInt],
            }
            counted {
                message_count: i64 as Longs [BigInt],
                last_message_number: i64 as Longs [BigInt],
                last_message_at: Option<DbTime> as MaybeTimes [Nullable<UtcMillis>],
            }
        }
    };
}

pub(crate) use conversation_columns;

mod table {
    #![allow(unreachable_pub, reason = "diesel::table! publishes what it writes")]

    macro_rules! define_table {
        ($($writer:ident { $($column:ident: $type:ty as $kind:ident [$($sql:tt)+],)* })*) => {
            diesel::table! {
                use crate::columns::{Id, UtcMillis};
                use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};

                conversations (workspace_id, id) {
                    $($($column -> $($sql)+,)*)*
                }
            }
        };
    }

    super::conversation_columns!(define_table);
}

pub(crate) use table::conversations;

macro_rules! define_row {
    ($($writer:ident { $($column:ident: $type:ty as $kind:ident [$($sql:tt)+],)* })*) => {
        #[derive(Debug, Clone, Queryable, Selectable)]
        #[diesel(table_name = conversations)]
        #[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
        pub(crate) struct ConversationRow {
            $($(pub(crate) $column: $type,)*)*
        }
    };
}

conversation_columns!(define_row);

impl ConversationRow {
    pub(crate) fn new(
        workspace: WorkspaceId,
        conversation: Conversation,
    ) -> Result<Self, RepositoryError> {
        let ConversationParts {
            id,
            external_id,
            subject,
            status,
            priority,
            channel,
            source,
            inbox,
            customer,
            assignee,
            labels,
            message_count,
            last_message_number,
            last_message_at,
            closed_at,
            updated_at,
            version,
            revision,
        } = conversation.into_parts();
        let (external_source, external_id) = write_external_id(external_id);
        Ok(Self {
            external_source,
            external_id,
            workspace_id: DbId::of(workspace),
            id: DbId::of(id),
            subject: subject.into_string(),
            status: status.as_str().to_owned(),
            priority: i16::from(priority.rank()),
            channel: channel.as_str().to_owned(),
            source: source.as_str().to_owned(),
            inbox_id: DbId::of(inbox),
            customer_id: customer.map(DbId::of),
            assignee_id: assignee.map(DbId::of),
            message_count: to_column(message_count),
            last_message_number: to_column(last_message_number),
            last_message_at: last_message_at.map(DbTime),
            closed_at: closed_at.map(DbTime),
            updated_at: DbTime(updated_at),
            version: version_column(version),
            revision: version_column(revision),
            labels: write_tags(TABLE, "labels", &labels)?,
        })
    }
}

impl TryFrom<ConversationRow> for Conversation {
    type Error = RepositoryError;

    fn try_from(row: ConversationRow) -> Result<Self, RepositoryError> {
        let ConversationRow {
            workspace_id: _,
            id,
            external_source,
            external_id,
            subject,
            status,
            priority,
            channel,
            source,
            inbox_id,
            customer_id,
            assignee_id,
            message_count,
            last_message_number,
            last_message_at,
            closed_at,
            updated_at,
            version: version_number,
            revision,
            labels,
        } = row;
        let (other_source, external_id) = (external_source.as_deref(), external_id.as_deref());
        let rank = u8::try_from(priority).ok().and_then(Priority::from_rank);
        Ok(Self::restore(ConversationParts {
            id: ConversationId::from_uuid(id.0),
            external_id: read_external_id(TABLE, other_source, external_id)?,
            subject: column(TABLE, "subject", Subject::parse(&subject))?,
            status: column(TABLE, "status", status.parse())?,
            priority: column(TABLE, "priority", rank.ok_or("not a rank"))?,
            channel: column(TABLE, "channel", channel.parse())?,
            source: column(TABLE, "source", source.parse())?,
            inbox: InboxId::from_uuid(inbox_id.0),
            customer: customer_id.map(|id| CustomerId::from_uuid(id.0)),
            assignee: assignee_id.map(|id| UserId::from_uuid(id.0)),
            labels: read_tags(TABLE, "labels", &labels)?,
            message_count: count(TABLE, "message_count", message_count)?,
            last_message_number: count(TABLE, "last_message_number", last_message_number)?,
            last_message_at: last_message_at.map(|time| time.0),
            closed_at: closed_at.map(|time| time.0),
            updated_at: updated_at.0,
            version: version(TABLE, version_number)?,
            revision: count(TABLE, "revision", revision).map(Version::new)?,
        }))
    }
}
