//! Deliveries: which process delivers which webhook, and what it reports.

use conversations_application::ports::{
    Commit, Deletion, DeliveryChange, DeliveryFilter, DeliveryReport, LeaseHolder, LeaseRequest,
    LeasedWebhook, RepositoryError, Updated, WebhookCounts, WebhookUpdate,
};
use conversations_application::{PageStart, PageWindow};
use conversations_domain::{
    Change, Delivery, DeliveryError, DeliveryStatus, DisabledReason, EventCursor, EventId,
    EventSubject, EventType, ReceiverHealth, Sequence, Timestamp, Webhook, WebhookChanges,
    WebhookDeliveryId, WebhookId,
};
use conversations_persistence::Repositories;
use uuid::Uuid;

use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{
    a_delivery, a_failed_delivery, a_webhook, an_attempt, an_inbox, an_origin, at, next_id,
    signing_secrets,
};

const ONE: LeaseHolder = LeaseHolder(Uuid::from_u128(1));
const OTHER: LeaseHolder = LeaseHolder(Uuid::from_u128(2));

/// Tries to lease what has something to send at this time, for ten milliseconds.
async fn lease(
    repositories: &Repositories,
    holder: LeaseHolder,
    now: Timestamp,
) -> Vec<LeasedWebhook> {
    let until = now.after(std::time::Duration::from_millis(10));
    let request = LeaseRequest { holder, now, until, limit: 10 };
    repositories.deliveries.lease(request).await.expect("leases are taken")
}

fn ids(leased: &[LeasedWebhook]) -> Vec<WebhookId> {
    leased.iter().map(|leased| leased.details.webhook.id()).collect()
}

/// A report of a process that has the lease of a webhook, without anything in it.
fn report(webhook: &Webhook, holder: LeaseHolder) -> DeliveryReport {
    DeliveryReport {
        webhook: webhook.id(),
        holder,
        position: None,
        health: ReceiverHealth::default(),
        deliveries: Vec::new(),
        origin: an_origin(),
    }
}

impl Tenant<'_> {
    /// A webhook behind the feed.
    async fn due_webhook(&self) -> Webhook {
        let webhook = self.webhook(a_webhook()).await;
        self.inbox(an_inbox()).await;
        webhook
    }

    /// A webhook that has a delivery.
    pub(super) async fn webhook_with_a_delivery(&self) -> Webhook {
        // The inbox of the workspace has left an event.
        let webhook = self.webhook(a_webhook()).await;
        lease(self.repositories, ONE, at(0)).await;
        let deliveries = vec![a_failed_delivery(1, at(40))];
        let reported = DeliveryReport { deliveries, ..report(&webhook, ONE) };
        self.record(reported).await.expect("it has the lease");
        webhook
    }

    async fn record(&self, report: DeliveryReport) -> Result<(), RepositoryError> {
        self.repositories.deliveries.record(self.id, report).await
    }

    async fn update_webhook(&self, webhook: &Webhook, changes: WebhookChanges) -> Webhook {
        let mut changed = webhook.clone();
        assert!(changed.change(changes, at(1)));
        let revision =
            Updated { changed: changed.clone(), loaded: webhook.version(), fields: Vec::new() };
        let update = WebhookUpdate { revision, secrets: None, position: None, health: None };
        let commit = Commit::of(an_origin(), update);
        self.repositories.webhooks.update(self.id, commit).await.expect("it is stored");
        changed
    }

    async fn delivery(&self, webhook: &Webhook, id: WebhookDeliveryId) -> Option<Delivery> {
        let found = self.repositories.deliveries.find(self.id, webhook.id(), id).await;
        found.expect("deliveries are read")
    }

    async fn deliveries(&self, webhook: &Webhook, filter: DeliveryFilter) -> Vec<Delivery> {
        let window = PageWindow { start: PageStart::Offset(0), limit: 100 };
        let found = self.repositories.deliveries.list(self.id, webhook.id(), filter, window).await;
        let found = found.expect("deliveries are listed");
        assert_eq!(found.total, found.items.len() as u64);
        found.items
    }

    async fn due_retries(&self, webhook: &Webhook, now: Timestamp) -> Vec<Delivery> {
        let due = self.repositories.deliveries.due_retries(self.id, webhook.id(), now, 10).await;
        due.expect("retries are read")
    }
}

