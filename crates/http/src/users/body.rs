//! A user as callers see it.

use conversations_domain::{Email, Name, Role, Timestamp, User, UserId, UserParts};

use crate::body::response_body;
use crate::disclosure::identified;
use crate::examples;
use crate::schema::Shown;

response_body! {
    /// An agent of the workspace.
    #[body(name = "User")]
    pub(crate) struct UserBody {
        /// Their id.
        #[serde(rename = "_id")]
        id: UserId,
        /// What they are called.
        name: Name,
        /// Unique among the users, without regard to case.
        email: Email,
        /// What they are in the workspace.
        role: Role,
        /// When they were made.
        created_at: Timestamp,
        /// When they last changed.
        updated_at: Timestamp,
    }
}

identified!(UserBody);

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        let UserParts { id, name, email, role, updated_at, version: _ } = user.into_parts();
        Self { id, name, email, role, created_at: id.created_at(), updated_at }
    }
}

impl Shown for UserBody {
    fn example() -> Option<Self> {
        examples::user().map(Into::into)
    }
}
