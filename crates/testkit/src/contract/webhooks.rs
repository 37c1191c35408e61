//! Webhooks: how they are kept, found and changed.

use conversations_application::ports::{
    Commit, CreationOutcome, Deletion, DeletionOutcome, RepositoryError, Updated, WebhookToCreate,
    WebhookUpdate,
};
use conversations_application::read_model::WebhookDetails;
use conversations_application::{PageStart, PageWindow};
use conversations_domain::{
    Change, DisabledReason, EventCursor, EventId, ReceiverHealth, RetryPolicy, Sequence,
    SigningSecrets, Webhook, WebhookChanges, WebhookHeaders, WebhookId,
};
use conversations_persistence::Repositories;

use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{
    a_webhook, an_inbox, an_origin, at, name, next_id, signing_secrets, webhook_events, webhook_url,
};

impl Tenant<'_> {
    /// Stores a webhook that starts at the beginning of the feed.
    pub(super) async fn webhook(&self, webhook: Webhook) -> Webhook {
        let outcome = self.try_webhook(webhook.clone()).await;
        assert_eq!(outcome, CreationOutcome::Done);
        webhook
    }

    async fn try_webhook(&self, webhook: Webhook) -> CreationOutcome {
        let (secrets, position) = (signing_secrets(1), EventCursor::beginning(self.id));
        let commit = Commit::of(an_origin(), WebhookToCreate { webhook, secrets, position });
        self.repositories.webhooks.create(self.id, commit).await.expect("it is stored")
    }

    pub(super) async fn stored_webhook(&self, id: WebhookId) -> Option<WebhookDetails> {
        self.repositories.webhooks.find(self.id, id).await.expect("webhooks are read")
    }

    /// Tries to change a webhook that was loaded in this state.
    async fn change_webhook(
        &self,
        loaded: &Webhook,
        changes: WebhookChanges,
        with: impl FnOnce(&mut WebhookUpdate),
    ) -> Result<Webhook, RepositoryError> {
        let mut changed = loaded.clone();
        if !changed.change(changes, at(5)) {
            changed.touch(at(5));
        }
        let revision =
            Updated { changed: changed.clone(), loaded: loaded.version(), fields: Vec::new() };
        let mut update = WebhookUpdate { revision, secrets: None, position: None, health: None };
        with(&mut update);
        let commit = Commit::of(an_origin(), update);
        self.repositories.webhooks.update(self.id, commit).await.map(|()| changed)
    }
}

/// What is stored of a webhook that starts at the beginning, and has not delivered.
fn fresh(tenant: &Tenant<'_>, webhook: Webhook, behind: u64) -> WebhookDetails {
    let (position, health) = (EventCursor::beginning(tenant.id), ReceiverHealth::default());
    WebhookDetails { webhook, position, health, behind }
}

fn everything() -> PageWindow {
    PageWindow { start: PageStart::Offset(0), limit: 100 }
}

/// All settings, and the number of events after the position.
pub async fn round_trips_every_field(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut webhook = a_webhook();
    let headers = [("X-A".to_owned(), "\"'\\ ~".to_owned()), ("b".to_owned(), "2".to_owned())];
    let changes = WebhookChanges {
        name: Change::To(name("Ŋ'\"%_\\ 👩‍🚀")),
        url: Change::To(webhook_url("https://bücher.example/a?b=c%20d")),
        events: Change::To(webhook_events(&["*", "user.*", "message.created"])),
        headers: Change::To(WebhookHeaders::new(headers).expect("headers")),
        retry_policy: Change::To(RetryPolicy::new(3).expect("a number")),
        is_active: Change::To(false),
    };
    assert!(webhook.change(changes, at(3)));

    tenant.webhook(webhook.clone()).await;
    tenant.inbox(an_inbox()).await;

    // The numbers of events are known once the feed is read.
    let page = tenant.feed_page(super::feed::all()).await;
    let behind = page.ends.latest.sequence().number();
    let expected = fresh(&tenant, webhook.clone(), behind);
    assert_eq!(tenant.stored_webhook(webhook.id()).await, Some(expected));
    let secrets = repositories.webhooks.secrets(tenant.id, webhook.id()).await;
    assert!(secrets.expect("secrets are read") == Some(signing_secrets(1)));
}

/// An id that nothing has, or another workspace's webhook, is as good as none.
pub async fn finds_nothing_out_of_the_workspace(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let theirs = other.webhook(a_webhook()).await;

    for id in [theirs.id(), WebhookId::from_uuid(next_id(at(0)))] {
        assert_eq!(tenant.stored_webhook(id).await, None);
        let secrets = repositories.webhooks.secrets(tenant.id, id).await;
        assert!(secrets.expect("secrets are read").is_none());
        assert_stale(&tenant.change_webhook(&a_webhook(), paused(), |_| ()).await);
        let commit = Commit::of(an_origin(), Deletion::of(id));
        let deleted = repositories.webhooks.delete(tenant.id, commit).await;
        assert_eq!(deleted.ok(), Some(DeletionOutcome::Absent));
    }
    let found = repositories.webhooks.list(tenant.id, everything()).await.expect("a list");
    assert_eq!((found.items.len(), found.total), (0, 0));
    assert_eq!(other.stored_webhook(theirs.id()).await.map(|found| found.webhook), Some(theirs));
}

