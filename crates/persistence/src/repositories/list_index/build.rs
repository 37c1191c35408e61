//! Building the list index of a workspace, and bringing it up to date.
//!
//! The index is built of short transactions, each of which sees another moment. The position that it
//! starts from is the one before the first of them: what changes from then on has a later event, so
//! bringing the index up to date reads it again.

use std::collections::BTreeSet;
use std::sync::Arc;

use conversations_application::ports::RepositoryError;
use conversations_application::read_model::ConversationFilter;
use conversations_domain::{ConversationId, EventCursor, WorkspaceId};
use conversations_list_index::{Changes, IndexedConversation, ListIndex};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tokio::time::Instant;

use super::super::feed::column_of_sequence;
use super::super::offload_if_large;
use super::super::totals::{Total, non_negative};
use super::changes::{FeedState, Freshness, changes_since, load_unsettled};
use super::{Connection, Database};
use crate::columns::DbId;
use crate::error::Failure;
use crate::list_indexes::{IndexSnapshot, IndexTask, Postponement};
use crate::offload::off_worker;
use crate::rows::IndexedConversationRow;
use crate::schema::conversations;

/// How many conversations one transaction reads.
const BATCH: usize = 5_000;

/// How many events are read at once to bring an index up to date.
const MOST_EVENTS: i64 = 5_000;

/// The memory of an index is counted once in this many batches.
const BATCHES_PER_COUNT: usize = 16;

/// How a build, or an update, ended early.
enum Obstacle {
    Postponed(Postponement),
    Failed(String),
}

