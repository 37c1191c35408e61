//! The storage of generated conversations, many at once.

use async_trait::async_trait;
use conversations_domain::{
    Conversation, ConversationId, Customer, Inbox, Message, Origin, Timestamp, User, WorkspaceId,
};

use super::{RecordedChange, RepositoryError};

/// How what is made up looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedShape {
    /// How many customers there are.
    pub customers: u32,
    /// How many users.
    pub users: u32,
    /// How many inboxes; at least one.
    pub inboxes: u32,
    /// How many messages each conversation has.
    pub messages_per: u32,
}

/// A part of what is made up, noted before its first conversation is stored: a later run that resumes
/// it makes the same conversations again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedRun {
    /// The number of its first conversation, from 0.
    pub first: u64,
    /// How many conversations it has.
    pub conversations: u64,
    /// How many of them are stored together.
    pub batch: u64,
    /// How they look.
    pub shape: SeedShape,
    /// The time at which the simulated time ends.
    pub ends_at: Timestamp,
}

/// Who and what conversations refer to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeedPeople {
    /// The inboxes.
    pub inboxes: Vec<Inbox>,
    /// The users.
    pub users: Vec<User>,
    /// The customers.
    pub customers: Vec<Customer>,
}

/// A conversation with all of its messages and all that changed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeededConversation {
    /// The conversation.
    pub conversation: Conversation,
    /// Its messages, by their numbers.
    pub messages: Vec<Message>,
    /// Its history, oldest first.
    pub history: Vec<RecordedChange>,
}

/// How much the storage likes to get at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedBatching {
    /// Rows in one transaction. It has to be short, because others may wait for it.
    pub rows: u64,
    /// Transactions at the same time.
    pub concurrency: usize,
}

/// Stores what is made up. Operators use it, beside a running server too. Each write creates one event
/// that tells readers of the feed to read all resources again.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SeedRepository: Send + Sync {
    /// How much is best stored at once.
    fn batching(&self) -> SeedBatching;

    /// What was begun in this workspace, by the number of the first conversation.
    async fn runs(&self, workspace: WorkspaceId) -> Result<Vec<SeedRun>, RepositoryError>;

    /// Notes that something is begun.
    ///
    /// # Errors
    /// [`RepositoryError::Duplicate`] when something was begun with the same first conversation.
    async fn record_run(&self, workspace: WorkspaceId, run: SeedRun)
    -> Result<(), RepositoryError>;

    /// Stores those who are not there.
    async fn insert_people(
        &self,
        workspace: WorkspaceId,
        people: SeedPeople,
        origin: Origin,
    ) -> Result<(), RepositoryError>;

    /// Whether this conversation is there.
    async fn contains(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> Result<bool, RepositoryError>;

    /// Stores conversations with their messages, labels and history, all of them or none. They are
    /// counted and found as any others.
    ///
    /// # Errors
    /// [`RepositoryError::Duplicate`] when one is there; [`RepositoryError::Stale`] when one refers
    /// to what is not in the workspace.
    async fn store(
        &self,
        workspace: WorkspaceId,
        seeded: Vec<SeededConversation>,
        origin: Origin,
    ) -> Result<(), RepositoryError>;

    /// Stores people and conversations in a workspace that has no customer, user or conversation,
    /// all of it or nothing; `false` when it has some. Of several that do so at once one does, and
    /// the others are answered `false` too.
    async fn insert_demo(
        &self,
        workspace: WorkspaceId,
        people: SeedPeople,
        seeded: Vec<SeededConversation>,
        origin: Origin,
    ) -> Result<bool, RepositoryError>;

    /// Updates the statistics that the database plans its queries by.
    async fn analyze(&self) -> Result<(), RepositoryError>;
}
