//! Writing a message.

use conversations_domain::{
    ConversationId, CustomerNote, HistoryId, Message, MessageBody, MessageDraft, MessageId,
};

use super::{AuthorChoice, MessageService};
use crate::ports::{Commit, NewMessage};
use crate::{Caller, Error, Reference};

/// A message as its writer wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageContent {
    author: AuthorChoice,
    internal: bool,
    body: MessageBody,
}

/// Where a message shall go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateMessage {
    /// The conversation.
    pub conversation: ConversationId,
    /// The message.
    pub content: MessageContent,
}

impl MessageContent {
    /// A message as its writer wants it.
    ///
    /// # Errors
    /// When it would be an internal note by the customer.
    pub fn new(
        author: AuthorChoice,
        internal: bool,
        body: MessageBody,
    ) -> Result<Self, CustomerNote> {
        match author {
            AuthorChoice::Customer(_) if internal => Err(CustomerNote),
            _ => Ok(Self { author, internal, body }),
        }
    }

    /// Who is said to write it.
    pub(crate) fn author(&self) -> AuthorChoice {
        self.author
    }

    /// The message by an author who was found.
    pub(crate) fn drafted(
        self,
        id: MessageId,
        author: conversations_domain::Author,
    ) -> Result<MessageDraft, Error> {
        MessageDraft::new(id, author, self.internal, self.body)
            .map_err(|note| Error::Internal(Box::new(note)))
    }
}

impl MessageService {
    /// Writes a message. A customer's message opens a pending or closed conversation again.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such conversation; [`Error::InvalidReferences`] when
    /// the author is not a user of the workspace, or not the conversation's customer.
    pub async fn create(&self, caller: &Caller, command: CreateMessage) -> Result<Message, Error> {
        let CreateMessage { conversation, content } = command;
        let workspace = caller.workspace;
        let moment = self.moments.begin();

        let details =
            self.conversations.find(workspace, conversation).await?.ok_or(Error::NotFound)?;
        let author = content
            .author()
            .resolve(&*self.users, workspace, &details.conversation)
            .await?
            .map_err(|problem| Error::invalid(Reference::Author, problem))?;

        let write = NewMessage {
            conversation,
            draft: content.drafted(MessageId::from_uuid(moment.next_id()), author)?,
            history: HistoryId::from_uuid(moment.next_id()),
            by: caller.actor.clone(),
        };
        self.messages.append(workspace, Commit::of(write)).await?.ok_or(Error::NotFound)
    }
}
