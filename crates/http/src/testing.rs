//! What the tests of this crate share: the whole API over mocked storage, and a client for it.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::{App, HttpResponse};
use async_trait::async_trait;
use conversations_application::Moments;
use conversations_application::conversations::ConversationService;
use conversations_application::customers::CustomerService;
use conversations_application::inboxes::InboxService;
use conversations_application::keys::{KeySecret, KeyService};
use conversations_application::messages::MessageService;
use conversations_application::ports::{
    Clock, ConversationDetails, IdGenerator, MockConversationRepository, MockCustomerRepository,
    MockInboxRepository, MockKeyRepository, MockMessageRepository, MockUserRepository, Readiness,
    RepositoryError,
};
use conversations_application::users::UserService;
use conversations_domain::{
    ApiKey, Conversation, ConversationId, CustomFields, Customer, CustomerId, InboxId, KeyId, Name,
    NewConversation, NewCustomer, Permissions, Profile, Source, Subject, Tags, Timestamp,
    WorkspaceId,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{Services, boundary, configure};

/// The time of every test: `2026-11-22T15:04:05.123Z`.
pub(crate) const NOW: i64 = 1_795_359_845_123;
/// An id that a path may have.
pub(crate) const ID: &str = "0193a5c2-1111-7abc-8def-000000000001";

/// The storage. A call that a test did not expect panics, which is a 500.
#[derive(Default)]
pub(crate) struct Storage {
    pub(crate) conversations: MockConversationRepository,
    pub(crate) messages: MockMessageRepository,
    pub(crate) customers: MockCustomerRepository,
    pub(crate) users: MockUserRepository,
    pub(crate) inboxes: MockInboxRepository,
    pub(crate) keys: MockKeyRepository,
    pub(crate) unready: bool,
}

/// An answer, read to its end.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(NOW).expect("a time")
    }
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
}

#[async_trait]
impl Readiness for Probe {
    async fn check(&self) -> Result<(), RepositoryError> {
        if self.unready { Err(RepositoryError::Unavailable("gone fishing".into())) } else { Ok(()) }
    }
}

/// Sends a request without a key.
pub(crate) async fn send(storage: Storage, request: TestRequest) -> Reply {
    let app = App::new().wrap(from_fn(boundary)).configure(configure(services(storage)));
    let app = init_service(app).await;
    match try_call_service(&app, request.to_request()).await {
        Ok(response) => read(response).await,
        // What the server makes of an error that came as far as this.
        Err(error) => read_response(error.as_response_error().error_response()).await,
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
    let secret = KeySecret::generate().expect("random bits");
    let (hash, key) = (secret.hash(), key(permissions));
    storage
        .keys
        .expect_find_by_hash()
        .returning(move |asked| Ok((asked == hash).then(|| key.clone())));
    send(storage, request.append_header(("authorization", format!("Bearer {}", secret.reveal()))))
        .await
}

pub(crate) fn key(permissions: Permissions) -> ApiKey {
    ApiKey {
        id: KeyId::from_uuid(Uuid::from_u128(200)),
        workspace: WorkspaceId::from_uuid(Uuid::from_u128(100)),
        name: Name::parse("robot").expect("a name"),
        permissions,
        source: Source::Widget,
        expires_at: None,
        hint: "abcd".to_owned(),
    }
}

/// An open conversation of nobody, [`NOW`], with the id [`ID`].
pub(crate) fn details() -> ConversationDetails {
    let conversation = Conversation::open(NewConversation {
        id: ConversationId::parse(ID).expect("an id"),
        subject: Subject::parse("Refund").expect("a subject"),
        inbox: InboxId::from_uuid(Uuid::from_u128(300)),
        customer: None,
        channel: None,
        priority: None,
        source: Source::Api,
    });
    ConversationDetails { conversation, customer: None, assignee: None }
}

/// A customer of whom nothing but an address is known.
pub(crate) fn customer(id: CustomerId) -> Customer {
    let profile = Profile { email: "ada@example.org".parse().ok(), ..Profile::default() };
    let (tags, custom_fields) = (Tags::default(), CustomFields::default());
    Customer::new(id, NewCustomer { profile, tier: None, status: None, tags, custom_fields })
}

pub(crate) fn services(storage: Storage) -> Services {
    let Storage { conversations, messages, customers, users, inboxes, keys, unready } = storage;
    let moments = Moments::new(Arc::new(FixedClock), Arc::new(OneId));
    let (conversations, customers) = (Arc::new(conversations), Arc::new(customers));
    let (users, inboxes) = (Arc::new(users), Arc::new(inboxes));
    Services {
        conversations: ConversationService::new(
            conversations.clone(),
            customers.clone(),
            users.clone(),
            inboxes.clone(),
            moments.clone(),
        ),
        messages: MessageService::new(
            Arc::new(messages),
            conversations,
            users.clone(),
            moments.clone(),
        ),
        customers: CustomerService::new(customers, moments.clone()),
        users: UserService::new(users, moments.clone()),
        inboxes: InboxService::new(inboxes, moments.clone()),
        keys: KeyService::new(Arc::new(keys), moments),
        readiness: Arc::new(Probe { unready }),
        clock: Arc::new(FixedClock),
        ids: Arc::new(OneId),
    }
}

async fn read(response: ServiceResponse<BoxBody>) -> Reply {
    let (_, response) = response.into_parts();
    read_response(response).await
}

async fn read_response<B: MessageBody>(response: HttpResponse<B>) -> Reply {
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = to_bytes(response.into_body()).await.map_err(Into::into).expect("a body");
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Reply { status, headers, body }
}

impl Reply {
    /// A header, once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().expect("ASCII"),
            _ => panic!("not exactly one header {name}: {:?}", self.headers),
        }
    }

    /// The data of a success.
    #[track_caller]
    pub(crate) fn data(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["success"], true);
        &self.body["data"]
    }

    /// The details of an error, whose body has the shape that all have.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> &Value {
        let error = &self.body["error"];
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(error["code"], code, "{}", self.body);
        assert_eq!(self.body["success"], false);
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(error["requestId"], self.header("x-request-id"));
        assert_eq!(error["timestamp"], "2026-11-22T15:04:05.123Z");
        assert!(error["message"].as_str().is_some_and(|message| message.ends_with('.')));
        assert!(error["details"].is_object());
        &error["details"]
    }
}
