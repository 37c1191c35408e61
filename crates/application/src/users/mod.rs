//! The use cases of users.

mod create;
mod delete;
mod get;
mod list;
mod update;

use std::sync::Arc;

pub use delete::DeleteUser;
pub use update::UpdateUser;

use crate::ContextFactory;
use crate::erasures::ErasureService;
use crate::ports::UserRepository;

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
}
