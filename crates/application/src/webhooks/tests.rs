//! What callers can do with webhooks.

use std::time::Duration;

use conversations_domain::{
    AuditAction, Change, Delivery, DeliveryError, DeliveryStatus, DisabledReason, EventCursor,
    EventId, NewWebhook, Permission, ReceiverHealth, Sequence, Version, WebhookChanges,
};
use conversations_fixtures::{
    a_failed_delivery, a_new_webhook, a_webhook, signing_secrets, webhook_events, webhook_url,
};
use uuid::Uuid;

use super::*;
use crate::ports::{
    Commit, CreationOutcome, FeedEnds, FeedPage, FeedReply, FeedStart, GoneReason,
    MockConversationRepository, MockCustomerRepository, MockDeliveryRepository, MockEventFeed,
    MockEventRenderer, MockInboxRepository, MockMessageRepository, MockUserRepository,
    MockWebhookAddressCheck, MockWebhookRepository, MockWebhookSender, RefusedAddress,
    RepositoryError, WebhookAttempt, WebhookUpdate,
};
use crate::read_model::WebhookDetails;
use crate::testing::{caller, caller_who_may, context_factory, name, state, time, workspace};
use crate::{Conflict, Error, Invalid, Precondition, ResponseRecorder};

/// The time of every command.
const NOW: i64 = crate::testing::NOW;

#[derive(Default)]
struct Ports {
    webhooks: MockWebhookRepository,
    deliveries: MockDeliveryRepository,
    feed: MockEventFeed,
    sender: MockWebhookSender,
    renderer: MockEventRenderer,
    refused: Option<RefusedAddress>,
}

impl Ports {
    fn with(details: &WebhookDetails) -> Self {
        let (mut ports, details) = (Self::default(), details.clone());
        ports.webhooks.expect_find().returning(move |asked, id| {
            assert_eq!(asked, workspace());
            Ok((id == details.webhook.id()).then(|| details.clone()))
        });
        ports.webhooks.expect_secrets().returning(|_, _| Ok(Some(signing_secrets(1))));
        ports
    }

    fn service(self) -> WebhookService {
        let Self { webhooks, deliveries, feed, sender, renderer, refused } = self;
        let mut addresses = MockWebhookAddressCheck::new();
        addresses.expect_check().returning(move |_| refused.map_or(Ok(()), Err));
        let (feed, webhooks): (Arc<dyn EventFeed>, Arc<dyn WebhookRepository>) =
            (Arc::new(feed), Arc::new(webhooks));
        let events = EventService::new(
            Arc::clone(&feed),
            Arc::new(MockConversationRepository::new()),
            Arc::new(MockMessageRepository::new()),
            Arc::new(MockCustomerRepository::new()),
            Arc::new(MockUserRepository::new()),
            Arc::new(MockInboxRepository::new()),
            Arc::clone(&webhooks),
        );
        let ports = WebhookPorts {
            webhooks,
            deliveries: Arc::new(deliveries),
            feed,
            sender: Arc::new(sender),
            renderer: Arc::new(renderer),
            addresses: Arc::new(addresses),
        };
        WebhookService::new(ports, events, context_factory())
    }

    /// Expects one change of the webhook, which this looks at.
    fn expect_update(
        &mut self,
        check: impl Fn(Commit<WebhookUpdate, crate::ports::OptionalResponse>) + Send + 'static,
    ) {
        self.webhooks.expect_update().times(1).returning(move |_, commit| {
            check(commit);
            Ok(())
        });
    }
}

fn cursor(number: u64) -> EventCursor {
    EventCursor::at(Sequence::new(number), EventId::from_uuid(Uuid::from_u128(number.into())))
}

fn details() -> WebhookDetails {
    let health = ReceiverHealth::default();
    WebhookDetails { webhook: a_webhook(), position: cursor(5), health, behind: 2 }
}

fn disabled() -> WebhookDetails {
    let disabled = Some(DisabledReason::Failing);
    WebhookDetails { health: ReceiverHealth { disabled, ..Default::default() }, ..details() }
}

