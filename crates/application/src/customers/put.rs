//! Creating or changing the customer with an external id.

use conversations_domain::{Change, Customer, CustomerChanges, NewCustomer};

use super::CustomerService;
use crate::retry::retry_on_conflict;
use crate::upsert::created;
use crate::{Caller, Error, ResponseRecorder, Upsert, Upserted};

impl CustomerService {
    /// Changes the customer with this external id, or creates them: of several callers who do so at once,
    /// one creates them and the others change them.
    ///
    /// # Errors
    /// As [`update`](Self::update), if they are there; as [`create`](Self::create), if they are not,
    /// and [`Error::Invalid`] when what is given does not make a customer;
    /// [`Error::PreconditionFailed`] when a state is demanded and they are not there.
    pub async fn put(
        &self,
        caller: &Caller,
        command: Upsert<CustomerChanges>,
    ) -> Result<Upserted<Customer>, Error> {
        retry_on_conflict(async || self.try_put(caller, command.clone()).await).await
    }

    async fn try_put(
        &self,
        caller: &Caller,
        command: Upsert<CustomerChanges>,
    ) -> Result<Upserted<Customer>, Error> {
        let Upsert { external_id, changes, precondition } = command;
        let known =
            self.customers.find_by_external_id(caller.workspace, external_id.clone()).await?;
        if let Some(known) = known {
            let changed = self.change(caller, known, changes, &precondition).await;
            return changed.map(Upserted::Changed);
        }
        precondition.allow_creation()?;
        let changes = CustomerChanges { external_id: Change::To(Some(external_id)), ..changes };
        let new = NewCustomer::from_changes(changes)?;
        created(self.try_create(caller, new, ResponseRecorder::disabled()).await)
    }
}

#[cfg(test)]
mod tests;
