//! Changing customers.

use conversations_domain::{Customer, CustomerChanges, CustomerId};

use super::CustomerService;
use crate::ports::{Commit, RepositoryError, Revision};
use crate::retry::until_settled;
use crate::{Caller, Conflict, Error, Precondition};

/// What is wanted of a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateCustomer {
    /// Which one.
    pub id: CustomerId,
    /// What should become of them.
    pub changes: CustomerChanges,
    /// What must be there, or the caller would change what it has not seen.
    pub precondition: Precondition,
}

impl CustomerService {
    /// Changes a customer and answers them as they are then. What is set to the value that it has
    /// changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::PreconditionFailed`]; [`Error::Invalid`] when the profile would no longer say who they are;
    /// [`Error::Conflict`] when the workspace has somebody else with the same e-mail address;
    /// [`Error::Contended`] when others keep changing them.
    pub async fn update(
        &self,
        caller: &Caller,
        command: UpdateCustomer,
    ) -> Result<Customer, Error> {
        until_settled(async || self.try_update(caller, command.clone()).await).await
    }

    async fn try_update(
        &self,
        caller: &Caller,
        command: UpdateCustomer,
    ) -> Result<Customer, Error> {
        let UpdateCustomer { id, changes, precondition } = command;
        let moment = self.moments.begin();

        let mut customer = self.get(caller, id).await?;
        precondition.check(&customer)?;
        let before = customer.clone();
        if !customer.change(changes, moment.now())? {
            return Ok(customer);
        }
        let write = Revision {
            changed: customer.clone(),
            loaded: before.version(),
            fields: customer.changed_since(&before),
        };
        let commit = Commit::of(caller.origin(&moment), write);
        match self.customers.update(caller.workspace, commit).await {
            Ok(()) => Ok(customer),
            Err(RepositoryError::Duplicate) => Err(Conflict::EmailTaken.into()),
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
    use crate::Invalid;
    use crate::ports::MockCustomerRepository;
    use crate::retry::ATTEMPTS;
    use crate::testing::{
        NOW, caller, customer, customer_id, email, moments, nothing_left, time, workspace,
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
        CustomerService::new(Arc::new(customers), nothing_left(), moments())
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
    async fn setting_what_is_there_writes_nothing() {
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
    async fn what_is_stored_is_what_is_shown() {
        let (stored, shown) = std::sync::mpsc::channel();
        let mut customers = storage();
        customers
            .expect_update()
            .times(1)
            .withf(|&asked, Commit { write, origin: _, history, audit, reply: () }| {
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
    async fn a_stale_write_is_based_on_the_newest_version_again() {
        let mut tagged = customer(customer_id(1));
        let tags = Tags::parse(&["vip"]).expect("a tag");
        let by_others =
            CustomerChanges { tags: TagsChange::To(tags.clone()), ..Default::default() };
        tagged.change(by_others, time(NOW - 1)).expect("somebody is named");
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
        tagged.change(by_others, time(NOW - 1)).expect("somebody is named");
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
    async fn gives_up_after_the_attempts() {
        let mut customers = storage();
        customers
            .expect_update()
            .times(ATTEMPTS as usize)
            .returning(|_, _| Err(RepositoryError::Stale));

        let updated = update(customers, golden()).await;

        assert!(matches!(updated, Err(Error::Contended)));
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

        assert!(matches!(updated, Err(Error::Invalid(Invalid::NamesNobody(_)))));
    }
}
