//! Which messages of a conversation are listed.

use super::ExternalIdFilter;

/// Which messages are wanted. Empty allows all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageFilter {
    /// With this id in another system.
    pub external_id: Option<ExternalIdFilter>,
}
