//! What a user is in their workspace.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// What a user is in their workspace.
    #[derive(Default)]
    Role {
        Owner = "owner",
        Admin = "admin",
        #[default]
        Agent = "agent",
    }
}
