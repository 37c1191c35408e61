//! Listing webhooks.

use super::WebhookService;
use crate::page::ListScope;
use crate::read_model::WebhookDetails;
use crate::{Caller, Error, Page, PageRequest, SortKey};

impl WebhookService {
    /// A page of the workspace's webhooks, newest first, with the exact total.
    ///
    /// # Errors
    /// [`Error::InvalidCursor`] when the cursor belongs to another list.
    pub async fn list(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<WebhookDetails>, Error> {
        let resolved = ListScope::of(caller.workspace, "webhooks").resolve(page)?;
        let found = self.ports.webhooks.list(caller.workspace, resolved.window).await?;
        Ok(resolved.page(found, |details| SortKey::of_id(details.webhook.id())))
    }
}
