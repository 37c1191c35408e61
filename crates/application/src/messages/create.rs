//! Writing a message.

use conversations_domain::{
    ConversationId, ExternalId, HistoryId, InternalNoteByCustomer, Message, MessageBody,
    MessageDraft, MessageId,
};

use super::{AuthorChoice, MessageService};
use crate::ports::{Commit, NewMessage};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Reference, ResponseRecorder};

/// A message as its writer wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageContent {
    external_id: Option<ExternalId>,
    reopens: bool,
    author: AuthorChoice,
    internal: bool,
    body: MessageBody,
}

/// Where a message is to go.
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
    ) -> Result<Self, InternalNoteByCustomer> {
        match author {
            AuthorChoice::Customer(_) if internal => Err(InternalNoteByCustomer),
            _ => Ok(Self { external_id: None, reopens: true, author, internal, body }),
        }
    }

    /// The same with this id in another system.
    #[must_use]
    pub fn with_external_id(self, external_id: Option<ExternalId>) -> Self {
        Self { external_id, ..self }
    }

    /// The same, but whether it reopens its conversation, if the customer wrote it, is this.
    #[must_use]
    pub fn that_reopens(self, reopens: bool) -> Self {
        Self { reopens, ..self }
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
        let Self { external_id, reopens, author: _, internal, body } = self;
        MessageDraft::new(id, author, internal, body)
            .map(|draft| draft.with_external_id(external_id).that_reopens(reopens))
            .map_err(|note| Error::Internal(Box::new(note)))
    }
}

impl MessageService {
    /// Writes a message. A customer's message opens a pending or closed conversation again, by
    /// default.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such conversation; [`Error::InvalidReferences`] when
    /// the author is not a user of the workspace, or not the conversation's customer;
    /// [`Error::Conflict`] when another message has the external id.
    pub async fn create(
        &self,
        caller: &Caller,
        command: CreateMessage,
        recorder: ResponseRecorder<Message>,
    ) -> Result<Message, Error> {
        retry_on_conflict(async || self.try_create(caller, command.clone(), recorder.clone()).await)
            .await
    }

