//! What the tests of this crate share: the whole API over mocked storage, and a client for it.

mod reply;

use std::sync::Arc;
use std::time::Duration;

use actix_web::App;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service, try_call_service};
use async_trait::async_trait;
use conversations_application::audit::AuditService;
use conversations_application::conversations::ConversationService;
use conversations_application::customers::CustomerService;
use conversations_application::erasures::ErasureService;
use conversations_application::events::EventService;
use conversations_application::history::HistoryService;
use conversations_application::inboxes::InboxService;
use conversations_application::keys::{KeySecret, KeyService, KeyUseTracker};
use conversations_application::messages::MessageService;
use conversations_application::ports::{
    Commit, ErasureProgress, FeedPosition, FixedClock, IdGenerator, MockAuditRepository,
    MockConversationRepository, MockCustomerRepository, MockDeliveryRepository,
    MockErasureRepository, MockEventFeed, MockHistoryRepository, MockInboxRepository,
    MockKeyRepository, MockMessageRepository, MockStoredResponseRepository, MockUserRepository,
    MockWebhookAddressCheck, MockWebhookRepository, MockWebhookSender, Readiness, RefusedAddress,
    RepositoryError, StorageState,
};
use conversations_application::read_model::ConversationDetails;
use conversations_application::users::UserService;
use conversations_application::webhooks::{WebhookPorts, WebhookService};
use conversations_application::{ContextFactory, IdempotencyService, PageStart, PageWindow};
use conversations_domain::{
    ApiKey, AuditAction, ConversationId, Customer, CustomerId, EventCursor, Inbox, InboxId, KeyId,
    Permissions, Profile, Reason, Source, Timestamp, User, UserId, WorkspaceId,
};
use conversations_fixtures::{
    a_conversation, a_customer, a_user, an_api_key, an_inbox_with_id, at, email,
};
use uuid::Uuid;

pub(crate) use reply::Reply;

use crate::{
    AdmissionControl, AdmissionLimits, Cors, EventStreams, JsonEventRenderer, PublicUrl,
    RateLimitSettings, RateLimits, Services, StreamSettings, boundary, configure,
};

/// The time of every test: `2026-11-22T15:04:05.123Z`.
pub(crate) const NOW: i64 = 1_795_359_845_123;
/// An id that a path may have.
pub(crate) const ID: &str = "0193a5c2-1111-7abc-8def-000000000001";
/// The time in [`ID`].
pub(crate) const ID_TIME: &str = "2024-12-08T10:12:59.281Z";
/// The id that everything is given that is made.
pub(crate) const NEW_ID: &str = "01a203c9-2b03-0000-0000-000000000007";
/// The time in [`NEW_ID`], which is [`NOW`].
pub(crate) const NEW_TIME: &str = "2026-11-22T15:04:05.123Z";

/// The storage. A call that a test did not expect panics, which is a 500.
#[derive(Default)]
pub(crate) struct Storage {
    pub(crate) conversations: MockConversationRepository,
    pub(crate) messages: MockMessageRepository,
    pub(crate) history: MockHistoryRepository,
    pub(crate) customers: MockCustomerRepository,
    pub(crate) users: MockUserRepository,
    pub(crate) inboxes: MockInboxRepository,
    pub(crate) keys: MockKeyRepository,
    pub(crate) audit: MockAuditRepository,
    pub(crate) feed: MockEventFeed,
    pub(crate) webhooks: MockWebhookRepository,
    pub(crate) deliveries: MockDeliveryRepository,
    pub(crate) sender: MockWebhookSender,
    /// The URLs that the server does not send to.
    pub(crate) refused_address: Option<RefusedAddress>,
    pub(crate) replies: MockStoredResponseRepository,
    /// Whether deletions take longer than their callers wait.
    pub(crate) erases_slowly: bool,
    pub(crate) unready: bool,
    pub(crate) full: bool,
    /// No storage, but what a test sets like one.
    pub(crate) limits: AdmissionLimits,
    /// The same.
    pub(crate) cors: Cors,
    /// The same.
    pub(crate) public_url: PublicUrl,
}

