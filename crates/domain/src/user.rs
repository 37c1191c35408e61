//! A user: an agent of a workspace, to whom conversations are assigned.

use crate::change::apply_all;
use crate::event_field::differing;
use crate::{
    Change, DirectoryField, Email, EventField, ExternalId, Name, Role, Timestamp, UserId, Version,
};

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    parts: UserParts,
}

/// All fields of a user, for storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserParts {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: UserId,
    /// The id in another system.
    pub external_id: Option<ExternalId>,
    /// What the user is called.
    pub name: Name,
    /// The e-mail address, unique in a workspace without regard to case.
    pub email: Email,
    /// What the user is in the workspace.
    pub role: Role,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The version: counts all changes.
    pub version: Version,
}

/// A new user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The id in another system.
    pub external_id: Option<ExternalId>,
    /// What the user is called.
    pub name: Name,
    /// The e-mail address.
    pub email: Email,
    /// The role; by default `agent`.
    pub role: Option<Role>,
}

/// Changes to a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserChanges {
    /// Another id in another system, or none.
    pub external_id: Change<Option<ExternalId>>,
    /// Another name.
    pub name: Change<Name>,
    /// Another e-mail address.
    pub email: Change<Email>,
    /// Another role.
    pub role: Change<Role>,
}

impl NewUser {
    /// The user that these changes make of nothing: what they keep is as if it was left out.
    ///
    /// # Errors
    /// When there would be no name or no e-mail address: the fields that are missing.
    pub fn from_changes(changes: UserChanges) -> Result<Self, Vec<EventField>> {
        let UserChanges { external_id, name, email, role } = changes;
        let external_id = external_id.into_value().flatten();
        match (name.into_value(), email.into_value()) {
            (Some(name), Some(email)) => {
                Ok(Self { external_id, name, email, role: role.into_value() })
            }
            (name, email) => {
                let missing = [
                    name.is_none().then_some(DirectoryField::Name),
                    email.is_none().then_some(DirectoryField::Email),
                ];
                Err(missing.into_iter().flatten().map(EventField::from).collect())
            }
        }
    }
}

impl User {
    /// Makes a user.
    #[must_use]
    pub fn new(id: UserId, new: NewUser) -> Self {
        let NewUser { external_id, name, email, role } = new;
        Self {
            parts: UserParts {
                id,
                external_id,
                name,
                email,
                role: role.unwrap_or_default(),
                updated_at: id.created_at(),
                version: Version::FIRST,
            },
        }
    }

    /// Makes the user from what was stored.
    #[must_use]
    pub fn restore(parts: UserParts) -> Self {
        Self { parts }
    }

    /// Takes the user apart.
    #[must_use]
    pub fn into_parts(self) -> UserParts {
        self.parts
    }

    /// Applies the changes, and returns whether anything changed: if not, the version and the time
    /// of the last change stay as well.
    #[must_use]
    pub fn change(&mut self, changes: UserChanges, now: Timestamp) -> bool {
        let UserChanges { external_id, name, email, role } = changes;
        let parts = &mut self.parts;
        let changed = apply_all! {
            external_id => parts.external_id,
            name => parts.name,
            email => parts.email,
            role => parts.role,
        };
        if changed {
            parts.updated_at = now.following(parts.updated_at);
            parts.version = parts.version.next();
        }
        changed
    }

    /// The fields that differ from an earlier state.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> Vec<EventField> {
        let UserParts { id: _, external_id, name, email, role, updated_at: _, version: _ } =
            &self.parts;
        let before = &before.parts;
        differing! {
            *external_id, before.external_id => ExternalId,
            *name, before.name => Name,
            *email, before.email => Email,
            *role, before.role => Role,
        }
    }

    /// Unique id (`UUIDv7`, embeds the creation time).
    #[must_use]
    pub fn id(&self) -> UserId {
        self.parts.id
    }

    /// The id in another system.
    #[must_use]
    pub fn external_id(&self) -> Option<&ExternalId> {
        self.parts.external_id.as_ref()
    }

    /// The version: counts all changes.
    #[must_use]
    pub fn version(&self) -> Version {
        self.parts.version
    }
}
