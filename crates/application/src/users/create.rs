//! Creating users.

use conversations_domain::{NewUser, User, UserId};

use super::UserService;
use crate::ports::{Commit, RepositoryError};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, ResponseRecorder};

impl UserService {
    /// Makes a new user in the caller's workspace.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the e-mail address is already in use.
    pub async fn create(
        &self,
        caller: &Caller,
        new: NewUser,
        recorder: ResponseRecorder<User>,
    ) -> Result<User, Error> {
        retry_on_conflict(async || self.try_create(caller, new.clone(), recorder.clone()).await)
            .await
    }

    pub(super) async fn try_create(
        &self,
        caller: &Caller,
        new: NewUser,
        recorder: ResponseRecorder<User>,
    ) -> Result<User, Error> {
        let context = self.contexts.begin();
        let user = User::new(UserId::from_uuid(context.next_id()), new);
        let response = recorder.with_outcome(context.now(), &user)?;
        let commit = Commit { response, ..Commit::of(caller.origin(&context), user.clone()) };
        match self.users.create(caller.workspace, commit).await {
            Ok(()) => Ok(user),
            Err(RepositoryError::Duplicate) => {
                Err(self.conflict_of(caller.workspace, &user).await?.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}
