//! What the use cases need from outside, as traits that adapters fill.
//!
//! One call of a repository is one transaction, and a write is a value ([`Commit`]): it contains
//! everything that must be stored together. Nothing is locked between calls; a write that was based
//! on stale data is refused as [`RepositoryError::Stale`], and the use case loads again. Every
//! method that touches a workspace's data takes the workspace first.

mod audit;
mod clock;
mod commit;
mod conversations;
mod customers;
mod erasures;
mod error;
mod exports;
mod feed;
mod health;
mod history;
mod ids;
mod imports;
mod inboxes;
mod keys;
mod messages;
mod seed;
mod stored_responses;
mod totals;
mod users;
mod webhook_sender;
mod webhooks;
mod workspaces;

pub use audit::AuditRepository;
pub use clock::Clock;
pub use commit::{Commit, Deletion, DeletionOutcome, Updated};
pub use conversations::{
    ConversationErasure, ConversationRepository, ConversationToCreate, UpdatedConversation,
};
pub use customers::{CustomerErasure, CustomerRepository};
pub use erasures::{ErasureKind, ErasureProgress, ErasureRepository, PendingErasure};
pub use error::{ExternalIdOwner, RepositoryError};
pub use exports::{ExportRepository, RecordSink, TransferStopped};
pub use feed::{
    AtPosition, EventFeed, FeedCount, FeedEnds, FeedPage, FeedPosition, FeedQuery, FeedReply,
    FeedStart, GoneReason, RecordedEvent, WaitingEvents,
};
pub use health::{Readiness, StorageState};
pub use history::{HistoryRepository, RecordedChange};
pub use ids::IdGenerator;
pub use imports::{ImportOutcome, ImportRepository, RecordSource};
pub use inboxes::InboxRepository;
pub use keys::{KeyRecord, KeyRepository, KeyRotation, KeyUse, KeyWithWorkspace, SecretHash};
pub use messages::{MessageDeletion, MessageRepository, NewMessage};
pub use seed::{SeedBatching, SeedPeople, SeedRepository, SeedRun, SeedShape, SeededConversation};
pub use stored_responses::{
    IdempotentRequest, OptionalResponse, PreviousRequest, RESPONSES_ARE_STORED_FOR,
    RenderedResponse, ResponseToStore, StoredResponse, StoredResponseRepository, Unchanged,
    stored_responses_expire_before,
};
pub use totals::{Counter, Mismatch, TotalsReport, TotalsRepository};
pub use users::{UserDeletion, UserRepository};
pub use webhook_sender::{
    EventRenderer, RefusedAddress, RenderError, WebhookAddressCheck, WebhookAttempt,
    WebhookRequest, WebhookSender,
};
pub use webhooks::{
    CreationOutcome, DeliveryChange, DeliveryFilter, DeliveryReport, DeliveryRepository,
    LeaseHolder, LeaseRequest, LeasedWebhook, WebhookCounts, WebhookRepository, WebhookToCreate,
    WebhookUpdate,
};
pub use workspaces::{Bootstrap, WorkspaceRepository};

#[cfg(any(test, feature = "mocks"))]
pub use {
    audit::MockAuditRepository, clock::FixedClock, conversations::MockConversationRepository,
    customers::MockCustomerRepository, erasures::MockErasureRepository,
    exports::MockExportRepository, feed::MockEventFeed, history::MockHistoryRepository,
    ids::CountedIds, imports::MockImportRepository, inboxes::MockInboxRepository,
    keys::MockKeyRepository, messages::MockMessageRepository, seed::MockSeedRepository,
    stored_responses::MockStoredResponseRepository, totals::MockTotalsRepository,
    users::MockUserRepository, webhook_sender::MockEventRenderer,
    webhook_sender::MockWebhookAddressCheck, webhook_sender::MockWebhookSender,
    webhooks::MockDeliveryRepository, webhooks::MockWebhookRepository,
    workspaces::MockWorkspaceRepository,
};
