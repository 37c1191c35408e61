//! Making users.

use conversations_domain::{NewUser, User, UserId};

use super::UserService;
use crate::ports::{Commit, RepositoryError};
use crate::retry::until_settled;
use crate::{Caller, Conflict, Error, Remember};

impl UserService {
    /// Makes a new user in the caller's workspace.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the workspace has somebody with the same e-mail address.
    pub async fn create(
        &self,
        caller: &Caller,
        new: NewUser,
        remember: Remember<User>,
    ) -> Result<User, Error> {
        until_settled(async || self.try_create(caller, new.clone(), remember.clone()).await).await
    }

    async fn try_create(
        &self,
        caller: &Caller,
        new: NewUser,
        remember: Remember<User>,
    ) -> Result<User, Error> {
        let moment = self.moments.begin();
        let user = User::new(UserId::from_uuid(moment.next_id()), new);
        let reply = remember.known(moment.now(), &user)?;
        let commit = Commit { reply, ..Commit::of(caller.origin(&moment), user.clone()) };
        match self.users.create(caller.workspace, commit).await {
            Ok(()) => Ok(user),
            Err(RepositoryError::Duplicate) => Err(Conflict::EmailTaken.into()),
            Err(error) => Err(error.into()),
        }
    }
}
