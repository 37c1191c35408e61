//! A workspace: a tenant, which nothing crosses.

use crate::{Name, WorkspaceId};

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Its name in the database, which carries the time of its making.
    pub id: WorkspaceId,
    /// What operators call it; unique.
    pub name: Name,
}
