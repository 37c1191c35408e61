//! What the unit tests of use cases share: a fixed time, a caller, some entities, and ports that
//! refuse every call which a test does not expect.

use std::sync::Arc;
use std::time::Duration;

use conversations_domain::{
    Actor, ApiKey, AuditAction, AuditEntry, Change, Changes, ConversationId, Customer, CustomerId,
    Inbox, InboxId, KeyId, NewCustomer, Permission, Permissions, Profile, Reason, Source, Subject,
    Timestamp, User, UserId, WorkspaceId,
};
use conversations_fixtures::{
    a_conversation, a_customer, a_user, an_api_key, an_inbox_with_id, profile_text,
};
use mockall::predicate::eq;
use uuid::Uuid;

pub(crate) use conversations_fixtures::{email, name};

use crate::conversations::ConversationService;
use crate::erasures::ErasureService;
use crate::keys::{KeyService, KeyUseTracker};
use crate::messages::MessageService;
use crate::ports::{
    CountedIds, ErasureProgress, FixedClock, MockConversationRepository, MockCustomerRepository,
    MockErasureRepository, MockInboxRepository, MockKeyRepository, MockMessageRepository,
    MockStoredResponseRepository, MockUserRepository,
};
use crate::read_model::ConversationDetails;
use crate::{Caller, ContextFactory, ETag, PageRequest, PageStart, PageWindow, Precondition};

/// The time of every command, in milliseconds since the Unix epoch.
pub(crate) const NOW: i64 = 1_795_359_845_123;

/// The ports of the services that have many. As mocks they fail a test that calls them unexpected.
#[derive(Default)]
pub(crate) struct Ports {
    pub(crate) conversations: MockConversationRepository,
    pub(crate) messages: MockMessageRepository,
    pub(crate) customers: MockCustomerRepository,
    pub(crate) users: MockUserRepository,
    pub(crate) inboxes: MockInboxRepository,
    pub(crate) replies: MockStoredResponseRepository,
    pub(crate) erasures: MockErasureRepository,
}

impl Ports {
    /// Ports of a workspace that has [`inbox`].
    pub(crate) fn with_inbox() -> Self {
        let mut ports = Self::default();
        ports
            .inboxes
            .expect_find()
            .with(eq(workspace()), eq(inbox().id()))
            .returning(|_, _| Ok(Some(inbox())));
        ports
    }

    /// Ports of a workspace that has this conversation.
    pub(crate) fn with_conversation(details: ConversationDetails) -> Self {
        let mut ports = Self::default();
        let id = details.conversation.id();
        ports
            .conversations
            .expect_find()
            .with(eq(workspace()), eq(id))
            .returning(move |_, _| Ok(Some(details.clone())));
        ports
    }

    pub(crate) fn conversation_service(self) -> ConversationService {
        let Self { conversations, messages: _, customers, users, inboxes, replies, mut erasures } =
            self;
        erasures.expect_step().returning(|_, _, _| Ok(ErasureProgress::Complete));
        ConversationService::new(
            Arc::new(conversations),
            Arc::new(customers),
            Arc::new(users),
            Arc::new(inboxes),
            Arc::new(replies),
            ErasureService::new(Arc::new(erasures), PATIENCE, context_factory()),
            context_factory(),
        )
    }

    pub(crate) fn message_service(self) -> MessageService {
        let Self { conversations, messages, users, .. } = self;
        MessageService::new(
            Arc::new(messages),
            Arc::new(conversations),
            Arc::new(users),
            context_factory(),
        )
    }
}

/// How long who asks for a deletion waits for its end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Erasures of which each is as far as this after every step.
pub(crate) fn erasures(progress: ErasureProgress) -> MockErasureRepository {
    let mut erasures = MockErasureRepository::new();
    erasures.expect_step().returning(move |_, _, _| Ok(progress));
    erasures
}

/// The service that finds nothing left to erase.
pub(crate) fn nothing_left() -> ErasureService {
    ErasureService::new(Arc::new(erasures(ErasureProgress::Complete)), PATIENCE, context_factory())
}

/// Keys whose users are not asked for.
pub(crate) fn key_service(keys: MockKeyRepository) -> KeyService {
    key_service_with_users(keys, MockUserRepository::new())
}

pub(crate) fn key_service_with_users(
    keys: MockKeyRepository,
    users: MockUserRepository,
) -> KeyService {
    let uses = KeyUseTracker::default();
    KeyService::new(Arc::new(keys), Arc::new(users), uses, context_factory())
}

