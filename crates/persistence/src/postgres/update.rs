//! Changing many conversations with one statement, whose text is the same however many there are.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::{Expression, QueryResult, Selectable};
use diesel_async::RunQueryDsl;

use super::Connection;
use super::bulk::push_rows;
use super::expressions::A_MILLISECOND_LATER;
use crate::bulk::Bulk;
use crate::columns::Id;
use crate::error::Failure;
use crate::rows::{ConversationRow, UpdatedConversationRow, conversation_columns};

macro_rules! assignments {
    (
        fixed { $($fixed:tt)* }
        set { $($column:ident: $type:ty as $kind:ident [$($sql:tt)+],)* }
        moved { $($moved:tt)* }
        counted { $($counted:tt)* }
    ) => {
        concat!($(", ", stringify!($column), " = new.", stringify!($column)),*)
    };
}

/// What rows are given. Times of changes only move forward, in whatever order they are written.
const MOVE: [&str; 3] = [
    "UPDATE conversations SET version = conversations.version + 1, \
     updated_at = CASE WHEN conversations.updated_at > new.changed_at THEN ",
    A_MILLISECOND_LATER,
    " ELSE new.changed_at END",
];

/// The rest of it.
const SET: &str = conversation_columns!(assignments);

/// That a row is still as it was.
const IS_AS_IT_WAS: &str = " WHERE ";
const STILL: &str = "conversations.workspace_id = new.workspace_id \
    AND conversations.id = new.id AND conversations.revision = new.loaded \
    AND conversations.status = new.status_before \
    AND conversations.priority = new.priority_before \
    AND conversations.inbox_id = new.inbox_id_before \
    AND conversations.assignee_id IS NOT DISTINCT FROM new.assignee_id_before RETURNING ";

/// Changes those that are still as they were, and answers them as they are now.
pub(crate) async fn update_conversations(
    connection: &mut Connection,
    changes: Vec<UpdatedConversationRow>,
) -> Result<Vec<ConversationRow>, Failure> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let new = Bulk::of_changes(changes);
    let names = new.names();
    let returned = <ConversationRow as Selectable<Pg>>::construct_selection();
    Ok(Update { new, names, returned }.load(connection).await?)
}

type Returned = <ConversationRow as Selectable<Pg>>::SelectExpression;

struct Update {
    new: Bulk,
    names: String,
    returned: Returned,
}

impl QueryFragment<Pg> for Update {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Self { new, names, returned } = self;
        for part in MOVE {
            out.push_sql(part);
        }
        out.push_sql(SET);
        out.push_sql(" FROM ");
        push_rows(&mut out, new)?;
        out.push_sql(" AS new (");
        out.push_sql(names);
        out.push_sql(")");
        out.push_sql(IS_AS_IT_WAS);
        if let Some(workspace) = new.only_workspace() {
            // A database on several machines knows by this which of them to ask.
            out.push_sql("conversations.workspace_id = ");
            out.push_bind_param::<Id, _>(workspace)?;
            out.push_sql(" AND ");
        }
        out.push_sql(STILL);
        returned.walk_ast(out)
    }
}

impl Query for Update {
    type SqlType = <Returned as Expression>::SqlType;
}

// There are two texts, for one workspace and for several: each is prepared once.
impl QueryId for Update {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
