//! The use cases of the feed of changes. Whatever changes something leaves an event there.

mod list;
mod maintain;
mod state;

use std::sync::Arc;

use conversations_domain::{Permission, Permissions};

pub use list::{EventChange, EventDetails, EventPage, ListEvents};
pub use state::EventState;

use crate::ports::{
    ConversationRepository, CustomerRepository, EventFeed, InboxRepository, MessageRepository,
    UserRepository,
};

/// What can be done with the feed of changes.
#[derive(Clone)]
pub struct EventService {
    feed: Arc<dyn EventFeed>,
    conversations: Arc<dyn ConversationRepository>,
    messages: Arc<dyn MessageRepository>,
    customers: Arc<dyn CustomerRepository>,
    users: Arc<dyn UserRepository>,
    inboxes: Arc<dyn InboxRepository>,
}

impl EventService {
    /// Of these permissions a reader of the feed needs one: each lets them read some of the events.
    pub const READING: [Permission; 4] = [
        Permission::ReadConversations,
        Permission::ReadCustomers,
        Permission::ReadUsers,
        Permission::ReadInboxes,
    ];

    /// How many things are looked up at once.
    const AT_ONCE: usize = 8;

    /// The service over these ports.
    #[must_use]
    pub fn new(
        feed: Arc<dyn EventFeed>,
        conversations: Arc<dyn ConversationRepository>,
        messages: Arc<dyn MessageRepository>,
        customers: Arc<dyn CustomerRepository>,
        users: Arc<dyn UserRepository>,
        inboxes: Arc<dyn InboxRepository>,
    ) -> Self {
        Self { feed, conversations, messages, customers, users, inboxes }
    }

    /// Those of the permissions for reading that somebody has.
    fn reading(permissions: &Permissions) -> bool {
        Self::READING.iter().any(|&permission| permissions.allow(permission))
    }
}
