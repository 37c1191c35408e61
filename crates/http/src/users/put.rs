//! Creating or changing the user with an external id, in one step.

use actix_web::web::Data;
use conversations_application::Upsert;
use conversations_application::users::UserService;
use conversations_domain::UserChanges;

use super::UserBody;
use super::update::UpdateBody;
use crate::caller::{Caller, WriteUsers};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::external_id::{ExternalIdPath, same_as_in_path};
use crate::extract::ValidatedJson;
use crate::reply::CreatedOrChanged;

pub(crate) async fn put(
    caller: Caller<WriteUsers>,
    service: Data<UserService>,
    path: ExternalIdPath,
    condition: IfMatch,
    body: ValidatedJson<UpdateBody>,
) -> Result<CreatedOrChanged<Disclosed<UserBody>>, ApiError> {
    let (ExternalIdPath(external_id), IfMatch(precondition)) = (path, condition);
    let changes: UserChanges = body.0.try_into()?;
    same_as_in_path(&changes.external_id, &external_id)?;
    let command = Upsert { external_id, changes, precondition };
    let upserted = service.put(&caller, command).await?;
    Ok(CreatedOrChanged::of(Disclosure::to(&caller), upserted, |user| {
        format!("/users/{}", user.id())
    }))
}
