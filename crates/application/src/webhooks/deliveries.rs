//! Listing the deliveries of a webhook.

use conversations_domain::{Delivery, DeliveryStatus, WebhookId};

use super::WebhookService;
use crate::page::ListScope;
use crate::ports::DeliveryFilter;
use crate::{Caller, Error, Page, PageRequest, SortKey};

impl WebhookService {
    /// A page of the deliveries of a webhook, newest first, with the exact total. A retry that has to wait
    /// for the webhook shows when that is over, or no time.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such webhook; [`Error::InvalidCursor`].
    pub async fn list_deliveries(
        &self,
        caller: &Caller,
        id: WebhookId,
        filter: DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<Delivery>, Error> {
        let DeliveryFilter { status, event } = filter;
        let resolved = ListScope::of(caller.workspace, "deliveries")
            .with(id)
            .with_any_of(status.map(DeliveryStatus::as_str))
            .with_any_of(event)
            .resolve(page)?;
        let details = self.get(caller, id).await?;
        let window = resolved.window;
        let mut found = self.ports.deliveries.list(caller.workspace, id, filter, window).await?;
        found.items = found.items.into_iter().map(|delivery| details.shown(delivery)).collect();
        Ok(resolved.page(found, |delivery| SortKey::of_id(delivery.id)))
    }
}
