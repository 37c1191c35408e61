//! Changing conversations: many in one transaction.

use std::collections::HashMap;

use conversations_application::ports::{RepositoryError, UpdatedConversation};
use conversations_domain::{
    Conversation, ConversationId, Field, HistoryEntry, NewEvent, Origin, Tags, WorkspaceId,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::super::search::{IndexedTexts, TextsToIndex};
use super::super::totals::WorkspaceCountDeltas;
use super::super::{Connection, insert_all, update_conversations};
use super::labels::replace_labels;
use crate::bulk::Bulk;
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{ConversationRow, CountedConversation, HistoryRow, UpdatedConversationRow};
use crate::work::{BatchOutcomes, InWorkspace};

/// A change of a conversation, ready to be stored.
#[derive(Debug, Clone)]
pub(super) struct PendingUpdate {
    workspace: WorkspaceId,
    id: ConversationId,
    /// The labels, if they are others now.
    labels: Option<Tags>,
    /// The words of the subject and of the external id, if one of them is another now.
    texts: Option<TextsToIndex>,
    history: Vec<HistoryEntry>,
    origin: Origin,
    row: UpdatedConversationRow,
}

/// A change that has landed.
struct AppliedUpdate {
    change: PendingUpdate,
    stored: ConversationRow,
    changed: Conversation,
}

impl InWorkspace for PendingUpdate {
    fn workspace(&self) -> WorkspaceId {
        self.workspace
    }
}

impl PendingUpdate {
    /// The change of a conversation. What the caller has seen of it is for others to compare.
    pub(super) fn of(
        workspace: WorkspaceId,
        revision: UpdatedConversation,
        history: Vec<HistoryEntry>,
        origin: Origin,
    ) -> Result<Self, RepositoryError> {
        let UpdatedConversation { changed, fields, loaded, counted, observed: _ } = revision;
        let id = changed.id();
        let labels = fields.contains(&Field::Labels).then(|| changed.labels().clone());
        let has_other_texts =
            fields.iter().any(|field| matches!(field, Field::Subject | Field::ExternalId));
        let texts = has_other_texts.then(|| TextsToIndex::of(workspace, &changed));
        let row = UpdatedConversationRow::new(workspace, changed, loaded, counted)?;
        Ok(Self { workspace, id, labels, texts, history, origin, row })
    }

    fn key(&self) -> (DbId, DbId) {
        (DbId::of(self.workspace), DbId::of(self.id))
    }
}

/// Stores changes with all that is kept about them. A change of what is no longer as it was is stale,
/// and leaves the others alone.
pub(super) fn update_all(
    connection: &mut Connection,
    changes: Vec<PendingUpdate>,
    slot: i16,
) -> BoxFuture<'_, BatchOutcomes<Conversation>> {
    async move {
        let chosen = latest_of_each(&changes);
        let rows = chosen.values().filter_map(|&place| changes.get(place));
        let mut rows: Vec<_> = rows.map(|change| change.row.clone()).collect();
        // In one order, or two who do so could wait for each other.
        rows.sort_by_key(|change| (change.row.workspace_id.0, change.row.id.0));
        let stored = update_conversations(connection, rows).await?;
        let mut stored: HashMap<_, _> =
            stored.into_iter().map(|row| ((row.workspace_id, row.id), row)).collect();

        let mut applied = Vec::with_capacity(stored.len());
        let mut outcomes = Vec::with_capacity(changes.len());
        for (place, change) in changes.into_iter().enumerate() {
            let key = change.key();
            let is_chosen = chosen.get(&key) == Some(&place);
            let Some(stored) = is_chosen.then(|| stored.remove(&key)).flatten() else {
                outcomes.push(Err(RepositoryError::Stale));
                continue;
            };
            let changed = Conversation::try_from(stored.clone())?;
            outcomes.push(Ok(changed.clone()));
            applied.push(AppliedUpdate { change, stored, changed });
        }
        update_dependents(connection, applied, slot).await?;
        Ok(outcomes)
    }
    .boxed()
}

/// The place of the one change of each conversation that can land: what was loaded before another one
/// is stale, and of several that were loaded at once the first one makes the others stale.
fn latest_of_each(changes: &[PendingUpdate]) -> HashMap<(DbId, DbId), usize> {
    let mut latest: HashMap<_, (i64, usize)> = HashMap::with_capacity(changes.len());
    for (place, change) in changes.iter().enumerate() {
        let loaded = change.row.loaded;
        let first = latest.entry(change.key()).or_insert((loaded, place));
        if loaded > first.0 {
            *first = (loaded, place);
        }
    }
    latest.into_iter().map(|(key, (_, place))| (key, place)).collect()
}

/// Stores what follows from changes that have landed.
async fn update_dependents(
    connection: &mut Connection,
    applied: Vec<AppliedUpdate>,
    slot: i16,
) -> Result<(), Failure> {
    let (mut deltas_by_workspace, mut labelled, mut history) =
        (WorkspaceCountDeltas::default(), Vec::new(), Vec::new());
    let (mut subjects, mut all_texts) = (Vec::new(), TextsToIndex::default());
    for AppliedUpdate { change, stored, changed } in applied {
        let PendingUpdate { workspace, id, labels, texts, history: entries, origin, row } = change;
        let deltas = deltas_by_workspace.of(workspace);
        deltas.change(&row.before, &CountedConversation::from(&stored));
        let versions = (changed.version(), changed.revision());
        let changes: Vec<_> = entries.iter().map(|entry| entry.change.clone()).collect();
        deltas.add_events(workspace, &origin, NewEvent::of_change(id, versions, &changes));
        labelled.extend(labels.map(|labels| (workspace, id, labels)));
        if let Some(texts) = texts {
            subjects.push((workspace, id));
            all_texts.extend(texts);
        }
        for entry in entries {
            // History is in the order in which writes came through.
            history.push(HistoryRow::new(workspace, entry, stored.revision)?);
        }
    }
    replace_labels(connection, &labelled).await?;
    for (workspace, id) in subjects {
        IndexedTexts::Own(id).remove(connection, workspace).await?;
    }
    all_texts.index(connection).await?;
    insert_all(connection, Bulk::of_history(history)).await?;
    deltas_by_workspace.apply(connection, slot).await
}

#[cfg(test)]
mod tests;
