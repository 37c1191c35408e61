//! Making customers.

use conversations_domain::{Customer, CustomerId, NewCustomer};

use super::CustomerService;
use crate::ports::{Commit, RepositoryError};
use crate::retry::until_settled;
use crate::{Caller, Conflict, Error, Remember};

impl CustomerService {
    /// Makes a new customer in the caller's workspace.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the workspace has somebody with the same e-mail address.
    pub async fn create(
        &self,
        caller: &Caller,
        new: NewCustomer,
        remember: Remember<Customer>,
    ) -> Result<Customer, Error> {
        until_settled(async || self.try_create(caller, new.clone(), remember.clone()).await).await
    }

    async fn try_create(
        &self,
        caller: &Caller,
        new: NewCustomer,
        remember: Remember<Customer>,
    ) -> Result<Customer, Error> {
        let moment = self.moments.begin();
        let customer = Customer::new(CustomerId::from_uuid(moment.next_id()), new);
        let reply = remember.known(moment.now(), &customer)?;
        let commit = Commit { reply, ..Commit::of(caller.origin(&moment), customer.clone()) };
        match self.customers.create(caller.workspace, commit).await {
            Ok(()) => Ok(customer),
            Err(RepositoryError::Duplicate) => Err(Conflict::EmailTaken.into()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ports::MockCustomerRepository;
    use crate::testing::{NOW, caller, moments, new_customer, nothing_left, time, workspace};

    /// Makes a customer over a storage that answers like this.
    async fn create_when(
        storage: impl Fn(Customer) -> Result<(), RepositoryError> + Send + 'static,
    ) -> Result<Customer, Error> {
        let mut customers = MockCustomerRepository::new();
        customers
            .expect_create()
            .times(1)
            .withf(|&asked, _| asked == workspace())
            .returning(move |_, commit| storage(commit.write));
        let service = CustomerService::new(Arc::new(customers), nothing_left(), moments());
        service.create(&caller(), new_customer(Some("ada@example.org")), Remember::nothing()).await
    }

    #[tokio::test]
    async fn what_is_stored_is_what_is_shown() {
        let (stored, storage) = std::sync::mpsc::channel();

        let shown = create_when(move |customer| {
            stored.send(customer).expect("the test listens");
            Ok(())
        })
        .await;

        let shown = shown.expect("made");
        assert_eq!(shown.id().created_at(), time(NOW));
        assert_eq!(storage.recv(), Ok(shown));
    }

    #[tokio::test]
    async fn a_taken_email_conflicts() {
        let refused = create_when(|_| Err(RepositoryError::Duplicate)).await;

        assert!(matches!(refused, Err(Error::Conflict(Conflict::EmailTaken))));
    }

    #[tokio::test]
    async fn a_full_storage_is_no_conflict() {
        let refused = create_when(|_| Err(RepositoryError::StorageFull)).await;

        assert!(matches!(refused, Err(Error::StorageFull)));
    }
}
