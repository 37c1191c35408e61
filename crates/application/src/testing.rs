//! What the unit tests of use cases share: a fixed moment, a caller, some entities, and ports that
//! refuse every call which a test does not expect.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use conversations_domain::{
    Actor, ApiKey, AuditAction, AuditEntry, Change, Changes, Conversation, ConversationId,
    CustomFields, Customer, CustomerId, Email, Inbox, InboxId, KeyId, Name, NewConversation,
    NewCustomer, NewInbox, NewUser, Permission, Permissions, Profile, ProfileText, Reason, Source,
    Subject, Tags, Timestamp, User, UserId, Version, WorkspaceId,
};
use mockall::predicate::eq;
use uuid::Uuid;

use crate::conversations::ConversationService;
use crate::erasures::ErasureService;
use crate::keys::{KeyService, KeyUses};
use crate::messages::MessageService;
use crate::ports::{
    Clock, ConversationDetails, IdGenerator, MockConversationRepository, MockCustomerRepository,
    MockErasureRepository, MockInboxRepository, MockKeyRepository, MockMessageRepository,
    MockReplyRepository, MockUserRepository, Progress,
};
use crate::{Caller, Moments, PageRequest, Precondition, Start, Tag, Window};

/// The time of every moment, in milliseconds since the Unix epoch.
pub(crate) const NOW: i64 = 1_795_359_845_123;

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        time(NOW)
    }
}

#[derive(Default)]
struct CountedIds(AtomicU64);

impl IdGenerator for CountedIds {
    fn next(&self, now: Timestamp) -> Uuid {
        let millis = u128::try_from(now.as_unix_millis()).expect("a time after 1970");
        Uuid::from_u128(millis << 80 | u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }
}

/// The ports of the services that have many. As mocks they fail a test that calls them unexpected.
#[derive(Default)]
pub(crate) struct Ports {
    pub(crate) conversations: MockConversationRepository,
    pub(crate) messages: MockMessageRepository,
    pub(crate) customers: MockCustomerRepository,
    pub(crate) users: MockUserRepository,
    pub(crate) inboxes: MockInboxRepository,
    pub(crate) replies: MockReplyRepository,
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
        erasures.expect_step().returning(|_, _, _| Ok(Progress::Complete));
        ConversationService::new(
            Arc::new(conversations),
            Arc::new(customers),
            Arc::new(users),
            Arc::new(inboxes),
            Arc::new(replies),
            ErasureService::new(Arc::new(erasures), PATIENCE, moments()),
            moments(),
        )
    }

    pub(crate) fn message_service(self) -> MessageService {
        let Self { conversations, messages, users, .. } = self;
        MessageService::new(Arc::new(messages), Arc::new(conversations), Arc::new(users), moments())
    }
}

/// How long who asks for a deletion waits for its end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Erasures of which each is as far as this after every step.
pub(crate) fn erasures(progress: Progress) -> MockErasureRepository {
    let mut erasures = MockErasureRepository::new();
    erasures.expect_step().returning(move |_, _, _| Ok(progress));
    erasures
}

/// The service that finds nothing left to erase.
pub(crate) fn nothing_left() -> ErasureService {
    ErasureService::new(Arc::new(erasures(Progress::Complete)), PATIENCE, moments())
}

pub(crate) fn key_service(keys: MockKeyRepository) -> KeyService {
    KeyService::new(Arc::new(keys), KeyUses::default(), moments())
}

/// The demand that something is in the state with this tag.
pub(crate) fn state(tag: &str) -> Precondition {
    Precondition::State(vec![Tag::new(tag.to_owned())])
}

pub(crate) fn moments() -> Moments {
    Moments::new(Arc::new(FixedClock), Arc::new(CountedIds::default()))
}

pub(crate) fn time(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(millis).expect("a time")
}

pub(crate) fn workspace() -> WorkspaceId {
    WorkspaceId::from_uuid(Uuid::from_u128(100))
}

/// Somebody who may do everything.
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

/// Somebody who may do this and nothing else.
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

/// A page that nobody asks for by accident.
pub(crate) fn third_page() -> PageRequest {
    PageRequest::new(3, 7).expect("a page")
}

/// What storage has to find for it.
pub(crate) fn third_window() -> Window {
    Window { start: Start::Offset(14), limit: 7 }
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(crate) fn subject(text: &str) -> Subject {
    Subject::parse(text).expect("a subject")
}

pub(crate) fn email(text: &str) -> Email {
    Email::parse(text).expect("an e-mail address")
}

pub(crate) fn inbox() -> Inbox {
    let id = InboxId::from_uuid(Uuid::from_u128(300));
    Inbox::new(id, NewInbox { name: name("Support"), channel: None })
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
        workspace: workspace(),
        name: name("exporter"),
        permissions: allowed(permissions),
        source: Source::Api,
        expires_at: None,
        rate_limit: None,
        hint: "abcd".to_owned(),
        version: Version::FIRST,
    }
}

/// A new customer who has this e-mail address, or none.
pub(crate) fn new_customer(address: Option<&str>) -> NewCustomer {
    let first_name = ProfileText::parse("Ada").ok();
    NewCustomer {
        profile: Profile { first_name, email: address.map(email), ..Profile::default() },
        tier: None,
        status: None,
        tags: Tags::default(),
        custom_fields: CustomFields::default(),
    }
}

pub(crate) fn customer(id: CustomerId) -> Customer {
    Customer::new(id, new_customer(Some("ada@example.org")))
}

pub(crate) fn user(id: UserId) -> User {
    User::new(id, NewUser { name: name("Grace"), email: email("grace@example.org"), role: None })
}

/// An open conversation without customer, assignee or messages.
pub(crate) fn details() -> ConversationDetails {
    details_with(None)
}

/// An open conversation with this customer, without assignee or messages.
pub(crate) fn details_with(customer: Option<Customer>) -> ConversationDetails {
    let conversation = Conversation::open(NewConversation {
        id: conversation_id(),
        subject: subject("Refund"),
        inbox: inbox().id(),
        customer: customer.as_ref().map(Customer::id),
        channel: None,
        priority: None,
        labels: Tags::default(),
        source: Source::Api,
    });
    ConversationDetails { conversation, customer, assignee: None }
}

/// The conversation as it is once `user` takes care of it.
pub(crate) fn assigned_to(user: User, mut details: ConversationDetails) -> ConversationDetails {
    let assign = Changes { assignee: Change::To(Some(user.id())), ..Changes::default() };
    details.conversation.change(assign, time(NOW - 1)).expect("an assignee");
    details.assignee = Some(user);
    details
}
