//! Revoking an API key.

use actix_web::web::Data;
use conversations_application::keys::{KeyService, RevokeKey};
use conversations_domain::KeyId;

use crate::caller::{Caller, WriteKeys};
use crate::deletion::GivenReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Deleted;

pub(crate) async fn revoke(
    caller: Caller<WriteKeys>,
    service: Data<KeyService>,
    id: IdPath<KeyId>,
    given: GivenReason,
) -> Result<Deleted, ApiError> {
    service.revoke(&caller, RevokeKey { id: id.0, reason: given.reason }).await?;
    Ok(Deleted("The key was revoked."))
}
