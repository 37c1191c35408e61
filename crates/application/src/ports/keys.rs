//! The storage of API keys.

use async_trait::async_trait;
use conversations_domain::{ApiKey, KeyId, WorkspaceId};

use super::{Commit, RepositoryError};
use crate::{Page, PageRequest};

/// The SHA-256 of a key's secret: all that is stored of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// A key that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The key.
    pub key: ApiKey,
    /// By which it is found.
    pub hash: SecretHash,
}

/// Stores API keys.
///
/// A key is looked for before anybody knows whose it is, so two methods go without a workspace.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait KeyRepository: Send + Sync {
    /// The key whose secret has this hash, in whatever workspace.
    async fn find_by_hash(&self, hash: SecretHash) -> Result<Option<ApiKey>, RepositoryError>;

    /// The key with this id, in whatever workspace: for operators, never for callers.
    async fn find_anywhere(&self, id: KeyId) -> Result<Option<ApiKey>, RepositoryError>;

    /// A page of the workspace's keys, newest first, and how many there are.
    async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<ApiKey>, RepositoryError>;

    /// Stores a new key.
    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<NewKey>,
    ) -> Result<(), RepositoryError>;

    /// Deletes a key; `false` when it is not there, and then nothing is audited.
    async fn revoke(
        &self,
        workspace: WorkspaceId,
        commit: Commit<KeyId>,
    ) -> Result<bool, RepositoryError>;
}
