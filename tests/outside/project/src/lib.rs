//! What another service may do with the domain crate.

use conversations_domain::Subject;

/// Whether a conversation could be called this.
#[must_use]
pub fn is_a_subject(text: &str) -> bool {
    Subject::parse(text).is_ok()
}
