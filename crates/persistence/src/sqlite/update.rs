//! Changing conversations: one after the other, because there is no round trip to a server.

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Connection, a_millisecond_after_the_last_change};
use crate::error::Failure;
use crate::prepared_query::PreparedQuery;
use crate::rows::{ConversationRow, UpdatedConversationRow, conversation_columns};
use crate::schema::conversations;

/// Changes those that are still as they were, and answers them as they are now.
pub(crate) async fn update_conversations(
    connection: &mut Connection,
    changes: Vec<UpdatedConversationRow>,
) -> Result<Vec<ConversationRow>, Failure> {
    let mut stored = Vec::with_capacity(changes.len());
    for UpdatedConversationRow { loaded, before, row } in changes {
        macro_rules! assignments {
            (
                fixed { $($fixed:tt)* }
                set { $($column:ident: $type:ty as $kind:ident [$($sql:tt)+],)* }
                moved { $($moved:tt)* }
                counted { $($counted:tt)* }
            ) => {
                (
                    $(conversations::$column.eq(row.$column),)*
                    conversations::updated_at.eq(case_when(
                        conversations::updated_at.gt(row.updated_at),
                        a_millisecond_after_the_last_change(),
                    )
                    .otherwise(row.updated_at)),
                    conversations::version.eq(conversations::version + 1),
                )
            };
        }

        let update = diesel::update(conversations::table)
            .filter(conversations::workspace_id.eq(row.workspace_id))
            .filter(conversations::id.eq(row.id))
            .filter(conversations::revision.eq(loaded))
            .filter(conversations::status.eq(before.status))
            .filter(conversations::priority.eq(before.priority))
            .filter(conversations::inbox_id.eq(before.inbox_id))
            .filter(conversations::assignee_id.is(before.assignee_id))
            .set(conversation_columns!(assignments))
            .returning(ConversationRow::as_returning());
        let changed: Option<ConversationRow> =
            PreparedQuery(update).get_result(connection).await.optional()?;
        stored.extend(changed);
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::InstrumentationEvent;
    use diesel::prelude::*;
    use diesel_async::{AsyncConnection, RunQueryDsl};

    use super::PreparedQuery;
    use crate::schema::conversations;
    use crate::sqlite::plan_fixture::PlanFixture;

    #[tokio::test]
    async fn the_statement_is_kept_and_used_again() {
        let mut fixture = PlanFixture::new().await;
        let kept = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&kept);
        fixture.connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });

        for _ in 0..3 {
            let update = diesel::update(conversations::table).set(conversations::version.eq(2));
            PreparedQuery(update).execute(&mut fixture.connection).await.expect("an update");
        }

        let kept = AtomicUsize::load(&kept, Ordering::Relaxed);
        assert_eq!(kept, 1);
    }
}