/// Newest first, with the total.
pub async fn lists_webhooks_newest_first(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (first, second) = (tenant.webhook(a_webhook()).await, tenant.webhook(a_webhook()).await);

    let window = PageWindow { start: PageStart::Offset(0), limit: 1 };
    let page = repositories.webhooks.list(tenant.id, window).await.expect("a list");
    let all = repositories.webhooks.list(tenant.id, everything()).await.expect("a list");

    let ids = |found: &[WebhookDetails]| {
        found.iter().map(|details| details.webhook.id()).collect::<Vec<_>>()
    };
    assert_eq!((ids(&page.items), page.total), (vec![second.id()], 2));
    assert_eq!((ids(&all.items), all.total), (vec![second.id(), first.id()], 2));
}

/// One more than allowed is not stored; another workspace may have as many.
pub async fn a_workspace_has_a_limited_number_of_webhooks(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    for _ in 0..Webhook::MAX_COUNT {
        tenant.webhook(a_webhook()).await;
    }

    assert_eq!(tenant.try_webhook(a_webhook()).await, CreationOutcome::LimitReached);

    let stored = repositories.webhooks.list(tenant.id, everything()).await.expect("a list");
    assert_eq!(stored.total, 50);
    other.webhook(a_webhook()).await;
}

fn paused() -> WebhookChanges {
    WebhookChanges { is_active: Change::To(false), ..WebhookChanges::default() }
}

/// A change of the settings leaves the position, the health and the secrets alone; what else changes is
/// stored together with it.
pub async fn stores_every_change_of_a_webhook(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (webhook, left) = (tenant.webhook(a_webhook()).await, tenant.webhook(a_webhook()).await);

    let once = tenant.change_webhook(&webhook, paused(), |_| ()).await.expect("it is stored");
    assert_eq!(
        tenant.stored_webhook(webhook.id()).await,
        Some(fresh(&tenant, once.clone(), 1)),
        "the settings alone"
    );

    let position = EventCursor::at(Sequence::new(7), EventId::from_uuid(next_id(at(0))));
    let health = ReceiverHealth {
        consecutive_failures: 3,
        failing_since: Some(at(1)),
        resumes_at: Some(at(2)),
        disabled: Some(DisabledReason::Gone),
    };
    let rotated = once_rotated();
    let twice = tenant.change_webhook(&once, WebhookChanges::default(), |update| {
        update.position = Some(position);
        update.health = Some(health);
        update.secrets = Some(rotated.clone());
    });
    let twice = twice.await.expect("it is stored");

    let expected = WebhookDetails { webhook: twice, position, health, behind: 0 };
    assert_eq!(tenant.stored_webhook(webhook.id()).await, Some(expected));
    let secrets = repositories.webhooks.secrets(tenant.id, webhook.id()).await;
    assert!(secrets.expect("secrets are read") == Some(rotated));
    let unchanged = fresh(&tenant, left.clone(), 1);
    assert_eq!(tenant.stored_webhook(left.id()).await, Some(unchanged));
}

fn once_rotated() -> SigningSecrets {
    let overlap = std::time::Duration::from_secs(60);
    let second = signing_secrets(2).into_vec().remove(0).secret;
    signing_secrets(1).rotate(second, at(0), overlap).expect("two secrets")
}

/// A write that is based on another version than the stored one changes nothing.
pub async fn rejects_a_stale_change_of_a_webhook(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.webhook(a_webhook()).await;
    let changed = tenant.change_webhook(&webhook, paused(), |_| ()).await.expect("it is stored");

    assert_stale(&tenant.change_webhook(&webhook, paused(), |_| ()).await);
    let observed = Some(webhook.version());
    let commit = Commit::of(an_origin(), Deletion { id: webhook.id(), observed });
    assert_stale(&repositories.webhooks.delete(tenant.id, commit).await);

    let stored = tenant.stored_webhook(webhook.id()).await;
    assert_eq!(stored.map(|found| found.webhook), Some(changed));
}

/// It goes with its secrets, and the others stay.
pub async fn a_deleted_webhook_leaves_nothing(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (webhook, left) = (tenant.webhook(a_webhook()).await, tenant.webhook(a_webhook()).await);

    let commit = Commit::of(an_origin(), Deletion::of(webhook.id()));
    let deleted = repositories.webhooks.delete(tenant.id, commit).await;

    assert_eq!(deleted.ok(), Some(DeletionOutcome::Done));
    assert_eq!(tenant.stored_webhook(webhook.id()).await, None);
    let secrets = repositories.webhooks.secrets(tenant.id, webhook.id()).await;
    assert!(secrets.expect("secrets are read").is_none());
    assert!(tenant.stored_webhook(left.id()).await.is_some());
}
