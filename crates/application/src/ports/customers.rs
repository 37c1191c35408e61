//! The storage of customers.

use async_trait::async_trait;
use conversations_domain::{
    AuditEntry, Customer, CustomerId, Email, ExternalId, Version, WorkspaceId,
};

use super::{Commit, Deletion, DeletionOutcome, OptionalResponse, RepositoryError, Updated};
use crate::read_model::CustomerFilter;
use crate::{PageSlice, PageWindow};

/// The end of a person and of every conversation with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerErasure {
    /// Who goes.
    pub customer: CustomerId,
    /// The version that must be there, if one must; if another is, the erasure is stale.
    pub observed: Option<Version>,
    /// What remains of each conversation. The storage fills in which it was and how many messages
    /// went; the entry's id keeps its time and takes the rest from the conversation's.
    pub each: AuditEntry,
}

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

    /// A window of the customers that the filter allows, newest first, and how many there are: both
    /// of one moment.
    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: CustomerFilter,
        window: PageWindow,
    ) -> Result<PageSlice<Customer>, RepositoryError>;

    /// Stores a new customer.
    ///
    /// # Errors
    /// [`RepositoryError::Duplicate`] when the e-mail address is taken in the workspace;
    /// [`RepositoryError::ExternalIdTaken`].
    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Customer, OptionalResponse>,
    ) -> Result<(), RepositoryError>;

    /// Stores a changed customer.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when another version is stored;
    /// [`RepositoryError::Duplicate`] when the e-mail address is taken in the workspace;
    /// [`RepositoryError::ExternalIdTaken`].
    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Updated<Customer>>,
    ) -> Result<(), RepositoryError>;

    /// Deletes a customer to whom no conversation refers. What is not deleted is not audited.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when a conversation began to refer to them meanwhile, or they are
    /// in another version than they must be.
    async fn delete(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Deletion<CustomerId>>,
    ) -> Result<DeletionOutcome, RepositoryError>;

    /// Erases a customer and every conversation that refers to them, with all that belongs to it;
    /// `false` when they are not there, and then nothing is audited. Afterwards none of it is
    /// visible. What takes longer than a short transaction is noted as
    /// [pending](super::ErasureRepository).
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when it stood in the way of another such work, or they are in
    /// another version than they must be.
    async fn erase(
        &self,
        workspace: WorkspaceId,
        commit: Commit<CustomerErasure>,
    ) -> Result<bool, RepositoryError>;

    /// The customer with this e-mail address, whatever its case.
    async fn find_by_email(
        &self,
        workspace: WorkspaceId,
        email: Email,
    ) -> Result<Option<Customer>, RepositoryError>;

    /// The customer with this id in another system.
    async fn find_by_external_id(
        &self,
        workspace: WorkspaceId,
        id: ExternalId,
    ) -> Result<Option<Customer>, RepositoryError>;
}
