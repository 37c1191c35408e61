//! A conversation with all that belongs to it, to see whether all of it went or stayed.

use conversations_application::ports::Commit;
use conversations_application::read_model::ConversationDetails;
use conversations_domain::{Author, Conversation, ConversationId, HistoryEntry, Message};
use conversations_persistence::Repositories;

use super::commits::renamed;
use super::pages::first_page;
use super::tenant::Tenant;
use crate::fixtures::{a_history_entry, a_message, an_origin};

/// A conversation with its people, its messages and its history.
#[derive(Debug, PartialEq)]
pub(super) struct FullConversation {
    pub(super) details: ConversationDetails,
    messages: Vec<Message>,
    history: Vec<HistoryEntry>,
}

impl FullConversation {
    /// Stores a conversation, with two messages and an entry in its history.
    pub(super) async fn store(
        tenant: &Tenant<'_>,
        repositories: &Repositories,
        conversation: Conversation,
    ) -> Self {
        let conversation = tenant.open(conversation).await;
        let id = conversation.id();
        for _ in 0..2 {
            let draft = a_message().by(Author::System).build();
            tenant.append(id, draft).await.expect("it arrives");
        }
        let write = renamed(&conversation, "A whole conversation");
        let commit = Commit {
            write,
            origin: an_origin(),
            history: vec![a_history_entry(id)],
            audit: Vec::new(),
            response: None,
        };
        repositories.conversations.update(tenant.id, commit).await.expect("it is stored");
        let whole = Self::read(tenant, id).await;
        assert_eq!((whole.messages.len(), whole.history.len()), (2, 1));
        whole
    }

    /// Reads all that belongs to a conversation that is there.
    pub(super) async fn read(tenant: &Tenant<'_>, id: ConversationId) -> Self {
        let messages = tenant.messages(id, first_page()).await;
        Self {
            details: tenant.find(id).await.expect("the conversation is there"),
            messages: messages.expect("the conversation is there").items,
            history: tenant.history(id).await,
        }
    }

    pub(super) fn id(&self) -> ConversationId {
        self.details.conversation.id()
    }
}