    async fn try_create(
        &self,
        caller: &Caller,
        command: CreateMessage,
        recorder: ResponseRecorder<Message>,
    ) -> Result<Message, Error> {
        let CreateMessage { conversation, content } = command;
        let workspace = caller.workspace;
        let context = self.contexts.begin();

        let details =
            self.conversations.find(workspace, conversation).await?.ok_or(Error::NotFound)?;
        let author = content
            .author()
            .resolve(&*self.users, workspace, &details.conversation)
            .await?
            .map_err(|problem| Error::invalid(Reference::Author, problem))?;

        let write = NewMessage {
            conversation,
            draft: content.drafted(MessageId::from_uuid(context.next_id()), author)?,
            history: HistoryId::from_uuid(context.next_id()),
            by: caller.actor.clone(),
        };
        let response = recorder.on_outcome(context.now(), Message::clone);
        let commit = Commit { response, ..Commit::of(caller.origin(&context), write) };
        self.messages.append(workspace, commit).await?.ok_or(Error::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use conversations_domain::{Author, CustomerId};
    use mockall::predicate::eq;

    use super::*;
    use crate::read_model::ConversationDetails;
    use crate::testing::{
        NOW, Ports, caller, conversation_id, customer, customer_id, details, details_with, time,
        user, user_id, workspace,
    };
    use crate::{InvalidReference, ReferenceProblem};

    fn message(author: AuthorChoice) -> CreateMessage {
        let body = MessageBody::parse("Hello").expect("a body");
        let content = MessageContent::new(author, false, body).expect("a message");
        CreateMessage { conversation: conversation_id(), content }
    }

    fn conversation_with(customer_id: CustomerId) -> ConversationDetails {
        details_with(Some(customer(customer_id)))
    }

    /// Lets messages arrive, and gives each the number 7.
    fn accept(ports: &mut Ports, expected: impl Fn(&NewMessage) -> bool + Send + 'static) {
        ports
            .messages
            .expect_append()
            .times(1)
            .withf(move |asked, commit| *asked == workspace() && expected(&commit.write))
            .returning(|_, commit| Ok(Some(commit.write.draft.numbered(conversation_id(), 7))));
    }

    #[tokio::test]
    async fn an_unknown_conversation_is_not_found() {
        let mut ports = Ports::default();
        ports
            .conversations
            .expect_find()
            .with(eq(workspace()), eq(conversation_id()))
            .returning(|_, _| Ok(None));

        let written = ports
            .message_service()
            .create(&caller(), message(AuthorChoice::System), ResponseRecorder::disabled())
            .await;

        assert!(matches!(written, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn a_conversation_that_vanished_meanwhile_is_not_found() {
        let mut ports = Ports::with_conversation(details());
        ports.messages.expect_append().times(1).returning(|_, _| Ok(None));

        let written = ports
            .message_service()
            .create(&caller(), message(AuthorChoice::System), ResponseRecorder::disabled())
            .await;

        assert!(matches!(written, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn an_unknown_agent_is_no_author() {
        let mut ports = Ports::with_conversation(details());
        ports.users.expect_find().with(eq(workspace()), eq(user_id(1))).returning(|_, _| Ok(None));

        let by_agent = message(AuthorChoice::Agent(user_id(1)));
        let written =
            ports.message_service().create(&caller(), by_agent, ResponseRecorder::disabled()).await;

        let Err(Error::InvalidReferences(invalid)) = written else { panic!("{written:?}") };
        let problem = ReferenceProblem::Unknown;
        assert_eq!(invalid, [InvalidReference { reference: Reference::Author, problem }]);
    }

    #[tokio::test]
    async fn another_customer_is_no_author() {
        let ports = Ports::with_conversation(conversation_with(customer_id(1)));

        let by_another = message(AuthorChoice::Customer(Some(customer_id(2))));
        let written = ports
            .message_service()
            .create(&caller(), by_another, ResponseRecorder::disabled())
            .await;

        let Err(Error::InvalidReferences(invalid)) = written else { panic!("{written:?}") };
        let problem = ReferenceProblem::NotTheCustomer;
        assert_eq!(invalid, [InvalidReference { reference: Reference::Author, problem }]);
    }

    #[tokio::test]
    async fn a_customer_who_is_not_named_is_the_conversations_own() {
        let mut ports = Ports::with_conversation(conversation_with(customer_id(1)));
        accept(&mut ports, |_| true);

        let by_customer = message(AuthorChoice::Customer(None));
        let written = ports
            .message_service()
            .create(&caller(), by_customer, ResponseRecorder::disabled())
            .await;

        let written = written.expect("written").into_parts();
        assert_eq!(written.author, Author::Customer(Some(customer_id(1))));
    }

    #[tokio::test]
    async fn the_answer_is_the_message_with_the_number_that_the_storage_gave_it() {
        let mut ports = Ports::with_conversation(details());
        ports.users.expect_find().returning(|_, id| Ok(Some(user(id))));
        accept(&mut ports, |_| true);

        let by_agent = message(AuthorChoice::Agent(user_id(1)));
        let written =
            ports.message_service().create(&caller(), by_agent, ResponseRecorder::disabled()).await;

        let written = written.expect("written").into_parts();
        assert_eq!(written.number, 7);
        assert_eq!(written.author, Author::Agent(user_id(1)));
        assert_eq!(written.body.as_str(), "Hello");
    }

    #[tokio::test]
    async fn a_reopening_is_the_writers_and_of_the_same_moment() {
        let mut ports = Ports::with_conversation(details());
        accept(&mut ports, |new| {
            new.by == caller().actor
                && new.history.created_at() == time(NOW)
                && new.draft.id().created_at() == time(NOW)
        });

        let written = ports
            .message_service()
            .create(&caller(), message(AuthorChoice::System), ResponseRecorder::disabled())
            .await;

        assert!(written.is_ok());
    }

    #[test]
    fn a_customer_writes_no_internal_notes() {
        let note = |author| {
            MessageContent::new(author, true, MessageBody::parse("Hello").expect("a body"))
        };

        assert_eq!(note(AuthorChoice::Customer(None)), Err(InternalNoteByCustomer));
        assert!(note(AuthorChoice::Agent(user_id(1))).is_ok());
        assert!(note(AuthorChoice::System).is_ok());
    }
}
