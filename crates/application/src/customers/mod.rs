//! The use cases of customers.

mod create;
mod delete;
mod get;
mod list;
mod put;
mod update;

use std::sync::Arc;

use conversations_domain::{Customer, WorkspaceId};

pub use delete::DeleteCustomer;
pub use update::UpdateCustomer;

use crate::erasures::ErasureService;
use crate::ports::CustomerRepository;
use crate::{Conflict, ContextFactory, Error};

/// What can be done with customers.
#[derive(Clone)]
pub struct CustomerService {
    customers: Arc<dyn CustomerRepository>,
    erasures: ErasureService,
    contexts: ContextFactory,
}

impl CustomerService {
    /// The service over these ports.
    #[must_use]
    pub fn new(
        customers: Arc<dyn CustomerRepository>,
        erasures: ErasureService,
        contexts: ContextFactory,
    ) -> Self {
        Self { customers, erasures, contexts }
    }

    /// What another customer has of this one that only one may have. If it is both, databases do not agree
    /// on which they report.
    async fn conflict_of(
        &self,
        workspace: WorkspaceId,
        customer: &Customer,
    ) -> Result<Conflict, Error> {
        let Some(id) = customer.external_id() else { return Ok(Conflict::EmailTaken) };
        let other = self.customers.find_by_external_id(workspace, id.clone()).await?;
        let is_taken = other.is_some_and(|other| other.id() != customer.id());
        Ok(if is_taken { Conflict::ExternalIdTaken } else { Conflict::EmailTaken })
    }
}
