//! Messages and changes in the order of their conversations, read beside these.

use std::collections::VecDeque;

use conversations_domain::WorkspaceId;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::super::Connection;
use super::super::sql_builder::SqlBuilder;
use super::ROWS;
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::rows::{HistoryRow, MessageRow};
use crate::schema::{conversation_history, messages};

/// Declares a reader of the rows of a table whose key is a conversation and an id.
macro_rules! rows_of_conversations {
    ($(#[$meta:meta])* $name:ident, $table:ident, $row:ty, $key:literal) => {
        $(#[$meta])*
        pub(super) struct $name {
            /// Read, and not used yet.
            rows: VecDeque<$row>,
            /// The key of the last row that was read.
            last: (DbId, DbId),
            is_over: bool,
        }

        impl Default for $name {
            fn default() -> Self {
                let first = DbId(Uuid::nil());
                Self { rows: VecDeque::new(), last: (first, first), is_over: false }
            }
        }

        impl $name {
            /// The next row of this conversation. Rows of earlier ones are skipped.
            pub(super) async fn next_of(
                &mut self,
                connection: &mut Connection,
                workspace: WorkspaceId,
                conversation: DbId,
            ) -> Result<Option<$row>, Failure> {
                loop {
                    match self.rows.front() {
                        Some(row) if row.conversation_id.0 < conversation.0 => {
                            self.rows.pop_front();
                        }
                        Some(row) if row.conversation_id == conversation => {
                            return Ok(self.rows.pop_front());
                        }
                        Some(_) => return Ok(None),
                        None if self.is_over => return Ok(None),
                        None => self.load(connection, workspace, conversation).await?,
                    }
                }
            }

            /// Loads the rows after the last one, from this conversation on.
            async fn load(
                &mut self,
                connection: &mut Connection,
                workspace: WorkspaceId,
                conversation: DbId,
            ) -> Result<(), Failure> {
                if self.last.0.0 < conversation.0 {
                    self.last = (conversation, DbId(Uuid::nil()));
                }
                let (last_conversation, last) = self.last;
                // As one comparison of two values, both databases find it in the key.
                let after = SqlBuilder::<Bool>::of(concat!($key, " > ("))
                    .fragment(last_conversation.into_sql::<Id>())
                    .text(", ")
                    .fragment(last.into_sql::<Id>())
                    .text(")");
                let rows: Vec<$row> = $table::table
                    .filter($table::workspace_id.eq(DbId::of(workspace)))
                    .filter(after)
                    .order(($table::conversation_id, $table::id))
                    .limit(ROWS)
                    .select(<$row>::as_select())
                    .load(connection)
                    .await?;
                match rows.last() {
                    Some(row) => self.last = (row.conversation_id, row.id),
                    None => self.is_over = true,
                }
                self.rows.extend(rows);
                Ok(())
            }
        }
    };
}

rows_of_conversations! {
    /// The messages.
    MessageRows, messages, MessageRow, "(messages.conversation_id, messages.id)"
}

rows_of_conversations! {
    /// The changes.
    HistoryRows, conversation_history, HistoryRow,
    "(conversation_history.conversation_id, conversation_history.id)"
}
