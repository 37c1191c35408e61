//! The use cases of users.

mod create;
mod delete;
mod get;
mod list;
mod put;
mod update;

use std::sync::Arc;

use conversations_domain::{User, WorkspaceId};

pub use delete::DeleteUser;
pub use update::UpdateUser;

use crate::erasures::ErasureService;
use crate::ports::UserRepository;
use crate::{Conflict, ContextFactory, Error};

/// What can be done with users.
#[derive(Clone)]
pub struct UserService {
    users: Arc<dyn UserRepository>,
    erasures: ErasureService,
    contexts: ContextFactory,
}

impl UserService {
    /// The service over these ports.
    #[must_use]
    pub fn new(
        users: Arc<dyn UserRepository>,
        erasures: ErasureService,
        contexts: ContextFactory,
    ) -> Self {
        Self { users, erasures, contexts }
    }

    /// What another user has of this one that only one may have. If it is both, databases do not agree
    /// on which they report.
    async fn conflict_of(&self, workspace: WorkspaceId, user: &User) -> Result<Conflict, Error> {
        let Some(id) = user.external_id() else { return Ok(Conflict::EmailTaken) };
        let other = self.users.find_by_external_id(workspace, id.clone()).await?;
        let is_taken = other.is_some_and(|other| other.id() != user.id());
        Ok(if is_taken { Conflict::ExternalIdTaken } else { Conflict::EmailTaken })
    }
}
