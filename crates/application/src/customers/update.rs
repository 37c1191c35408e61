//! Changing customers.

use conversations_domain::{Customer, CustomerChanges, CustomerId};

use super::CustomerService;
use crate::ports::{Commit, RepositoryError, Updated};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition};

/// Changes to a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateCustomer {
    /// Which one.
    pub id: CustomerId,
    /// What should become of them.
    pub changes: CustomerChanges,
    /// The precondition, so that the caller does not change an unseen state.
    pub precondition: Precondition,
}

impl CustomerService {
    /// Changes a customer and answers them as they are then. What is set to the value that it has
    /// changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::PreconditionFailed`]; [`Error::Invalid`] when the profile would no longer say who they are;
    /// [`Error::Conflict`] when the e-mail address is already in use; [`Error::WriteConflict`] when
    /// others keep changing them.
    pub async fn update(
        &self,
        caller: &Caller,
        command: UpdateCustomer,
    ) -> Result<Customer, Error> {
        retry_on_conflict(async || self.try_update(caller, command.clone()).await).await
    }

    async fn try_update(
        &self,
        caller: &Caller,
        command: UpdateCustomer,
    ) -> Result<Customer, Error> {
        let UpdateCustomer { id, changes, precondition } = command;
        let customer = self.get(caller, id).await?;
        self.change(caller, customer, changes, &precondition).await
    }

