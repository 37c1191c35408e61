//! Reading one user.

use actix_web::web::Data;
use conversations_application::users::UserService;
use conversations_domain::UserId;

use super::UserBody;
use crate::caller::{Caller, ReadUsers};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::query::{NoParameters, ValidatedQuery};
use crate::reply::Single;

pub(crate) async fn get(
    caller: Caller<ReadUsers>,
    service: Data<UserService>,
    id: IdPath<UserId>,
    _: ValidatedQuery<NoParameters>,
) -> Result<Single<UserBody>, ApiError> {
    let user = service.get(&caller, id.0).await?;
    Ok(Single::of(user))
}
