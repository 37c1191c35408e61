//! The queries of the feed of changes.

mod counts;
mod expiry;
mod head;
mod page;
mod position;

use std::time::Duration;

use async_trait::async_trait;
use conversations_application::ports::{
    EventFeed, FeedCount, FeedPosition, FeedQuery, FeedReply, RecordedEvent, RepositoryError,
    WaitingEvents,
};
use conversations_application::reply_budget::PageBudget;
use conversations_domain::{Event, Sequence, Timestamp, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use tokio::sync::Mutex;

pub(super) use expiry::first_id_at;
use head::Head;
pub(super) use head::{cursor as cursor_at, place as column_of_sequence};
use page::{read_page, with_changes};
pub(super) use position::{parse as parse_position, position_of, position_of_head};

use super::sql_builder::SqlBuilder;
use super::{BatchLoader, Connection, Database, HAS_WAITING, number_events};
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::EventRow;
use crate::schema::{event_heads, events};

pub(super) struct DieselFeed {
    database: Database,
    positions: BatchLoader<WorkspaceId, FeedPosition>,
    /// Held by the list that numbers.
    numbering: Mutex<()>,
}

impl DieselFeed {
    pub(super) fn over(database: &Database) -> Self {
        let positions = BatchLoader::new(database, position::find_all);
        Self { database: database.clone(), positions, numbering: Mutex::default() }
    }
}

#[async_trait]
impl EventFeed for DieselFeed {
    async fn page(
        &self,
        workspace: WorkspaceId,
        query: FeedQuery,
    ) -> Result<FeedReply, RepositoryError> {
        if let Some(response) = self.read(workspace, query.clone(), query.is_current).await? {
            return Ok(response);
        }
        self.number(workspace, false).await?;
        self.read(workspace, query, false).await?.ok_or_else(without_feed)
    }

    async fn position(&self, workspace: WorkspaceId) -> Result<FeedPosition, RepositoryError> {
        if let Some(position) = self.positions.find(workspace).await? {
            if !position.has_many_waiting() {
                return Ok(position);
            }
            // The others need not wait for it, and none depends on it.
            let Ok(_numbering) = self.numbering.try_lock() else { return Ok(position) };
            if self.number(workspace, false).await.is_err() {
                return Ok(position);
            }
        } else {
            self.number(workspace, false).await?;
        }
        self.positions.find(workspace).await?.ok_or_else(without_feed)
    }

    async fn find(
        &self,
        workspace: WorkspaceId,
        positions: Vec<Sequence>,
    ) -> Result<Vec<RecordedEvent>, RepositoryError> {
        let (positions, budget) =
            (positions.into_iter().map(head::place).collect::<Vec<_>>(), PageBudget::current());
        self.database
            .snapshot(async move |connection: &mut Connection| {
                let rows: Vec<EventRow> = events::table
                    .filter(events::workspace_id.eq(DbId::of(workspace)))
                    .filter(events::seq.eq_any(positions))
                    .order(events::seq.asc())
                    .select(EventRow::as_select())
                    .load(connection)
                    .await?;
                let found: Result<Vec<_>, RepositoryError> =
                    rows.into_iter().map(Event::try_from).collect();
                with_changes(connection, workspace, found?, &budget).await
            })
            .await
    }

    async fn wait(&self, workspace: WorkspaceId, place: Sequence, limit: Duration) -> bool {
        self.database.feed_notifier().subscribe(workspace).wait_past(place, limit).await
    }

    fn deletions(&self, workspace: WorkspaceId) -> u64 {
        self.database.feed_notifier().deletions(workspace)
    }

    async fn watch(&self, pause: Duration) -> Result<(), RepositoryError> {
        self.database.feed_notifier().notified(pause).await;
        let mut failure = None;
        for (workspace, head, waits) in self.heads().await? {
            let head = if waits { self.number(workspace, false).await } else { Ok(head) };
            match head {
                Ok(head) => self.database.feed_notifier().publish(workspace, head),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok(()), Err)
    }

    async fn wait_for_writes(&self, limit: Duration) {
        self.database.feed_notifier().written(limit).await;
    }

    async fn number_waiting(&self) -> Result<WaitingEvents, RepositoryError> {
        let backlogs = self
            .database
            .read(async |connection: &mut Connection| counts::backlogs(connection).await);
        let mut all = WaitingEvents::default();
        for (workspace, waiting) in backlogs.await? {
            self.number(workspace, true).await?;
            all.add(waiting);
        }
        Ok(all)
    }

    async fn count(&self) -> Result<Vec<FeedCount>, RepositoryError> {
        self.database
            .snapshot_long(async |connection: &mut Connection| counts::of_all(connection).await)
            .await
    }

    async fn delete_expired(&self, before: Timestamp) -> Result<bool, RepositoryError> {
        let end = first_id_at(before);
        self.database
            .write(async move |connection: &mut Connection| {
                expiry::delete_some(connection, end).await
            })
            .await
    }
}

impl DieselFeed {
    /// A page of events; `None` if there is no feed yet, or if `is_strict` and events wait for numbers.
    async fn read(
        &self,
        workspace: WorkspaceId,
        query: FeedQuery,
        is_strict: bool,
    ) -> Result<Option<FeedReply>, RepositoryError> {
        let budget = PageBudget::current();
        self.database
            .snapshot(async move |connection: &mut Connection| {
                let Some(head) = Head::load(connection, workspace).await? else { return Ok(None) };
                if is_strict && head.waits {
                    return Ok(None);
                }
                read_page(connection, (workspace, head), query, &budget).await.map(Some)
            })
            .await
    }

    /// Numbers the waiting events, and returns the last position.
    async fn number(
        &self,
        workspace: WorkspaceId,
        thorough: bool,
    ) -> Result<Sequence, RepositoryError> {
        self.database
            .write(async move |connection: &mut Connection| {
                let mut last = number_events(connection, workspace, thorough).await?;
                if last.is_none() {
                    // An older version creates workspaces without a feed.
                    insert_head(connection, workspace).await?;
                    last = number_events(connection, workspace, thorough).await?;
                }
                Ok(head::sequence(last.ok_or(RepositoryError::Stale)?)?)
            })
            .await
    }

    /// The last positions of the feeds for which a request of this process waits, and whether events wait
    /// for numbers there.
    async fn heads(&self) -> Result<Vec<(WorkspaceId, Sequence, bool)>, RepositoryError> {
        let workspaces: Vec<_> =
            self.database.feed_notifier().workspaces().into_iter().map(DbId::of).collect();
        if workspaces.is_empty() {
            return Ok(Vec::new());
        }
        self.database
            .read(async move |connection: &mut Connection| {
                let rows: Vec<(DbId, i64, bool)> = event_heads::table
                    .filter(event_heads::workspace_id.eq_any(workspaces))
                    .select((
                        event_heads::workspace_id,
                        event_heads::seq,
                        SqlBuilder::<Bool>::of(HAS_WAITING),
                    ))
                    .load(connection)
                    .await?;
                let heads = rows.into_iter().map(|(workspace, last, waits)| {
                    Ok((WorkspaceId::from_uuid(workspace.0), head::sequence(last)?, waits))
                });
                Ok(heads.collect::<Result<_, RepositoryError>>()?)
            })
            .await
    }
}

fn without_feed() -> RepositoryError {
    RepositoryError::Backend("a workspace without a feed".into())
}

/// Creates the feed of a workspace, unless it has one.
pub(super) async fn insert_head(
    connection: &mut Connection,
    workspace: WorkspaceId,
) -> Result<(), Failure> {
    let id = DbId::of(workspace);
    diesel::insert_into(event_heads::table)
        .values((
            event_heads::workspace_id.eq(id),
            event_heads::seq.eq(0_i64),
            event_heads::floor.eq(0_i64),
            event_heads::floor_id.eq(id),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    Ok(())
}
