//! Creating or changing the user with an external id.

use conversations_domain::{Change, NewUser, User, UserChanges};

use super::UserService;
use crate::retry::retry_on_conflict;
use crate::upsert::created;
use crate::{Caller, Error, ResponseRecorder, Upsert, Upserted};

impl UserService {
    /// Changes the user with this external id, or creates them: of several callers who do so at once,
    /// one creates them and the others change them.
    ///
    /// # Errors
    /// As [`update`](Self::update), if they are there; as [`create`](Self::create), if they are not,
    /// and [`Error::Incomplete`] when what is given does not make a user;
    /// [`Error::PreconditionFailed`] when a state is demanded and they are not there.
    pub async fn put(
        &self,
        caller: &Caller,
        command: Upsert<UserChanges>,
    ) -> Result<Upserted<User>, Error> {
        retry_on_conflict(async || self.try_put(caller, command.clone()).await).await
    }

    async fn try_put(
        &self,
        caller: &Caller,
        command: Upsert<UserChanges>,
    ) -> Result<Upserted<User>, Error> {
        let Upsert { external_id, changes, precondition } = command;
        let known = self.users.find_by_external_id(caller.workspace, external_id.clone()).await?;
        if let Some(known) = known {
            let changed = self.change(caller, known, changes, &precondition).await;
            return changed.map(Upserted::Changed);
        }
        precondition.allow_creation()?;
        let changes = UserChanges { external_id: Change::To(Some(external_id)), ..changes };
        let new = NewUser::from_changes(changes).map_err(Error::Incomplete)?;
        created(self.try_create(caller, new, ResponseRecorder::disabled()).await)
    }
}

#[cfg(test)]
mod tests;
