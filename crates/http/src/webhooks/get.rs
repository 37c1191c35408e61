//! Reading one webhook.

use actix_web::web::Data;
use conversations_application::webhooks::WebhookService;
use conversations_domain::WebhookId;

use super::WebhookBody;
use crate::caller::{Caller, ReadWebhooks};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::query::{NoParameters, ValidatedQuery};
use crate::reply::Single;

pub(crate) async fn get(
    caller: Caller<ReadWebhooks>,
    service: Data<WebhookService>,
    id: IdPath<WebhookId>,
    _: ValidatedQuery<NoParameters>,
) -> Result<Single<WebhookBody>, ApiError> {
    let details = service.get(&caller, id.0).await?;
    Ok(Single::of(details))
}
