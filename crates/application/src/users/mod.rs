//! The use cases of users.

mod create;
mod get;
mod list;

use std::sync::Arc;

use crate::Moments;
use crate::ports::UserRepository;

/// What can be done with users.
#[derive(Clone)]
pub struct UserService {
    users: Arc<dyn UserRepository>,
    moments: Moments,
}

impl UserService {
    /// The service over these ports.
    #[must_use]
    pub fn new(users: Arc<dyn UserRepository>, moments: Moments) -> Self {
        Self { users, moments }
    }
}
