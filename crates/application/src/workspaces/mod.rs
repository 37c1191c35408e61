//! The use cases of workspaces, for operators.

mod delete;
mod ensure;
mod found;
mod list;

use std::sync::Arc;

pub use ensure::EnsuredWorkspace;
pub use found::{DEFAULT_WORKSPACE, Founded};

use crate::Moments;
use crate::ports::WorkspaceRepository;

/// What can be done with workspaces.
#[derive(Clone)]
pub struct WorkspaceService {
    workspaces: Arc<dyn WorkspaceRepository>,
    moments: Moments,
}

impl WorkspaceService {
    /// The service over these ports.
    #[must_use]
    pub fn new(workspaces: Arc<dyn WorkspaceRepository>, moments: Moments) -> Self {
        Self { workspaces, moments }
    }
}
