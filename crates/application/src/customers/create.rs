//! Creating customers.

use conversations_domain::{Customer, CustomerId, NewCustomer};

use super::CustomerService;
use crate::ports::{Commit, RepositoryError};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, ResponseRecorder};

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

    pub(super) async fn try_create(
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
            Err(RepositoryError::Duplicate) => {
                Err(self.conflict_of(caller.workspace, &customer).await?.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::ExternalId;

    use super::*;
    use crate::Conflict;
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
    async fn of_an_email_and_an_external_id_that_are_taken_the_id_is_named() {
        for (is_taken, expected) in
            [(true, Conflict::ExternalIdTaken), (false, Conflict::EmailTaken)]
        {
            let mut customers = MockCustomerRepository::new();
            customers.expect_create().returning(|_, _| Err(RepositoryError::Duplicate));
            customers.expect_find_by_external_id().returning(move |_, _| {
                let other =
                    Customer::new(CustomerId::from_uuid(uuid::Uuid::nil()), new_customer(None));
                Ok(is_taken.then_some(other))
            });
            let service =
                CustomerService::new(Arc::new(customers), nothing_left(), context_factory());
            let source = "crm".parse().expect("a source");
            let external_id = Some(ExternalId { source, id: "7".parse().expect("an id") });
            let new = NewCustomer { external_id, ..new_customer(Some("ada@example.org")) };

            let refused = service.create(&caller(), new, ResponseRecorder::disabled()).await;

            let Err(Error::Conflict(conflict)) = refused else { panic!("{refused:?}") };
            assert_eq!(conflict, expected);
        }
    }

    #[tokio::test]
    async fn a_full_storage_is_no_conflict() {
        let refused = create_when(|_| Err(RepositoryError::StorageFull)).await;

        assert!(matches!(refused, Err(Error::StorageFull)));
    }
}
