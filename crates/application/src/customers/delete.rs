//! Deleting customers, and erasing people with all they wrote.

use conversations_domain::{AuditAction, CustomerId, Permission, Reason};

use super::CustomerService;
use crate::ports::{Commit, CustomerErasure, Deletion, ErasureProgress};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition};

/// Which customer to delete, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteCustomer {
    /// Which one.
    pub id: CustomerId,
    /// Whether to delete the conversations with them too. Needs `write:conversations`.
    pub erase: bool,
    /// Why, for the audit.
    pub reason: Option<Reason>,
    /// The precondition, so that the caller does not delete an unseen state.
    pub precondition: Precondition,
}

impl CustomerService {
    /// Deletes a customer without conversations, or permanently erases them with every
    /// conversation. Of an erasure one audit entry for the person stays, and one for each
    /// conversation. They are no longer visible then. Of many conversations some may still be
    /// stored, which the answer says.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when conversations would go and the caller may not write them;
    /// [`Error::NotFound`] when the workspace has no such customer, or no longer;
    /// [`Error::PreconditionFailed`]; [`Error::Conflict`] when there are conversations that are
    /// not to be deleted.
    pub async fn delete(
        &self,
        caller: &Caller,
        command: DeleteCustomer,
    ) -> Result<ErasureProgress, Error> {
        let DeleteCustomer { id, erase, .. } = command;
        if erase {
            caller.require(Permission::WriteConversations)?;
        }
        retry_on_conflict(async || self.try_delete(caller, command.clone()).await).await?;
        if !erase {
            return Ok(ErasureProgress::Complete);
        }
        Ok(self.erasures.finish(caller.workspace, id).await)
    }

