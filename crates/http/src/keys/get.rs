//! Reading one API key.

use actix_web::web::Data;
use conversations_application::keys::KeyService;
use conversations_domain::KeyId;

use super::KeyBody;
use crate::caller::{Caller, ReadKeys};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::query::{NoParameters, ValidatedQuery};
use crate::reply::Single;

pub(crate) async fn get(
    caller: Caller<ReadKeys>,
    service: Data<KeyService>,
    id: IdPath<KeyId>,
    _: ValidatedQuery<NoParameters>,
) -> Result<Single<KeyBody>, ApiError> {
    let details = service.get(&caller, id.0).await?;
    Ok(Single::without_etag(details.into()))
}
