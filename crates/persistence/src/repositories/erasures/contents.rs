//! Deleting conversations for as long as a step may take.

use conversations_domain::{
    AuditEntry, ConversationId, CustomerId, EventId, NewEvent, Origin, WorkspaceId,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::Connection;
use super::super::conversation_batch::ConversationBatch;
use super::super::history_and_audit::audit_each;
use super::super::search::IndexedTexts;
use super::super::totals::CountDeltas;
use super::delete::delete_conversations;
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{CountedConversation, last_version};
use crate::schema::{conversation_history, conversation_texts, conversations, messages};
use crate::work::{StepSize, StepTime};

/// A conversation, how many messages it has, and in which revision it is: as many changes are in its
/// history at most. The last is its version.
type ConversationSize = (CountedConversation, i64, i64, i64);

/// What became of conversations that were to be deleted.
#[derive(Debug, Default)]
pub(in super::super) struct ErasedConversations {
    /// How many are gone.
    pub(in super::super) conversations: u64,
    /// Whether there is none left.
    pub(in super::super) is_all: bool,
}

/// Deletes a conversation, which is locked and has this message count and revision, with all that
/// belongs to it; `false` when that takes longer than a step: then some of that is left.
pub(in super::super) async fn erase_conversation(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: ConversationId,
    (messages, revision): (i64, i64),
    size: StepSize,
) -> Result<bool, Failure> {
    let (id_column, is_small) = (DbId::of(id), rows(messages, revision) <= size.rows);
    let time = size.begin();
    if !is_small && !erase_contents(connection, workspace, id_column, (size, time)).await? {
        return Ok(false);
    }
    delete_conversations(connection, workspace, &ConversationBatch::one(id)).await?;
    Ok(true)
}

/// About how many rows a conversation has in all tables.
fn rows(messages: i64, revision: i64) -> i64 {
    1 + messages + revision
}

/// Some conversations that a filter allows, held. Filters have the index that goes on with this
/// order: none is sorted, and all who hold several hold them in one order.
macro_rules! lock_some {
    ($connection:ident, $workspace:ident, $size:ident $(, $filter:expr)?) => {{
        let held: Vec<ConversationSize> = for_update!(
            conversations::table
                .filter(conversations::workspace_id.eq(DbId::of($workspace)))
                $(.filter($filter))?
                .order((conversations::status, conversations::id))
                .limit(1 + $size.rows / 2)
                .select((
                    CountedConversation::as_select(),
                    conversations::message_count,
                    conversations::revision,
                    conversations::version,
                ))
        )
        .load($connection)
        .await?;
        held
    }};
}

/// Deletes conversations with a customer, or all there are, for as long as a step may take, and
/// counts them off. Each leaves such an entry in the audit, if any, and an event; the events have ids
/// that start with this one.
pub(in super::super) async fn erase_some_with(
    connection: &mut Connection,
    workspace: WorkspaceId,
    customer: Option<CustomerId>,
    each: Option<(&AuditEntry, EventId)>,
    deltas: &mut CountDeltas,
    size: StepSize,
) -> Result<ErasedConversations, Failure> {
    let time = size.begin();
    let mut erased = ErasedConversations::default();
    loop {
        let held = if let Some(customer) = customer {
            let theirs = conversations::customer_id.eq(DbId::of(customer));
            lock_some!(connection, workspace, size, theirs)
        } else {
            lock_some!(connection, workspace, size)
        };
        let Some((first, ..)) = held.as_slice().first() else {
            return Ok(ErasedConversations { is_all: true, ..erased });
        };
        let mut some = conversations_that_fit(&held, size);
        if some.is_empty() {
            if !erase_contents(connection, workspace, first.id, (size, time)).await? {
                return Ok(erased);
            }
            some.extend(held.as_slice().first().map(thread));
        }
        let batch = ConversationBatch::of(some.iter().map(|(counted, _)| counted.id).collect());
        if let Some((entry, _)) = each {
            audit_each(connection, workspace, &batch, entry.clone()).await?;
        }
        delete_conversations(connection, workspace, &batch).await?;
        for (counted, version) in &some {
            deltas.remove(counted);
            erased.conversations += 1;
            if let Some((entry, first)) = each {
                let id = ConversationId::from_uuid(counted.id.0);
                let gone = NewEvent::of_deleted_conversation(id, last_version(*version)?);
                let origin = Origin { first, by: entry.by.clone() };
                deltas.add_events(workspace, &origin, [gone]);
            }
        }
        if time.is_over() {
            return Ok(erased);
        }
    }
}

/// The first of some conversations, as many as have few rows together.
fn conversations_that_fit(
    held: &[ConversationSize],
    size: StepSize,
) -> Vec<(CountedConversation, i64)> {
    let mut all = 0;
    let few = held.iter().take_while(|&&(_, messages, revision, _)| {
        all += rows(messages, revision);
        all <= size.rows
    });
    few.map(thread).collect()
}

/// A conversation and its version.
fn thread((counted, _, _, version): &ConversationSize) -> (CountedConversation, i64) {
    (counted.clone(), *version)
}

/// Deletes what belongs to a conversation, piece by piece; `false` when there is some left when the
/// time of the step is over.
async fn erase_contents(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: DbId,
    (size, time): (StepSize, StepTime),
) -> Result<bool, Failure> {
    while erase_texts(connection, workspace, id, size).await? {
        if time.is_over() {
            return Ok(false);
        }
    }
    while erase_messages(connection, workspace, id, size).await? {
        if time.is_over() {
            return Ok(false);
        }
    }
    while erase_history(connection, workspace, id, size).await? {
        if time.is_over() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Deletes the first texts of a conversation; `false` when there are none.
async fn erase_texts(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: DbId,
    size: StepSize,
) -> Result<bool, Failure> {
    let some: Vec<(DbId, i16)> = conversation_texts::table
        .filter(conversation_texts::workspace_id.eq(DbId::of(workspace)))
        .filter(conversation_texts::conversation_id.eq(id))
        .order((conversation_texts::text_id, conversation_texts::part))
        .limit(size.texts)
        .select((conversation_texts::text_id, conversation_texts::part))
        .load(connection)
        .await?;
    let Some(&(text, part)) = some.as_slice().last() else { return Ok(false) };
    let conversation = ConversationId::from_uuid(id.0);
    IndexedTexts::UpTo(conversation, text, part).remove(connection, workspace).await?;
    Ok(true)
}

/// The first rows of a conversation in a table, by a column that says their order, go; `false` when
/// there are none.
macro_rules! erase_first {
    ($connection:ident, $workspace:ident, $id:ident, $size:ident, $table:ident, $order:ident: $kind:ty) => {{
        let some: Vec<$kind> = $table::table
            .filter($table::workspace_id.eq(DbId::of($workspace)))
            .filter($table::conversation_id.eq($id))
            .order($table::$order)
            .limit($size.rows)
            .select($table::$order)
            .load($connection)
            .await?;
        let Some(&last) = some.as_slice().last() else { return Ok(false) };
        diesel::delete($table::table)
            .filter($table::workspace_id.eq(DbId::of($workspace)))
            .filter($table::conversation_id.eq($id))
            .filter($table::$order.le(last))
            .execute($connection)
            .await?;
        Ok(true)
    }};
}

async fn erase_messages(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: DbId,
    size: StepSize,
) -> Result<bool, Failure> {
    erase_first!(connection, workspace, id, size, messages, number: i64)
}

async fn erase_history(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: DbId,
    size: StepSize,
) -> Result<bool, Failure> {
    erase_first!(connection, workspace, id, size, conversation_history, id: DbId)
}
