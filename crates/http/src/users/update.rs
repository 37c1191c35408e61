//! Changing a user. PUT and PATCH are one: what is not there stays as it is.

use actix_web::web::Data;
use conversations_application::users::{UpdateUser, UserService};
use conversations_domain::{Email, Name, Role, UserChanges, UserId};
use serde::Deserialize;
use validator::{Validate, ValidationError};

use super::UserBody;
use crate::caller::{Caller, WriteUsers};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::{IdPath, ValidatedJson};
use crate::patch::{Patch, changes};
use crate::reply::Single;
use crate::validation::changes_something;

/// What is wanted of a user.
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[validate(schema(function = "asks_for_something"))]
pub(crate) struct UpdateBody {
    #[validate(custom(function = "changes::<Name>"))]
    name: Patch<String>,
    #[validate(custom(function = "changes::<Email>"))]
    email: Patch<String>,
    #[validate(custom(function = "changes::<Role>"))]
    role: Patch<String>,
}

pub(crate) async fn update(
    caller: Caller<WriteUsers>,
    service: Data<UserService>,
    id: IdPath<UserId>,
    condition: IfMatch,
    body: ValidatedJson<UpdateBody>,
) -> Result<Single<Disclosed<UserBody>>, ApiError> {
    let IfMatch(precondition) = condition;
    let command = UpdateUser { id: id.0, changes: body.0.try_into()?, precondition };
    let user = service.update(&caller, command).await?;
    Ok(Single::changed(Disclosure::to(&caller), user))
}

fn asks_for_something(body: &UpdateBody) -> Result<(), ValidationError> {
    let UpdateBody { name, email, role } = body;
    changes_something([name.is_absent(), email.is_absent(), role.is_absent()])
}

impl TryFrom<UpdateBody> for UserChanges {
    type Error = ApiError;

    fn try_from(body: UpdateBody) -> Result<Self, ApiError> {
        let UpdateBody { name, email, role } = body;
        Ok(Self {
            name: name.change("name")?,
            email: email.change("email")?,
            role: role.change("role")?,
        })
    }
}
