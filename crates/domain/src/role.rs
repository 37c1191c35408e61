//! The role of a user in the workspace.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The role of a user in the workspace.
    #[derive(Default)]
    Role {
        Owner = "owner",
        Admin = "admin",
        #[default]
        Agent = "agent",
    }
}
