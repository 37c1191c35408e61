//! Opening conversations that bring nothing along but their labels: many in one transaction.

use conversations_application::ports::{Commit, NewThread, Reply, RepositoryError};
use conversations_domain::{ConversationId, Tags, WorkspaceId};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::super::search::NewTexts;
use super::super::tally::Tallies;
use super::super::{Connection, insert_conversations};
use super::labels::insert_labels;
use crate::rows::{ConversationRow, Counted};
use crate::work::Outcomes;

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
        let texts = NewTexts::of(workspace, conversation);
        let row = ConversationRow::new(workspace, conversation.clone())?;
        Ok(Some(Self { workspace, id, labels, texts, row }))
    }
}

/// Stores conversations with all that is kept about them.
pub(super) fn open_all(
    connection: &mut Connection,
    openings: Vec<Opening>,
    slot: i16,
) -> BoxFuture<'_, Outcomes<()>> {
    async move {
        let (mut tallies, mut texts) = (Tallies::default(), NewTexts::default());
        let (mut rows, mut labelled) = (Vec::new(), Vec::new());
        for Opening { workspace, id, labels, texts: those, row } in openings {
            tallies.of(workspace).add(&Counted::from(&row));
            rows.push(row);
            texts.extend(those);
            labelled.push((workspace, id, labels));
        }
        let opened = rows.iter().map(|_| Ok(())).collect();
        insert_conversations(connection, rows).await?;
        insert_labels(connection, &labelled).await?;
        texts.index(connection).await?;
        tallies.apply(connection, slot).await?;
        Ok(opened)
    }
    .boxed()
}
