//! The maintenance of totals, for operators and for the server itself.

mod check;
mod merge;

use std::sync::Arc;

pub use check::CheckedWorkspace;

use crate::ContextFactory;
use crate::ports::{TotalsRepository, WorkspaceRepository};

/// Looks after what is counted.
#[derive(Clone)]
pub struct TotalsService {
    totals: Arc<dyn TotalsRepository>,
    workspaces: Arc<dyn WorkspaceRepository>,
    contexts: ContextFactory,
}

impl TotalsService {
    /// The service over these ports.
    #[must_use]
    pub fn new(
        totals: Arc<dyn TotalsRepository>,
        workspaces: Arc<dyn WorkspaceRepository>,
        contexts: ContextFactory,
    ) -> Self {
        Self { totals, workspaces, contexts }
    }
}
