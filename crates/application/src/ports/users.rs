//! The storage of users.

use async_trait::async_trait;
use conversations_domain::{User, UserId, WorkspaceId};

use super::{Commit, RepositoryError};
use crate::{Page, PageRequest};

/// Stores users.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// The user with this id.
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: UserId,
    ) -> Result<Option<User>, RepositoryError>;

    /// A page of the users, newest first, and how many there are.
    async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<User>, RepositoryError>;

    /// Stores a new user.
    ///
    /// # Errors
    /// [`RepositoryError::Duplicate`] when the e-mail address is taken in the workspace.
    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<User>,
    ) -> Result<(), RepositoryError>;
}
