//! The use cases of API keys.

mod authenticate;
mod create;
mod current;
mod get;
mod list;
mod revoke;
mod rotate;
mod secret;
mod update;
mod uses;

use std::sync::Arc;

use conversations_domain::{UserId, WorkspaceId};

pub use authenticate::AuthenticationError;
pub use create::CreatedKey;
pub use current::CurrentKey;
pub use revoke::RevokeKey;
pub use rotate::RotatedKey;
pub use secret::{KeySecret, NewApiKey};
pub use update::UpdateKey;
pub use uses::KeyUseTracker;

pub(crate) use create::generate;

use crate::ports::{KeyRepository, UserRepository};
use crate::{ContextFactory, Error, Reference, ReferenceProblem};

/// What can be done with API keys.
#[derive(Clone)]
pub struct KeyService {
    keys: Arc<dyn KeyRepository>,
    users: Arc<dyn UserRepository>,
    uses: KeyUseTracker,
    contexts: ContextFactory,
}

impl KeyService {
    /// The service over these ports. What it notes of the use of keys is shared by all services
    /// with the same `uses`.
    #[must_use]
    pub fn new(
        keys: Arc<dyn KeyRepository>,
        users: Arc<dyn UserRepository>,
        uses: KeyUseTracker,
        contexts: ContextFactory,
    ) -> Self {
        Self { keys, users, uses, contexts }
    }

    /// Makes sure that the user whom a key is to speak for, if any, is one of the workspace.
    async fn check_user(&self, workspace: WorkspaceId, user: Option<UserId>) -> Result<(), Error> {
        let Some(user) = user else { return Ok(()) };
        match self.users.find(workspace, user).await? {
            Some(_) => Ok(()),
            None => Err(Error::invalid(Reference::KeyUser, ReferenceProblem::Unknown)),
        }
    }
}
