//! What `make bench-micro` measures and callers of this crate cannot reach.

use conversations_application::read_model::ConversationDetails;
use conversations_application::{Page, PageRequest};

use crate::conversations::ConversationBody;
use crate::page::ListBody;

/// The JSON of a page of conversations; nothing when it cannot be written.
#[must_use]
pub fn page(asked: PageRequest, page: Page<ConversationDetails>) -> Vec<u8> {
    serde_json::to_vec(&ListBody::<ConversationBody>::new(asked, page)).unwrap_or_default()
}
