//! A workspace: a tenant; nothing refers across two.

use crate::{Name, WorkspaceId};

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: WorkspaceId,
    /// The name, chosen by operators; unique.
    pub name: Name,
}
