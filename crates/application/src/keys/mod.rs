//! The use cases of API keys.

mod authenticate;
mod create;
mod list;
mod revoke;
mod secret;

use std::sync::Arc;

pub use authenticate::AuthenticationError;
pub use create::CreatedKey;
pub use secret::{KeyOrder, KeySecret};

pub(crate) use create::{creation, prepare};

use crate::Moments;
use crate::ports::KeyRepository;

/// What can be done with API keys.
#[derive(Clone)]
pub struct KeyService {
    keys: Arc<dyn KeyRepository>,
    moments: Moments,
}

impl KeyService {
    /// The service over these ports.
    #[must_use]
    pub fn new(keys: Arc<dyn KeyRepository>, moments: Moments) -> Self {
        Self { keys, moments }
    }
}
