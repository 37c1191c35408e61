//! Listing inboxes.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::inboxes::InboxService;

use super::InboxBody;
use crate::caller::{Caller, ReadInboxes};
use crate::error::ApiError;
use crate::page::ListBody;
use crate::query::ValidatedQuery;

pub(crate) async fn list(
    caller: Caller<ReadInboxes>,
    service: Data<InboxService>,
    page: ValidatedQuery<PageRequest>,
) -> Result<ListBody<InboxBody>, ApiError> {
    let inboxes = service.list(&caller, page.0).await?;
    Ok(ListBody::new(page.0, inboxes))
}
