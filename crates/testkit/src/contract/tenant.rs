//! What most cases start with: a stored workspace with an inbox, and short ways to fill it.

use std::fmt::Debug;

use conversations_application::ports::{
    Commit, ConversationToCreate, KeyRecord, RepositoryError, UpdatedConversation,
};
use conversations_application::read_model::{
    ConversationDetails, ConversationFilter, ConversationOrder, MessageFilter,
};
use conversations_application::{PageSlice, PageWindow};
use conversations_domain::{
    AuditEntry, Conversation, ConversationId, Customer, FieldChange, HistoryEntry, Inbox, InboxId,
    Message, MessageDraft, User, WorkspaceId,
};
use conversations_persistence::Repositories;

use super::commits::{arrival, erasure, just};
use super::pages::{all_pages, first_page};
use crate::fixtures::{
    CustomerBuilder, UserBuilder, a_conversation, a_history_entry, a_key, a_workspace, an_inbox,
    an_origin, at, next_id,
};

/// A stored workspace with an inbox.
pub(super) struct Tenant<'a> {
    pub(super) repositories: &'a Repositories,
    pub(super) id: WorkspaceId,
    pub(super) inbox: InboxId,
}

impl<'a> Tenant<'a> {
    /// Stores another workspace, with an inbox.
    pub(super) async fn new(repositories: &'a Repositories) -> Self {
        let workspace = a_workspace(&format!("tenant {}", next_id(at(0))));
        let id = workspace.id;
        repositories.workspaces.create(workspace).await.expect("a workspace is stored");
        let mut tenant = Self { repositories, id, inbox: an_inbox().id() };
        tenant.inbox = tenant.inbox(an_inbox()).await.id();
        tenant
    }

    /// Stores an inbox.
    pub(super) async fn inbox(&self, inbox: Inbox) -> Inbox {
        let commit = Commit::of(an_origin(), inbox.clone());
        self.repositories.inboxes.create(self.id, commit).await.expect("an inbox is stored");
        inbox
    }

    /// Stores a customer.
    pub(super) async fn customer(&self, customer: CustomerBuilder) -> Customer {
        let customer = customer.build();
        let commit = Commit::of(an_origin(), customer.clone());
        self.repositories.customers.create(self.id, commit).await.expect("a customer is stored");
        customer
    }

    /// Stores a user.
    pub(super) async fn user(&self, user: UserBuilder) -> User {
        let user = user.build();
        let commit = Commit::of(an_origin(), user.clone());
        self.repositories.users.create(self.id, commit).await.expect("a user is stored");
        user
    }

    /// Stores a key.
    pub(super) async fn key(&self) -> KeyRecord {
        let key = a_key(self.id);
        let commit = Commit::of(an_origin(), key.clone());
        self.repositories.keys.create(self.id, commit).await.expect("a key is stored");
        key
    }

    /// Stores a conversation of which only the inbox matters.
    pub(super) async fn conversation(&self) -> Conversation {
        self.open(a_conversation(self.inbox).build()).await
    }

    /// Stores a conversation.
    pub(super) async fn open(&self, conversation: Conversation) -> Conversation {
        self.create(just(conversation.clone())).await.expect("a conversation is stored");
        conversation
    }

    /// Tries to store a conversation with whatever comes along.
    pub(super) async fn create(&self, thread: ConversationToCreate) -> Result<(), RepositoryError> {
        self.repositories.conversations.create(self.id, Commit::of(an_origin(), thread)).await
    }

    /// Tries to store a changed conversation; answers it as it is then.
    pub(super) async fn update(
        &self,
        revision: UpdatedConversation,
    ) -> Result<Conversation, RepositoryError> {
        self.repositories.conversations.update(self.id, Commit::of(an_origin(), revision)).await
    }

    /// The same with a history, as use cases store it: its events are made of that.
    pub(super) async fn change(
        &self,
        revision: UpdatedConversation,
    ) -> Result<Conversation, RepositoryError> {
        let id = revision.changed.id();
        let history = revision.fields.iter().map(|&field| {
            let change = FieldChange { field, from: None, to: None };
            HistoryEntry { change, ..a_history_entry(id) }
        });
        let history = history.collect();
        let commit = Commit { history, ..Commit::of(an_origin(), revision) };
        self.repositories.conversations.update(self.id, commit).await
    }

    /// The conversation with this id, if the workspace has it.
    pub(super) async fn find(&self, id: ConversationId) -> Option<ConversationDetails> {
        self.repositories.conversations.find(self.id, id).await.expect("conversations are read")
    }

    /// The conversation with this id, without its people.
    pub(super) async fn stored(&self, id: ConversationId) -> Conversation {
        self.find(id).await.expect("the conversation is there").conversation
    }

    /// A page of the conversations that the filter allows.
    pub(super) async fn list(
        &self,
        filter: ConversationFilter,
        page: PageWindow,
    ) -> PageSlice<ConversationDetails> {
        self.list_in(ConversationOrder::default(), filter, page).await
    }

    /// A page of the conversations that the filter allows, in this order.
    pub(super) async fn list_in(
        &self,
        order: ConversationOrder,
        filter: ConversationFilter,
        page: PageWindow,
    ) -> PageSlice<ConversationDetails> {
        let page = self.repositories.conversations.list(self.id, filter, order, page).await;
        page.expect("conversations are listed").content
    }

    /// How many conversations there are.
    pub(super) async fn count(&self) -> u64 {
        self.list(ConversationFilter::default(), first_page()).await.total
    }

    /// Lets a message arrive.
    pub(super) async fn append(
        &self,
        conversation: ConversationId,
        draft: MessageDraft,
    ) -> Option<Message> {
        let commit = arrival(conversation, draft);
        let appended = self.repositories.messages.append(self.id, commit).await;
        appended.expect("a message is appended")
    }

    /// A page of a conversation's messages.
    pub(super) async fn messages(
        &self,
        conversation: ConversationId,
        page: PageWindow,
    ) -> Option<PageSlice<Message>> {
        let page = self
            .repositories
            .messages
            .list(self.id, conversation, MessageFilter::default(), page)
            .await;
        page.expect("messages are listed")
    }

    /// Erases a conversation, and answers how many messages went.
    pub(super) async fn erase(&self, conversation: ConversationId) -> Option<u64> {
        let erased = self.repositories.conversations.erase(self.id, erasure(conversation)).await;
        erased.expect("a conversation is erased")
    }

    /// The whole history of a conversation.
    pub(super) async fn history(&self, conversation: ConversationId) -> Vec<HistoryEntry> {
        let changes = all_pages(async |page| {
            let page = self.repositories.history.list(self.id, conversation, page).await;
            page.expect("a history is listed").expect("the conversation is there")
        });
        changes.await.into_iter().map(|change| change.entry).collect()
    }

    /// The whole audit, newest first.
    pub(super) async fn audit(&self) -> Vec<AuditEntry> {
        all_pages(async |page| {
            self.repositories.audit.list(self.id, page).await.expect("the audit is listed")
        })
        .await
    }
}

/// Makes sure that a write was refused because something it was based on is not, or no longer, so.
#[track_caller]
pub(super) fn assert_stale<T: Debug>(written: &Result<T, RepositoryError>) {
    assert!(matches!(written, Err(RepositoryError::Stale)), "{written:?}");
}

/// Makes sure that a write was refused because something unique is there already.
#[track_caller]
pub(super) fn assert_duplicate<T: Debug>(written: &Result<T, RepositoryError>) {
    assert!(matches!(written, Err(RepositoryError::Duplicate)), "{written:?}");
}
