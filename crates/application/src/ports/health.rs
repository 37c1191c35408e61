//! Whether the storage can answer.

use async_trait::async_trait;

use super::RepositoryError;

/// Asks the storage for a sign of life.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Returns within about a second, whatever the storage does.
    async fn check(&self) -> Result<(), RepositoryError>;
}
