//! The storage of customers.

use async_trait::async_trait;
use conversations_domain::{Customer, CustomerId, Email, WorkspaceId};

use super::{Commit, RepositoryError};
use crate::{Page, PageRequest};

/// Stores customers.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait CustomerRepository: Send + Sync {
    /// The customer with this id.
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: CustomerId,
    ) -> Result<Option<Customer>, RepositoryError>;

    /// A page of the customers, newest first, and how many there are.
    async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<Customer>, RepositoryError>;

    /// Stores a new customer.
    ///
    /// # Errors
    /// [`RepositoryError::Duplicate`] when the e-mail address is taken in the workspace.
    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Customer>,
    ) -> Result<(), RepositoryError>;

    /// The customer with this e-mail address, whatever its case.
    async fn find_by_email(
        &self,
        workspace: WorkspaceId,
        email: Email,
    ) -> Result<Option<Customer>, RepositoryError>;
}
