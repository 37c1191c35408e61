//! Which events are wanted.

use conversations_domain::{ConversationId, EventType};

/// Which events a list returns or a stream sends.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub(super) types: Option<Vec<EventType>>,
    pub(super) conversation: Option<ConversationId>,
}