/// A webhook that is behind the feed is leased to one process at a time, with all that it needs.
pub async fn a_webhook_has_one_lease_at_a_time(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.due_webhook().await;

    let leased = lease(repositories, ONE, at(0)).await;

    assert_eq!(ids(&leased), [webhook.id()]);
    let LeasedWebhook { workspace, details, secrets } = &leased[0];
    assert_eq!((*workspace, &details.webhook), (tenant.id, &webhook));
    assert_eq!(details.position, EventCursor::beginning(tenant.id));
    assert!(*secrets == signing_secrets(1));
    assert_eq!(ids(&lease(repositories, OTHER, at(9)).await), []);
    assert_eq!(ids(&lease(repositories, ONE, at(9)).await), []);
}

/// A lease ends by itself, is renewed by its holder alone, and can be given back.
pub async fn a_lease_ends_unless_it_is_renewed(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.due_webhook().await;
    let renew =
        |holder, until| repositories.deliveries.renew(tenant.id, webhook.id(), holder, until);

    assert_eq!(ids(&lease(repositories, ONE, at(0)).await), [webhook.id()]);
    assert_eq!(renew(OTHER, at(99)).await.ok(), Some(false));
    assert_eq!(renew(ONE, at(20)).await.ok(), Some(true));
    assert_eq!(ids(&lease(repositories, OTHER, at(19)).await), []);
    assert_eq!(ids(&lease(repositories, OTHER, at(20)).await), [webhook.id()]);
    assert_eq!(renew(ONE, at(99)).await.ok(), Some(false));
    assert_stale(&tenant.record(report(&webhook, ONE)).await);

    for holder in [ONE, OTHER] {
        let released = repositories.deliveries.release(tenant.id, webhook.id(), holder).await;
        assert!(released.is_ok(), "{released:?}");
        let expected = if holder == OTHER { vec![webhook.id()] } else { vec![] };
        assert_eq!(ids(&lease(repositories, ONE, at(21)).await), expected);
    }
}

/// Of several processes, each webhook has one.
pub async fn processes_share_the_webhooks(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut expected = Vec::new();
    for _ in 0..8 {
        expected.push(tenant.due_webhook().await.id());
    }
    let take = |number| {
        let deliveries = std::sync::Arc::clone(&repositories.deliveries);
        async move {
            let holder = LeaseHolder(Uuid::from_u128(number));
            let request = LeaseRequest { holder, now: at(0), until: at(10), limit: 8 };
            deliveries.lease(request).await.expect("leases are taken")
        }
    };

    let leased = super::bulk::at_once((1..=4).map(take)).await;

    let mut found: Vec<_> = leased.iter().flat_map(|leased| ids(leased)).collect();
    found.sort_unstable();
    assert_eq!(found, expected);
}

/// What has nothing to send, is switched off, disabled, or waits is not leased.
pub async fn only_webhooks_with_something_to_send_are_leased(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.due_webhook().await;
    assert_eq!(ids(&lease(repositories, ONE, at(0)).await), [webhook.id()]);
    let latest = tenant.feed_page(super::feed::all()).await.ends.latest;
    let waiting = ReceiverHealth { resumes_at: Some(at(50)), ..ReceiverHealth::default() };
    let waits = DeliveryReport { health: waiting, ..report(&webhook, ONE) };
    tenant.record(waits).await.expect("it has the lease");

    assert_eq!(ids(&lease(repositories, ONE, at(49)).await), [], "it waits");
    assert_eq!(ids(&lease(repositories, ONE, at(50)).await), [webhook.id()]);
    let reached = DeliveryReport { position: Some(latest), ..report(&webhook, ONE) };
    tenant.record(reached).await.expect("it has the lease");
    assert_eq!(ids(&lease(repositories, ONE, at(70)).await), [], "it is at the end");
    tenant.inbox(an_inbox()).await;
    let off = WebhookChanges { is_active: Change::To(false), ..WebhookChanges::default() };
    let off = tenant.update_webhook(&webhook, off).await;
    assert_eq!(ids(&lease(repositories, ONE, at(90)).await), [], "it is switched off");
    let on = WebhookChanges { is_active: Change::To(true), ..WebhookChanges::default() };
    let on = tenant.update_webhook(&off, on).await;
    assert_eq!(ids(&lease(repositories, ONE, at(110)).await), [webhook.id()]);
    let gone = ReceiverHealth { disabled: Some(DisabledReason::Gone), ..ReceiverHealth::default() };
    let disabled = DeliveryReport { health: gone, ..report(&on, ONE) };
    tenant.record(disabled).await.expect("it has the lease");
    assert_eq!(ids(&lease(repositories, ONE, at(130)).await), [], "it is disabled");
}