impl From<RepositoryError> for Obstacle {
    fn from(error: RepositoryError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Builds the index of a workspace, and brings it up to date.
pub(in super::super) async fn build(database: Database, mut task: IndexTask) {
    let built = scan(&database, &task).await;
    let built = match built {
        Ok(index) => {
            task.built();
            let snapshot = task.publish(index);
            catch_up(&database, &task, snapshot).await
        }
        Err(obstacle) => Err(obstacle),
    };
    end(&mut task, built);
}

/// Brings the index of a workspace up to date.
pub(in super::super) async fn update(database: Database, mut task: IndexTask) {
    let workspace = task.workspace();
    if let Some(snapshot) = task.indexes().find(workspace) {
        let updated = catch_up(&database, &task, snapshot).await;
        end(&mut task, updated);
    }
}

fn end(task: &mut IndexTask, ended: Result<(), Obstacle>) {
    match ended {
        Ok(()) => {}
        Err(Obstacle::Postponed(postponement)) => {
            if postponement == Postponement::Large {
                let reason = "it would take more memory than all list indexes may";
                task.indexes().fail(task.workspace(), &reason);
            }
            task.postpone(postponement);
        }
        Err(Obstacle::Failed(reason)) => task.indexes().fail(task.workspace(), &reason),
    }
}

/// Indexes the conversations in batches, with pauses for others between them.
async fn scan(database: &Database, task: &IndexTask) -> Result<IndexSnapshot, Obstacle> {
    let (workspace, limits) = (task.workspace(), *task.indexes().limits());
    let begin = async move |connection: &mut Connection| begin(connection, workspace).await;
    let Some((head, total)) = database.snapshot(begin).await? else {
        return Err(Obstacle::Postponed(Postponement::Shortly));
    };
    if total < limits.fewest {
        return Err(Obstacle::Postponed(Postponement::Small));
    }
    let mut snapshot = IndexSnapshot {
        index: ListIndex::default(),
        position: column_of_sequence(head.sequence()),
        seen: head,
        unsettled: BTreeSet::new(),
    };
    let mut last = None;
    for batch in 1.. {
        let (begun, seen, position) = (Instant::now(), snapshot.seen, snapshot.position);
        let read = async move |connection: &mut Connection| {
            read_batch(connection, workspace, (seen, position), last).await
        };
        let Some(found) = database.snapshot(read).await? else {
            return Err(Obstacle::Postponed(Postponement::Shortly));
        };
        let Batch { conversations, head, unsettled } = found;
        let is_last = conversations.len() < BATCH;
        last = conversations.keys().next_back().map(|&id| DbId::of(id));
        snapshot.seen = head;
        snapshot.unsettled.extend(unsettled);
        snapshot = off_worker(move || {
            snapshot.index.apply(conversations);
            snapshot
        })
        .await;
        if (is_last || batch % BATCHES_PER_COUNT == 0) && !task.fits(&snapshot.index) {
            return Err(Obstacle::Postponed(Postponement::Large));
        }
        if is_last {
            break;
        }
        if limits.in_background {
            tokio::time::sleep(begun.elapsed()).await;
        }
    }
    Ok(off_worker(move || {
        snapshot.index.compact();
        snapshot
    })
    .await)
}

/// The head of the feed and the number of conversations, unless the index cannot be built now.
async fn begin(
    connection: &mut Connection,
    workspace: WorkspaceId,
) -> Result<Option<(EventCursor, u64)>, Failure> {
    let Some(feed) = FeedState::load(connection, workspace, 0).await? else { return Ok(None) };
    if feed.is_erasing {
        return Ok(None);
    }
    let Some(total) = Total::of(workspace, &ConversationFilter::default()) else { return Ok(None) };
    let total: i64 = diesel::select(total).get_result(connection).await?;
    Ok(Some((feed.position.cursor, non_negative(total))))
}

/// Conversations of one moment.
struct Batch {
    conversations: Changes,
    head: EventCursor,
    unsettled: BTreeSet<ConversationId>,
}

/// Reads the next conversations; `None` if the feed is not the one that was seen at this cursor.
async fn read_batch(
    connection: &mut Connection,
    workspace: WorkspaceId,
    (seen, position): (EventCursor, i64),
    last: Option<DbId>,
) -> Result<Option<Batch>, Failure> {
    let feed = FeedState::load(connection, workspace, column_of_sequence(seen.sequence())).await?;
    let Some(feed) = feed.filter(|feed| feed.continues(seen, position)) else { return Ok(None) };
    let Some(unsettled) = load_unsettled(connection, workspace).await? else { return Ok(None) };
    let mut query = conversations::table
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .order(conversations::id.asc())
        .limit(i64::try_from(BATCH).unwrap_or(i64::MAX))
        .select(IndexedConversationRow::as_select())
        .into_boxed();
    if let Some(last) = last {
        query = query.filter(conversations::id.gt(last));
    }
    let rows: Vec<IndexedConversationRow> = load_all!(query, connection)?;
    let parse = move || {
        let rows = rows.into_iter().map(IndexedConversation::try_from);
        rows.map(|row| row.map(|row| (row.id, Some(row)))).collect::<Result<Changes, _>>()
    };
    let conversations = offload_if_large(usize::MAX, parse).await?;
    Ok(Some(Batch { conversations, head: feed.position.cursor, unsettled }))
}

/// Brings an index up to date, some events at a time.
async fn catch_up(
    database: &Database,
    task: &IndexTask,
    mut snapshot: Arc<IndexSnapshot>,
) -> Result<(), Obstacle> {
    let workspace = task.workspace();
    loop {
        let known = Arc::clone(&snapshot);
        let read = async move |connection: &mut Connection| {
            changes_since(connection, workspace, &known, MOST_EVENTS).await
        };
        let (later, is_current) = match database.snapshot(read).await? {
            Freshness::Current(later) => (later, true),
            Freshness::Behind(later) => (later, false),
            // Lists notice it themselves.
            Freshness::Unusable => return Ok(()),
            Freshness::Useless => {
                task.discard();
                return Ok(());
            }
        };
        let updated = off_worker(move || {
            let mut index = snapshot.index.clone();
            index.apply(later.changes);
            IndexSnapshot {
                index,
                position: later.position,
                seen: later.feed_position.cursor,
                unsettled: later.unsettled,
            }
        })
        .await;
        if !task.fits(&updated.index) || updated.index.is_sparse() {
            task.discard();
            return Ok(());
        }
        snapshot = task.publish(updated);
        if is_current {
            return Ok(());
        }
    }
}
