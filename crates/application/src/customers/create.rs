//! Creating customers.

use conversations_domain::{Customer, CustomerId, NewCustomer};

use super::CustomerService;
use crate::ports::{Commit, RepositoryError};
use crate::retry::retry_on_conflict;
use crate::{Caller, Conflict, Error, ResponseRecorder};

impl CustomerService {
    /// Makes a new customer in the caller's workspace.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the e-mail address is already in use.
    pub async fn create(
        &self,
        caller: &Caller,
        new: NewCustomer,
        recorder: ResponseRecorder<Customer>,
    ) -> Result<Customer, Error> {
        retry_on_conflict(async || self.try_create(caller, new.clone(), recorder.clone()).await)
            .await
    }

    async fn try_create(
        &self,
        caller: &Caller,
        new: NewCustomer,
        recorder: ResponseRecorder<Customer>,
    ) -> Result<Customer, Error> {
        let context = self.contexts.begin();
        let customer = Customer::new(CustomerId::from_uuid(context.next_id()), new);
        let response = recorder.with_outcome(context.now(), &customer)?;
        let commit = Commit { response, ..Commit::of(caller.origin(&context), customer.clone()) };
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
    use crate::testing::{
        NOW, caller, context_factory, new_customer, nothing_left, time, workspace,
    };

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
        let service = CustomerService::new(Arc::new(customers), nothing_left(), context_factory());
        service
            .create(&caller(), new_customer(Some("ada@example.org")), ResponseRecorder::disabled())
            .await
    }

    #[tokio::test]
    async fn returns_what_it_stored() {
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
