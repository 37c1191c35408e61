//! Sending a test to the receiver of a webhook.

use actix_web::web::Data;
use conversations_application::IdempotencyService;
use conversations_application::webhooks::{Tested, WebhookService};
use conversations_domain::WebhookId;

use super::delivery_body::AttemptBody;
use super::input::NoFields;
use crate::caller::{Caller, WriteWebhooks};
use crate::disclosure::{Disclosure, WriteReply};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent};
use crate::reply::Single;
use crate::request_permit::LongRunning;

pub(crate) async fn test(
    caller: Caller<WriteWebhooks>,
    _: LongRunning,
    service: Data<WebhookService>,
    once: Data<IdempotencyService>,
    id: IdPath<WebhookId>,
    post: IdempotentJson<NoFields>,
) -> Result<IdempotentResponse<Single<AttemptBody>>, ApiError> {
    let reply = run_idempotent(&once, &caller, post.request, sent, async |recorder| {
        service.test(&caller, id.0, recorder).await
    });
    Ok(reply.await?)
}

/// It shows nothing of the webhook.
impl WriteReply for Single<AttemptBody> {
    const SHOWS_RESOURCE: bool = false;
}

fn sent(_: Disclosure, tested: &Tested) -> Single<AttemptBody> {
    Single::without_etag(tested.attempt.into())
}
