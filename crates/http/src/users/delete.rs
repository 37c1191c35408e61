//! Deleting a user.

use actix_web::web::Data;
use conversations_application::users::{DeleteUser, UserService};
use conversations_domain::UserId;

use crate::caller::{Caller, WriteUsers};
use crate::conditions::IfMatch;
use crate::deletion::DeletionReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Erased;
use crate::request_permit::LongRunning;

pub(crate) async fn delete(
    caller: Caller<WriteUsers>,
    _: LongRunning,
    service: Data<UserService>,
    id: IdPath<UserId>,
    condition: IfMatch,
    given: DeletionReason,
) -> Result<Erased, ApiError> {
    let command = DeleteUser { id: id.0, reason: given.reason, precondition: condition.0 };
    let progress = service.delete(&caller, command).await?;
    Ok(Erased::of(
        progress,
        "The user was deleted.",
        "The user was deleted. Some of their conversations are still being unassigned, with history.",
    ))
}