/// A feed with the positions from 2 to 7.
fn feed() -> MockEventFeed {
    let mut feed = MockEventFeed::new();
    feed.expect_page().returning(|_, query| {
        let ends = FeedEnds { earliest: cursor(2), latest: cursor(7) };
        Ok(match query.start {
            FeedStart::After(place) if place.sequence() < Sequence::new(2) => {
                FeedReply::Gone(GoneReason::Expired, ends)
            }
            _ => FeedReply::Page(FeedPage { events: Vec::new(), cursor: cursor(6), ends }),
        })
    });
    feed
}

async fn create(ports: Ports, new: NewWebhook) -> Result<WebhookWithSecret, Error> {
    ports.service().create(&caller(), new, ResponseRecorder::disabled()).await
}

async fn update(
    ports: Ports,
    webhook: &WebhookDetails,
    changes: WebhookChanges,
    precondition: Precondition,
) -> Result<WebhookDetails, Error> {
    let command = UpdateWebhook { id: webhook.webhook.id(), changes, precondition };
    ports.service().update(&caller(), command).await
}

#[tokio::test]
async fn a_new_webhook_starts_with_the_next_event() {
    let mut ports = Ports { feed: feed(), ..Ports::default() };
    ports.webhooks.expect_create().times(1).returning(|asked, commit| {
        assert_eq!(asked, workspace());
        assert_eq!(commit.write.position, cursor(7));
        assert_eq!(commit.write.secrets.valid(time(NOW)).count(), 1);
        assert_eq!(commit.audit[0].action, AuditAction::WebhookCreated);
        Ok(CreationOutcome::Done)
    });

    let created = create(ports, a_new_webhook()).await.expect("created");

    assert_eq!((created.details.position, created.details.behind), (cursor(7), 0));
    assert_eq!(created.details.webhook.parts().url, a_new_webhook().url);
    assert!(created.secret.expose_secret().starts_with("whsec_"));
}

#[tokio::test]
async fn its_maker_needs_the_permission_of_each_type() {
    let new = NewWebhook { events: webhook_events(&["*"]), ..a_new_webhook() };
    let maker = caller_who_may(&[Permission::ReadConversations, Permission::WriteWebhooks]);

    let service = Ports::default().service();
    let refused = service.create(&maker, new, ResponseRecorder::disabled()).await;

    let needed = [
        Permission::ReadCustomers,
        Permission::ReadUsers,
        Permission::ReadInboxes,
        Permission::ReadWebhooks,
    ];
    let Err(Error::CannotGrant { missing }) = refused else { panic!("it is not refused") };
    assert_eq!(missing, needed.into_iter().collect());
}

#[tokio::test]
async fn a_url_that_the_server_does_not_send_to_is_refused() {
    let refused = Some(RefusedAddress::ForbiddenNetwork);

    let created = create(Ports { refused, ..Ports::default() }, a_new_webhook()).await;
    let url = Change::To(webhook_url("https://10.0.0.1"));
    let changes = WebhookChanges { url, ..WebhookChanges::default() };
    let webhook = details();
    let ports = Ports { refused, ..Ports::with(&webhook) };
    let updated = update(ports, &webhook, changes, Precondition::None).await;

    let expected = Invalid::WebhookAddress(RefusedAddress::ForbiddenNetwork);
    assert!(matches!(created, Err(Error::Invalid(invalid)) if invalid == expected));
    assert!(matches!(updated, Err(Error::Invalid(invalid)) if invalid == expected));
}

#[tokio::test]
async fn a_workspace_with_too_many_webhooks_gets_no_more() {
    let mut ports = Ports { feed: feed(), ..Ports::default() };
    ports.webhooks.expect_create().returning(|_, _| Ok(CreationOutcome::LimitReached));

    let created = create(ports, a_new_webhook()).await;

    assert!(matches!(created, Err(Error::Conflict(Conflict::TooManyWebhooks))));
}

#[tokio::test]
async fn an_unchanged_update_writes_nothing() {
    let webhook = details();
    let is_active = Change::To(true);
    let changes = WebhookChanges { is_active, ..WebhookChanges::default() };

    let updated = update(Ports::with(&webhook), &webhook, changes, Precondition::None).await;

    assert_eq!(updated.ok(), Some(webhook));
}

