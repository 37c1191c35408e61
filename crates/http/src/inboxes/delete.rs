//! Deleting an inbox.

use actix_web::web::Data;
use conversations_application::inboxes::{DeleteInbox, InboxService};
use conversations_domain::InboxId;

use crate::caller::{Caller, WriteInboxes};
use crate::conditions::IfMatch;
use crate::deletion::DeletionReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Deleted;
use crate::request_permit::LongRunning;

pub(crate) async fn delete(
    caller: Caller<WriteInboxes>,
    _: LongRunning,
    service: Data<InboxService>,
    id: IdPath<InboxId>,
    condition: IfMatch,
    given: DeletionReason,
) -> Result<Deleted, ApiError> {
    let command = DeleteInbox { id: id.0, reason: given.reason, precondition: condition.0 };
    service.delete(&caller, command).await?;
    Ok(Deleted("The inbox was deleted."))
}
