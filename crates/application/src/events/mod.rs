//! The use cases of the feed of changes. Every write creates events there.

mod list;
mod maintain;
mod position;
mod state;
mod upcoming;

use std::sync::Arc;

use conversations_domain::{Permission, Permissions};

pub use list::{EventPage, ListEvents};
pub use position::EventView;

use crate::Error;
use crate::ports::{
    ConversationRepository, CustomerRepository, EventFeed, InboxRepository, MessageRepository,
    UserRepository, WebhookRepository,
};

/// The use cases of the feed of changes.
#[derive(Clone)]
pub struct EventService {
    feed: Arc<dyn EventFeed>,
    conversations: Arc<dyn ConversationRepository>,
    messages: Arc<dyn MessageRepository>,
    customers: Arc<dyn CustomerRepository>,
    users: Arc<dyn UserRepository>,
    inboxes: Arc<dyn InboxRepository>,
    webhooks: Arc<dyn WebhookRepository>,
}

impl EventService {
    /// A reader needs at least one of these permissions: each allows some of the events.
    pub const READING: [Permission; 4] = [
        Permission::ReadConversations,
        Permission::ReadCustomers,
        Permission::ReadUsers,
        Permission::ReadInboxes,
    ];

    /// The service over these ports.
    #[must_use]
    pub fn new(
        feed: Arc<dyn EventFeed>,
        conversations: Arc<dyn ConversationRepository>,
        messages: Arc<dyn MessageRepository>,
        customers: Arc<dyn CustomerRepository>,
        users: Arc<dyn UserRepository>,
        inboxes: Arc<dyn InboxRepository>,
        webhooks: Arc<dyn WebhookRepository>,
    ) -> Self {
        Self { feed, conversations, messages, customers, users, inboxes, webhooks }
    }

    /// Whether these include a permission to read events.
    #[must_use]
    pub fn reading(permissions: &Permissions) -> bool {
        Self::READING.iter().any(|&permission| permissions.allow(permission))
    }

    /// Refuses callers that may not read events.
    fn require_reading(permissions: &Permissions) -> Result<(), Error> {
        if Self::reading(permissions) {
            return Ok(());
        }
        Err(Error::ForbiddenAll { any_of: Self::READING.into_iter().collect() })
    }
}