#[tokio::test]
async fn switching_on_enables_a_disabled_webhook() {
    let webhook = disabled();
    let mut ports = Ports::with(&webhook);
    ports.expect_update(|commit| {
        let WebhookUpdate { revision, secrets, position, health } = commit.write;
        assert_eq!(revision.changed.version(), Version::FIRST.next());
        assert_eq!((position, health), (None, Some(ReceiverHealth::default())));
        assert!(secrets.is_none());
        assert_eq!(commit.audit[0].action, AuditAction::WebhookUpdated);
    });
    let is_active = Change::To(true);
    let changes = WebhookChanges { is_active, ..WebhookChanges::default() };

    let updated = update(ports, &webhook, changes, Precondition::None).await.expect("updated");

    assert_eq!(updated.health, ReceiverHealth::default());
    assert_eq!(updated.position, webhook.position);
}

#[tokio::test]
async fn another_url_needs_the_permissions_of_the_types_and_stays_disabled() {
    let webhook = disabled();
    let url = Change::To(webhook_url("https://other.invalid"));
    let changes = WebhookChanges { url, ..WebhookChanges::default() };
    let command = UpdateWebhook {
        id: webhook.webhook.id(),
        changes: changes.clone(),
        precondition: Precondition::None,
    };
    let writer = caller_who_may(&[Permission::WriteWebhooks]);
    let refused = Ports::with(&webhook).service().update(&writer, command).await;
    assert!(matches!(refused, Err(Error::CannotGrant { .. })));
    let mut ports = Ports::with(&webhook);
    ports.expect_update(|commit| {
        let disabled = Some(DisabledReason::Failing);
        let health = ReceiverHealth { disabled, ..ReceiverHealth::default() };
        assert_eq!(commit.write.health, Some(health));
    });

    let moved = update(ports, &webhook, changes, Precondition::None).await;

    assert_eq!(moved.map(|moved| moved.health.disabled).ok(), Some(webhook.health.disabled));
}

