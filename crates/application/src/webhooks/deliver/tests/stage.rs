//! A made-up feed, storage, clock and receiver.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use conversations_domain::{
    ConversationId, Delivery, DeliveryError, DeliveryStatus, Event, EventCursor, EventId,
    EventSubject, EventType, NewEvent, NewWebhook, ReceiverHealth, RetryPolicy, Sequence,
    SigningSecrets, Timestamp, Version, Webhook, WebhookDeliveryId, WebhookEvents, WebhookHeaders,
    WebhookId, WebhookSecret,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::super::*;
use super::ports::{StageFeed, storage};
use crate::ports::{
    CountedIds, FeedEnds, FeedPage, FeedQuery, FeedReply, FeedStart, GoneReason,
    MockConversationRepository, MockCustomerRepository, MockEventRenderer, MockInboxRepository,
    MockMessageRepository, MockUserRepository, MockWebhookRepository, RecordedEvent,
    WebhookAttempt, WebhookRequest,
};
use crate::read_model::{EventState, ResetReason, WebhookDetails};
use crate::testing::{NOW, caller, name, workspace};

pub(super) const OK: WebhookAttempt = WebhookAttempt {
    duration: Duration::from_millis(5),
    status_code: Some(200),
    error: None,
    retry_after: None,
};

pub(super) const FAILED: WebhookAttempt =
    WebhookAttempt { status_code: Some(500), error: Some(DeliveryError::Status), ..OK };

pub(super) fn gone() -> WebhookAttempt {
    WebhookAttempt { status_code: Some(410), ..FAILED }
}

pub(super) fn refused_for(seconds: u64) -> WebhookAttempt {
    let retry_after = Some(Duration::from_secs(seconds));
    WebhookAttempt { status_code: Some(429), retry_after, ..FAILED }
}

/// The states of all deliveries, in the order of their events.
pub(super) fn statuses(stage: &Stage) -> Vec<DeliveryStatus> {
    let world = stage.world();
    let mut deliveries: Vec<_> = world.deliveries.values().collect();
    deliveries.sort_by_key(|delivery| delivery.sequence);
    deliveries.into_iter().map(|delivery| delivery.status).collect()
}

type Answer = Arc<dyn Fn(u64, usize) -> WebhookAttempt + Send + Sync>;

pub(super) struct World {
    now: Timestamp,
    /// The conversation of each event; 0 is an event of another type.
    pub(super) events: Vec<u8>,
    expired: Vec<u64>,
    webhook: Webhook,
    pub(super) position: EventCursor,
    is_position_lost: bool,
    pub(super) is_lease_lost: bool,
    pub(super) health: ReceiverHealth,
    pub(super) deliveries: HashMap<WebhookDeliveryId, Delivery>,
    pub(super) pretended: u64,
    pub(super) holders: Vec<LeaseHolder>,
    /// The conversation of an event that comes while a session waits, and whether the webhook is changed
    /// before it.
    pub(super) meanwhile: Option<(u8, bool)>,
    /// The position and the id of each event that was sent; resets have position 0.
    sent: Vec<(u64, EventId)>,
    answer: Answer,
}

#[derive(Clone)]
pub(super) struct Stage {
    world: Arc<Mutex<World>>,
    requests: Arc<Semaphore>,
    pub(super) service: DeliveryService,
}

struct Receiver(Arc<Mutex<World>>, Arc<Semaphore>);

struct WorldClock(Arc<Mutex<World>>);

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.0.lock().expect("a lock").now
    }
}

#[async_trait]
impl WebhookSender for Receiver {
    async fn send(&self, request: WebhookRequest) -> WebhookAttempt {
        let (answer, number, attempt) = {
            let mut world = self.0.lock().expect("a lock");
            let number: u64 =
                String::from_utf8_lossy(&request.body).parse().expect("a rendered position");
            world.sent.push((number, request.id));
            let attempt = world.sent.iter().filter(|(other, _)| *other == number).count();
            (Arc::clone(&world.answer), number, attempt)
        };
        tokio::task::yield_now().await;
        let _open = self.1.acquire().await.expect("open");
        answer(number, attempt)
    }
}

