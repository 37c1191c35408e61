//! Revoking an API key.

use actix_web::web::Data;
use conversations_application::keys::{KeyService, RevokeKey};
use conversations_domain::KeyId;

use crate::caller::{Caller, WriteKeys};
use crate::conditions::IfMatch;
use crate::deletion::DeletionReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Deleted;

pub(crate) async fn revoke(
    caller: Caller<WriteKeys>,
    service: Data<KeyService>,
    id: IdPath<KeyId>,
    condition: IfMatch,
    given: DeletionReason,
) -> Result<Deleted, ApiError> {
    let command = RevokeKey { id: id.0, reason: given.reason, precondition: condition.0 };
    service.revoke(&caller, command).await?;
    Ok(Deleted("The key was revoked."))
}