    /// Changes a customer as they were loaded.
    pub(super) async fn change(
        &self,
        caller: &Caller,
        mut customer: Customer,
        changes: CustomerChanges,
        precondition: &Precondition,
    ) -> Result<Customer, Error> {
        let context = self.contexts.begin();
        precondition.check(&customer)?;
        let before = customer.clone();
        if !customer.change(changes, context.now())? {
            return Ok(customer);
        }
        let write = Updated {
            changed: customer.clone(),
            loaded: before.version(),
            fields: customer.changed_since(&before),
        };
        let commit = Commit::of(caller.origin(&context), write);
        match self.customers.update(caller.workspace, commit).await {
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

    use conversations_domain::{
        Change, CustomFieldsChange, CustomFieldsEdit, CustomValue, ProfileChanges, Tags,
        TagsChange, TagsEdit, Tier, Version,
    };
    use mockall::predicate::eq;

    use super::*;
    use crate::Conflict;
    use crate::Invalid;
    use crate::ports::MockCustomerRepository;
    use crate::retry::ATTEMPTS;
    use crate::testing::{
        NOW, caller, context_factory, customer, customer_id, email, nothing_left, time, workspace,
    };

    /// A storage that has the customer.
    fn storage() -> MockCustomerRepository {
        let mut customers = MockCustomerRepository::new();
        customers
            .expect_find()
            .with(eq(workspace()), eq(customer_id(1)))
            .returning(|_, id| Ok(Some(customer(id))));
        customers
    }

    async fn update(
        customers: MockCustomerRepository,
        changes: CustomerChanges,
    ) -> Result<Customer, Error> {
        let command =
            UpdateCustomer { id: customer_id(1), changes, precondition: Precondition::None };
        CustomerService::new(Arc::new(customers), nothing_left(), context_factory())
            .update(&caller(), command)
            .await
    }

    fn golden() -> CustomerChanges {
        CustomerChanges { tier: Change::To(Tier::Gold), ..CustomerChanges::default() }
    }

    fn profile(profile: ProfileChanges) -> CustomerChanges {
        CustomerChanges { profile, ..CustomerChanges::default() }
    }

    #[tokio::test]
    async fn an_unknown_customer_is_not_found() {
        let mut customers = MockCustomerRepository::new();
        customers
            .expect_find()
            .times(1)
            .with(eq(workspace()), eq(customer_id(1)))
            .returning(|_, _| Ok(None));

        let updated = update(customers, golden()).await;

        assert!(matches!(updated, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn an_unchanged_update_writes_nothing() {
        let same = CustomerChanges {
            profile: ProfileChanges {
                email: Change::To(Some(email("ada@example.org"))),
                phone: Change::To(None),
                ..ProfileChanges::default()
            },
            tier: Change::To(Tier::Bronze),
            tags: TagsChange::To(Tags::default()),
            ..CustomerChanges::default()
        };

        let updated = update(storage(), same).await;

        assert_eq!(updated.ok(), Some(customer(customer_id(1))));
    }

    #[tokio::test]
    async fn returns_what_it_stored() {
        let (stored, shown) = std::sync::mpsc::channel();
        let mut customers = storage();
        customers
            .expect_update()
            .times(1)
            .withf(|&asked, Commit { write, origin: _, history, audit, response: () }| {
                asked == workspace()
                    && write.loaded == Version::FIRST
                    && history.is_empty()
                    && audit.is_empty()
            })
            .returning(move |_, commit| {
                stored.send(commit.write.changed).expect("the test listens");
                Ok(())
            });

        let updated = update(customers, golden()).await.expect("updated");

        assert_eq!(shown.recv(), Ok(updated.clone()));
        let updated = updated.into_parts();
        assert_eq!(updated.tier, Tier::Gold);
        assert_eq!(updated.updated_at, time(NOW));
        assert_eq!(updated.version, Version::FIRST.next());
    }

    #[tokio::test]
    async fn a_stale_write_is_retried_on_the_newest_version() {
        let mut tagged = customer(customer_id(1));
        let tags = Tags::parse(&["vip"]).expect("a tag");
        let by_others =
            CustomerChanges { tags: TagsChange::To(tags.clone()), ..Default::default() };
        tagged.change(by_others, time(NOW - 1)).expect("the profile names a person");
        let newest = tagged.version();
        let mut customers = MockCustomerRepository::new();
        customers.expect_find().times(1).returning(|_, id| Ok(Some(customer(id))));
        customers.expect_find().times(1).returning(move |_, _| Ok(Some(tagged.clone())));
        customers
            .expect_update()
            .times(1)
            .withf(|_, commit| commit.write.loaded == Version::FIRST)
            .returning(|_, _| Err(RepositoryError::Stale));
        customers
            .expect_update()
            .times(1)
            .withf(move |_, commit| commit.write.loaded == newest)
            .returning(|_, _| Ok(()));

        let updated = update(customers, golden()).await;

        let updated = updated.expect("the second attempt succeeds").into_parts();
        assert_eq!((updated.tier, updated.tags), (Tier::Gold, tags));
        assert_eq!(updated.version, newest.next());
    }

    #[tokio::test]
    async fn an_edit_is_made_in_what_is_there_at_last() {
        let mut customers = MockCustomerRepository::new();
        let mut tagged = customer(customer_id(1));
        let theirs = Tags::parse(&["theirs"]).expect("a tag");
        let by_others = CustomerChanges { tags: TagsChange::To(theirs), ..Default::default() };
        tagged.change(by_others, time(NOW - 1)).expect("the profile names a person");
        customers.expect_find().times(1).returning(|_, id| Ok(Some(customer(id))));
        customers.expect_find().times(1).returning(move |_, _| Ok(Some(tagged.clone())));
        customers.expect_update().times(1).returning(|_, _| Err(RepositoryError::Stale));
        customers.expect_update().times(1).returning(|_, _| Ok(()));

        let add = Tags::parse(&["ours"]).expect("a tag");
        let edit = TagsEdit::new(add, Tags::default()).expect("an edit");
        let tags = TagsChange::Edit(edit);
        let updated = update(customers, CustomerChanges { tags, ..Default::default() }).await;

        let updated = updated.expect("the second attempt succeeds").into_parts();
        assert_eq!(updated.tags.iter().collect::<Vec<_>>(), ["theirs", "ours"]);
    }

    #[tokio::test]
    async fn more_than_there_may_be_is_refused_and_writes_nothing() {
        let flag = CustomValue::Flag(true);
        let fields = (0..51).map(|number| (format!("f{number}"), Some(flag.clone())));
        let custom_fields = CustomFieldsChange::Edit(CustomFieldsEdit::new(fields));

        let updated = update(storage(), CustomerChanges { custom_fields, ..golden() }).await;

        assert!(matches!(updated, Err(Error::Invalid(Invalid::CustomFields(_)))));
    }

    #[tokio::test]
    async fn a_customer_who_vanished_meanwhile_is_not_found() {
        let mut customers = MockCustomerRepository::new();
        customers.expect_find().times(1).returning(|_, id| Ok(Some(customer(id))));
        customers.expect_find().times(1).returning(|_, _| Ok(None));
        customers.expect_update().times(1).returning(|_, _| Err(RepositoryError::Stale));

        let updated = update(customers, golden()).await;

        assert!(matches!(updated, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn gives_up_after_the_last_attempt() {
        let mut customers = storage();
        customers
            .expect_update()
            .times(ATTEMPTS as usize)
            .returning(|_, _| Err(RepositoryError::Stale));

        let updated = update(customers, golden()).await;

        assert!(matches!(updated, Err(Error::WriteConflict)));
    }

    #[tokio::test]
    async fn a_taken_email_conflicts_and_is_not_tried_again() {
        let mut customers = storage();
        customers.expect_update().times(1).returning(|_, _| Err(RepositoryError::Duplicate));

        let taken = Change::To(Some(email("taken@example.org")));
        let taken = profile(ProfileChanges { email: taken, ..ProfileChanges::default() });
        let updated = update(customers, taken).await;

        assert!(matches!(updated, Err(Error::Conflict(Conflict::EmailTaken))));
    }

    #[tokio::test]
    async fn a_profile_that_would_name_nobody_is_refused_and_writes_nothing() {
        let (first_name, email) = (Change::To(None), Change::To(None));
        let nobody = profile(ProfileChanges { first_name, email, ..ProfileChanges::default() });

        let updated = update(storage(), CustomerChanges { tier: golden().tier, ..nobody }).await;

        assert!(matches!(updated, Err(Error::Invalid(Invalid::EmptyProfile(_)))));
    }
}
