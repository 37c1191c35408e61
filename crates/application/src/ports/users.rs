//! The storage of users.

use async_trait::async_trait;
use conversations_domain::{Actor, ExternalId, HistoryId, User, UserId, Version, WorkspaceId};

use super::{Commit, OptionalResponse, RepositoryError, Updated};
use crate::read_model::UserFilter;
use crate::{PageSlice, PageWindow};

/// A user who goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDeletion {
    /// Who goes.
    pub user: UserId,
    /// The version that must be there, if one must; if another is, the removal is stale.
    pub observed: Option<Version>,
    /// The time of it. The id of each history entry keeps this time and takes the rest from the
    /// conversation's.
    pub history: HistoryId,
    /// Who does it, for the history.
    pub by: Actor,
}

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

    /// The user with this id in another system.
    async fn find_by_external_id(
        &self,
        workspace: WorkspaceId,
        id: ExternalId,
    ) -> Result<Option<User>, RepositoryError>;

    /// A window of the users that the filter allows, newest first, and how many there are.
    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: UserFilter,
        window: PageWindow,
    ) -> Result<PageSlice<User>, RepositoryError>;

    /// Stores a new user.
    ///
    /// # Errors
    /// [`RepositoryError::Duplicate`] when the e-mail address is taken in the workspace;
    /// [`RepositoryError::ExternalIdTaken`].
    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<User, OptionalResponse>,
    ) -> Result<(), RepositoryError>;

    /// Stores a changed user.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when another version is stored;
    /// [`RepositoryError::Duplicate`] when the e-mail address is taken in the workspace;
    /// [`RepositoryError::ExternalIdTaken`].
    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Updated<User>>,
    ) -> Result<(), RepositoryError>;

    /// Deletes a user and unassigns the conversations that are assigned to them, with history;
    /// `false` when they are not there, and then nothing is audited. Afterwards neither the user
    /// nor an assignment to them is visible. What takes longer than a short transaction is noted as
    /// [pending](super::ErasureRepository).
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when it stood in the way of another such work, or they are in
    /// another version than they must be;
    /// [`RepositoryError::Duplicate`] when a conversation lost another user at the same time.
    async fn delete(
        &self,
        workspace: WorkspaceId,
        commit: Commit<UserDeletion>,
    ) -> Result<bool, RepositoryError>;
}
