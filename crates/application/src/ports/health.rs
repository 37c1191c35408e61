//! Whether the storage can answer.

use async_trait::async_trait;

use super::RepositoryError;

/// How a storage is that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageState {
    /// All is well.
    Ready,
    /// There is no room: reads are served, and what needs room is refused.
    Full,
}

/// Asks the storage for a sign of life.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Returns within about a second, whatever the storage does.
    async fn check(&self) -> Result<StorageState, RepositoryError>;
}
