//! Which users are listed.

use super::ExternalIdFilter;

/// Which users are wanted. Empty allows all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// With this id in another system.
    pub external_id: Option<ExternalIdFilter>,
}