/// A change of a webhook ends its lease, so that nothing is sent as it was before.
pub async fn a_change_ends_the_lease(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.due_webhook().await;
    assert_eq!(ids(&lease(repositories, ONE, at(0)).await), [webhook.id()]);

    let name = Change::To(crate::fixtures::name("Other"));
    let changes = WebhookChanges { name, ..WebhookChanges::default() };
    let changed = tenant.update_webhook(&webhook, changes).await;

    assert_stale(&tenant.record(report(&webhook, ONE)).await);
    let leased = lease(repositories, OTHER, at(1)).await;
    assert_eq!(leased[0].details.webhook, changed);
}

/// Attempts, position and health are stored together.
pub async fn a_report_is_stored_whole(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.due_webhook().await;
    assert_eq!(ids(&lease(repositories, ONE, at(0)).await), [webhook.id()]);
    let (sent, failed) = (a_delivery(1), a_failed_delivery(2, at(40)));
    let position = EventCursor::at(Sequence::new(2), EventId::from_uuid(next_id(at(0))));
    let health = ReceiverHealth {
        consecutive_failures: 1,
        failing_since: Some(at(3)),
        ..ReceiverHealth::default()
    };

    let reported = DeliveryReport {
        position: Some(position),
        health,
        deliveries: vec![sent.clone(), failed.clone()],
        ..report(&webhook, ONE)
    };
    tenant.record(reported).await.expect("it has the lease");

    let stored = tenant.stored_webhook(webhook.id()).await.expect("it is there");
    assert_eq!((stored.position, stored.health), (position, health));
    assert_eq!(stored.webhook, webhook, "its version counts changes of the settings");
    let all = tenant.deliveries(&webhook, DeliveryFilter::default()).await;
    assert_eq!(all, [failed.clone(), sent.clone()]);
    assert_eq!(tenant.due_retries(&webhook, at(39)).await, []);
    assert_eq!(tenant.due_retries(&webhook, at(40)).await, std::slice::from_ref(&failed));
    let pending = repositories.deliveries.count_pending(tenant.id, webhook.id()).await;
    assert_eq!(pending.ok(), Some(1));

    let mut retried = failed;
    retried.add_attempt(an_attempt(at(41), None), None);
    let reported = DeliveryReport { deliveries: vec![retried.clone()], ..report(&webhook, ONE) };
    tenant.record(reported).await.expect("it has the lease");

    assert_eq!(tenant.delivery(&webhook, retried.id).await, Some(retried.clone()));
    assert_eq!(tenant.due_retries(&webhook, at(99)).await, []);
    let health = tenant.stored_webhook(webhook.id()).await.map(|found| found.health);
    assert_eq!(health, Some(ReceiverHealth::default()));
}

/// A delivery to retry makes a webhook due that is at the end of the feed.
pub async fn a_retry_makes_a_webhook_due(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.due_webhook().await;
    let latest = tenant.feed_page(super::feed::all()).await.ends.latest;
    assert_eq!(ids(&lease(repositories, ONE, at(0)).await), [webhook.id()]);
    let reported = DeliveryReport {
        position: Some(latest),
        deliveries: vec![a_failed_delivery(1, at(40)), a_failed_delivery(2, at(30))],
        ..report(&webhook, ONE)
    };
    tenant.record(reported).await.expect("it has the lease");

    assert_eq!(ids(&lease(repositories, ONE, at(29)).await), []);
    assert_eq!(ids(&lease(repositories, ONE, at(30)).await), [webhook.id()]);
}

/// When a report disables a webhook, the feed tells so once.
pub async fn disabling_a_webhook_creates_one_event(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.due_webhook().await;
    let health =
        ReceiverHealth { disabled: Some(DisabledReason::Failing), ..ReceiverHealth::default() };
    assert_eq!(ids(&lease(repositories, ONE, at(0)).await), [webhook.id()]);

    for _ in 0..2 {
        let reported = DeliveryReport { health, ..report(&webhook, ONE) };
        tenant.record(reported).await.expect("it has the lease");
    }

    let events = tenant.feed_page(super::feed::all()).await.events;
    let told: Vec<_> = events
        .iter()
        .map(|recorded| &recorded.event.change)
        .filter(|change| change.kind == EventType::WebhookDisabled)
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].subject, EventSubject::Webhook(webhook.id()));
    assert_eq!(told[0].version, webhook.version());
}

