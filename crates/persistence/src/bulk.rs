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
    pub(crate) fn of_labels(workspace: WorkspaceId, labels: Vec<(ConversationId, Tags)>) -> Self {
        let mut pairs: Vec<(String, DbId)> = Vec::new();
        for (conversation, labels) in labels {
            pairs.extend(labels.iter().map(|label| (label.to_owned(), DbId::of(conversation))));
        }
        pairs.sort_by(|one, other| (&one.0, one.1.0).cmp(&(&other.0, other.1.0)));
        let workspaces = vec![DbId::of(workspace); pairs.len()];
        let (labels, conversations) = pairs.into_iter().unzip();
        Self {
            table: "conversation_labels",
            columns: vec![
                ("workspace_id", Column::Ids(workspaces)),
                ("label", Column::Texts(labels)),
                ("conversation_id", Column::Ids(conversations)),
            ],
        }
    }

    /// The beginning of the statement that inserts them.
    pub(crate) fn insert_into(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
        format!("INSERT INTO {} ({}) ", self.table, names.join(", "))
    }
}
