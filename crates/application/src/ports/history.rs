//! The storage of the history of conversations. Every change of one adds its entries, in its
//! [`Commit`](super::Commit).

use async_trait::async_trait;
use conversations_domain::{ConversationId, HistoryEntry, WorkspaceId};

use super::RepositoryError;
use crate::{PageSlice, PageWindow};

/// An entry of a history with its place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedChange {
    /// The entry.
    pub entry: HistoryEntry,
    /// The revision of the conversation that the change made; the entries of one change are in the
    /// order of their ids.
    pub revision: i64,
}

/// Reads the history of conversations.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait HistoryRepository: Send + Sync {
    /// A window of a conversation's history and how many entries there are, in the order in which the
    /// changes came through, whatever the clocks of those who made them said; `None` when there is
    /// no such conversation.
    async fn list(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        window: PageWindow,
    ) -> Result<Option<PageSlice<RecordedChange>>, RepositoryError>;
}
