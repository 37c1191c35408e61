//! The use cases of webhooks.

mod create;
mod delete;
mod deliver;
mod deliveries;
mod get;
mod list;
mod redeliver;
mod replay;
mod rotate_secret;
mod send;
mod update;

use std::sync::Arc;

use conversations_domain::WebhookSecret;

pub use create::WebhookWithSecret;
pub use delete::DeleteWebhook;
pub use deliver::{DeliveryEnd, DeliveryMetrics, DeliveryPorts, DeliveryService, Lease, Leased};
pub use redeliver::Redelivered;
pub use replay::ReplayWebhook;
pub use rotate_secret::RotateWebhookSecret;
pub use send::Tested;
pub use update::UpdateWebhook;

use crate::events::EventService;
use crate::ports::{
    DeliveryRepository, EventFeed, EventRenderer, WebhookAddressCheck, WebhookRepository,
    WebhookSender,
};
use crate::{ContextFactory, Error};

/// What webhooks need from outside.
#[derive(Clone)]
pub struct WebhookPorts {
    /// Stores webhooks.
    pub webhooks: Arc<dyn WebhookRepository>,
    /// Stores deliveries.
    pub deliveries: Arc<dyn DeliveryRepository>,
    /// The feed, in which webhooks have their positions.
    pub feed: Arc<dyn EventFeed>,
    /// Sends requests.
    pub sender: Arc<dyn WebhookSender>,
    /// Renders events.
    pub renderer: Arc<dyn EventRenderer>,
    /// Checks URLs.
    pub addresses: Arc<dyn WebhookAddressCheck>,
}

/// The use cases of webhooks.
#[derive(Clone)]
pub struct WebhookService {
    ports: WebhookPorts,
    events: EventService,
    contexts: ContextFactory,
}

impl WebhookService {
    /// The service over these ports.
    #[must_use]
    pub fn new(ports: WebhookPorts, events: EventService, contexts: ContextFactory) -> Self {
        Self { ports, events, contexts }
    }
}

/// A new secret of random bits of the operating system.
fn new_secret() -> Result<WebhookSecret, Error> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(WebhookSecret::from_bytes(key))
}

#[cfg(test)]
mod tests;
