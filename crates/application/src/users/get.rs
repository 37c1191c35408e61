//! Reading one user.

use conversations_domain::{User, UserId};

use super::UserService;
use crate::{Caller, Error};

impl UserService {
    /// The user with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such user.
    pub async fn get(&self, caller: &Caller, id: UserId) -> Result<User, Error> {
        self.users.find(caller.workspace, id).await?.ok_or(Error::NotFound)
    }
}
