//! Changing an API key, only with PATCH: omitted fields keep their value.

use actix_web::web::Data;
use conversations_application::keys::{KeyService, UpdateKey};
use conversations_domain::{KeyChanges, KeyId, Name, Permissions, RateLimit, Timestamp, UserId};
use serde_json::{Value, json};

use super::KeyBody;
use crate::body::{Patch, changes_something, request_body};
use crate::caller::{Caller, WriteKeys};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::{IdPath, ValidatedJson};
use crate::reply::Single;
use crate::schema::SentBody;

request_body! {
    /// Changes to a key; omitted fields keep their value.
    #[body(name = "KeyChanges", at_least_one = true, check = changes_something)]
    pub(crate) struct UpdateBody {
        /// The name.
        name: Patch<Name>,
        /// All permissions.
        permissions: Patch<Permissions>,
        /// Expiry; null if it does not expire.
        expires_at: Patch<Option<Timestamp>>,
        /// The key's own rate limit; null removes it.
        rate_limit: Patch<Option<RateLimit>>,
        /// The user of the workspace whom the key speaks for; null removes them.
        user_id: Patch<Option<UserId>>,
    }
}

impl SentBody for UpdateBody {
    fn example() -> Value {
        json!({ "permissions": ["read:conversations"], "expiresAt": "2030-01-01T00:00:00.000Z" })
    }
}

pub(crate) async fn update(
    caller: Caller<WriteKeys>,
    service: Data<KeyService>,
    id: IdPath<KeyId>,
    condition: IfMatch,
    body: ValidatedJson<UpdateBody>,
) -> Result<Single<Disclosed<KeyBody>>, ApiError> {
    let IfMatch(precondition) = condition;
    let command = UpdateKey { id: id.0, changes: body.0.try_into()?, precondition };
    let details = service.update(&caller, command).await?;
    Ok(Single::without_etag(Disclosure::to(&caller).of(details.into())))
}

impl TryFrom<UpdateBody> for KeyChanges {
    type Error = ApiError;

    fn try_from(body: UpdateBody) -> Result<Self, ApiError> {
        let UpdateBody { name, permissions, expires_at, rate_limit, user_id } = body;
        Ok(Self {
            name: name.take()?,
            permissions: permissions.take()?,
            expires_at: expires_at.take()?,
            rate_limit: rate_limit.take()?,
            user: user_id.take()?,
        })
    }
}
