//! Deleting a webhook.

use actix_web::web::Data;
use conversations_application::webhooks::{DeleteWebhook, WebhookService};
use conversations_domain::WebhookId;

use crate::caller::{Caller, WriteWebhooks};
use crate::conditions::IfMatch;
use crate::deletion::DeletionReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Deleted;
use crate::request_permit::LongRunning;

pub(crate) async fn delete(
    caller: Caller<WriteWebhooks>,
    _: LongRunning,
    service: Data<WebhookService>,
    id: IdPath<WebhookId>,
    condition: IfMatch,
    given: DeletionReason,
) -> Result<Deleted, ApiError> {
    let command = DeleteWebhook { id: id.0, reason: given.reason, precondition: condition.0 };
    service.delete(&caller, command).await?;
    Ok(Deleted("The webhook was deleted."))
}