struct OneId;

impl IdGenerator for OneId {
    fn next(&self, now: Timestamp) -> Uuid {
        let millis = u128::try_from(now.as_unix_millis()).expect("a time after 1970");
        Uuid::from_u128(millis << 80 | 7)
    }
}

struct Probe {
    unready: bool,
    full: bool,
}

#[async_trait]
impl Readiness for Probe {
    async fn check(&self) -> Result<StorageState, RepositoryError> {
        match (self.unready, self.full) {
            (true, _) => Err(RepositoryError::Unavailable("gone fishing".into())),
            (false, true) => Ok(StorageState::Full),
            (false, false) => Ok(StorageState::Ready),
        }
    }
}

/// Sends a request without a key.
pub(crate) async fn send(storage: Storage, request: TestRequest) -> Reply {
    send_to(services(storage), request).await
}

/// Sends a request without a key to these services.
pub(crate) async fn send_to(services: Services, request: TestRequest) -> Reply {
    let app = App::new().wrap(from_fn(boundary)).configure(configure(services));
    let app = init_service(app).await;
    match try_call_service(&app, request.to_request()).await {
        Ok(response) => Reply::read(response.into_parts().1).await,
        // What the server makes of an error that came as far as this.
        Err(error) => Reply::read(error.as_response_error().error_response()).await,
    }
}

/// Sends a request with a key that may do everything.
pub(crate) async fn call(storage: Storage, request: TestRequest) -> Reply {
    call_with(Permissions::all(), storage, request).await
}

/// Sends a request with a key of these permissions.
pub(crate) async fn call_with(
    permissions: Permissions,
    mut storage: Storage,
    request: TestRequest,
) -> Reply {
    let secret = allow(&mut storage, permissions);
    send(storage, request.append_header(("authorization", format!("Bearer {secret}")))).await
}

/// Makes the storage know a key of these permissions, and answers its secret.
pub(crate) fn allow(storage: &mut Storage, permissions: Permissions) -> String {
    let secret = KeySecret::generate().expect("random bits");
    let (hash, key) = (secret.hash(), key(permissions));
    storage
        .keys
        .expect_find_by_hash()
        .returning(move |asked| Ok((asked == hash).then(|| key.clone())));
    secret.expose_secret().to_owned()
}

pub(crate) fn key(permissions: Permissions) -> ApiKey {
    ApiKey {
        id: KeyId::from_uuid(Uuid::from_u128(200)),
        permissions,
        source: Source::Widget,
        ..an_api_key(WorkspaceId::from_uuid(Uuid::from_u128(100)))
    }
}

/// An open, unassigned conversation, [`NOW`], with the id [`ID`].
pub(crate) fn details() -> ConversationDetails {
    let conversation = a_conversation(InboxId::from_uuid(Uuid::from_u128(300)))
        .with_id(ConversationId::parse(ID).expect("an id"))
        .about("Refund")
        .build();
    ConversationDetails { conversation, customer: None, assignee: None }
}

/// What storage is asked for when a caller requests the page with this number.
pub(crate) fn window(page: u64, limit: u32) -> PageWindow {
    PageWindow { start: PageStart::Offset((page - 1) * u64::from(limit)), limit }
}

/// A customer of whom nothing but an address is known.
pub(crate) fn customer(id: CustomerId) -> Customer {
    let profile = Profile { email: Some(email("ada@example.org")), ..Profile::default() };
    a_customer().with_id(id).known_as(profile).build()
}

/// A user called Grace.
pub(crate) fn user(id: UserId) -> User {
    a_user().with_id(id).reachable_at("grace@example.org").build()
}

/// An inbox called Support.
pub(crate) fn inbox(id: InboxId) -> Inbox {
    an_inbox_with_id(id)
}

