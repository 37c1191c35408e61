//! The use cases of messages.

mod author;
mod create;
mod delete;
mod get;
mod list;

use std::sync::Arc;

pub use author::AuthorChoice;
pub use create::{CreateMessage, MessageContent};
pub use delete::DeleteMessage;

use crate::ContextFactory;
use crate::ports::{ConversationRepository, MessageRepository, UserRepository};

/// What can be done with messages.
#[derive(Clone)]
pub struct MessageService {
    messages: Arc<dyn MessageRepository>,
    conversations: Arc<dyn ConversationRepository>,
    users: Arc<dyn UserRepository>,
    contexts: ContextFactory,
}

impl MessageService {
    /// The service over these ports.
    #[must_use]
    pub fn new(
        messages: Arc<dyn MessageRepository>,
        conversations: Arc<dyn ConversationRepository>,
        users: Arc<dyn UserRepository>,
        contexts: ContextFactory,
    ) -> Self {
        Self { messages, conversations, users, contexts }
    }
}
