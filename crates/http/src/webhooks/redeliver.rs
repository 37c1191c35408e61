//! Sending an event again.

use actix_web::web::Data;
use conversations_application::IdempotencyService;
use conversations_application::webhooks::{Redelivered, WebhookService};
use conversations_domain::{WebhookDeliveryId, WebhookId};

use super::delivery_body::DeliveryBody;
use super::input::NoFields;
use crate::caller::{Caller, WriteWebhooks};
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent};
use crate::reply::Single;
use crate::request_permit::LongRunning;

pub(crate) async fn redeliver(
    caller: Caller<WriteWebhooks>,
    _: LongRunning,
    service: Data<WebhookService>,
    once: Data<IdempotencyService>,
    ids: IdPath<(WebhookId, WebhookDeliveryId)>,
    post: IdempotentJson<NoFields>,
) -> Result<IdempotentResponse<Single<Disclosed<DeliveryBody>>>, ApiError> {
    let (webhook, id) = ids.0;
    let reply = run_idempotent(&once, &caller, post.request, sent, async |recorder| {
        service.redeliver(&caller, webhook, id, recorder).await
    });
    Ok(reply.await?)
}

fn sent(disclosure: Disclosure, redelivered: &Redelivered) -> Single<Disclosed<DeliveryBody>> {
    Single::without_etag(disclosure.of(redelivered.delivery.clone().into()))
}
