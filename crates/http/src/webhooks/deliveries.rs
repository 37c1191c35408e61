//! Listing the deliveries of a webhook.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::ports::DeliveryFilter;
use conversations_application::webhooks::WebhookService;
use conversations_domain::{DeliveryStatus, EventId, WebhookId};

use super::delivery_body::DeliveryBody;
use crate::caller::{Caller, ReadWebhooks};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::page::ListBody;
use crate::query::{FromQuery, QueryReader, ValidatedQuery};
use crate::schema::OperationDescription;

/// Which deliveries are wanted, and which page of them.
pub(crate) struct DeliveriesQuery {
    filter: DeliveryFilter,
    page: PageRequest,
}

pub(crate) async fn list_deliveries(
    caller: Caller<ReadWebhooks>,
    service: Data<WebhookService>,
    id: IdPath<WebhookId>,
    query: ValidatedQuery<DeliveriesQuery>,
) -> Result<ListBody<DeliveryBody>, ApiError> {
    let DeliveriesQuery { filter, page } = query.0;
    let deliveries = service.list_deliveries(&caller, id.0, filter, page).await?;
    Ok(ListBody::new(page, deliveries))
}

impl FromQuery for DeliveriesQuery {
    fn read(query: &mut QueryReader) -> Self {
        let filter = DeliveryFilter { status: query.one("status"), event: query.one("eventId") };
        Self { filter, page: query.page() }
    }

    fn describe(operation: &mut OperationDescription) {
        operation.takes_from_query::<DeliveryStatus>("status", "Only deliveries with this status.");
        operation.takes_from_query::<EventId>("eventId", "Only deliveries of this event.");
        PageRequest::describe(operation);
    }
}
