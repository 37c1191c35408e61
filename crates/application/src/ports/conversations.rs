//! The storage of conversations.

use async_trait::async_trait;
use conversations_domain::{
    AuditEntry, Conversation, ConversationId, CountKey, Customer, ExternalId, Field, Message,
    Version, WorkspaceId,
};

use super::{AtPosition, Commit, OptionalResponse, RepositoryError};
use crate::read_model::{
    ConversationCount, ConversationDetails, ConversationFilter, ConversationOrder, CountedFields,
    ObservedVersions,
};
use crate::{PageSlice, PageWindow};

/// A new conversation, with what is made together with it.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationToCreate {
    /// The conversation.
    pub conversation: Conversation,
    /// Its customer, if new as well.
    pub customer: Option<Customer>,
    /// Its first message.
    pub message: Option<Message>,
}

/// A conversation whose fields were changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdatedConversation {
    /// It, as it is to be.
    pub changed: Conversation,
    /// Which fields differ from what was loaded. What is kept beside the conversation for the others,
    /// such as the index of its labels, is not written again.
    pub fields: Vec<Field>,
    /// The [`revision`](Conversation::revision) that was changed; if it is no longer there, the
    /// write is stale.
    pub loaded: Version,
    /// What it was counted by in that revision; if it is not, the write is stale as well.
    pub counted: CountKey,
    /// The state that must still be there, if one must, messages and people included; else the
    /// write is stale.
    pub observed: Option<ObservedVersions>,
}

/// The end of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationErasure {
    /// Which conversation goes, with everything that belongs to it.
    pub conversation: ConversationId,
    /// The state that must still be there, if one must; else the erasure is stale.
    pub observed: Option<ObservedVersions>,
    /// What remains. The storage fills in how many messages went.
    pub audit: AuditEntry,
}

/// Stores conversations.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ConversationRepository: Send + Sync {
    /// The conversation with this id.
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: ConversationId,
    ) -> Result<Option<ConversationDetails>, RepositoryError>;

    /// The id of the conversation with this id in another system.
    async fn find_by_external_id(
        &self,
        workspace: WorkspaceId,
        id: ExternalId,
    ) -> Result<Option<ConversationId>, RepositoryError>;

    /// A window of the conversations that the filter allows, in this order, how many there are, and how
    /// far the feed is: all of one moment.
    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: ConversationFilter,
        order: ConversationOrder,
        window: PageWindow,
    ) -> Result<AtPosition<PageSlice<ConversationDetails>>, RepositoryError>;

    /// How many conversations the filter allows, by the values of these fields, of one moment: at
    /// most `limit` counts, in any order, and none of zero.
    async fn count(
        &self,
        workspace: WorkspaceId,
        filter: ConversationFilter,
        by: CountedFields,
        limit: u32,
    ) -> Result<Vec<ConversationCount>, RepositoryError>;

    /// Stores a new conversation, its new customer and its first message together.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when something it refers to is not in the workspace;
    /// [`RepositoryError::Duplicate`] when the new customer's e-mail address is taken.
    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<ConversationToCreate, OptionalResponse>,
    ) -> Result<(), RepositoryError>;

    /// Stores the changed fields of a conversation, and answers it as it is then: messages that
    /// arrived meanwhile are counted in it. What is compared is its
    /// [`revision`](Conversation::revision), which messages leave alone.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when another revision is stored, or another state than must be,
    /// or something it refers to is not in the workspace.
    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<UpdatedConversation, OptionalResponse<Conversation>>,
    ) -> Result<Conversation, RepositoryError>;

    /// Erases a conversation with its messages, labels and history, and answers how many messages
    /// went; `None` when it is not there, and then nothing is audited. Afterwards none of it is
    /// visible. What takes longer than a short transaction is noted as
    /// [pending](super::ErasureRepository).
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when it is in another state than it must be.
    async fn erase(
        &self,
        workspace: WorkspaceId,
        erasure: ConversationErasure,
    ) -> Result<Option<u64>, RepositoryError>;
}
