//! Access: API keys and what they may do.

use std::collections::BTreeSet;

use crate::change::apply_all;
use crate::vocabulary::vocabulary;
use crate::{Change, KeyId, Name, RateLimit, Source, Timestamp, UserId, Version, WorkspaceId};

vocabulary! {
    /// What a key may do. Read and write permissions do not imply each other
    /// (docs/api.md#keys-and-permissions); `webhook:manage` implies both of webhooks.
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
        ManageWebhooks = "webhook:manage",
        ReadKeys = "read:keys",
        WriteKeys = "write:keys",
        ReadAudit = "read:audit",
        WriteAudit = "write:audit",
    }
}

/// A set of permissions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions(BTreeSet<Permission>);

/// An API key, except for its secret: what the secret opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: KeyId,
    /// The one workspace that it opens.
    pub workspace: WorkspaceId,
    /// The name.
    pub name: Name,
    /// The permissions.
    pub permissions: Permissions,
    /// The kind of integration that it is for; conversations created with it have this source.
    pub source: Source,
    /// The expiry, if any.
    pub expires_at: Option<Timestamp>,
    /// Its own rate limit; without one, that of the server applies.
    pub rate_limit: Option<RateLimit>,
    /// The user of the workspace whom the key speaks for, if any. It grants nothing.
    pub user: Option<UserId>,
    /// The last four characters of the secret, so that people can tell keys apart.
    pub hint: String,
    /// The version: counts all changes.
    pub version: Version,
}

/// Changes to a key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyChanges {
    /// Another name.
    pub name: Change<Name>,
    /// Other permissions, which replace the present ones.
    pub permissions: Change<Permissions>,
    /// Another expiry, or none.
    pub expires_at: Change<Option<Timestamp>>,
    /// Another limit of its own, or none.
    pub rate_limit: Change<Option<RateLimit>>,
    /// Another user whom it speaks for, or none.
    pub user: Change<Option<UserId>>,
}

/// The actor of a change, as recorded in the history and the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The key, or `None` for an operator at the command line.
    pub key: Option<KeyId>,
    /// The name of the key at that time.
    pub name: String,
}

impl Permissions {
    /// All permissions: those of an administrator's key.
    #[must_use]
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn allow(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    /// Those that are not among the others.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        Self(self.0.difference(&others.0).copied().collect())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The permissions in their order.
    pub fn iter(&self) -> impl Iterator<Item = Permission> {
        self.0.iter().copied()
    }
}

impl Permission {
    /// The permissions that it grants besides itself.
    #[must_use]
    pub const fn implied(self) -> &'static [Self] {
        match self {
            Self::ManageWebhooks => &[Self::ReadWebhooks, Self::WriteWebhooks],
            _ => &[],
        }
    }
}

impl FromIterator<Permission> for Permissions {
    /// These, and those that they imply.
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let with_implied =
            |each: Permission| each.implied().iter().copied().chain(std::iter::once(each));
        Self(permissions.into_iter().flat_map(with_implied).collect())
    }
}

impl ApiKey {
    /// Whether the key has expired.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// The key as a retired secret of it opens it until `end`: a secret outlives neither its own end
    /// nor that of the key.
    #[must_use]
    pub fn until(mut self, end: Timestamp) -> Self {
        self.expires_at = Some(self.expires_at.map_or(end, |own| own.min(end)));
        self
    }

    /// Which permissions these changes would grant: those that the key did not have, and, if it
    /// would live longer, all it then has.
    #[must_use]
    pub fn granted_by(&self, changes: &KeyChanges) -> Permissions {
        let permissions = changes.permissions.new_value().unwrap_or(&self.permissions);
        let lives_longer = match changes.expires_at {
            Change::Keep => false,
            Change::To(None) => self.expires_at.is_some(),
            Change::To(Some(end)) => self.expires_at.is_some_and(|present| end > present),
        };
        if lives_longer { permissions.clone() } else { permissions.without(&self.permissions) }
    }

    /// Applies the changes, and returns whether anything changed.
    #[must_use]
    pub fn change(&mut self, changes: KeyChanges) -> bool {
        let KeyChanges { name, permissions, expires_at, rate_limit, user } = changes;
        let changed = apply_all! {
            name => self.name,
            permissions => self.permissions,
            expires_at => self.expires_at,
            rate_limit => self.rate_limit,
            user => self.user,
        };
        if changed {
            self.version = self.version.next();
        }
        changed
    }

