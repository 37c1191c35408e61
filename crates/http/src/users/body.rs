//! A user as callers see it.

use conversations_domain::{Email, Name, Role, Timestamp, User, UserId, UserParts};

use crate::body::response_body;
use crate::disclosure::identified;
use crate::examples;
use crate::external_id::ExternalIdBody;
use crate::schema::ResponseBody;

response_body! {
    /// An agent of the workspace.
    #[body(name = "User")]
    pub(crate) struct UserBody {
        /// Unique id (UUIDv7).
        #[serde(rename = "_id")]
        id: UserId,
        /// The user's id in another system.
        external_id: Option<ExternalIdBody>,
        /// The name.
        name: Name,
        /// Unique among users; case is ignored.
        email: Email,
        /// The role in the workspace.
        role: Role,
        /// Creation time.
        created_at: Timestamp,
        /// Time of the last change.
        updated_at: Timestamp,
    }
}

identified!(UserBody);

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        let UserParts { id, external_id, name, email, role, updated_at, version: _ } =
            user.into_parts();
        Self {
            id,
            external_id: external_id.map(Into::into),
            name,
            email,
            role,
            created_at: id.created_at(),
            updated_at,
        }
    }
}

impl ResponseBody for UserBody {
    fn example() -> Option<Self> {
        examples::user().map(Into::into)
    }
}
