//! Opening a conversation, with its customer and its first message if wanted.

use conversations_domain::{
    Channel, Conversation, ConversationId, Customer, CustomerId, InboxId, Message, MessageId,
    NewConversation, NewCustomer, Permission, Priority, Subject, Tags, WorkspaceId,
};

use super::{ConversationService, InvalidReferences};
use crate::messages::MessageContent;
use crate::ports::{Commit, ConversationDetails, NewThread, RepositoryError};
use crate::retry::until_settled;
use crate::{Caller, Error, Moment, Reference, Remember};

/// What a conversation is opened with.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateConversation {
    /// What it is about.
    pub subject: Subject,
    /// Where it lies.
    pub inbox: InboxId,
    /// Who it is with.
    pub customer: CustomerChoice,
    /// The medium, unless it is the usual one.
    pub channel: Option<Channel>,
    /// The urgency, unless it is the usual one.
    pub priority: Option<Priority>,
    /// Words that people put on it.
    pub labels: Tags,
    /// The message it starts with.
    pub message: Option<MessageContent>,
}

/// Who a new conversation is with.
#[derive(Debug, Clone, PartialEq)]
pub enum CustomerChoice {
    /// That is not known yet.
    Nobody,
    /// A customer of the workspace.
    Known(CustomerId),
    /// The customer of the workspace with the same e-mail address, left as they are, or this new
    /// one; without an address always a new one. Needs `write:customers`.
    ByProfile(Box<NewCustomer>),
}

impl CreateConversation {
    /// Makes sure that the caller may do what the command asks for.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when a customer comes along and the caller may not write customers.
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
    /// [`Error::Forbidden`] when a customer comes along and the caller may not write customers;
    /// [`Error::InvalidReferences`] naming everything that does not exist in the workspace.
    pub async fn create(
        &self,
        caller: &Caller,
        command: CreateConversation,
        remember: Remember<ConversationDetails>,
    ) -> Result<ConversationDetails, Error> {
        command.allow(caller)?;
        until_settled(async || self.try_create(caller, command.clone(), remember.clone()).await)
            .await
    }

    async fn try_create(
        &self,
        caller: &Caller,
        command: CreateConversation,
        remember: Remember<ConversationDetails>,
    ) -> Result<ConversationDetails, Error> {
        let CreateConversation { subject, inbox, customer, channel, priority, labels, message } =
            command;
        let workspace = caller.workspace;
        let moment = self.moments.begin();
        let mut invalid = InvalidReferences::default();

        let id = ConversationId::from_uuid(moment.next_id());
        self.check_inbox(workspace, inbox, &mut invalid).await?;
        let party = self.find_party(workspace, customer, &moment, &mut invalid).await?;
        let mut conversation = Conversation::open(NewConversation {
            id,
            subject,
            inbox,
            customer: party.customer().map(Customer::id),
            channel,
            priority,
            labels,
            source: caller.source,
        });
        let message = match message {
            Some(message) => {
                self.first_message(workspace, &mut conversation, message, &moment, &mut invalid)
                    .await?
            }
            None => None,
        };
        invalid.into_result()?;

        let (new_customer, customer) = party.into_new_and_shown();
        let thread =
            NewThread { conversation: conversation.clone(), customer: new_customer, message };
        let details = ConversationDetails { conversation, customer, assignee: None };
        let reply = remember.known(moment.now(), &details)?;
        let commit = Commit { reply, ..Commit::of(caller.origin(&moment), thread) };
        match self.conversations.create(workspace, commit).await {
            Ok(()) => Ok(details),
            // Somebody else made the customer with this address: the next attempt finds them.
            Err(RepositoryError::Duplicate) => Err(Error::Contended),
            Err(error) => Err(error.into()),
        }
    }

    /// Finds out who the conversation is with.
    async fn find_party(
        &self,
        workspace: WorkspaceId,
        choice: CustomerChoice,
        moment: &Moment<'_>,
        invalid: &mut InvalidReferences,
    ) -> Result<Party, Error> {
        Ok(match choice {
            CustomerChoice::Nobody => Party::Nobody,
            CustomerChoice::Known(id) => self
                .resolve_customer(workspace, id, invalid)
                .await?
                .map_or(Party::Nobody, Party::Known),
            CustomerChoice::ByProfile(new) => {
                let known = match new.profile.email.clone() {
                    Some(email) => self.customers.find_by_email(workspace, email).await?,
                    None => None,
                };
                known.map_or_else(
                    || Party::New(Customer::new(CustomerId::from_uuid(moment.next_id()), *new)),
                    Party::Known,
                )
            }
        })
    }

    /// Puts the first message into the conversation; `None` when its author is not right.
    async fn first_message(
        &self,
        workspace: WorkspaceId,
        conversation: &mut Conversation,
        message: MessageContent,
        moment: &Moment<'_>,
        invalid: &mut InvalidReferences,
    ) -> Result<Option<Message>, Error> {
        match message.author().resolve(&*self.users, workspace, conversation).await? {
            Ok(author) => {
                let draft = message.drafted(MessageId::from_uuid(moment.next_id()), author)?;
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
enum Party {
    Nobody,
    Known(Customer),
    New(Customer),
}

impl Party {
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
