//! Making users.

use conversations_domain::{NewUser, User, UserId};

use super::UserService;
use crate::ports::{Commit, RepositoryError};
use crate::{Caller, Conflict, Error};

impl UserService {
    /// Makes a new user in the caller's workspace.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the workspace has somebody with the same e-mail address.
    pub async fn create(&self, caller: &Caller, new: NewUser) -> Result<User, Error> {
        let moment = self.moments.begin();
        let user = User::new(UserId::from_uuid(moment.next_id()), new);

        match self.users.create(caller.workspace, Commit::of(user.clone())).await {
            Ok(()) => Ok(user),
            Err(RepositoryError::Duplicate) => Err(Conflict::EmailTaken.into()),
            Err(error) => Err(error.into()),
        }
    }
}
