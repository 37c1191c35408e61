//! Changing many conversations with one statement, whose text is the same however many there are.

use std::iter::{once, repeat};

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Nullable, SmallInt, Text};
use diesel::{Expression, QueryResult, Selectable};
use diesel_async::RunQueryDsl;

use super::Connection;
use crate::columns::{DbId, DbTime, Id, Instant};
use crate::error::Failure;
use crate::rows::{ConversationRow, Counted, RevisionRow};

/// That a row is still as it was.
const IS_AS_IT_WAS: &str = " WHERE conversations.workspace_id = new.workspace_id \
    AND conversations.id = new.id AND conversations.revision = new.loaded \
    AND conversations.status = new.status_before \
    AND conversations.priority = new.priority_before \
    AND conversations.inbox_id = new.inbox_id_before \
    AND conversations.assignee_id IS NOT DISTINCT FROM new.assignee_id_before RETURNING ";

/// Changes those that are still as they were, and answers them as they are now.
pub(crate) async fn update_conversations(
    connection: &mut Connection,
    changes: Vec<RevisionRow>,
) -> Result<Vec<ConversationRow>, Failure> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let mut new = Columns::default();
    for change in changes {
        new.push(change);
    }
    let update =
        Update { new, returned: <ConversationRow as Selectable<Pg>>::construct_selection() };
    Ok(update.load(connection).await?)
}

type Returned = <ConversationRow as Selectable<Pg>>::SelectExpression;

struct Update {
    new: Columns,
    returned: Returned,
}

/// Defines changes by their columns, each of which is bound as a list: what rows are known by, and what
/// they are given.
macro_rules! columns {
    (
        known by { $($known:ident: $known_value:ty => $known_sql:ty,)* }
        given { $($given:ident: $value:ty => $sql:ty,)* }
    ) => {
        #[derive(Default)]
        struct Columns {
            $($known: Vec<$known_value>,)*
            $($given: Vec<$value>,)*
        }

        impl QueryFragment<Pg> for Columns {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                // Times of changes only move forward, in whatever order they are written.
                out.push_sql(
                    "UPDATE conversations SET version = conversations.version + 1, \
                     updated_at = CASE WHEN conversations.updated_at > new.changed_at \
                     THEN conversations.updated_at + interval '1 millisecond' \
                     ELSE new.changed_at END",
                );
                $(out.push_sql(concat!(", ", stringify!($given), " = new.", stringify!($given)));)*
                out.push_sql(" FROM unnest(");
                let mut separators = once("").chain(repeat(", "));
                $(
                    out.push_sql(separators.next().unwrap_or_default());
                    out.push_bind_param::<Array<$known_sql>, _>(&self.$known)?;
                )*
                $(
                    out.push_sql(separators.next().unwrap_or_default());
                    out.push_bind_param::<Array<$sql>, _>(&self.$given)?;
                )*
                let names = [$(stringify!($known),)* $(stringify!($given),)*].join(", ");
                out.push_sql(&format!(") AS new ({names})"));
                Ok(())
            }
        }
    };
}

columns! {
    known by {
        workspace_id: DbId => Id,
        id: DbId => Id,
        loaded: i64 => BigInt,
        status_before: String => Text,
        priority_before: i16 => SmallInt,
        inbox_id_before: DbId => Id,
        assignee_id_before: Option<DbId> => Nullable<Id>,
        changed_at: DbTime => Instant,
    }
    given {
        subject: String => Text,
        status: String => Text,
        priority: i16 => SmallInt,
        inbox_id: DbId => Id,
        customer_id: Option<DbId> => Nullable<Id>,
        assignee_id: Option<DbId> => Nullable<Id>,
        closed_at: Option<DbTime> => Nullable<Instant>,
        revision: i64 => BigInt,
        labels: String => Text,
    }
}

impl Columns {
    fn push(&mut self, change: RevisionRow) {
        let RevisionRow { loaded, before, row } = change;
        let Counted { id: _, status, priority, inbox_id, assignee_id } = before;
        self.loaded.push(loaded);
        self.status_before.push(status);
        self.priority_before.push(priority);
        self.inbox_id_before.push(inbox_id);
        self.assignee_id_before.push(assignee_id);
        let ConversationRow {
            workspace_id,
            id,
            subject,
            status,
            priority,
            channel: _,
            source: _,
            inbox_id,
            customer_id,
            assignee_id,
            message_count: _,
            last_message_number: _,
            last_message_at: _,
            closed_at,
            updated_at,
            version: _,
            revision,
            labels,
        } = row;
        self.workspace_id.push(workspace_id);
        self.id.push(id);
        self.subject.push(subject);
        self.status.push(status);
        self.priority.push(priority);
        self.inbox_id.push(inbox_id);
        self.customer_id.push(customer_id);
        self.assignee_id.push(assignee_id);
        self.closed_at.push(closed_at);
        self.changed_at.push(updated_at);
        self.revision.push(revision);
        self.labels.push(labels);
    }
}

impl QueryFragment<Pg> for Update {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Self { new, returned } = self;
        new.walk_ast(out.reborrow())?;
        out.push_sql(IS_AS_IT_WAS);
        returned.walk_ast(out)
    }
}

impl Query for Update {
    type SqlType = <Returned as Expression>::SqlType;
}

// The text never changes: it is prepared once.
impl QueryId for Update {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
