//! Reading one webhook.

use conversations_domain::WebhookId;

use super::WebhookService;
use crate::read_model::WebhookDetails;
use crate::{Caller, Error};

impl WebhookService {
    /// The webhook with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such webhook.
    pub async fn get(&self, caller: &Caller, id: WebhookId) -> Result<WebhookDetails, Error> {
        self.ports.webhooks.find(caller.workspace, id).await?.ok_or(Error::NotFound)
    }
}
