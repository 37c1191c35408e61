//! Access: API keys and what they may do.

use std::collections::BTreeSet;

use crate::vocabulary::vocabulary;
use crate::{KeyId, Name, Source, Timestamp, WorkspaceId};

vocabulary! {
    /// What a key may do. Reading and writing are apart: neither implies the other (contract,
    /// section 1).
    Permission {
        ReadConversations = "read:conversations",
        WriteConversations = "write:conversations",
        ReadCustomers = "read:customers",
        WriteCustomers = "write:customers",
        ReadInboxes = "read:inboxes",
        WriteInboxes = "write:inboxes",
        ReadUsers = "read:users",
        WriteUsers = "write:users",
        ReadWebhooks = "read:webhooks",
        WriteWebhooks = "write:webhooks",
        ReadKeys = "read:keys",
        WriteKeys = "write:keys",
        ReadAudit = "read:audit",
        WriteAudit = "write:audit",
    }
}

/// A set of permissions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions(BTreeSet<Permission>);

/// An API key, but for its secret: what the secret opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its name, which carries the time of its making.
    pub id: KeyId,
    /// The one workspace that it opens.
    pub workspace: WorkspaceId,
    /// What people call it.
    pub name: Name,
    /// What it may do.
    pub permissions: Permissions,
    /// What it was made for; conversations made with it carry this.
    pub source: Source,
    /// When it stops working, if ever.
    pub expires_at: Option<Timestamp>,
    /// The last four characters of the secret, by which people tell keys apart.
    pub hint: String,
}

/// Who did something, as history and audit keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The key, or `None` for somebody at the command line.
    pub key: Option<KeyId>,
    /// What the key was called then.
    pub name: String,
}

impl Permissions {
    /// Every permission there is: what an administrator's key has.
    #[must_use]
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn allow(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    /// The permissions in their order.
    pub fn iter(&self) -> impl Iterator<Item = Permission> {
        self.0.iter().copied()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().collect())
    }
}

impl ApiKey {
    /// Whether the key's end has come.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// The key as history and audit keep it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { key: Some(self.id), name: self.name.as_str().to_owned() }
    }
}

impl Actor {
    /// Somebody with the command line and direct access to the database.
    #[must_use]
    pub fn command_line() -> Self {
        Self { key: None, name: "cli".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_and_writing_are_apart() {
        let permissions: Permissions = [Permission::WriteConversations].into_iter().collect();

        assert!(permissions.allow(Permission::WriteConversations));
        assert!(!permissions.allow(Permission::ReadConversations));
        assert!(Permission::ALL.iter().all(|&each| Permissions::all().allow(each)));
    }

    #[test]
    fn an_end_that_has_come_is_over() {
        let at = |millis| Timestamp::from_unix_millis(millis).expect("a time");
        let key = ApiKey {
            id: KeyId::from_uuid(uuid::Uuid::nil()),
            workspace: WorkspaceId::from_uuid(uuid::Uuid::nil()),
            name: Name::parse("robot").expect("a name"),
            permissions: Permissions::default(),
            source: Source::Api,
            expires_at: Some(at(10)),
            hint: "abcd".to_owned(),
        };

        assert!(!key.is_expired(at(9)));
        assert!(key.is_expired(at(10)));
    }
}
