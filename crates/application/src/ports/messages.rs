//! The storage of messages.

use async_trait::async_trait;
use conversations_domain::{
    Actor, ConversationId, HistoryId, Message, MessageDraft, MessageId, Timestamp, WorkspaceId,
};

use super::{Commit, OptionalResponse, RepositoryError};
use crate::read_model::MessageFilter;
use crate::{PageSlice, PageWindow};

/// A message that arrives at a stored conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Where it arrives.
    pub conversation: ConversationId,
    /// The message; the storage gives it the next number.
    pub draft: MessageDraft,
    /// The name of the history entry, should the message reopen the conversation.
    pub history: HistoryId,
    /// Who wrote it, for the history.
    pub by: Actor,
}

/// A message that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageDeletion {
    /// Where it is.
    pub conversation: ConversationId,
    /// The message.
    pub message: MessageId,
    /// When it goes, which is a change of the conversation.
    pub now: Timestamp,
}

/// Stores messages.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait MessageRepository: Send + Sync {
    /// The message with this id in this conversation.
    async fn find(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<Message>, RepositoryError>;

    /// A window of the messages of a conversation that the filter allows, by their numbers, and how
    /// many there are; `None` when there is no such conversation.
    async fn list(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        filter: MessageFilter,
        window: PageWindow,
    ) -> Result<Option<PageSlice<Message>>, RepositoryError>;

    /// Stores a message and counts it: its number, the conversation's count, times and version are
    /// changed relative to what is stored at that moment, so that any number of messages may
    /// arrive at once. The status becomes [`conversations_domain::Status::after_message_by`] its
    /// author, with history if that is another. `None` when there is no such conversation.
    ///
    /// # Errors
    /// [`RepositoryError::ExternalIdTaken`].
    async fn append(
        &self,
        workspace: WorkspaceId,
        commit: Commit<NewMessage, OptionalResponse<Message>>,
    ) -> Result<Option<Message>, RepositoryError>;

    /// Deletes a message and counts it off: the conversation's count, times and version are
    /// changed relative to what is stored at that moment. Its number is not used again. `false`
    /// when there is no such message, and then nothing is audited.
    async fn delete(
        &self,
        workspace: WorkspaceId,
        commit: Commit<MessageDeletion>,
    ) -> Result<bool, RepositoryError>;
}
