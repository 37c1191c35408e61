//! Creating a conversation, with its customer and its first message if given.

use conversations_domain::{
    Conversation, ConversationDraft, ConversationId, Customer, CustomerId, Message, MessageId,
    NewConversation, NewCustomer, Permission, WorkspaceId,
};

use super::{ConversationService, InvalidReferences};
use crate::messages::MessageContent;
use crate::ports::{Commit, ConversationToCreate, ExternalIdOwner, RepositoryError};
use crate::read_model::ConversationDetails;
use crate::retry::retry_on_conflict;
use crate::{Caller, CommandContext, Conflict, Error, Reference, ResponseRecorder};

/// A new conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateConversation {
    /// What its creator chooses.
    pub draft: ConversationDraft,
    /// The customer.
    pub customer: CustomerChoice,
    /// The message it starts with.
    pub message: Option<MessageContent>,
}

/// The customer of a new conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum CustomerChoice {
    /// Not known yet.
    Nobody,
    /// A customer of the workspace.
    Known(CustomerId),
    /// The customer of the workspace with the same external id, else with the same e-mail address,
    /// left as they are, or this new one; without either always a new one. Needs `write:customers`.
    ByProfile(Box<NewCustomer>),
}

impl CreateConversation {
    /// Makes sure that the caller may do what the command asks for.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the command brings a customer and the caller may not write
    /// customers.
    pub fn allow(&self, caller: &Caller) -> Result<(), Error> {
        match self.customer {
            CustomerChoice::ByProfile(_) => caller.require(Permission::WriteCustomers),
            CustomerChoice::Nobody | CustomerChoice::Known(_) => Ok(()),
        }
    }
}

impl ConversationService {
    /// Opens a conversation.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the command brings a customer and the caller may not write
    /// customers; [`Error::InvalidReferences`] naming everything that does not exist in the
    /// workspace; [`Error::Conflict`] when another conversation has the external id, or another
    /// message that of the first one.
    pub async fn create(
        &self,
        caller: &Caller,
        command: CreateConversation,
        recorder: ResponseRecorder<ConversationDetails>,
    ) -> Result<ConversationDetails, Error> {
        command.allow(caller)?;
        retry_on_conflict(async || self.try_create(caller, command.clone(), recorder.clone()).await)
            .await
    }

    pub(super) async fn try_create(
        &self,
        caller: &Caller,
        command: CreateConversation,
        recorder: ResponseRecorder<ConversationDetails>,
    ) -> Result<ConversationDetails, Error> {
        let CreateConversation { draft, customer, message } = command;
        let workspace = caller.workspace;
        let context = self.contexts.begin();
        let mut invalid = InvalidReferences::default();

        let id = ConversationId::from_uuid(context.next_id());
        self.check_inbox(workspace, draft.inbox, &mut invalid).await?;
        let resolved =
            self.find_or_make_customer(workspace, customer, &context, &mut invalid).await?;
        let mut conversation = Conversation::open(NewConversation {
            id,
            source: caller.source,
            customer: resolved.customer().map(Customer::id),
            draft,
        });
        let assignee = match conversation.assignee() {
            Some(user) => self.resolve_user(workspace, user, &mut invalid).await?,
            None => None,
        };
        let message = match message {
            Some(message) => {
                self.first_message(workspace, &mut conversation, message, &context, &mut invalid)
                    .await?
            }
            None => None,
        };
        invalid.into_result()?;

        let (new_customer, customer) = resolved.into_new_and_shown();
        let thread = ConversationToCreate {
            conversation: conversation.clone(),
            customer: new_customer,
            message,
        };
        let details = ConversationDetails { conversation, customer, assignee };
        let response = recorder.with_outcome(context.now(), &details)?;
        let commit = Commit { response, ..Commit::of(caller.origin(&context), thread) };
        match self.conversations.create(workspace, commit).await {
            Ok(()) => Ok(details),
            // Another caller created the customer with this address or this external id: the next
            // attempt finds them.
            Err(
                RepositoryError::Duplicate
                | RepositoryError::ExternalIdTaken(ExternalIdOwner::Customer),
            ) => Err(Error::WriteConflict),
            Err(RepositoryError::ExternalIdTaken(ExternalIdOwner::Message)) => {
                Err(Conflict::FirstMessageExternalIdTaken.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Resolves the customer of the conversation.
    async fn find_or_make_customer(
        &self,
        workspace: WorkspaceId,
        choice: CustomerChoice,
        context: &CommandContext<'_>,
        invalid: &mut InvalidReferences,
    ) -> Result<ResolvedCustomer, Error> {
        Ok(match choice {
            CustomerChoice::Nobody => ResolvedCustomer::Nobody,
            CustomerChoice::Known(id) => self
                .resolve_customer(workspace, id, invalid)
                .await?
                .map_or(ResolvedCustomer::Nobody, ResolvedCustomer::Known),
            CustomerChoice::ByProfile(new) => {
                self.known_customer(workspace, &new).await?.map_or_else(
                    || {
                        ResolvedCustomer::New(Customer::new(
                            CustomerId::from_uuid(context.next_id()),
                            *new,
                        ))
                    },
                    ResolvedCustomer::Known,
                )
            }
        })
    }

    /// The customer of the workspace whom a new one would be: with the same external id, else with the
    /// same e-mail address.
    async fn known_customer(
        &self,
        workspace: WorkspaceId,
        new: &NewCustomer,
    ) -> Result<Option<Customer>, Error> {
        if let Some(id) = new.external_id.clone()
            && let Some(known) = self.customers.find_by_external_id(workspace, id).await?
        {
            return Ok(Some(known));
        }
        match new.profile.email.clone() {
            Some(email) => Ok(self.customers.find_by_email(workspace, email).await?),
            None => Ok(None),
        }
    }

    /// Puts the first message into the conversation; `None` when its author is not valid.
    async fn first_message(
        &self,
        workspace: WorkspaceId,
        conversation: &mut Conversation,
        message: MessageContent,
        context: &CommandContext<'_>,
        invalid: &mut InvalidReferences,
    ) -> Result<Option<Message>, Error> {
        match message.author().resolve(&*self.users, workspace, conversation).await? {
            Ok(author) => {
                let draft = message.drafted(MessageId::from_uuid(context.next_id()), author)?;
                Ok(Some(conversation.open_with(draft)))
            }
            Err(problem) => {
                invalid.note(Reference::FirstMessageAuthor, problem);
                Ok(None)
            }
        }
    }
}

/// Who a new conversation is with, once the workspace was looked through.
enum ResolvedCustomer {
    Nobody,
    Known(Customer),
    New(Customer),
}

impl ResolvedCustomer {
    fn customer(&self) -> Option<&Customer> {
        match self {
            Self::Nobody => None,
            Self::Known(customer) | Self::New(customer) => Some(customer),
        }
    }

    /// The customer to store, and the customer to show.
    fn into_new_and_shown(self) -> (Option<Customer>, Option<Customer>) {
        match self {
            Self::Nobody => (None, None),
            Self::Known(customer) => (None, Some(customer)),
            Self::New(customer) => (Some(customer.clone()), Some(customer)),
        }
    }
}

#[cfg(test)]
mod tests;
