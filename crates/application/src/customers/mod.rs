//! The use cases of customers.

mod create;
mod get;
mod list;

use std::sync::Arc;

use crate::Moments;
use crate::ports::CustomerRepository;

/// What can be done with customers.
#[derive(Clone)]
pub struct CustomerService {
    customers: Arc<dyn CustomerRepository>,
    moments: Moments,
}

impl CustomerService {
    /// The service over these ports.
    #[must_use]
    pub fn new(customers: Arc<dyn CustomerRepository>, moments: Moments) -> Self {
        Self { customers, moments }
    }
}
