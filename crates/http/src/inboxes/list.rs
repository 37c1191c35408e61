//! Listing inboxes.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::inboxes::InboxService;

use super::InboxBody;
use crate::caller::{Caller, ReadInboxes};
use crate::error::ApiError;
use crate::page::{FollowedList, ListReader};
use crate::query::ValidatedQuery;

pub(crate) async fn list(
    caller: Caller<ReadInboxes>,
    service: Data<InboxService>,
    page: ValidatedQuery<PageRequest>,
    reader: ListReader,
) -> Result<FollowedList<InboxBody>, ApiError> {
    reader.read(&caller, page.0, async || service.list(&caller, page.0).await).await
}
