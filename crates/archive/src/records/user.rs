//! A user as a line.

use conversations_domain::{Name, Role, Timestamp, User, UserId, UserParts};

use super::ExternalIdRecord;
use crate::field::{Address, Number};
use crate::object::object;

object! {
    /// A user.
    UserRecord as "user" {
        /// Unique id (UUIDv7).
        id: UserId = "_id",
        /// The id in another system.
        external_id: Option<ExternalIdRecord> = "externalId",
        /// The name.
        name: Name = "name",
        /// The e-mail address, unique among users.
        email: Address = "email",
        /// The role.
        role: Role = "role",
        /// Creation time: the time inside the id.
        created_at: Timestamp = "createdAt",
        /// Time of the last change.
        updated_at: Timestamp = "updatedAt",
        /// Counts all changes.
        version: Number = "version",
    }
}

impl From<User> for UserRecord {
    fn from(user: User) -> Self {
        let UserParts { id, external_id, name, email, role, updated_at, version } =
            user.into_parts();
        let external_id = external_id.map(Into::into);
        let (email, created_at, version) = (Address(email), id.created_at(), version.into());
        Self { id, external_id, name, email, role, created_at, updated_at, version }
    }
}

impl From<UserRecord> for User {
    fn from(record: UserRecord) -> Self {
        let UserRecord { id, external_id, name, email, role, created_at: _, updated_at, version } =
            record;
        let external_id = external_id.map(Into::into);
        let (Address(email), version) = (email, version.into());
        Self::restore(UserParts { id, external_id, name, email, role, updated_at, version })
    }
}
