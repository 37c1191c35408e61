//! Many rows on their way into a table, column by column. Each dialect has its way to insert them.

use conversations_domain::{ConversationId, Tags, WorkspaceId};

use crate::columns::{DbId, DbTime};
use crate::rows::{ConversationRow, HistoryRow, MessageRow};

/// Rows of one table.
pub(crate) struct Bulk {
    pub(crate) table: &'static str,
    pub(crate) columns: Vec<(&'static str, Column)>,
}

/// One column of all the rows.
pub(crate) enum Column {
    Ids(Vec<DbId>),
    MaybeIds(Vec<Option<DbId>>),
    Times(Vec<DbTime>),
    MaybeTimes(Vec<Option<DbTime>>),
    Texts(Vec<String>),
    MaybeTexts(Vec<Option<String>>),
    Shorts(Vec<i16>),
    Longs(Vec<i64>),
    Flags(Vec<bool>),
}

/// Turns rows into columns. A row is taken apart whole, so that a new field does not compile until
/// it is here.
macro_rules! columns_of {
    ($table:literal, $rows:expr, $row:ident { $($field:ident: $kind:ident),* $(,)? }) => {{
        let rows = $rows;
        let mut bulk = Bulk {
            table: $table,
            columns: vec![$((stringify!($field), Column::$kind(Vec::with_capacity(rows.len())))),*],
        };
        for row in rows {
            let $row { $($field),* } = row;
            let mut columns = bulk.columns.iter_mut();
            $(if let Some((_, Column::$kind(column))) = columns.next() {
                column.push($field);
            })*
        }
        bulk
    }};
}

impl Bulk {
    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        match self.columns.first() {
            Some((_, Column::Ids(values))) => values.len(),
            // Every table begins with the id of its workspace.
            _ => 0,
        }
    }

    pub(crate) fn of_conversations(rows: Vec<ConversationRow>) -> Self {
        columns_of!(
            "conversations",
            rows,
            ConversationRow {
                workspace_id: Ids,
                id: Ids,
                subject: Texts,
                status: Texts,
                priority: Shorts,
                channel: Texts,
                source: Texts,
                inbox_id: Ids,
                customer_id: MaybeIds,
                assignee_id: MaybeIds,
                message_count: Longs,
                last_message_number: Longs,
                last_message_at: MaybeTimes,
                closed_at: MaybeTimes,
                updated_at: Times,
                version: Longs,
                revision: Longs,
                labels: Texts,
            }
        )
    }

    pub(crate) fn of_messages(rows: Vec<MessageRow>) -> Self {
        columns_of!(
            "messages",
            rows,
            MessageRow {
                workspace_id: Ids,
                id: Ids,
                conversation_id: Ids,
                number: Longs,
                author_kind: Texts,
                author_id: MaybeIds,
                internal: Flags,
                body: Texts,
            }
        )
    }

    pub(crate) fn of_history(rows: Vec<HistoryRow>) -> Self {
        columns_of!(
            "conversation_history",
            rows,
            HistoryRow {
                workspace_id: Ids,
                id: Ids,
                conversation_id: Ids,
                revision: Longs,
                field: Texts,
                from_value: MaybeTexts,
                to_value: MaybeTexts,
                key_id: MaybeIds,
                actor_name: Texts,
            }
        )
    }

    /// The list of which conversation has which label, in the order of its key.
    pub(crate) fn of_labels(labels: &[(WorkspaceId, ConversationId, Tags)]) -> Self {
        let mut rows: Vec<(DbId, &str, DbId)> = Vec::new();
        for (workspace, conversation, labels) in labels {
            let (workspace, conversation) = (DbId::of(*workspace), DbId::of(*conversation));
            rows.extend(labels.iter().map(|label| (workspace, label, conversation)));
        }
        rows.sort_by_key(|&(workspace, label, conversation)| (workspace.0, label, conversation.0));
        let column = |of: fn(&(DbId, &str, DbId)) -> DbId| rows.iter().map(of).collect();
        Self {
            table: "conversation_labels",
            columns: vec![
                ("workspace_id", Column::Ids(column(|row| row.0))),
                ("label", Column::Texts(rows.iter().map(|row| row.1.to_owned()).collect())),
                ("conversation_id", Column::Ids(column(|row| row.2))),
            ],
        }
    }

    /// The beginning of the statement that inserts them.
    pub(crate) fn insert_into(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
        format!("INSERT INTO {} ({}) ", self.table, names.join(", "))
    }
}
