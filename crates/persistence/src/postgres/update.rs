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

/// What is changed, from `new`, which holds the changes.
const CHANGE: &str = "UPDATE conversations SET subject = new.subject, status = new.status, \
    priority = new.priority, inbox_id = new.inbox_id, customer_id = new.customer_id, \
    assignee_id = new.assignee_id, closed_at = new.closed_at, \
    updated_at = GREATEST(conversations.updated_at, new.updated_at), \
    version = conversations.version + 1, revision = new.revision, labels = new.labels \
    FROM unnest(";

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

/// Defines changes by their columns, each of which is bound as a list.
macro_rules! columns {
    ($($column:ident: $value:ty => $sql:ty,)*) => {
        #[derive(Default)]
        struct Columns {
            $($column: Vec<$value>,)*
        }

        impl QueryFragment<Pg> for Columns {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                let mut separators = once("").chain(repeat(", "));
                $(
                    out.push_sql(separators.next().unwrap_or_default());
                    out.push_bind_param::<Array<$sql>, _>(&self.$column)?;
                )*
                let names = [$(stringify!($column),)*].join(", ");
                out.push_sql(&format!(") AS new ({names})"));
                Ok(())
            }
        }
    };
}

columns! {
    workspace_id: DbId => Id,
    id: DbId => Id,
    loaded: i64 => BigInt,
    status_before: String => Text,
    priority_before: i16 => SmallInt,
    inbox_id_before: DbId => Id,
    assignee_id_before: Option<DbId> => Nullable<Id>,
    subject: String => Text,
    status: String => Text,
    priority: i16 => SmallInt,
    inbox_id: DbId => Id,
    customer_id: Option<DbId> => Nullable<Id>,
    assignee_id: Option<DbId> => Nullable<Id>,
    closed_at: Option<DbTime> => Nullable<Instant>,
    updated_at: DbTime => Instant,
    revision: i64 => BigInt,
    labels: String => Text,
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
        self.updated_at.push(updated_at);
        self.revision.push(revision);
        self.labels.push(labels);
    }
}

impl QueryFragment<Pg> for Update {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Self { new, returned } = self;
        out.push_sql(CHANGE);
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
