//! Sending deliveries of webhooks, and what is sent.

use std::error::Error as StdError;
use std::time::Duration;

use async_trait::async_trait;
use conversations_domain::{
    AttemptOutcome, DeliveryError, EventId, Permissions, Timestamp, Webhook, WebhookHeaders,
    WebhookSecret, WebhookUrl,
};

use crate::read_model::EventDetails;

/// A request to the receiver of a webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookRequest {
    /// Where it is sent.
    pub url: WebhookUrl,
    /// The headers that the owner of the webhook adds.
    pub headers: WebhookHeaders,
    /// The secrets that sign it, newest first.
    pub secrets: Vec<WebhookSecret>,
    /// The id of the event: `webhook-id`.
    pub id: EventId,
    /// The time of the attempt: `webhook-timestamp`.
    pub timestamp: Timestamp,
    /// The body, JSON in UTF-8.
    pub body: Vec<u8>,
}

/// The result of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookAttempt {
    /// How long it took.
    pub duration: Duration,
    /// The status of the reply, if there was one.
    pub status_code: Option<u16>,
    /// Why it failed, if it did.
    pub error: Option<DeliveryError>,
    /// `Retry-After` of a 429 or 503.
    pub retry_after: Option<Duration>,
}

/// Sends requests to receivers of webhooks.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Sends one request, once.
    async fn send(&self, request: WebhookRequest) -> WebhookAttempt;
}

/// Why a server does not send to a URL. The message completes "this field …", and says nothing about what
/// a name resolves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedAddress {
    /// `http`, which the operator did not allow.
    #[error("must begin with https://")]
    NotHttps,
    /// A literal address of a network that the operator did not allow.
    #[error("must not be an address of a private or reserved network")]
    ForbiddenNetwork,
    /// The name of the machine itself, such as `localhost`.
    #[error("must not name this server or its network")]
    LocalName,
}

/// Checks URLs when a webhook is created or changed. Names are not resolved: each attempt does that.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait WebhookAddressCheck: Send + Sync {
    /// Checks the scheme and the host of a URL as it is written.
    ///
    /// # Errors
    /// When the server does not send there.
    fn check(&self, url: &WebhookUrl) -> Result<(), RefusedAddress>;
}

/// Why an event could not be rendered: a defect.
pub type RenderError = Box<dyn StdError + Send + Sync>;

/// Renders events as bodies of requests.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait EventRenderer: Send + Sync {
    /// An event for a receiver with these permissions.
    ///
    /// # Errors
    /// When it cannot be rendered: a defect.
    fn render(
        &self,
        event: &EventDetails,
        permissions: &Permissions,
    ) -> Result<Vec<u8>, RenderError>;

    /// The event of a test, `webhook.test`, which stands in no feed. Its id carries its time.
    ///
    /// # Errors
    /// When it cannot be rendered: a defect.
    fn render_test(&self, id: EventId, webhook: &Webhook) -> Result<Vec<u8>, RenderError>;
}

impl WebhookAttempt {
    /// What it tells about the receiver.
    #[must_use]
    pub fn outcome(self) -> AttemptOutcome {
        /// The status of a resource that does not come back.
        const GONE: u16 = 410;

        match self {
            Self { error: None, .. } => AttemptOutcome::Success,
            Self { status_code: Some(GONE), .. } => AttemptOutcome::Gone,
            Self { retry_after, .. } => AttemptOutcome::Failure { retry_after },
        }
    }
}
