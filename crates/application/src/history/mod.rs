//! The use cases of the history of conversations. Whatever changes one writes it.

mod list;

use std::sync::Arc;

use crate::ports::HistoryRepository;

/// What can be done with the history of conversations.
#[derive(Clone)]
pub struct HistoryService {
    history: Arc<dyn HistoryRepository>,
}

impl HistoryService {
    /// The service over this port.
    #[must_use]
    pub fn new(history: Arc<dyn HistoryRepository>) -> Self {
        Self { history }
    }
}
