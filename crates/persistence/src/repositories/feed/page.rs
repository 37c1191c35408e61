//! Pages of a feed.

use conversations_application::ports::{
    FeedPage, FeedQuery, FeedReply, GoneReason, RecordedEvent, RepositoryError,
};
use conversations_application::reply_budget::PageBudget;
use conversations_domain::{
    Event, EventField, EventSubject, EventType, HistoryEntry, Permission, WorkspaceId,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::Connection;
use super::head::{self, Head, PageStart};
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{EventRow, HistoryRow, TextSize, code, version_column};
use crate::schema::{conversation_history, events};

/// How many events one page reads: a filter may leave out most of them.
const SPAN: i64 = 5_000;

/// A page of the feed with this head.
pub(super) async fn read_page(
    connection: &mut Connection,
    (workspace, head): (WorkspaceId, Head),
    query: FeedQuery,
    budget: &PageBudget,
) -> Result<FeedReply, Failure> {
    let (ends, limit) = (head.ends, query.limit);
    let start = match head.start(query.start) {
        Ok(start) => start,
        Err(reason) => return Ok(FeedReply::Gone(reason, ends)),
    };
    let after = head::place(start.cursor.sequence());
    let until = head.seq.min(after.saturating_add(SPAN));
    if until == after {
        return Ok(FeedReply::Page(FeedPage { events: Vec::new(), cursor: start.cursor, ends }));
    }
    let Some(found) = load(connection, workspace, (start, until), query).await? else {
        return Ok(FeedReply::Gone(GoneReason::Unknown, ends));
    };
    let is_full = u32::try_from(found.len()).is_ok_and(|count| count >= limit);
    let cursor = match found.last().filter(|_| is_full) {
        Some(last) => last.cursor(),
        None => head.at(connection, workspace, until).await?,
    };
    let events = with_changes(connection, workspace, found, budget).await?;
    Ok(FeedReply::Page(FeedPage { events, cursor, ends }))
}

/// The events of a page up to this number; `None` if the feed does not contain its start.
async fn load(
    connection: &mut Connection,
    workspace: WorkspaceId,
    (start, until): (PageStart, i64),
    query: FeedQuery,
) -> Result<Option<Vec<Event>>, Failure> {
    let FeedQuery { types, conversation, limit, .. } = query;
    let PageStart { cursor, is_known } = start;
    let after = head::place(cursor.sequence());
    // Only these are about a conversation, whatever else has the id. A reset concerns every reader.
    let concerns = |kind: &EventType| {
        let permission = kind.permission();
        conversation.is_none()
            || permission == Some(Permission::ReadConversations)
            || *kind == EventType::FeedReset
    };
    let codes: Vec<_> = types.into_iter().filter(concerns).map(code).collect();
    let (is_of_cursor, is_wanted) = (events::seq.eq(after), events::kind.eq_any(codes));
    let mut wanted = events::table
        .filter(events::workspace_id.eq(DbId::of(workspace)))
        .filter(events::seq.le(until))
        .order(events::seq.asc())
        .select(EventRow::as_select())
        .into_boxed();
    wanted = if let Some(conversation) = conversation {
        let is_reset = events::kind.eq(code(EventType::FeedReset));
        let is_of_it = events::subject_id.eq(DbId::of(conversation)).or(is_reset);
        wanted.filter(is_of_cursor.or(is_wanted.and(is_of_it)))
    } else {
        wanted.filter(is_of_cursor.or(is_wanted))
    };
    wanted = if is_known {
        wanted.filter(events::seq.gt(after)).limit(limit.into())
    } else {
        wanted.filter(events::seq.ge(after)).limit(i64::from(limit) + 1)
    };
    let rows: Vec<EventRow> = wanted.load(connection).await?;
    let mut found = rows.into_iter().map(Event::try_from);
    if !is_known {
        let of_cursor = found.next().transpose()?;
        if of_cursor.map(|event| event.cursor()) != Some(cursor) {
            return Ok(None);
        }
    }
    Ok(Some(found.collect::<Result<_, RepositoryError>>()?))
}

/// Adds the changes from the history to each event.
pub(super) async fn with_changes(
    connection: &mut Connection,
    workspace: WorkspaceId,
    events: Vec<Event>,
    budget: &PageBudget,
) -> Result<Vec<RecordedEvent>, Failure> {
    let changed = events.iter().filter_map(revision);
    let (ids, revisions): (Vec<DbId>, Vec<i64>) = changed.unzip();
    let rows: Vec<HistoryRow> = if ids.is_empty() {
        Vec::new()
    } else {
        conversation_history::table
            .filter(conversation_history::workspace_id.eq(DbId::of(workspace)))
            .filter(conversation_history::conversation_id.eq_any(ids))
            .filter(conversation_history::revision.eq_any(revisions))
            .order((conversation_history::revision, conversation_history::id))
            .select(HistoryRow::as_select())
            .load(connection)
            .await?
    };
    budget.reserve(rows.iter().map(TextSize::bytes).sum()).map_err(RepositoryError::from)?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let key = (row.conversation_id, row.revision);
        entries.push((key, HistoryEntry::try_from(row)?.change));
    }
    let with_changes = |event: Event| {
        let key = revision(&event);
        let of_it = entries.iter().filter(|(of, change)| {
            Some(*of) == key && event.change.fields.contains(&EventField::from(change.field))
        });
        let changes = of_it.map(|(_, change)| change.clone()).collect();
        RecordedEvent { event, changes }
    };
    Ok(events.into_iter().map(with_changes).collect())
}

/// The conversation of an event and the revision of its history entries.
fn revision(event: &Event) -> Option<(DbId, i64)> {
    match (event.change.subject, event.change.revision) {
        (EventSubject::Conversation(id), Some(revision)) => {
            Some((DbId::of(id), version_column(revision)))
        }
        _ => None,
    }
}
