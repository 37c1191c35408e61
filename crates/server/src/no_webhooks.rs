//! What a server without a sender of webhooks has in its place: every request fails at once.

use std::future::ready;
use std::pin::Pin;
use std::time::Duration;

use conversations_application::ports::{
    RefusedAddress, WebhookAddressCheck, WebhookAttempt, WebhookRequest, WebhookSender,
};
use conversations_domain::{DeliveryError, WebhookUrl};

/// Sends nothing.
pub(crate) struct NoWebhooks;

impl WebhookSender for NoWebhooks {
    fn send<'a, 'b>(
        &'a self,
        _: WebhookRequest,
    ) -> Pin<Box<dyn Future<Output = WebhookAttempt> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(ready(WebhookAttempt {
            duration: Duration::ZERO,
            status_code: None,
            error: Some(DeliveryError::Dns),
            retry_after: None,
        }))
    }
}

impl WebhookAddressCheck for NoWebhooks {
    fn check(&self, url: &WebhookUrl) -> Result<(), RefusedAddress> {
        if url.as_str().starts_with("https://") { Ok(()) } else { Err(RefusedAddress::NotHttps) }
    }
}
