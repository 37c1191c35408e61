//! What changed since a position of the feed.

use std::collections::{BTreeMap, BTreeSet};

use conversations_application::ports::FeedPosition;
use conversations_domain::{ConversationId, EventCursor, EventType, Permission, WorkspaceId};
use conversations_list_index::{Changes, IndexedConversation};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};
use diesel_async::RunQueryDsl;

use super::super::feed::{column_of_sequence, cursor_at, parse_position, position_of_head};
use super::super::hidden::is_erasing;
use super::super::sql_builder::SqlBuilder;
use super::super::{Backend, WAITING_SUBJECTS};
use super::Connection;
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::list_indexes::IndexSnapshot;
use crate::rows::{IndexedConversationRow, code};
use crate::schema::{conversations, event_heads};

/// The most events without positions that are read: usually they get positions long before.
const MOST_WAITING: usize = 2_000;

/// How an index stands to what a transaction sees.
pub(in super::super) enum Freshness {
    /// It is up to date after these changes.
    Current(LaterChanges),
    /// There are more later events than asked for; after these changes fewer are missing.
    Behind(LaterChanges),
    /// It cannot be brought up to date.
    Useless,
    /// It is not used now: something is being erased, or very many events have no positions.
    Unusable,
}

/// The conversations with later events, as they are now.
pub(in super::super) struct LaterChanges {
    pub(in super::super) changes: Changes,
    /// The position of the last one of those events.
    pub(in super::super) position: i64,
    /// How far the feed is.
    pub(in super::super) feed_position: FeedPosition,
    /// The conversations whose latest events have no positions yet.
    pub(in super::super) unsettled: BTreeSet<ConversationId>,
}

/// A feed, as a transaction sees it.
pub(super) struct FeedState {
    /// How far it is.
    pub(super) position: FeedPosition,
    /// The last position whose event is no longer stored.
    floor: i64,
    /// The cursor at the position that was asked for, if the event there is known.
    known: Option<EventCursor>,
    /// Whether something of the workspace is being erased.
    pub(super) is_erasing: bool,
}

/// How far a feed is, the last position whose event is no longer stored and the id of that event, the id
/// of the event that is asked for, whether something is being erased.
type FeedRow = (String, i64, DbId, Option<DbId>, bool);

impl FeedState {
    /// The feed of a workspace, if it has one, and the event at a position.
    pub(super) async fn load(
        connection: &mut Connection,
        workspace: WorkspaceId,
        known: i64,
    ) -> Result<Option<Self>, Failure> {
        let id_at_known =
            SqlBuilder::<Nullable<Id>>::of("(SELECT id FROM events WHERE events.workspace_id = ")
                .fragment(DbId::of(workspace).into_sql::<Id>())
                .text(" AND events.seq = ");
        let row: Option<FeedRow> = event_heads::table
            .filter(event_heads::workspace_id.eq(DbId::of(workspace)))
            .select((
                position_of_head(SqlBuilder::<Text>::of(""), Some(workspace)),
                event_heads::floor,
                event_heads::floor_id,
                id_at_known.fragment(known.into_sql::<BigInt>()).text(")"),
                is_erasing(workspace),
            ))
            .first(connection)
            .await
            .optional()?;
        let Some((position, floor, floor_id, id_at_known, is_erasing)) = row else {
            return Ok(None);
        };
        let known_id = id_at_known.or((known == floor).then_some(floor_id));
        let known = known_id.map(|id| cursor_at(known, id)).transpose()?;
        Ok(Some(Self { position: parse_position(&position)?, floor, known, is_erasing }))
    }

    /// Whether it is the feed that was seen at this cursor, and still has all after this position.
    pub(super) fn continues(&self, seen: EventCursor, position: i64) -> bool {
        let is_ahead = self.position.cursor.sequence() >= seen.sequence();
        self.known == Some(seen) && is_ahead && self.floor <= position
    }
}

