//! Sending a test to the receiver of a webhook.

use actix_web::web::Data;
use conversations_application::webhooks::WebhookService;
use conversations_domain::WebhookId;

use super::delivery_body::AttemptBody;
use super::input::NoFields;
use crate::caller::{Caller, WriteWebhooks};
use crate::disclosure::WriteReply;
use crate::error::ApiError;
use crate::extract::{IdPath, ValidatedJson};
use crate::reply::Single;
use crate::request_permit::LongRunning;

pub(crate) async fn test(
    caller: Caller<WriteWebhooks>,
    _: LongRunning,
    service: Data<WebhookService>,
    id: IdPath<WebhookId>,
    _: ValidatedJson<NoFields>,
) -> Result<Single<AttemptBody>, ApiError> {
    let attempt = service.test(&caller, id.0).await?;
    Ok(Single::without_etag(attempt.into()))
}

/// It shows nothing of the webhook.
impl WriteReply for Single<AttemptBody> {}
