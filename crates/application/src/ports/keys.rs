//! The storage of API keys.

use async_trait::async_trait;
use conversations_domain::{ApiKey, KeyId, Timestamp, Workspace, WorkspaceId};

use super::{Commit, OptionalResponse, RepositoryError, Updated};
use crate::read_model::KeyDetails;
use crate::{PageSlice, PageWindow};

/// The SHA-256 of a key's secret: all that is stored of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// A key that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key.
    pub key: ApiKey,
    /// By which it is found.
    pub hash: SecretHash,
}

/// A key that is to have another secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRotation {
    /// The key, as it is to be.
    pub revision: Updated<ApiKey>,
    /// By which it is found from now on.
    pub hash: SecretHash,
    /// Until when the secret that it had opens it as well; `None` when neither that one nor any
    /// before it does.
    pub old_ends_at: Option<Timestamp>,
    /// The time: what ended before it may be forgotten.
    pub now: Timestamp,
}

/// A key with the workspace that it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyWithWorkspace {
    /// The key.
    pub key: ApiKey,
    /// Its workspace.
    pub workspace: Workspace,
}

/// That a key was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUse {
    /// The workspace of the key.
    pub workspace: WorkspaceId,
    /// The key.
    pub key: KeyId,
    /// When.
    pub at: Timestamp,
}

/// Stores API keys.
///
/// A key is looked for before anybody knows whose it is, so two methods go without a workspace.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait KeyRepository: Send + Sync {
    /// The key whose secret has this hash, in whatever workspace. By a secret that was replaced, and
    /// opens it for a while, it is found as one that ends with that secret.
    async fn find_by_hash(&self, hash: SecretHash) -> Result<Option<ApiKey>, RepositoryError>;

    /// The key with this id, in whatever workspace: for operators, never for callers.
    async fn find_anywhere(&self, id: KeyId) -> Result<Option<ApiKey>, RepositoryError>;

    /// The key with this id.
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: KeyId,
    ) -> Result<Option<KeyDetails>, RepositoryError>;

    /// The key with this id, and its workspace.
    async fn find_with_workspace(
        &self,
        workspace: WorkspaceId,
        id: KeyId,
    ) -> Result<Option<KeyWithWorkspace>, RepositoryError>;

    /// A window of the workspace's keys, newest first, and how many there are.
    async fn list(
        &self,
        workspace: WorkspaceId,
        window: PageWindow,
    ) -> Result<PageSlice<KeyDetails>, RepositoryError>;

    /// Stores a new key.
    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<KeyRecord, OptionalResponse>,
    ) -> Result<(), RepositoryError>;

    /// Stores a changed key.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when another version is stored, or none.
    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Updated<ApiKey>>,
    ) -> Result<(), RepositoryError>;

    /// Stores a key with another secret.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when another version is stored, or none.
    async fn rotate(
        &self,
        workspace: WorkspaceId,
        commit: Commit<KeyRotation>,
    ) -> Result<(), RepositoryError>;

    /// Deletes a key with all of its secrets; `false` when it is not there, and then nothing is audited.
    async fn revoke(
        &self,
        workspace: WorkspaceId,
        commit: Commit<KeyId>,
    ) -> Result<bool, RepositoryError>;

    /// Remembers that keys were used. A time before one that is remembered changes nothing, and
    /// neither does the use of a key that is gone.
    async fn remember_uses(&self, uses: Vec<KeyUse>) -> Result<(), RepositoryError>;
}
