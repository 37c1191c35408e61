//! Opening conversations: many in one transaction.

use conversations_application::ports::RepositoryError;
use conversations_domain::{
    Conversation, ConversationId, Customer, Message, NewEvent, Origin, Tags, WorkspaceId,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::super::search::TextsToIndex;
use super::super::totals::WorkspaceCountDeltas;
use super::super::{Connection, insert_all};
use super::labels::insert_labels;
use crate::bulk::Bulk;
use crate::error::Failure;
use crate::rows::{ConversationRow, CountedConversation, MessageRow};
use crate::work::{BatchOutcomes, InWorkspace};

/// A conversation that is opened, with its labels and its first message, ready to be stored.
#[derive(Debug, Clone)]
pub(super) struct PendingInsert {
    workspace: WorkspaceId,
    id: ConversationId,
    labels: Tags,
    texts: TextsToIndex,
    row: ConversationRow,
    message: Option<MessageRow>,
    origin: Origin,
    events: Vec<NewEvent>,
}

impl InWorkspace for PendingInsert {
    fn workspace(&self) -> WorkspaceId {
        self.workspace
    }
}

impl PendingInsert {
    /// A conversation with its first message. The caller stores the customer, if it is new.
    pub(super) async fn of(
        workspace: WorkspaceId,
        conversation: Conversation,
        message: Option<Message>,
        customer: Option<&Customer>,
        origin: Origin,
    ) -> Result<Self, RepositoryError> {
        let events = NewEvent::of_opening(&conversation, message.as_ref(), customer);
        let (id, labels) = (conversation.id(), conversation.labels().clone());
        let mut texts = TextsToIndex::of(workspace, &conversation);
        if let Some(message) = &message {
            let (message, body) = (message.id(), message.body());
            texts.extend(TextsToIndex::of_new_message(workspace, id, message, body).await);
        }
        let row = ConversationRow::new(workspace, conversation)?;
        let message = message.map(|message| MessageRow::new(workspace, message));
        Ok(Self { workspace, id, labels, texts, row, message, origin, events })
    }
}

/// Stores conversations with all that is kept about them.
pub(super) fn create_all(
    connection: &mut Connection,
    inserts: Vec<PendingInsert>,
    slot: i16,
) -> BoxFuture<'_, BatchOutcomes<()>> {
    async move {
        let opened = inserts.iter().map(|_| Ok(())).collect();
        insert_pending(connection, inserts).await?.apply(connection, slot).await?;
        Ok(opened)
    }
    .boxed()
}

/// Stores conversations with all that is kept about them except for their counts and events, which are
/// [applied](WorkspaceCountDeltas::apply) when everything else is done.
pub(super) async fn insert_pending(
    connection: &mut Connection,
    inserts: Vec<PendingInsert>,
) -> Result<WorkspaceCountDeltas, Failure> {
    let (mut deltas_by_workspace, mut texts) =
        (WorkspaceCountDeltas::default(), TextsToIndex::default());
    let (mut rows, mut labelled, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    for insert in inserts {
        let PendingInsert { workspace, id, labels, texts: those, row, message, origin, events } =
            insert;
        let deltas = deltas_by_workspace.of(workspace);
        deltas.add(&CountedConversation::from(&row));
        deltas.add_events(workspace, &origin, events);
        rows.push(row);
        labelled.push((workspace, id, labels));
        messages.extend(message);
        texts.extend(those);
    }
    insert_all(connection, Bulk::of_conversations(rows)).await?;
    insert_labels(connection, &labelled).await?;
    insert_all(connection, Bulk::of_messages(messages)).await?;
    texts.index(connection).await?;
    Ok(deltas_by_workspace)
}
