//! The use cases of inboxes.

mod create;
mod delete;
mod get;
mod list;
mod update;

use std::sync::Arc;

pub use delete::DeleteInbox;
pub use update::UpdateInbox;

use crate::ContextFactory;
use crate::ports::InboxRepository;

/// What can be done with inboxes.
#[derive(Clone)]
pub struct InboxService {
    inboxes: Arc<dyn InboxRepository>,
    contexts: ContextFactory,
}

impl InboxService {
    /// The service over these ports.
    #[must_use]
    pub fn new(inboxes: Arc<dyn InboxRepository>, contexts: ContextFactory) -> Self {
        Self { inboxes, contexts }
    }
}