/// A filter finds the same as the list has, and an id of another webhook finds nothing.
pub async fn filters_deliveries(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (webhook, other) = (tenant.due_webhook().await, tenant.due_webhook().await);
    assert_eq!(lease(repositories, ONE, at(0)).await.len(), 2);
    let (sent, failed) = (a_delivery(1), a_failed_delivery(2, at(40)));
    let deliveries = vec![sent.clone(), failed.clone()];
    let reported = DeliveryReport { deliveries, ..report(&webhook, ONE) };
    tenant.record(reported).await.expect("it has the lease");
    let filter = |status, event| DeliveryFilter { status, event };

    for (filter, expected) in [
        (filter(Some(DeliveryStatus::Success), None), vec![sent.clone()]),
        (filter(Some(DeliveryStatus::Failed), None), vec![]),
        (filter(None, Some(failed.event)), vec![failed.clone()]),
        (filter(Some(DeliveryStatus::Success), Some(failed.event)), vec![]),
    ] {
        assert_eq!(tenant.deliveries(&webhook, filter).await, expected, "{filter:?}");
        assert_eq!(tenant.deliveries(&other, filter).await, [], "{filter:?}");
    }
    assert_eq!(tenant.delivery(&other, sent.id).await, None);
}

/// An attempt that a caller asked for is added, unless another one came first.
pub async fn an_attempt_in_between_makes_an_update_stale(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.due_webhook().await;
    assert_eq!(ids(&lease(repositories, ONE, at(0)).await), [webhook.id()]);
    let failed = a_failed_delivery(1, at(40));
    let reported = DeliveryReport { deliveries: vec![failed.clone()], ..report(&webhook, ONE) };
    tenant.record(reported).await.expect("it has the lease");
    let update = |loaded: &Delivery, changed: &Delivery| {
        let change = DeliveryChange { loaded: loaded.clone(), changed: changed.clone() };
        repositories.deliveries.update(tenant.id, webhook.id(), change, None)
    };

    let mut again = failed.clone();
    again.add_attempt(an_attempt(at(5), Some(DeliveryError::Status)), failed.next_attempt_at);
    assert!(update(&failed, &again).await.is_ok());
    let mut late = failed.clone();
    late.add_attempt(an_attempt(at(6), None), None);
    assert_stale(&update(&failed, &late).await);

    assert_eq!(tenant.delivery(&webhook, again.id).await, Some(again.clone()));
    let mut done = again.clone();
    done.add_attempt(an_attempt(at(7), None), None);
    assert!(update(&again, &done).await.is_ok());
    assert_eq!(tenant.due_retries(&webhook, at(99)).await, []);
}

/// Deliveries before a time go, except those that are to be retried.
pub async fn old_deliveries_expire(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.due_webhook().await;
    assert_eq!(ids(&lease(repositories, ONE, at(0)).await), [webhook.id()]);
    let (sent, failed) = (a_delivery(1), a_failed_delivery(2, at(40)));
    let newer = Delivery { id: WebhookDeliveryId::from_uuid(next_id(at(9))), ..a_delivery(3) };
    let deliveries = vec![sent, failed.clone(), newer.clone()];
    let reported = DeliveryReport { deliveries, ..report(&webhook, ONE) };
    tenant.record(reported).await.expect("it has the lease");

    assert_eq!(repositories.deliveries.delete_expired(at(9)).await.ok(), Some(true));
    assert_eq!(repositories.deliveries.delete_expired(at(9)).await.ok(), Some(false));

    let left = tenant.deliveries(&webhook, DeliveryFilter::default()).await;
    assert_eq!(left, [newer, failed]);
}

/// A webhook that has deliveries can be deleted.
pub async fn deliveries_go_with_their_webhook(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.due_webhook().await;
    assert_eq!(ids(&lease(repositories, ONE, at(0)).await), [webhook.id()]);
    let reported = DeliveryReport { deliveries: vec![a_delivery(1)], ..report(&webhook, ONE) };
    tenant.record(reported).await.expect("it has the lease");

    let commit = Commit::of(an_origin(), Deletion::of(webhook.id()));
    assert!(repositories.webhooks.delete(tenant.id, commit).await.is_ok());

    assert_eq!(tenant.deliveries(&webhook, DeliveryFilter::default()).await, []);
    assert_stale(&tenant.record(report(&webhook, ONE)).await);
    let counts = repositories.deliveries.counts().await;
    assert_eq!(counts.ok(), Some(WebhookCounts::default()));
}

/// The counts tell what webhooks do, and how far they are behind.
pub async fn counts_webhooks_by_what_they_do(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    tenant.due_webhook().await;
    let off = tenant.webhook(a_webhook()).await;
    let changes = WebhookChanges { is_active: Change::To(false), ..WebhookChanges::default() };
    tenant.update_webhook(&off, changes).await;
    let latest = tenant.feed_page(super::feed::all()).await.ends.latest;

    let counts = repositories.deliveries.counts().await.expect("counts");

    let behind = latest.sequence().number();
    let expected = WebhookCounts { healthy: 1, paused: 1, behind, ..WebhookCounts::default() };
    assert_eq!(counts, expected);
}
