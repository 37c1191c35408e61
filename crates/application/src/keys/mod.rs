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

pub use authenticate::AuthenticationError;
pub use create::CreatedKey;
pub use revoke::RevokeKey;
pub use rotate::RotatedKey;
pub use secret::{KeySecret, NewApiKey};
pub use update::UpdateKey;
pub use uses::KeyUseTracker;

pub(crate) use create::generate;

use crate::ContextFactory;
use crate::ports::KeyRepository;

/// What can be done with API keys.
#[derive(Clone)]
pub struct KeyService {
    keys: Arc<dyn KeyRepository>,
    uses: KeyUseTracker,
    contexts: ContextFactory,
}

impl KeyService {
    /// The service over these ports. What it notes of the use of keys is shared by all services
    /// with the same `uses`.
    #[must_use]
    pub fn new(
        keys: Arc<dyn KeyRepository>,
        uses: KeyUseTracker,
        contexts: ContextFactory,
    ) -> Self {
        Self { keys, uses, contexts }
    }
}
