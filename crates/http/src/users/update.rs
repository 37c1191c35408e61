//! Changing a user. PUT and PATCH are equivalent: omitted fields keep their value.

use actix_web::web::Data;
use conversations_application::users::{UpdateUser, UserService};
use conversations_domain::{Email, Name, Role, UserChanges, UserId};
use serde_json::{Value, json};

use super::UserBody;
use crate::body::{Patch, changes_something, request_body};
use crate::caller::{Caller, WriteUsers};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::external_id::{self, ExternalIdEntry};
use crate::extract::{IdPath, ValidatedJson};
use crate::reply::Single;
use crate::schema::SentBody;

request_body! {
    /// Changes to a user; omitted fields keep their value.
    #[body(name = "UserChanges", at_least_one = true, check = changes_something)]
    pub(crate) struct UpdateBody {
        /// The user's id in another system; null removes it.
        external_id: Patch<Option<ExternalIdEntry>>,
        /// The name.
        name: Patch<Name>,
        /// Unique among users; case is ignored.
        email: Patch<Email>,
        /// The kind.
        role: Patch<Role>,
    }
}

impl SentBody for UpdateBody {
    fn example() -> Value {
        json!({ "role": "admin" })
    }
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

impl TryFrom<UpdateBody> for UserChanges {
    type Error = ApiError;

    fn try_from(body: UpdateBody) -> Result<Self, ApiError> {
        let UpdateBody { external_id, name, email, role } = body;
        Ok(Self {
            external_id: external_id::changed(external_id)?,
            name: name.take()?,
            email: email.take()?,
            role: role.take()?,
        })
    }
}
