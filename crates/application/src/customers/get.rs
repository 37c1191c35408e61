//! Reading one customer.

use conversations_domain::{Customer, CustomerId};

use super::CustomerService;
use crate::{Caller, Error};

impl CustomerService {
    /// The customer with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such customer.
    pub async fn get(&self, caller: &Caller, id: CustomerId) -> Result<Customer, Error> {
        self.customers.find(caller.workspace, id).await?.ok_or(Error::NotFound)
    }
}
