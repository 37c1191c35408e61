//! Roles of keys: named sets of permissions.

use clap::ValueEnum;
use conversations_domain::{Permission, Permissions};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum KeyRole {
    /// Everything.
    Admin,
    /// The work of support agents.
    Agent,
    /// A form, a bot, a connection to another system.
    Integration,
    /// Reports and exports.
    ReadOnly,
}

impl KeyRole {
    /// What such a key may do.
    pub(super) fn permissions(self) -> Permissions {
        use Permission as May;

        let conversations = [
            May::ReadConversations,
            May::WriteConversations,
            May::ReadCustomers,
            May::WriteCustomers,
            May::ReadInboxes,
        ];
        match self {
            Self::Admin => Permissions::all(),
            Self::Agent => conversations.into_iter().chain([May::ReadUsers]).collect(),
            Self::Integration => conversations.into_iter().collect(),
            Self::ReadOnly => {
                [May::ReadConversations, May::ReadCustomers, May::ReadUsers, May::ReadInboxes]
                    .into_iter()
                    .collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_admin_may_do_everything_and_a_reader_writes_nothing() {
        for &role in KeyRole::value_variants() {
            let permissions = role.permissions();
            assert_eq!(permissions == Permissions::all(), role == KeyRole::Admin, "{role:?}");
            let writes = permissions.iter().any(|each| each.as_str().starts_with("write:"));
            assert_eq!(writes, role != KeyRole::ReadOnly, "{role:?}");
            let manages = permissions.allow(Permission::WriteKeys);
            assert_eq!(manages, role == KeyRole::Admin, "{role:?}");
        }
    }
}