fn event(number: u64, conversation: u8) -> Event {
    let id = ConversationId::from_uuid(Uuid::from_u128(conversation.into()));
    let kind =
        if conversation == 0 { EventType::UserDeleted } else { EventType::ConversationDeleted };
    Event {
        sequence: Sequence::new(number),
        id: EventId::from_uuid(Uuid::from_u128(number.into())),
        change: NewEvent {
            kind,
            subject: EventSubject::Conversation(id),
            version: Version::FIRST,
            revision: None,
            fields: Vec::new(),
        },
        by: caller().actor,
    }
}

fn cursor(number: u64) -> EventCursor {
    event(number, 0).cursor()
}

fn webhook(retry_policy: RetryPolicy) -> Webhook {
    let new = NewWebhook {
        name: name("hook"),
        url: "https://example.com/".parse().expect("a URL"),
        events: WebhookEvents::parse(&["conversation.*"]).expect("types"),
        headers: WebhookHeaders::default(),
        retry_policy,
        is_active: true,
    };
    Webhook::new(WebhookId::from_uuid(Uuid::from_u128(77)), new)
}

impl World {
    pub(super) fn ends(&self) -> FeedEnds {
        FeedEnds { earliest: cursor(0), latest: cursor(self.events.len() as u64) }
    }

    pub(super) fn recorded(&self, number: u64) -> Option<RecordedEvent> {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        let conversation = *self.events.get(place)?;
        let is_stored = !self.expired.contains(&number);
        is_stored.then(|| RecordedEvent { event: event(number, conversation), changes: Vec::new() })
    }

    pub(super) fn page(&self, query: &FeedQuery) -> FeedReply {
        let FeedStart::After(after) = query.start else { panic!("webhooks have positions") };
        let ends = self.ends();
        if self.is_position_lost && after == cursor(0) {
            return FeedReply::Gone(GoneReason::Expired, ends);
        }
        let first = after.sequence().number() + 1;
        let numbers = first..=self.events.len() as u64;
        let events: Vec<_> = numbers
            .filter_map(|number| self.recorded(number))
            .filter(|recorded| query.types.contains(&recorded.event.change.kind))
            .take(query.limit as usize)
            .collect();
        let is_full = events.len() == query.limit as usize;
        let cursor = events.last().filter(|_| is_full).map(|last| last.event.cursor());
        FeedReply::Page(FeedPage { events, cursor: cursor.unwrap_or(ends.latest), ends })
    }
}

impl Stage {
    /// A feed with events of these conversations, and a webhook that got none of them.
    pub(super) fn with_events(conversations: &[u8]) -> Self {
        Self::with_policy(conversations, RetryPolicy::default())
    }

    pub(super) fn with_policy(conversations: &[u8], policy: RetryPolicy) -> Self {
        let world = Arc::new(Mutex::new(World {
            now: Timestamp::from_unix_millis(NOW).expect("a time"),
            events: conversations.to_vec(),
            expired: Vec::new(),
            webhook: webhook(policy),
            position: cursor(0),
            is_position_lost: false,
            is_lease_lost: false,
            health: ReceiverHealth::default(),
            deliveries: HashMap::new(),
            pretended: 0,
            holders: Vec::new(),
            meanwhile: None,
            sent: Vec::new(),
            answer: Arc::new(|_, _| OK),
        }));
        let requests = Arc::new(Semaphore::new(1_000));
        let latest = cursor(conversations.len() as u64);
        let mut renderer = MockEventRenderer::new();
        renderer.expect_render().returning(move |details, _| {
            let is_reset = matches!(details.state, EventState::Feed(_));
            if is_reset {
                assert_eq!(details.state, EventState::Feed(ResetReason::Expired));
                assert_eq!(details.event.cursor(), latest);
            }
            let number = if is_reset { 0 } else { details.event.sequence.number() };
            Ok(number.to_string().into_bytes())
        });
        let ports = DeliveryPorts {
            deliveries: Arc::new(storage(&world)),
            sender: Arc::new(Receiver(Arc::clone(&world), Arc::clone(&requests))),
            renderer: Arc::new(renderer),
            clock: Arc::new(WorldClock(Arc::clone(&world))),
            ids: Arc::new(CountedIds::default()),
        };
        let events = EventService::new(
            Arc::new(StageFeed(Arc::clone(&world))),
            Arc::new(MockConversationRepository::new()),
            Arc::new(MockMessageRepository::new()),
            Arc::new(MockCustomerRepository::new()),
            Arc::new(MockUserRepository::new()),
            Arc::new(MockInboxRepository::new()),
            Arc::new(MockWebhookRepository::new()),
        );
        let service = DeliveryService::new(ports, events, Duration::from_secs(30));
        Self { world, requests, service }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("a lock")
    }

