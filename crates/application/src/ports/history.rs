//! The storage of what happened to conversations. Whatever changes one writes it, in its
//! [`Commit`](super::Commit).

use async_trait::async_trait;
use conversations_domain::{ConversationId, HistoryEntry, WorkspaceId};

use super::RepositoryError;
use crate::{Page, PageRequest};

/// Reads the history of conversations.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait HistoryRepository: Send + Sync {
    /// A page of a conversation's history and how many entries there are, in the order in which the
    /// changes came through, whatever the clocks of those who made them said; `None` when there is
    /// no such conversation.
    async fn list(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Option<Page<HistoryEntry>>, RepositoryError>;
}