/// The demand that something is in the state with this tag.
pub(crate) fn state(tag: &str) -> Precondition {
    Precondition::State(vec![ETag::new(tag.to_owned())])
}

pub(crate) fn context_factory() -> ContextFactory {
    ContextFactory::new(Arc::new(FixedClock(time(NOW))), Arc::new(CountedIds::default()))
}

pub(crate) fn time(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(millis).expect("a time")
}

pub(crate) fn workspace() -> WorkspaceId {
    WorkspaceId::from_uuid(Uuid::from_u128(100))
}

/// A caller with all permissions.
pub(crate) fn caller() -> Caller {
    Caller {
        workspace: workspace(),
        permissions: Permissions::all(),
        source: Source::Widget,
        actor: Actor {
            key: Some(KeyId::from_uuid(Uuid::from_u128(200))),
            name: "robot".to_owned(),
        },
        expires_at: None,
        request_id: Some("request-1".to_owned()),
    }
}

/// A caller with only this permission.
pub(crate) fn caller_who_may(permissions: &[Permission]) -> Caller {
    Caller { permissions: allowed(permissions), ..caller() }
}

pub(crate) fn allowed(permissions: &[Permission]) -> Permissions {
    permissions.iter().copied().collect()
}

/// Whether the audit tells that [`caller`] did this in the moment of the command.
pub(crate) fn tells(
    audit: &AuditEntry,
    action: AuditAction,
    target: impl Into<Uuid>,
    reason: Option<Reason>,
) -> bool {
    let Caller { actor: by, request_id, .. } = caller();
    let target = target.into();
    let told = AuditEntry { action, target, reason, by, request_id, ..audit.clone() };
    *audit == told && audit.id.created_at() == time(NOW)
}

/// Why things are deleted.
pub(crate) fn reason() -> Reason {
    Reason::parse("asked for it").expect("a reason")
}

/// A page that is not requested by accident.
pub(crate) fn third_page() -> PageRequest {
    PageRequest::new(3, 7).expect("a page")
}

/// What storage has to find for it.
pub(crate) fn third_window() -> PageWindow {
    PageWindow { start: PageStart::Offset(14), limit: 7 }
}

pub(crate) fn subject(text: &str) -> Subject {
    Subject::parse(text).expect("a subject")
}

pub(crate) fn inbox() -> Inbox {
    an_inbox_with_id(InboxId::from_uuid(Uuid::from_u128(300)))
}

pub(crate) fn conversation_id() -> ConversationId {
    ConversationId::from_uuid(Uuid::from_u128(400))
}

pub(crate) fn customer_id(number: u128) -> CustomerId {
    CustomerId::from_uuid(Uuid::from_u128(500 + number))
}

pub(crate) fn user_id(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(600 + number))
}

/// A key without an end that may do this.
pub(crate) fn key(permissions: &[Permission]) -> ApiKey {
    ApiKey {
        id: KeyId::from_uuid(Uuid::from_u128(700)),
        name: name("exporter"),
        permissions: allowed(permissions),
        ..an_api_key(workspace())
    }
}

/// A new customer who has this e-mail address, or none.
pub(crate) fn new_customer(address: Option<&str>) -> NewCustomer {
    let first_name = Some(profile_text("Ada"));
    NewCustomer::of(Profile { first_name, email: address.map(email), ..Profile::default() })
}

pub(crate) fn customer(id: CustomerId) -> Customer {
    a_customer().with_id(id).reachable_at("ada@example.org").build()
}

pub(crate) fn user(id: UserId) -> User {
    a_user().with_id(id).reachable_at("grace@example.org").build()
}

/// An open conversation without customer, assignee or messages.
pub(crate) fn details() -> ConversationDetails {
    details_with(None)
}

/// An open conversation with this customer, without assignee or messages.
pub(crate) fn details_with(customer: Option<Customer>) -> ConversationDetails {
    let mut conversation = a_conversation(inbox().id()).with_id(conversation_id()).about("Refund");
    if let Some(customer) = &customer {
        conversation = conversation.with_customer(customer.id());
    }
    ConversationDetails { conversation: conversation.build(), customer, assignee: None }
}

/// The conversation as it is once `user` takes care of it.
pub(crate) fn assigned_to(user: User, mut details: ConversationDetails) -> ConversationDetails {
    let assign = Changes { assignee: Change::To(Some(user.id())), ..Changes::default() };
    details.conversation.change(assign, time(NOW - 1)).expect("an assignee");
    details.assignee = Some(user);
    details
}
