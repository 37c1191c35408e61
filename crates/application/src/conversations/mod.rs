//! The use cases of conversations.

mod claim;
mod count;
mod create;
mod delete;
mod get;
mod list;
mod put;
mod update;

use std::sync::Arc;

use conversations_domain::{Customer, CustomerId, InboxId, User, UserId, WorkspaceId};

pub use claim::ClaimConversation;
pub use create::{CreateConversation, CustomerChoice};
pub use delete::DeleteConversation;
pub use update::UpdateConversation;

use crate::erasures::ErasureService;
use crate::ports::{
    ConversationRepository, CustomerRepository, InboxRepository, StoredResponseRepository,
    UserRepository,
};
use crate::{ContextFactory, Error, InvalidReference, Reference, ReferenceProblem};

/// What can be done with conversations.
#[derive(Clone)]
pub struct ConversationService {
    conversations: Arc<dyn ConversationRepository>,
    customers: Arc<dyn CustomerRepository>,
    users: Arc<dyn UserRepository>,
    inboxes: Arc<dyn InboxRepository>,
    replies: Arc<dyn StoredResponseRepository>,
    erasures: ErasureService,
    contexts: ContextFactory,
}

impl ConversationService {
    /// The service over these ports.
    #[must_use]
    pub fn new(
        conversations: Arc<dyn ConversationRepository>,
        customers: Arc<dyn CustomerRepository>,
        users: Arc<dyn UserRepository>,
        inboxes: Arc<dyn InboxRepository>,
        replies: Arc<dyn StoredResponseRepository>,
        erasures: ErasureService,
        contexts: ContextFactory,
    ) -> Self {
        Self { conversations, customers, users, inboxes, replies, erasures, contexts }
    }

    /// Makes sure that an inbox is one of the workspace.
    async fn check_inbox(
        &self,
        workspace: WorkspaceId,
        id: InboxId,
        invalid: &mut InvalidReferences,
    ) -> Result<(), Error> {
        if self.inboxes.find(workspace, id).await?.is_none() {
            invalid.note(Reference::Inbox, ReferenceProblem::Unknown);
        }
        Ok(())
    }

    /// The customer of the workspace with this id.
    async fn resolve_customer(
        &self,
        workspace: WorkspaceId,
        id: CustomerId,
        invalid: &mut InvalidReferences,
    ) -> Result<Option<Customer>, Error> {
        let customer = self.customers.find(workspace, id).await?;
        if customer.is_none() {
            invalid.note(Reference::Customer, ReferenceProblem::Unknown);
        }
        Ok(customer)
    }

    /// The user of the workspace with this id.
    async fn resolve_user(
        &self,
        workspace: WorkspaceId,
        id: UserId,
        invalid: &mut InvalidReferences,
    ) -> Result<Option<User>, Error> {
        let user = self.users.find(workspace, id).await?;
        if user.is_none() {
            invalid.note(Reference::Assignee, ReferenceProblem::Unknown);
        }
        Ok(user)
    }
}

/// The references of a command that lead nowhere, collected so that its caller learns of all.
#[derive(Default)]
struct InvalidReferences(Vec<InvalidReference>);

impl InvalidReferences {
    fn note(&mut self, reference: Reference, problem: ReferenceProblem) {
        self.0.push(InvalidReference { reference, problem });
    }

    fn into_result(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::InvalidReferences(self.0)) }
    }
}