    async fn try_delete(&self, caller: &Caller, command: DeleteCustomer) -> Result<(), Error> {
        let DeleteCustomer { id, erase, reason, precondition } = command;
        let context = self.contexts.begin();
        let observed =
            precondition.compare(self.get(caller, id)).await?.map(|customer| customer.version());

        if !erase {
            let audit = vec![caller.audit(&context, AuditAction::CustomerDeleted, id, reason)];
            let commit = Commit {
                write: Deletion { id, observed },
                origin: caller.origin(&context),
                history: Vec::new(),
                audit,
                response: (),
            };
            return self.customers.delete(caller.workspace, commit).await?.into_result();
        }
        // The storage puts each conversation in the place of the customer.
        let each = caller.audit(&context, AuditAction::ConversationDeleted, id, reason.clone());
        let audit = vec![caller.audit(&context, AuditAction::CustomerErased, id, reason)];
        let write = CustomerErasure { customer: id, observed, each };
        let commit = Commit {
            write,
            origin: caller.origin(&context),
            history: Vec::new(),
            audit,
            response: (),
        };
        let erased = self.customers.erase(caller.workspace, commit).await?;
        if erased { Ok(()) } else { Err(Error::NotFound) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::Conflict;
    use crate::erasures::ErasureService;
    use crate::ports::{DeletionOutcome, MockCustomerRepository, RepositoryError};
    use crate::retry::ATTEMPTS;
    use crate::testing::{
        caller, caller_who_may, context_factory, customer, customer_id, erasures, nothing_left,
        reason, state, tells, workspace,
    };
    use conversations_domain::Version;

    async fn delete(
        customers: MockCustomerRepository,
        caller: &Caller,
        erase: bool,
    ) -> Result<ErasureProgress, Error> {
        let command = DeleteCustomer {
            id: customer_id(1),
            erase,
            reason: Some(reason()),
            precondition: Precondition::None,
        };
        CustomerService::new(Arc::new(customers), nothing_left(), context_factory())
            .delete(caller, command)
            .await
    }

    #[tokio::test]
    async fn a_customer_without_conversations_goes_and_leaves_an_audit_entry() {
        let mut customers = MockCustomerRepository::new();
        customers
            .expect_delete()
            .times(1)
            .withf(|&asked, Commit { write, origin: _, history, audit, response: () }| {
                let [entry] = audit.as_slice() else { return false };
                asked == workspace()
                    && *write == Deletion::of(customer_id(1))
                    && history.is_empty()
                    && tells(entry, AuditAction::CustomerDeleted, customer_id(1), Some(reason()))
            })
            .returning(|_, _| Ok(DeletionOutcome::Done));

        let deleted = delete(customers, &caller(), false).await;

        assert!(deleted.is_ok());
    }

    #[tokio::test]
    async fn an_erasure_tells_of_the_person_and_of_each_conversation() {
        let mut customers = MockCustomerRepository::new();
        customers
            .expect_erase()
            .times(1)
            .withf(|&asked, Commit { write, origin: _, history, audit, response: () }| {
                let CustomerErasure { customer, observed: None, each } = write else {
                    return false;
                };
                let [person] = audit.as_slice() else { return false };
                asked == workspace()
                    && *customer == customer_id(1)
                    && history.is_empty()
                    && tells(person, AuditAction::CustomerErased, customer_id(1), Some(reason()))
                    && tells(each, AuditAction::ConversationDeleted, customer_id(1), Some(reason()))
                    && each.id != person.id
            })
            .returning(|_, _| Ok(true));

        let erased = delete(customers, &caller(), true).await;

        assert!(erased.is_ok());
    }

    #[tokio::test]
    async fn what_takes_long_is_said_to_be_pending() {
        let mut customers = MockCustomerRepository::new();
        customers.expect_erase().times(1).returning(|_, _| Ok(true));
        let erasures = ErasureService::new(
            Arc::new(erasures(ErasureProgress::Pending)),
            Duration::ZERO,
            context_factory(),
        );
        let service = CustomerService::new(Arc::new(customers), erasures, context_factory());

        let command = DeleteCustomer {
            id: customer_id(1),
            erase: true,
            reason: None,
            precondition: Precondition::None,
        };
        let erased = service.delete(&caller(), command).await;

        assert!(matches!(erased, Ok(ErasureProgress::Pending)));
    }

    #[tokio::test]
    async fn a_customer_who_is_absent_is_not_found() {
        let mut customers = MockCustomerRepository::new();
        customers.expect_delete().times(1).returning(|_, _| Ok(DeletionOutcome::Absent));
        customers.expect_erase().times(1).returning(|_, _| Ok(false));
        let service = CustomerService::new(Arc::new(customers), nothing_left(), context_factory());

        for erase in [false, true] {
            let command = DeleteCustomer {
                id: customer_id(1),
                erase,
                reason: None,
                precondition: Precondition::None,
            };
            let deleted = service.delete(&caller(), command).await;

            assert!(matches!(deleted, Err(Error::NotFound)), "erase: {erase}");
        }
    }

    #[tokio::test]
    async fn a_customer_with_conversations_stays() {
        let mut customers = MockCustomerRepository::new();
        customers
            .expect_delete()
            .times(1)
            .returning(|_, _| Ok(DeletionOutcome::InUse { conversations: 3 }));

        let deleted = delete(customers, &caller(), false).await;

        let in_use = Conflict::InUse { conversations: 3 };
        assert!(matches!(deleted, Err(Error::Conflict(conflict)) if conflict == in_use));
    }

    #[tokio::test]
    async fn a_conversation_that_began_meanwhile_is_counted() {
        let mut customers = MockCustomerRepository::new();
        customers.expect_delete().times(1).returning(|_, _| Err(RepositoryError::Stale));
        customers
            .expect_delete()
            .times(1)
            .returning(|_, _| Ok(DeletionOutcome::InUse { conversations: 1 }));

        let deleted = delete(customers, &caller(), false).await;

        let in_use = Conflict::InUse { conversations: 1 };
        assert!(matches!(deleted, Err(Error::Conflict(conflict)) if conflict == in_use));
    }

    #[tokio::test]
    async fn an_erasure_that_met_another_write_is_tried_again() {
        let mut customers = MockCustomerRepository::new();
        customers.expect_erase().times(1).returning(|_, _| Err(RepositoryError::Stale));
        customers.expect_erase().times(1).returning(|_, _| Ok(true));

        let erased = delete(customers, &caller(), true).await;

        assert!(erased.is_ok());
    }

    #[tokio::test]
    async fn gives_up_after_the_last_attempt() {
        let mut customers = MockCustomerRepository::new();
        customers
            .expect_delete()
            .times(ATTEMPTS as usize)
            .returning(|_, _| Err(RepositoryError::Stale));

        let deleted = delete(customers, &caller(), false).await;

        assert!(matches!(deleted, Err(Error::WriteConflict)));
    }

    #[tokio::test]
    async fn an_erasure_needs_the_permission_for_conversations_before_anything_else() {
        let caller = caller_who_may(&[Permission::WriteCustomers, Permission::ReadConversations]);

        let erased = delete(MockCustomerRepository::new(), &caller, true).await;

        let missing = Permission::WriteConversations;
        assert!(matches!(erased, Err(Error::Forbidden { missing: named }) if named == missing));
    }

    #[tokio::test]
    async fn a_deletion_that_takes_no_conversations_needs_no_permission_for_them() {
        let mut customers = MockCustomerRepository::new();
        customers.expect_delete().times(1).returning(|_, _| Ok(DeletionOutcome::Done));

        let caller = caller_who_may(&[Permission::WriteCustomers]);
        let deleted = delete(customers, &caller, false).await;

        assert!(deleted.is_ok());
    }

    #[tokio::test]
    async fn deletes_or_erases_only_the_observed_version() {
        for (erase, tag, there) in
            [(false, "2", false), (false, "1", true), (true, "2", false), (true, "1", true)]
        {
            let mut customers = MockCustomerRepository::new();
            customers.expect_find().times(1).returning(|_, id| Ok(Some(customer(id))));
            customers
                .expect_delete()
                .times(usize::from(there && !erase))
                .withf(|_, commit| commit.write.observed == Some(Version::FIRST))
                .returning(|_, _| Ok(DeletionOutcome::Done));
            customers
                .expect_erase()
                .times(usize::from(there && erase))
                .withf(|_, commit| commit.write.observed == Some(Version::FIRST))
                .returning(|_, _| Ok(true));

            let precondition = state(tag);
            let command = DeleteCustomer { id: customer_id(1), erase, reason: None, precondition };
            let service =
                CustomerService::new(Arc::new(customers), nothing_left(), context_factory());
            let deleted = service.delete(&caller(), command).await;

            assert_eq!(deleted.is_ok(), there);
            assert_eq!(matches!(deleted, Err(Error::PreconditionFailed)), !there);
        }
    }
}
