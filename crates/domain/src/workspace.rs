//! A workspace: a tenant, which nothing crosses.

use crate::{Name, WorkspaceId};

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: WorkspaceId,
    /// What operators call it; unique.
    pub name: Name,
}
