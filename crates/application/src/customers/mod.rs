//! The use cases of customers.

mod create;
mod delete;
mod get;
mod list;
mod update;

use std::sync::Arc;

pub use delete::DeleteCustomer;
pub use update::UpdateCustomer;

use crate::ContextFactory;
use crate::erasures::ErasureService;
use crate::ports::CustomerRepository;

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
}