#[tokio::test]
async fn a_precondition_is_about_the_settings() {
    let webhook = details();
    let renamed = || WebhookChanges { name: Change::To(name("Other")), ..Default::default() };
    let mut ports = Ports::with(&webhook);
    ports.expect_update(|_| ());

    let delivered_since = update(ports, &webhook, renamed(), state("1:3-0:9")).await;
    let changed_since = update(Ports::with(&webhook), &webhook, renamed(), state("2:5-0:2")).await;

    assert!(delivered_since.is_ok());
    assert!(matches!(changed_since, Err(Error::PreconditionFailed)));
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_former_one() {
    let webhook = details();
    let mut ports = Ports::with(&webhook);
    ports.expect_update(|commit| {
        let secrets = commit.write.secrets.expect("secrets");
        assert_eq!(secrets.valid(time(NOW + 999)).count(), 2);
        assert_eq!(secrets.valid(time(NOW + 1_000)).count(), 1);
        assert_eq!(commit.audit[0].action, AuditAction::WebhookSecretRotated);
    });
    let overlap = Duration::from_secs(1);
    let command = RotateWebhookSecret { id: webhook.webhook.id(), overlap };

    let recorder = ResponseRecorder::disabled();
    let rotated = ports.service().rotate_secret(&caller(), command, recorder).await;

    assert!(rotated.is_ok_and(|rotated| rotated.secret.expose_secret().len() == 50));
}

#[tokio::test]
async fn a_replay_moves_the_position() {
    for (start, expected) in [
        (FeedStart::Earliest, cursor(2)),
        (FeedStart::Latest, cursor(7)),
        (FeedStart::After(cursor(3)), cursor(3)),
    ] {
        let webhook = details();
        let mut ports = Ports { feed: feed(), ..Ports::with(&webhook) };
        ports.expect_update(move |commit| assert_eq!(commit.write.position, Some(expected)));
        let command = ReplayWebhook { id: webhook.webhook.id(), start };

        let recorder = ResponseRecorder::disabled();
        let moved = ports.service().replay(&caller(), command, recorder).await.expect("moved");

        assert_eq!((moved.position, moved.behind), (expected, 7 - expected.sequence().number()));
    }
    let webhook = details();
    let ports = Ports { feed: feed(), ..Ports::with(&webhook) };
    let command = ReplayWebhook { id: webhook.webhook.id(), start: FeedStart::After(cursor(1)) };
    let gone = ports.service().replay(&caller(), command, ResponseRecorder::disabled()).await;
    assert!(matches!(gone, Err(Error::CursorGone { reason: GoneReason::Expired, .. })));
}

#[tokio::test]
async fn a_test_answers_the_attempt() {
    let webhook = details();
    let mut ports = Ports::with(&webhook);
    ports.renderer.expect_render_test().times(1).returning(|_, _| Ok(b"{}".to_vec()));
    ports.sender.expect_send().times(1).returning(|request| {
        assert_eq!((request.timestamp, request.body.as_slice()), (time(NOW), b"{}".as_slice()));
        assert_eq!((request.url, request.secrets.len()), (a_new_webhook().url, 1));
        assert_eq!(request.headers, a_new_webhook().headers);
        failing()
    });

    let recorder = ResponseRecorder::disabled();
    let tested = ports.service().test(&caller(), webhook.webhook.id(), recorder).await;

    let attempt = tested.expect("sent").attempt;
    assert_eq!((attempt.at, attempt.error), (time(NOW), Some(DeliveryError::Timeout)));
}

fn failing() -> WebhookAttempt {
    WebhookAttempt {
        duration: Duration::from_secs(10),
        status_code: None,
        error: Some(DeliveryError::Timeout),
        retry_after: None,
    }
}

#[tokio::test]
async fn an_event_that_expired_is_not_sent_again() {
    let (webhook, delivery) = (details(), a_failed_delivery(3, time(NOW)));
    let mut ports = Ports::with(&webhook);
    let stored = delivery.clone();
    ports.deliveries.expect_find().returning(move |_, _, _| Ok(Some(stored.clone())));
    ports.feed.expect_find().returning(|_, _| Ok(Vec::new()));

    let (service, recorder) = (ports.service(), ResponseRecorder::disabled());
    let again = service.redeliver(&caller(), webhook.webhook.id(), delivery.id, recorder).await;

    assert!(matches!(again, Err(Error::Conflict(Conflict::EventExpired))));
}

#[tokio::test]
async fn an_event_is_sent_again_beside_its_schedule() {
    let (webhook, delivery) = (details(), a_failed_delivery(3, time(NOW + 5)));
    let mut ports = Ports::with(&webhook);
    let (stored, sent) = (delivery.clone(), delivery.event);
    ports.deliveries.expect_find().returning(move |_, _, _| Ok(Some(stored.clone())));
    ports.feed.expect_find().returning(move |_, positions| {
        assert_eq!(positions, [Sequence::new(3)]);
        Ok(vec![reset(sent)])
    });
    ports.renderer.expect_render().times(1).returning(|_, _| Ok(b"{}".to_vec()));
    ports.sender.expect_send().times(1).returning(move |request| {
        assert_eq!(request.id, sent);
        failing()
    });
    let mut stale = true;
    ports.deliveries.expect_update().times(2).returning(move |_, _, _, _| {
        let outcome = if stale { Err(RepositoryError::Stale) } else { Ok(()) };
        stale = false;
        outcome
    });

    let (service, recorder) = (ports.service(), ResponseRecorder::disabled());
    let again = service.redeliver(&caller(), webhook.webhook.id(), delivery.id, recorder).await;

    let Delivery { status, attempts, next_attempt_at, .. } = again.expect("sent").delivery;
    assert_eq!((status, attempts.len()), (DeliveryStatus::Pending, 2));
    assert_eq!(next_attempt_at, delivery.next_attempt_at);
}

/// The event with this id, whose subject has no state.
fn reset(id: EventId) -> crate::ports::RecordedEvent {
    let event = conversations_domain::Event {
        sequence: Sequence::new(3),
        id,
        change: conversations_domain::NewEvent::of_reset(),
        by: caller().actor,
    };
    crate::ports::RecordedEvent { event, changes: Vec::new() }
}
