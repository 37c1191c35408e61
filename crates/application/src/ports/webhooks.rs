//! The storage of webhooks and of their deliveries. The feed is the queue: a webhook has a position in it,
//! and rows of its own only for the delivery log and for single deliveries that are retried.

use async_trait::async_trait;
use conversations_domain::{
    Delivery, DeliveryStatus, EventCursor, EventId, Origin, ReceiverHealth, SigningSecrets,
    Timestamp, Webhook, WebhookDeliveryId, WebhookId, WorkspaceId,
};
use uuid::Uuid;

use super::{
    Commit, Deletion, DeletionOutcome, OptionalResponse, RepositoryError, ResponseToStore, Updated,
};
use crate::read_model::WebhookDetails;
use crate::{PageSlice, PageWindow};

/// A webhook to create.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookToCreate {
    /// The webhook.
    pub webhook: Webhook,
    /// Its secrets.
    pub secrets: SigningSecrets,
    /// Where in the feed it starts.
    pub position: EventCursor,
}

/// A change of a webhook. It ends the lease, so that the next delivery is made as the webhook is then.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUpdate {
    /// The webhook.
    pub revision: Updated<Webhook>,
    /// Other secrets, if they change.
    pub secrets: Option<SigningSecrets>,
    /// Another position, if it changes.
    pub position: Option<EventCursor>,
    /// Another health of the receiver, if it starts anew.
    pub health: Option<ReceiverHealth>,
}

/// The result of creating something of which a workspace has a limited number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreationOutcome {
    /// It is stored.
    Done,
    /// The workspace has as many as it may have.
    LimitReached,
}

/// Stores webhooks.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait WebhookRepository: Send + Sync {
    /// The webhook with this id.
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
    ) -> Result<Option<WebhookDetails>, RepositoryError>;

    /// A window of the webhooks, newest first, and how many there are.
    async fn list(
        &self,
        workspace: WorkspaceId,
        window: PageWindow,
    ) -> Result<PageSlice<WebhookDetails>, RepositoryError>;

    /// The secrets of a webhook.
    async fn secrets(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
    ) -> Result<Option<SigningSecrets>, RepositoryError>;

    /// Stores a new webhook, unless the workspace has [`Webhook::MAX_COUNT`] of them.
    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<WebhookToCreate, OptionalResponse>,
    ) -> Result<CreationOutcome, RepositoryError>;

    /// Stores a changed webhook.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when another version is stored.
    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<WebhookUpdate, OptionalResponse>,
    ) -> Result<(), RepositoryError>;

    /// Keeps a reply that shows a webhook, of a command that changed nothing.
    ///
    /// # Errors
    /// [`RepositoryError::Repeated`] when the idempotency key was used before;
    /// [`RepositoryError::Stale`] when the webhook is gone.
    async fn store_response(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        response: ResponseToStore<()>,
    ) -> Result<(), RepositoryError>;

    /// Deletes a webhook with its secrets and deliveries. What is not deleted is not audited.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when it is in another version than it must be.
    async fn delete(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Deletion<WebhookId>>,
    ) -> Result<DeletionOutcome, RepositoryError>;
}

/// The process that delivers the events of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseHolder(pub Uuid);

/// Which webhooks a process wants to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseRequest {
    /// The process.
    pub holder: LeaseHolder,
    /// The current time.
    pub now: Timestamp,
    /// When the lease ends unless it is renewed.
    pub until: Timestamp,
    /// At most this many.
    pub limit: u32,
}

/// A webhook that a process may deliver, as long as it has the lease.
#[derive(Clone, PartialEq, Eq)]
pub struct LeasedWebhook {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The webhook, its position and its health.
    pub details: WebhookDetails,
    /// Its secrets.
    pub secrets: SigningSecrets,
}

/// What a process did for a webhook since it took the lease or last reported: all of it is stored, or
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The webhook.
    pub webhook: WebhookId,
    /// The process, which has the lease.
    pub holder: LeaseHolder,
    /// The position up to which first attempts were made, if it moved.
    pub position: Option<EventCursor>,
    /// The health of the receiver after the attempts.
    pub health: ReceiverHealth,
    /// The new and the changed deliveries.
    pub deliveries: Vec<Delivery>,
    /// Who writes, for `webhook.disabled`, which the storage creates when `health` is disabled and was not
    /// before.
    pub origin: Origin,
}

/// A change of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryChange {
    /// It, as it was loaded.
    pub loaded: Delivery,
    /// It, as it is to be.
    pub changed: Delivery,
}

/// Which deliveries to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeliveryFilter {
    /// Only those with this status.
    pub status: Option<DeliveryStatus>,
    /// Only those of this event.
    pub event: Option<EventId>,
}

/// How many webhooks have something to do or a problem, over all workspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WebhookCounts {
    /// Those that deliver.
    pub healthy: u64,
    /// Those whose receiver fails.
    pub failing: u64,
    /// Those that were switched off.
    pub paused: u64,
    /// Those that the service disabled.
    pub disabled: u64,
    /// The number of events after the positions of those that deliver or fail.
    pub behind: u64,
}

/// Stores the progress of deliveries, and which process makes them.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait DeliveryRepository: Send + Sync {
    /// Leases webhooks, of all workspaces, that have something to send: an event after their position, or a
    /// delivery to retry. Webhooks that are switched off, disabled, not yet to resume, or leased by
    /// another process are left out, and so are those whose lease the same process still has.
    async fn lease(&self, request: LeaseRequest) -> Result<Vec<LeasedWebhook>, RepositoryError>;

    /// Extends a lease; `false` if the process no longer has it.
    async fn renew(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        holder: LeaseHolder,
        until: Timestamp,
    ) -> Result<bool, RepositoryError>;

    /// Ends a lease, if the process has it.
    async fn release(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        holder: LeaseHolder,
    ) -> Result<(), RepositoryError>;

    /// The deliveries of a webhook that are to be retried at this time, the earliest first.
    async fn due_retries(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, RepositoryError>;

    /// How many deliveries of a webhook are to be retried, now or later.
    async fn count_pending(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
    ) -> Result<u64, RepositoryError>;

    /// Stores attempts, and moves the position, in one transaction.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when the process no longer has the lease.
    async fn record(
        &self,
        workspace: WorkspaceId,
        report: DeliveryReport,
    ) -> Result<(), RepositoryError>;

    /// The delivery of a webhook with this id.
    async fn find(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        id: WebhookDeliveryId,
    ) -> Result<Option<Delivery>, RepositoryError>;

    /// A window of the deliveries of a webhook, newest first, and how many there are.
    async fn list(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        filter: DeliveryFilter,
        window: PageWindow,
    ) -> Result<PageSlice<Delivery>, RepositoryError>;

    /// Stores a delivery that a caller had sent again, and the reply to that, if it is to be kept.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when it is gone, or no longer has the attempts that were loaded;
    /// [`RepositoryError::Repeated`] when the idempotency key was used before.
    async fn update(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        change: DeliveryChange,
        response: OptionalResponse,
    ) -> Result<(), RepositoryError>;

    /// Deletes some of the deliveries that began before this time and are not retried; `false` if there were
    /// none.
    async fn delete_expired(&self, before: Timestamp) -> Result<bool, RepositoryError>;

    /// How many webhooks there are, by what they do.
    async fn counts(&self) -> Result<WebhookCounts, RepositoryError>;
}