    /// Notes that the key has another secret, which ends like this.
    pub fn replace_secret(&mut self, hint: String) {
        self.hint = hint;
        self.version = self.version.next();
    }

    /// The key as an actor, for the history and the audit.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { key: Some(self.id), name: self.name.as_str().to_owned() }
    }
}

impl Actor {
    /// An operator with the command line and direct access to the database.
    #[must_use]
    pub fn command_line() -> Self {
        Self { key: None, name: "cli".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_and_write_permissions_are_separate() {
        let permissions: Permissions = [Permission::WriteConversations].into_iter().collect();

        assert!(permissions.allow(Permission::WriteConversations));
        assert!(!permissions.allow(Permission::ReadConversations));
        assert!(Permission::ALL.iter().all(|&each| Permissions::all().allow(each)));
    }

    #[test]
    fn managing_webhooks_is_reading_and_writing_them() {
        let manager = allowed(&[Permission::ManageWebhooks]);

        let (read, write) = (Permission::ReadWebhooks, Permission::WriteWebhooks);
        assert_eq!(manager, allowed(&[read, write, Permission::ManageWebhooks]));
        assert!(!allowed(&[read, write]).allow(Permission::ManageWebhooks));
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_unix_millis(millis).expect("a time")
    }

    fn allowed(permissions: &[Permission]) -> Permissions {
        permissions.iter().copied().collect()
    }

    /// A key that may read conversations and customers until 10.
    fn key() -> ApiKey {
        ApiKey {
            id: KeyId::from_uuid(uuid::Uuid::nil()),
            workspace: WorkspaceId::from_uuid(uuid::Uuid::nil()),
            name: Name::parse("robot").expect("a name"),
            permissions: allowed(&[Permission::ReadConversations, Permission::ReadCustomers]),
            source: Source::Api,
            expires_at: Some(at(10)),
            rate_limit: None,
            user: None,
            hint: "abcd".to_owned(),
            version: Version::FIRST,
        }
    }

    #[test]
    fn a_key_is_expired_from_its_expiry_time_on() {
        assert!(!key().is_expired(at(9)));
        assert!(key().is_expired(at(10)));
    }

    #[test]
    fn a_new_secret_changes_the_hint_and_the_version_alone() {
        let mut rotated = key();

        rotated.replace_secret("wxyz".to_owned());

        let (hint, version) = ("wxyz".to_owned(), Version::FIRST.next());
        assert_eq!(rotated, ApiKey { hint, version, ..key() });
    }

    #[test]
    fn another_user_is_a_change_that_grants_nothing() {
        let user = Some(UserId::from_uuid(uuid::Uuid::nil()));
        let changes = KeyChanges { user: Change::To(user), ..KeyChanges::default() };
        let mut changed = key();

        assert!(key().granted_by(&changes).is_empty());
        assert!(changed.change(changes.clone()));
        assert_eq!(changed, ApiKey { user, version: Version::FIRST.next(), ..key() });
        assert!(!changed.change(changes));
    }

    #[test]
    fn only_added_permissions_are_granted() {
        let wanted = allowed(&[Permission::ReadCustomers, Permission::WriteCustomers]);
        let changes = KeyChanges { permissions: Change::To(wanted), ..KeyChanges::default() };

        assert_eq!(key().granted_by(&changes), allowed(&[Permission::WriteCustomers]));
    }

    #[test]
    fn extending_a_key_grants_all_its_permissions() {
        let ending = |expires_at| KeyChanges { expires_at, ..KeyChanges::default() };

        for longer in [Change::To(None), Change::To(Some(at(11)))] {
            assert_eq!(key().granted_by(&ending(longer)), key().permissions, "{longer:?}");
        }
        for no_longer in [Change::Keep, Change::To(Some(at(10))), Change::To(Some(at(9)))] {
            assert!(key().granted_by(&ending(no_longer)).is_empty(), "{no_longer:?}");
        }
        let endless = ApiKey { expires_at: None, ..key() };
        assert!(endless.granted_by(&ending(Change::To(None))).is_empty());
    }
}
