//! Deleting an inbox.

use actix_web::web::Data;
use conversations_application::inboxes::{DeleteInbox, InboxService};
use conversations_domain::InboxId;

use crate::caller::{Caller, WriteInboxes};
use crate::deletion::GivenReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Deleted;

pub(crate) async fn delete(
    caller: Caller<WriteInboxes>,
    service: Data<InboxService>,
    id: IdPath<InboxId>,
    given: GivenReason,
) -> Result<Deleted, ApiError> {
    service.delete(&caller, DeleteInbox { id: id.0, reason: given.reason }).await?;
    Ok(Deleted("The inbox was deleted."))
}
