//! Inserting many conversations with one statement, whose text is the same however many there are.

use std::iter::{once, repeat};

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Nullable, SmallInt, Text};
use diesel_async::RunQueryDsl;

use super::Connection;
use crate::columns::{DbId, DbTime, Id, Instant};
use crate::error::Failure;
use crate::rows::ConversationRow;

/// Stores new conversations.
pub(crate) async fn insert_conversations(
    connection: &mut Connection,
    rows: Vec<ConversationRow>,
) -> Result<(), Failure> {
    let mut columns = Columns::default();
    for row in rows {
        columns.push(row);
    }
    columns.execute(connection).await?;
    Ok(())
}

/// Defines rows by their columns, each of which is bound as a list.
macro_rules! columns {
    ($($column:ident: $value:ty => $sql:ty,)*) => {
        #[derive(Default)]
        struct Columns {
            $($column: Vec<$value>,)*
        }

        impl Columns {
            fn push(&mut self, row: ConversationRow) {
                let ConversationRow { $($column,)* } = row;
                $(self.$column.push($column);)*
            }
        }

        impl QueryFragment<Pg> for Columns {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                let names = [$(stringify!($column),)*].join(", ");
                out.push_sql(&format!("INSERT INTO conversations ({names}) SELECT * FROM unnest("));
                let mut separators = once("").chain(repeat(", "));
                $(
                    out.push_sql(separators.next().unwrap_or_default());
                    out.push_bind_param::<Array<$sql>, _>(&self.$column)?;
                )*
                out.push_sql(")");
                Ok(())
            }
        }
    };
}

columns! {
    workspace_id: DbId => Id,
    id: DbId => Id,
    subject: String => Text,
    status: String => Text,
    priority: i16 => SmallInt,
    channel: String => Text,
    source: String => Text,
    inbox_id: DbId => Id,
    customer_id: Option<DbId> => Nullable<Id>,
    assignee_id: Option<DbId> => Nullable<Id>,
    message_count: i64 => BigInt,
    last_message_number: i64 => BigInt,
    last_message_at: Option<DbTime> => Nullable<Instant>,
    closed_at: Option<DbTime> => Nullable<Instant>,
    updated_at: DbTime => Instant,
    version: i64 => BigInt,
    revision: i64 => BigInt,
    labels: String => Text,
}

// The text never changes: it is prepared once.
impl QueryId for Columns {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
