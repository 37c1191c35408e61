//! Listing API keys.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::keys::KeyService;

use super::KeyBody;
use crate::caller::{Caller, ReadKeys};
use crate::error::ApiError;
use crate::page::ListBody;
use crate::query::ValidatedQuery;

pub(crate) async fn list(
    caller: Caller<ReadKeys>,
    service: Data<KeyService>,
    page: ValidatedQuery<PageRequest>,
) -> Result<ListBody<KeyBody>, ApiError> {
    let keys = service.list(&caller, page.0).await?;
    Ok(ListBody::new(page.0, keys))
}