/// Whether a write leaves one entry in the audit: of this action on [`ID`], by the caller, for the
/// reason `over & out`, which is `over+%26+out` in a query.
pub(crate) fn is_audited<W>(commit: &Commit<W>, action: AuditAction) -> bool {
    let [entry] = commit.audit.as_slice() else { return false };
    let reason = entry.reason.as_ref().map(Reason::as_str);
    let of = (entry.action, entry.target.to_string(), &entry.by, reason);
    of == (action, ID.to_owned(), &key(Permissions::default()).actor(), Some("over & out"))
}

/// A feed that is at this cursor, and in which no event waits.
pub(crate) fn position(cursor: EventCursor) -> FeedPosition {
    FeedPosition { cursor, waiting: 0, last_ticket: 0 }
}

pub(crate) fn services(storage: Storage) -> Services {
    let Storage {
        conversations,
        messages,
        history,
        customers,
        users,
        inboxes,
        keys,
        audit,
        mut feed,
        webhooks,
        deliveries,
        sender,
        refused_address,
        replies,
        erases_slowly,
        unready,
        full,
        limits,
        cors,
        public_url,
    } = storage;
    let clock = FixedClock(at(0));
    let contexts = ContextFactory::new(Arc::new(clock), Arc::new(OneId));
    let (conversations, customers) = (Arc::new(conversations), Arc::new(customers));
    let progress = if erases_slowly { ErasureProgress::Pending } else { ErasureProgress::Complete };
    let mut erasures = MockErasureRepository::new();
    erasures.expect_step().returning(move |_, _, _| Ok(progress));
    let erasures = ErasureService::new(Arc::new(erasures), Duration::ZERO, contexts.clone());
    let (users, inboxes, replies) = (Arc::new(users), Arc::new(inboxes), Arc::new(replies));
    let messages = Arc::new(messages);
    // Unless a test expects something else: nothing happened yet.
    feed.expect_position().returning(|workspace| Ok(position(EventCursor::beginning(workspace))));
    let (feed, webhooks) = (Arc::new(feed), Arc::new(webhooks));
    let events = EventService::new(
        feed.clone(),
        conversations.clone(),
        messages.clone(),
        customers.clone(),
        users.clone(),
        inboxes.clone(),
        webhooks.clone(),
    );
    let mut addresses = MockWebhookAddressCheck::new();
    addresses.expect_check().returning(move |_| refused_address.map_or(Ok(()), Err));
    let webhooks = WebhookPorts {
        webhooks,
        deliveries: Arc::new(deliveries),
        feed,
        sender: Arc::new(sender),
        renderer: Arc::new(JsonEventRenderer),
        addresses: Arc::new(addresses),
    };
    Services {
        conversations: ConversationService::new(
            conversations.clone(),
            customers.clone(),
            users.clone(),
            inboxes.clone(),
            replies.clone(),
            erasures.clone(),
            contexts.clone(),
        ),
        messages: MessageService::new(messages, conversations, users.clone(), contexts.clone()),
        webhooks: WebhookService::new(webhooks, events.clone(), contexts.clone()),
        events,
        once: IdempotencyService::new(replies, contexts.clone()),
        history: HistoryService::new(Arc::new(history)),
        customers: CustomerService::new(customers, erasures.clone(), contexts.clone()),
        users: UserService::new(users.clone(), erasures, contexts.clone()),
        inboxes: InboxService::new(inboxes, contexts.clone()),
        keys: KeyService::new(Arc::new(keys), users, KeyUseTracker::default(), contexts),
        audit: AuditService::new(Arc::new(audit)),
        streams: Arc::new(EventStreams::new(StreamSettings::default())),
        limits: Arc::new(RateLimits::new(RateLimitSettings::default())),
        readiness: Arc::new(Probe { unready, full }),
        clock: Arc::new(clock),
        ids: Arc::new(OneId),
        admission: Arc::new(AdmissionControl::new(limits)),
        metrics: Arc::default(),
        cors,
        public_url,
        has_console: true,
    }
}
