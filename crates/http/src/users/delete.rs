//! Deleting a user.

use actix_web::web::Data;
use conversations_application::users::{DeleteUser, UserService};
use conversations_domain::UserId;

use crate::caller::{Caller, WriteUsers};
use crate::deletion::GivenReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Deleted;

pub(crate) async fn delete(
    caller: Caller<WriteUsers>,
    service: Data<UserService>,
    id: IdPath<UserId>,
    given: GivenReason,
) -> Result<Deleted, ApiError> {
    service.delete(&caller, DeleteUser { id: id.0, reason: given.reason }).await?;
    Ok(Deleted("The user was deleted."))
}
