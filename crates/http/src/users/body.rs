//! A user as callers see it.

use conversations_domain::{Email, Name, Role, Timestamp, User, UserId, UserParts};
use serde::Serialize;

use crate::disclosure::identified;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserBody {
    #[serde(rename = "_id")]
    id: UserId,
    name: Name,
    email: Email,
    role: Role,
    created_at: Timestamp,
    updated_at: Timestamp,
}

identified!(UserBody);

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        let UserParts { id, name, email, role, updated_at, version: _ } = user.into_parts();
        Self { id, name, email, role, created_at: id.created_at(), updated_at }
    }
}
