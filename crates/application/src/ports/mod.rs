//! What the use cases need from outside, as traits that adapters fill.
//!
//! One call of a repository is one transaction, and a write is a value ([`Commit`]): whatever must
//! land together is in it. Nothing is locked between calls; a write that was based on something
//! that has changed meanwhile is refused as [`RepositoryError::Stale`], and the use case loads
//! again. Every method that touches a workspace's data takes the workspace first.

mod clock;
mod commit;
mod conversations;
mod customers;
mod error;
mod health;
mod ids;
mod inboxes;
mod keys;
mod messages;
mod users;
mod workspaces;

pub use clock::Clock;
pub use commit::Commit;
pub use conversations::{
    AssigneeFilter, ConversationDetails, ConversationFilter, ConversationRepository, Erasure,
    NewThread, Revision,
};
pub use customers::CustomerRepository;
pub use error::RepositoryError;
pub use health::Readiness;
pub use ids::IdGenerator;
pub use inboxes::InboxRepository;
pub use keys::{KeyRepository, NewKey, SecretHash};
pub use messages::{MessageRepository, NewMessage};
pub use users::UserRepository;
pub use workspaces::{Founding, WorkspaceRepository};

#[cfg(any(test, feature = "mocks"))]
pub use {
    conversations::MockConversationRepository, customers::MockCustomerRepository,
    inboxes::MockInboxRepository, keys::MockKeyRepository, messages::MockMessageRepository,
    users::MockUserRepository, workspaces::MockWorkspaceRepository,
};
