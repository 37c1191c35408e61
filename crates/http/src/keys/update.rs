//! Changing an API key, with PATCH alone: what is not there stays as it is.

use actix_web::web::Data;
use conversations_application::keys::{KeyService, UpdateKey};
use conversations_domain::{KeyChanges, KeyId, Name, RateLimit, Timestamp};
use serde::Deserialize;
use validator::{Validate, ValidationError};

use super::KeyBody;
use super::permissions::{check_changed_permissions, read_permissions};
use crate::caller::{Caller, WriteKeys};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::{IdPath, ValidatedJson};
use crate::patch::{Patch, changes, changes_or_clears};
use crate::reply::Single;
use crate::validation::changes_something;

/// What is wanted of a key.
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[validate(schema(function = "asks_for_something"))]
pub(crate) struct UpdateBody {
    #[validate(custom(function = "changes::<Name>"))]
    name: Patch<String>,
    #[validate(custom(function = "check_changed_permissions"))]
    permissions: Patch<Vec<String>>,
    #[validate(custom(function = "changes_or_clears::<Timestamp>"))]
    expires_at: Patch<String>,
    #[validate(custom(function = "changes_or_clears::<RateLimit>"))]
    rate_limit: Patch<String>,
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
    Ok(Single::untagged(Disclosure::to(&caller).of(details.into())))
}

fn asks_for_something(body: &UpdateBody) -> Result<(), ValidationError> {
    let UpdateBody { name, permissions, expires_at, rate_limit } = body;
    changes_something([
        name.is_absent(),
        permissions.is_absent(),
        expires_at.is_absent(),
        rate_limit.is_absent(),
    ])
}

impl TryFrom<UpdateBody> for KeyChanges {
    type Error = ApiError;

    fn try_from(body: UpdateBody) -> Result<Self, ApiError> {
        let UpdateBody { name, permissions, expires_at, rate_limit } = body;
        Ok(Self {
            name: name.change("name")?,
            permissions: permissions.read("permissions", |words| read_permissions(&words))?,
            expires_at: expires_at.change_or_clear("expiresAt")?,
            rate_limit: rate_limit.change_or_clear("rateLimit")?,
        })
    }
}
