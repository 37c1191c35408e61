//! Many rows on their way into a table, column by column. Each dialect has its way to insert them.

use conversations_domain::{ConversationId, Tags, WorkspaceId};

use crate::columns::{DbId, DbTime};
use crate::rows::{
    ConversationRow, HistoryRow, MessageRow, NewEventRow, UpdatedConversationRow,
    conversation_columns,
};

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
    MaybeLongs(Vec<Option<i64>>),
    Flags(Vec<bool>),
}

/// Turns rows into columns. A row is taken apart whole, so that a new field does not compile until
/// it is here; or each column says which value of a row it holds.
macro_rules! columns_of {
    ($table:literal, $rows:expr, $row:ident { $($field:ident: $kind:ident),* $(,)? }) => {
        columns_of!($table, $rows, $row { $($field),* } => { $($field: $kind = $field),* })
    };
    ($table:literal, $rows:expr, $row:pat => {
        $($name:ident: $kind:ident = $value:expr),* $(,)?
    }) => {{
        let rows = $rows;
        let mut bulk = Bulk {
            table: $table,
            columns: vec![$((stringify!($name), Column::$kind(Vec::with_capacity(rows.len())))),*],
        };
        for $row in rows {
            let mut columns = bulk.columns.iter_mut();
            $(if let Some((_, Column::$kind(column))) = columns.next() {
                column.push($value);
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

    /// The workspace of all rows, if they have one.
    #[cfg(feature = "postgres")]
    pub(crate) fn only_workspace(&self) -> Option<&DbId> {
        match self.columns.first() {
            Some((_, Column::Ids(values))) => crate::columns::the_only_one(values),
            _ => None,
        }
    }

    pub(crate) fn of_conversations(rows: Vec<ConversationRow>) -> Self {
        macro_rules! bulk_of {
            ($($writer:ident { $($column:ident: $type:ty as $kind:ident [$($sql:tt)+],)* })*) => {
                columns_of!("conversations", rows, ConversationRow { $($($column: $kind),*),* })
            };
        }

        conversation_columns!(bulk_of)
    }

    /// Changes of conversations, as a table `new`: what must be there of a row, and what it is given.
    pub(crate) fn of_changes(changes: Vec<UpdatedConversationRow>) -> Self {
        macro_rules! bulk_of {
            (
                fixed { $($fixed:tt)* }
                set { $($column:ident: $type:ty as $kind:ident [$($sql:tt)+],)* }
                moved { $($moved:tt)* }
                counted { $($counted:tt)* }
            ) => {
                columns_of!("new", changes, UpdatedConversationRow { loaded, before, row } => {
                    workspace_id: Ids = row.workspace_id,
                    id: Ids = row.id,
                    loaded: Longs = loaded,
                    status_before: Texts = before.status,
                    priority_before: Shorts = before.priority,
                    inbox_id_before: Ids = before.inbox_id,
                    assignee_id_before: MaybeIds = before.assignee_id,
                    changed_at: Times = row.updated_at,
                    $($column: $kind = row.$column,)*
                })
            };
        }

        conversation_columns!(bulk_of)
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
                external_source: MaybeTexts,
                external_id: MaybeTexts,
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

    /// Events without numbers.
    pub(crate) fn of_waiting_events(rows: Vec<NewEventRow>) -> Self {
        columns_of!(
            "events_waiting",
            rows,
            NewEventRow {
                workspace_id: Ids,
                id: Ids,
                kind: Shorts,
                subject_id: Ids,
                part_id: MaybeIds,
                part_number: MaybeLongs,
                version: Longs,
                fields: Texts,
                key_id: MaybeIds,
                actor_name: Texts,
            }
        )
    }

    /// Events with numbers from this one on.
    pub(crate) fn of_numbered_events(rows: Vec<NewEventRow>, first: i64) -> Self {
        let numbers = first..;
        columns_of!("events", rows.into_iter().zip(numbers).collect::<Vec<_>>(), (row, seq) => {
            workspace_id: Ids = row.workspace_id,
            seq: Longs = seq,
            id: Ids = row.id,
            kind: Shorts = row.kind,
            subject_id: Ids = row.subject_id,
            part_id: MaybeIds = row.part_id,
            part_number: MaybeLongs = row.part_number,
            version: Longs = row.version,
            fields: Texts = row.fields,
            key_id: MaybeIds = row.key_id,
            actor_name: Texts = row.actor_name,
        })
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
        format!("INSERT INTO {} ({}) ", self.table, self.names())
    }

    /// The names of the columns, with commas between.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }
}
