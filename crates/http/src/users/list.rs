//! Listing users.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::users::UserService;

use super::UserBody;
use crate::caller::{Caller, ReadUsers};
use crate::error::ApiError;
use crate::page::{FollowedList, ListReader};
use crate::query::ValidatedQuery;

pub(crate) async fn list(
    caller: Caller<ReadUsers>,
    service: Data<UserService>,
    page: ValidatedQuery<PageRequest>,
    reader: ListReader,
) -> Result<FollowedList<UserBody>, ApiError> {
    reader.read(&caller, page.0, async || service.list(&caller, page.0).await).await
}
