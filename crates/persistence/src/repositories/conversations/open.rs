//! Opening conversations: many in one transaction.

use conversations_application::ports::RepositoryError;
use conversations_domain::{
    Conversation, ConversationId, Customer, Message, NewEvent, Origin, Tags, WorkspaceId,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::super::search::NewTexts;
use super::super::tally::Tallies;
use super::super::{Connection, insert_all};
use super::labels::insert_labels;
use crate::bulk::Bulk;
use crate::error::Failure;
use crate::rows::{ConversationRow, Counted, MessageRow};
use crate::work::Outcomes;

/// A conversation that is opened, with its labels and its first message, ready to be stored.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    workspace: WorkspaceId,
    id: ConversationId,
    labels: Tags,
    texts: NewTexts,
    row: ConversationRow,
    message: Option<MessageRow>,
    origin: Origin,
    events: Vec<NewEvent>,
}

impl Opening {
    /// A conversation that is opened, with its first message; the customer, if new as well, is for
    /// others to store.
    pub(super) async fn of(
        workspace: WorkspaceId,
        conversation: Conversation,
        message: Option<Message>,
        customer: Option<&Customer>,
        origin: Origin,
    ) -> Result<Self, RepositoryError> {
        let events = NewEvent::of_opening(&conversation, message.as_ref(), customer);
        let (id, labels) = (conversation.id(), conversation.labels().clone());
        let mut texts = NewTexts::of(workspace, &conversation);
        if let Some(message) = &message {
            let (message, body) = (message.id(), message.body());
            texts.extend(NewTexts::of_new_message(workspace, id, message, body).await);
        }
        let row = ConversationRow::new(workspace, conversation)?;
        let message = message.map(|message| MessageRow::new(workspace, message));
        Ok(Self { workspace, id, labels, texts, row, message, origin, events })
    }
}

/// Stores conversations with all that is kept about them.
pub(super) fn open_all(
    connection: &mut Connection,
    openings: Vec<Opening>,
    slot: i16,
) -> BoxFuture<'_, Outcomes<()>> {
    async move {
        let opened = openings.iter().map(|_| Ok(())).collect();
        insert_openings(connection, openings).await?.apply(connection, slot).await?;
        Ok(opened)
    }
    .boxed()
}

/// Stores conversations with all that is kept about them but for their counts and events, which are
/// [applied](Tallies::apply) when everything else is done.
pub(super) async fn insert_openings(
    connection: &mut Connection,
    openings: Vec<Opening>,
) -> Result<Tallies, Failure> {
    let (mut tallies, mut texts) = (Tallies::default(), NewTexts::default());
    let (mut rows, mut labelled, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    for opening in openings {
        let Opening { workspace, id, labels, texts: those, row, message, origin, events } = opening;
        let tally = tallies.of(workspace);
        tally.add(&Counted::from(&row));
        tally.tell(workspace, &origin, events);
        rows.push(row);
        labelled.push((workspace, id, labels));
        messages.extend(message);
        texts.extend(those);
    }
    insert_all(connection, Bulk::of_conversations(rows)).await?;
    insert_labels(connection, &labelled).await?;
    insert_all(connection, Bulk::of_messages(messages)).await?;
    texts.index(connection).await?;
    Ok(tallies)
}