    /// Delivers as the storage has it.
    pub(super) async fn deliver(&self) -> Result<DeliveryEnd, Error> {
        let leased = {
            let world = self.world();
            let webhook = LeasedWebhook {
                workspace: workspace(),
                details: WebhookDetails {
                    webhook: world.webhook.clone(),
                    position: world.position,
                    health: world.health,
                    behind: 0,
                },
                secrets: SigningSecrets::new(WebhookSecret::from_bytes([1; 32])),
            };
            Leased::new(webhook, LeaseHolder(Uuid::from_u128(5)))
        };
        self.service.deliver(leased).await
    }

    pub(super) async fn deliver_owned(self) -> Result<DeliveryEnd, Error> {
        self.deliver().await
    }

    /// The receiver answers this to an event at its n-th attempt.
    pub(super) fn answer(
        &self,
        answer: impl Fn(u64, usize) -> WebhookAttempt + Send + Sync + 'static,
    ) {
        self.world().answer = Arc::new(answer);
    }

    pub(super) fn append_others(&self, count: usize) {
        self.world().events.extend(std::iter::repeat_n(0, count));
    }

    pub(super) fn pass(&self, time: Duration) {
        let mut world = self.world();
        world.now = world.now.after(time);
    }

    /// While the session waits for an event, one comes. Before that the webhook may be changed.
    pub(super) fn append_meanwhile(&self, conversation: u8, is_changed: bool) {
        self.world().meanwhile = Some((conversation, is_changed));
    }

    pub(super) fn expire(&self, number: u64) {
        self.world().expired.push(number);
    }

    pub(super) fn lose_position(&self) {
        self.world().is_position_lost = true;
    }

    pub(super) fn return_to_the_start(&self) {
        self.world().position = cursor(0);
    }

    pub(super) fn lose_lease(&self) {
        self.world().is_lease_lost = true;
    }

    pub(super) fn find_lease(&self) {
        self.world().is_lease_lost = false;
    }

    pub(super) fn pretend_pending(&self, count: u64) {
        self.world().pretended = count;
    }

    /// Requests are not answered until [`Self::let_go`].
    pub(super) fn hold(&self) {
        self.requests.forget_permits(1_000);
    }

    pub(super) fn let_go(&self) {
        self.requests.add_permits(1_000);
    }

    pub(super) async fn wait_for_requests(&self, count: usize) {
        while self.world().sent.len() < count {
            tokio::task::yield_now().await;
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.world().now
    }

    pub(super) fn position(&self) -> u64 {
        self.world().position.sequence().number()
    }

    pub(super) fn health(&self) -> ReceiverHealth {
        self.world().health
    }

    /// The positions of the sent events, without resets.
    pub(super) fn sent(&self) -> Vec<u64> {
        let world = self.world();
        world.sent.iter().map(|(number, _)| *number).filter(|number| *number > 0).collect()
    }

    pub(super) fn sent_of(&self, conversation: u8) -> Vec<u64> {
        let of_it = |number: &u64| {
            let place = usize::try_from(*number - 1).expect("small");
            self.world().events[place] == conversation
        };
        self.sent().into_iter().filter(of_it).collect()
    }

    /// Who took leases.
    pub(super) fn holders(&self) -> Vec<LeaseHolder> {
        self.world().holders.clone()
    }

    pub(super) fn resets(&self) -> usize {
        self.world().sent.iter().filter(|(number, _)| *number == 0).count()
    }

    pub(super) fn ids(&self) -> Vec<EventId> {
        self.world().sent.iter().map(|(_, id)| *id).collect()
    }

    /// The only delivery of an event.
    pub(super) fn delivery(&self, number: u64) -> Delivery {
        let world = self.world();
        let mut found =
            world.deliveries.values().filter(|delivery| delivery.sequence.number() == number);
        let delivery = found.next().expect("a delivery").clone();
        assert!(found.next().is_none(), "one delivery for event {number}");
        delivery
    }
}
