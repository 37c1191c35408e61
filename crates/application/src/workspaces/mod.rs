//! The use cases of workspaces, for operators.

mod bootstrap;
mod delete;
mod ensure;
mod list;

use std::sync::Arc;

pub use bootstrap::{BootstrappedWorkspace, DEFAULT_WORKSPACE};
pub use ensure::EnsuredWorkspace;

use crate::ContextFactory;
use crate::ports::WorkspaceRepository;

/// What can be done with workspaces.
#[derive(Clone)]
pub struct WorkspaceService {
    workspaces: Arc<dyn WorkspaceRepository>,
    contexts: ContextFactory,
}

impl WorkspaceService {
    /// The service over these ports.
    #[must_use]
    pub fn new(workspaces: Arc<dyn WorkspaceRepository>, contexts: ContextFactory) -> Self {
        Self { workspaces, contexts }
    }
}
