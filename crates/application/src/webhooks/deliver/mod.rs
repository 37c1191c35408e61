//! Sending the events of webhooks: each server takes webhooks that have something to send, one lease
//! each, and sends until nothing is left.
//!
//! The feed is the queue. A webhook has a position in it; an event whose first attempt failed gets a
//! delivery of its own, which is retried, and the position goes on. Nothing here waits for a time or
//! starts a task: the server does that, and calls [`DeliveryService::lease`], [`DeliveryService::deliver`]
//! and [`DeliveryService::renew`].

mod attempt;
mod counters;
mod first_attempts;
mod session;
mod turns;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conversations_domain::{Timestamp, WebhookId, WorkspaceId};
use uuid::Uuid;

pub use counters::DeliveryMetrics;

use crate::Error;
use crate::events::EventService;
use crate::ports::{
    Clock, DeliveryRepository, EventRenderer, IdGenerator, LeaseHolder, LeaseRequest,
    LeasedWebhook, WebhookSender,
};
use counters::DeliveryCounters;
use session::Session;
use turns::Turns;

/// Sends the events of webhooks. All clones are of one process.
#[derive(Clone)]
pub struct DeliveryService {
    deliveries: Arc<dyn DeliveryRepository>,
    sender: Arc<dyn WebhookSender>,
    renderer: Arc<dyn EventRenderer>,
    events: EventService,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    lease: Duration,
    turns: Turns,
    counters: Arc<DeliveryCounters>,
    is_stopping: Arc<AtomicBool>,
}

/// The adapters that deliveries need.
#[derive(Clone)]
pub struct DeliveryPorts {
    /// Where webhooks and deliveries are stored.
    pub deliveries: Arc<dyn DeliveryRepository>,
    /// What sends requests.
    pub sender: Arc<dyn WebhookSender>,
    /// What renders events.
    pub renderer: Arc<dyn EventRenderer>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn IdGenerator>,
}

/// The right to deliver a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    workspace: WorkspaceId,
    webhook: WebhookId,
    holder: LeaseHolder,
}

/// A webhook that this process may deliver.
#[derive(Clone)]
pub struct Leased {
    lease: Lease,
    webhook: LeasedWebhook,
}

/// How the delivery of a leased webhook ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryEnd {
    /// Something was sent or skipped: there may be more.
    Progress,
    /// Nothing could be done. To try again at once would be no different.
    NoProgress,
}

impl DeliveryService {
    /// The most requests that a process sends at the same time.
    pub const MAX_REQUESTS: usize = 64;

    /// The most requests of one webhook at the same time.
    pub const MAX_REQUESTS_PER_WEBHOOK: usize = 8;

    /// The most deliveries of a webhook that wait for a retry. With more, no new event is attempted.
    pub const MAX_PENDING: u64 = 1_000;

    /// The service over these ports. A lease lasts for this long unless it is renewed.
    #[must_use]
    pub fn new(ports: DeliveryPorts, events: EventService, lease: Duration) -> Self {
        let DeliveryPorts { deliveries, sender, renderer, clock, ids } = ports;
        Self {
            deliveries,
            sender,
            renderer,
            events,
            clock,
            ids,
            lease,
            turns: Turns::new(Self::MAX_REQUESTS),
            counters: Arc::default(),
            is_stopping: Arc::default(),
        }
    }

    /// Takes leases of at most this many webhooks that have something to send. Each call has a holder of
    /// its own: a webhook that was changed, and taken again, is not delivered as it was before.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn lease(&self, limit: u32) -> Result<Vec<Leased>, Error> {
        let now = self.clock.now();
        let (holder, until) = (LeaseHolder(self.ids.next(now)), now.after(self.lease));
        let request = LeaseRequest { holder, now, until, limit };
        let leased = self.deliveries.lease(request).await?;
        Ok(leased.into_iter().map(|webhook| Leased::new(webhook, holder)).collect())
    }

    /// Extends a lease; `false` if it was lost.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn renew(&self, lease: Lease) -> Result<bool, Error> {
        let Lease { workspace, webhook, holder } = lease;
        let until = self.clock.now().after(self.lease);
        Ok(self.deliveries.renew(workspace, webhook, holder, until).await?)
    }

    /// Sends what a leased webhook has to send, and returns the lease.
    ///
    /// # Errors
    /// When the storage cannot answer, or the lease was lost. What was sent and not stored is sent again,
    /// with the same ids.
    pub async fn deliver(&self, leased: Leased) -> Result<DeliveryEnd, Error> {
        let lease = leased.lease;
        let end = Session::new(self, leased).run().await;
        self.give_back(lease).await?;
        end
    }

    /// Gives a lease back whose delivery was interrupted. What was in flight is sent again, with the same
    /// ids.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn give_back(&self, lease: Lease) -> Result<(), Error> {
        let Lease { workspace, webhook, holder } = lease;
        Ok(self.deliveries.release(workspace, webhook, holder).await?)
    }

    /// Begins no further attempts. Those in flight end, and are stored.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
    }

    /// Deletes some of the deliveries before this time; `false` if none are left.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn delete_some_expired(&self, before: Timestamp) -> Result<bool, Error> {
        Ok(self.deliveries.delete_expired(before).await?)
    }

    /// Counts the webhooks of the storage, for [`Self::metrics`].
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn count_webhooks(&self) -> Result<(), Error> {
        self.counters.set_webhooks(self.deliveries.counts().await?);
        Ok(())
    }

    /// What the deliveries of this process come to.
    #[must_use]
    pub fn metrics(&self) -> DeliveryMetrics {
        self.counters.metrics()
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }

    fn next_id(&self) -> Uuid {
        self.ids.next(self.clock.now())
    }
}

impl Leased {
    fn new(webhook: LeasedWebhook, holder: LeaseHolder) -> Self {
        let id = webhook.details.webhook.id();
        Self { lease: Lease { workspace: webhook.workspace, webhook: id, holder }, webhook }
    }

    /// Its lease.
    #[must_use]
    pub fn lease(&self) -> Lease {
        self.lease
    }
}

impl Lease {
    /// The webhook.
    #[must_use]
    pub fn webhook(&self) -> WebhookId {
        self.webhook
    }
}

#[cfg(test)]
mod tests;
