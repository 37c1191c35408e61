//! Who may use an operation: everybody, every key, or keys with a permission.

use conversations_domain::Permission;

/// Who may use an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Everybody, without a key.
    #[default]
    Open,
    /// Every valid key.
    AnyKey,
    /// Keys with this permission.
    Permission(Permission),
}

impl Access {
    /// Whether it takes a key.
    #[must_use]
    pub fn needs_key(self) -> bool {
        self != Self::Open
    }

    /// The permission that the key needs, if it needs one.
    #[must_use]
    pub fn permission(self) -> Option<Permission> {
        match self {
            Self::Permission(permission) => Some(permission),
            Self::Open | Self::AnyKey => None,
        }
    }
}
