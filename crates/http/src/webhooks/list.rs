//! Listing webhooks.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::webhooks::WebhookService;

use super::WebhookBody;
use crate::caller::{Caller, ReadWebhooks};
use crate::error::ApiError;
use crate::page::ListBody;
use crate::query::ValidatedQuery;

pub(crate) async fn list(
    caller: Caller<ReadWebhooks>,
    service: Data<WebhookService>,
    page: ValidatedQuery<PageRequest>,
) -> Result<ListBody<WebhookBody>, ApiError> {
    let webhooks = service.list(&caller, page.0).await?;
    Ok(ListBody::new(page.0, webhooks))
}