/// The conversations that changed since a snapshot, as they are now: of at most this many events.
pub(in super::super) async fn changes_since(
    connection: &mut Connection,
    workspace: WorkspaceId,
    snapshot: &IndexSnapshot,
    most_events: i64,
) -> Result<Freshness, Failure> {
    let seen = column_of_sequence(snapshot.seen.sequence());
    let Some(feed) = FeedState::load(connection, workspace, seen).await? else {
        return Ok(Freshness::Useless);
    };
    if !feed.continues(snapshot.seen, snapshot.position) {
        return Ok(Freshness::Useless);
    }
    if feed.is_erasing {
        return Ok(Freshness::Unusable);
    }
    let (feed_position, last) =
        (feed.position, column_of_sequence(feed.position.cursor.sequence()));
    let position = last.min(snapshot.position.saturating_add(most_events));
    let numbered = if position > snapshot.position {
        subjects(Subjects::Between { workspace, after: snapshot.position, until: position })
            .load(connection)
            .await?
    } else {
        Vec::new()
    };
    let has_waiting = feed_position.waiting > 0;
    let waiting = if has_waiting { waiting(connection, workspace).await? } else { Vec::new() };
    if waiting.len() > MOST_WAITING {
        return Ok(Freshness::Unusable);
    }
    let (Some(numbered), Some(unsettled)) = (subjects_of(numbered), subjects_of(waiting)) else {
        return Ok(Freshness::Useless);
    };
    let changed: BTreeSet<_> = numbered
        .into_iter()
        .chain(unsettled.iter().copied())
        .chain(snapshot.unsettled.clone())
        .collect();
    let changes = load_changes(connection, workspace, changed).await?;
    let later = LaterChanges { changes, position, feed_position, unsettled };
    Ok(if position == last { Freshness::Current(later) } else { Freshness::Behind(later) })
}

/// The conversations that have events without positions; `None` if there are too many, or one of the
/// events resets the feed.
pub(super) async fn load_unsettled(
    connection: &mut Connection,
    workspace: WorkspaceId,
) -> Result<Option<BTreeSet<ConversationId>>, Failure> {
    let waiting = waiting(connection, workspace).await?;
    Ok(if waiting.len() > MOST_WAITING { None } else { subjects_of(waiting) })
}

async fn waiting(
    connection: &mut Connection,
    workspace: WorkspaceId,
) -> Result<Vec<(DbId, i16)>, Failure> {
    Ok(subjects(Subjects::Waiting { workspace }).load(connection).await?)
}

/// These conversations, as they are now.
async fn load_changes(
    connection: &mut Connection,
    workspace: WorkspaceId,
    changed: BTreeSet<ConversationId>,
) -> Result<Changes, Failure> {
    let mut changes: Changes = changed.iter().map(|&id| (id, None)).collect();
    if changed.is_empty() {
        return Ok(changes);
    }
    let ids: Vec<_> = changed.into_iter().map(DbId::of).collect();
    let rows: Vec<IndexedConversationRow> = load_all!(
        conversations::table
            .filter(conversations::workspace_id.eq(DbId::of(workspace)))
            .filter(conversations::id.eq_any(ids))
            .select(IndexedConversationRow::as_select()),
        connection
    )?;
    for row in rows {
        let conversation = IndexedConversation::try_from(row)?;
        changes.insert(conversation.id, Some(conversation));
    }
    Ok(changes)
}

/// The conversations that these events are about; `None` if one of them resets the feed.
fn subjects_of(events: Vec<(DbId, i16)>) -> Option<BTreeSet<ConversationId>> {
    let types: BTreeMap<i16, EventType> =
        EventType::ALL.iter().map(|&kind| (code(kind), kind)).collect();
    let mut changed = BTreeSet::new();
    for (subject, kind) in events {
        match types.get(&kind) {
            Some(EventType::FeedReset) => return None,
            Some(kind) if kind.permission() != Some(Permission::ReadConversations) => {}
            // A newer version may have types that this one does not know.
            Some(_) | None => {
                changed.insert(ConversationId::from_uuid(subject.0));
            }
        }
    }
    Some(changed)
}

/// Which events are asked for.
#[derive(Clone, Copy)]
enum Subjects {
    Between { workspace: WorkspaceId, after: i64, until: i64 },
    Waiting { workspace: WorkspaceId },
}

/// The subjects and types of events, with as many texts as kinds of questions.
struct SubjectsQuery(SqlBuilder<()>);

fn subjects(wanted: Subjects) -> SubjectsQuery {
    let workspace_id = |workspace| DbId::of(workspace).into_sql::<Id>();
    SubjectsQuery(match wanted {
        Subjects::Between { workspace, after, until } => {
            SqlBuilder::of("SELECT subject_id, kind FROM events WHERE workspace_id = ")
                .fragment(workspace_id(workspace))
                .text(" AND seq > ")
                .fragment(after.into_sql::<BigInt>())
                .text(" AND seq <= ")
                .fragment(until.into_sql::<BigInt>())
        }
        Subjects::Waiting { workspace } => SqlBuilder::of(WAITING_SUBJECTS)
            .fragment(workspace_id(workspace))
            .text(" LIMIT ")
            .fragment(i64::try_from(MOST_WAITING + 1).unwrap_or(i64::MAX).into_sql::<BigInt>()),
    })
}

impl QueryFragment<Backend> for SubjectsQuery {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

impl Query for SubjectsQuery {
    type SqlType = (Id, SmallInt);
}

impl QueryId for SubjectsQuery {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
