//! The storage of conversations.

use async_trait::async_trait;
use conversations_domain::{
    AuditEntry, Change, ChangeRefused, Changes, Conversation, ConversationId, Customer, CustomerId,
    Field, FieldChange, Message, Standing, Timestamp, User, UserId, Version, WorkspaceId,
};

use super::{Commit, ConversationFilter, ConversationOrder, Reply, RepositoryError};
use crate::{Slice, Window};

/// A conversation with the people that it shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationDetails {
    /// The conversation.
    pub conversation: Conversation,
    /// Its customer.
    pub customer: Option<Customer>,
    /// The assignee.
    pub assignee: Option<User>,
}

/// The state of a conversation as a caller saw it, with the people that were shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The version of the conversation.
    pub conversation: Version,
    /// Its customer, and in which version.
    pub customer: Option<(CustomerId, Version)>,
    /// The user who takes care of it, and in which version.
    pub assignee: Option<(UserId, Version)>,
}

impl ConversationDetails {
    /// Unassigns a user who is no longer shown, because they are being deleted: a change of the
    /// assignee need not wait until the deletion comes to it.
    pub(crate) fn free_of_absent_assignee(
        &mut self,
        now: Timestamp,
    ) -> Result<Vec<FieldChange>, ChangeRefused> {
        if self.assignee.is_some() {
            return Ok(Vec::new());
        }
        self.conversation.change(Changes { assignee: Change::To(None), ..Changes::default() }, now)
    }

    /// The state that these show.
    #[must_use]
    pub fn seen(&self) -> Seen {
        let Self { conversation, customer, assignee } = self;
        Seen {
            conversation: conversation.version(),
            customer: customer.as_ref().map(|customer| (customer.id(), customer.version())),
            assignee: assignee.as_ref().map(|user| (user.id(), user.version())),
        }
    }
}

/// A new conversation, with what is made together with it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewThread {
    /// The conversation.
    pub conversation: Conversation,
    /// Its customer, if new as well.
    pub customer: Option<Customer>,
    /// Its first message.
    pub message: Option<Message>,
}

/// A conversation whose fields were changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRevision {
    /// It, as it is to be.
    pub changed: Conversation,
    /// Which fields differ from what was loaded. What is kept beside the conversation for the others,
    /// such as the index of its labels, is not written again.
    pub fields: Vec<Field>,
    /// The [`revision`](Conversation::revision) that was changed; if it is no longer there, the
    /// write is stale.
    pub loaded: Version,
    /// What it was counted by in that revision; if it is not, the write is stale as well.
    pub counted: Standing,
    /// The state that must still be there, if one must, messages and people included; else the
    /// write is stale.
    pub seen: Option<Seen>,
}

/// The end of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Which conversation goes, with everything that belongs to it.
    pub conversation: ConversationId,
    /// The state that must still be there, if one must; else the erasure is stale.
    pub seen: Option<Seen>,
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

    /// A stretch of the conversations that the filter allows, in this order, and how many there
    /// are: both of one moment.
    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: ConversationFilter,
        order: ConversationOrder,
        window: Window,
    ) -> Result<Slice<ConversationDetails>, RepositoryError>;

    /// Stores a new conversation, its new customer and its first message together.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when something it refers to is not in the workspace;
    /// [`RepositoryError::Duplicate`] when the new customer's e-mail address is taken.
    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<NewThread, Reply>,
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
        commit: Commit<ConversationRevision, Reply<Conversation>>,
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
        erasure: Erasure,
    ) -> Result<Option<u64>, RepositoryError>;
}
