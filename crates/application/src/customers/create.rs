//! Making customers.

use conversations_domain::{Customer, CustomerId, NewCustomer};

use super::CustomerService;
use crate::ports::{Commit, RepositoryError};
use crate::{Caller, Conflict, Error};

impl CustomerService {
    /// Makes a new customer in the caller's workspace.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the workspace has somebody with the same e-mail address.
    pub async fn create(&self, caller: &Caller, new: NewCustomer) -> Result<Customer, Error> {
        let moment = self.moments.begin();
        let customer = Customer::new(CustomerId::from_uuid(moment.next_id()), new);

        match self.customers.create(caller.workspace, Commit::of(customer.clone())).await {
            Ok(()) => Ok(customer),
            Err(RepositoryError::Duplicate) => Err(Conflict::EmailTaken.into()),
            Err(error) => Err(error.into()),
        }
    }
}
