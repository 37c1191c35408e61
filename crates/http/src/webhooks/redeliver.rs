//! Sending an event again.

use actix_web::web::Data;
use conversations_application::webhooks::WebhookService;
use conversations_domain::{WebhookDeliveryId, WebhookId};

use super::delivery_body::DeliveryBody;
use super::input::NoFields;
use crate::caller::{Caller, WriteWebhooks};
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::{IdPath, ValidatedJson};
use crate::reply::Single;
use crate::request_permit::LongRunning;

pub(crate) async fn redeliver(
    caller: Caller<WriteWebhooks>,
    _: LongRunning,
    service: Data<WebhookService>,
    ids: IdPath<(WebhookId, WebhookDeliveryId)>,
    _: ValidatedJson<NoFields>,
) -> Result<Single<Disclosed<DeliveryBody>>, ApiError> {
    let (webhook, id) = ids.0;
    let delivery = service.redeliver(&caller, webhook, id).await?;
    Ok(Single::without_etag(Disclosure::to(&caller).of(delivery.into())))
}
