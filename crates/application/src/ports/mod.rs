//! What the use cases need from outside, as traits that adapters fill.
//!
//! One call of a repository is one transaction, and a write is a value ([`Commit`]): whatever must
//! land together is in it. Nothing is locked between calls; a write that was based on something
//! that has changed meanwhile is refused as [`RepositoryError::Stale`], and the use case loads
//! again. Every method that touches a workspace's data takes the workspace first.

mod audit;
mod clock;
mod commit;
mod conversation_filter;
mod conversation_order;
mod conversations;
mod customers;
mod erasures;
mod error;
mod feed;
mod health;
mod history;
mod ids;
mod inboxes;
mod keys;
mod messages;
mod replies;
mod seed;
mod totals;
mod users;
mod workspaces;

pub use audit::AuditRepository;
pub use clock::Clock;
pub use commit::{Commit, Deletion, Removal, Revision};
pub use conversation_filter::{AssigneeFilter, ConversationFilter, Criterion};
pub use conversation_order::ConversationOrder;
pub use conversations::{
    ConversationDetails, ConversationRepository, ConversationRevision, Erasure, NewThread, Seen,
};
pub use customers::{CustomerFilter, CustomerRepository, PersonErasure};
pub use erasures::{ErasureKind, ErasureRepository, PendingErasure, Progress};
pub use error::RepositoryError;
pub use feed::{
    EventFeed, FeedEnds, FeedPage, FeedQuery, FeedReply, FeedStart, GoneReason, RecordedEvent,
};
pub use health::{Readiness, StorageState};
pub use history::{HistoryRepository, RecordedChange};
pub use ids::IdGenerator;
pub use inboxes::InboxRepository;
pub use keys::{KeyDetails, KeyRepository, KeyUse, KeyWithWorkspace, NewKey, Rotation, SecretHash};
pub use messages::{MessageRemoval, MessageRepository, NewMessage};
pub use replies::{
    EarlierRequest, IdempotentRequest, KeptReply, REPLIES_ARE_KEPT_FOR, Rendered, Reply,
    ReplyRepository, ReplyTo, Unchanged, replies_end_at,
};
pub use seed::{SeedPace, SeedPeople, SeedRepository, SeedShape, SeededThread, Seeding};
pub use totals::{Comparison, Difference, Numbered, TotalsRepository};
pub use users::{UserRemoval, UserRepository};
pub use workspaces::{Founding, WorkspaceRepository};

#[cfg(any(test, feature = "mocks"))]
pub use {
    audit::MockAuditRepository, conversations::MockConversationRepository,
    customers::MockCustomerRepository, erasures::MockErasureRepository, feed::MockEventFeed,
    history::MockHistoryRepository, inboxes::MockInboxRepository, keys::MockKeyRepository,
    messages::MockMessageRepository, replies::MockReplyRepository, seed::MockSeedRepository,
    totals::MockTotalsRepository, users::MockUserRepository, workspaces::MockWorkspaceRepository,
};
