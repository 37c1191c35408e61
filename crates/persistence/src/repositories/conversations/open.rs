//! Opening conversations that bring nothing along but their labels: many in one transaction.

use std::collections::BTreeMap;

use conversations_application::ports::{Commit, NewThread, Reply, RepositoryError};
use conversations_domain::{ConversationId, Tags, WorkspaceId};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::super::search::NewTexts;
use super::super::tally::Tally;
use super::super::{Connection, insert_conversations};
use super::insert_labels;
use crate::error::Failure;
use crate::rows::{ConversationRow, Counted};

/// A conversation that is opened without a new customer, without a message, and without a reply to
/// be kept.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    workspace: WorkspaceId,
    id: ConversationId,
    labels: Tags,
    texts: NewTexts,
    row: ConversationRow,
}

impl Opening {
    /// The opening that a commit is, if it is no more than that.
    pub(super) fn of(
        workspace: WorkspaceId,
        commit: &Commit<NewThread, Reply>,
    ) -> Result<Option<Self>, RepositoryError> {
        let Commit { write, history, audit, reply } = commit;
        let NewThread { conversation, customer, message } = write;
        let more = customer.is_some() || message.is_some() || reply.is_some();
        if more || !history.is_empty() || !audit.is_empty() {
            return Ok(None);
        }
        let (id, labels) = (conversation.id(), conversation.labels().clone());
        let texts = NewTexts::of(workspace, conversation, None);
        let row = ConversationRow::new(workspace, conversation.clone())?;
        Ok(Some(Self { workspace, id, labels, texts, row }))
    }
}

/// Stores conversations with all that is kept about them, and counts them at the end, workspace by
/// workspace: in one order, or two who do so could wait for each other.
pub(super) fn open_all(
    connection: &mut Connection,
    openings: Vec<Opening>,
    slot: i16,
) -> BoxFuture<'_, Result<(), Failure>> {
    async move {
        let mut tallies: BTreeMap<WorkspaceId, Tally> = BTreeMap::new();
        let (mut rows, mut labelled, mut all_texts) = (Vec::new(), Vec::new(), NewTexts::default());
        for Opening { workspace, id, labels, texts, row } in openings {
            tallies.entry(workspace).or_default().add(&Counted::from(&row));
            rows.push(row);
            all_texts.append(texts);
            labelled.push((workspace, id, labels));
        }
        insert_conversations(connection, rows).await?;
        for (workspace, id, labels) in labelled {
            insert_labels(connection, workspace, id, &labels).await?;
        }
        all_texts.index(connection).await?;
        for (workspace, tally) in tallies {
            tally.apply(connection, workspace, slot).await?;
        }
        Ok(())
    }
    .boxed()
}
