//! What a conversation is about.

use crate::text::bounded_text;

bounded_text! {
    /// The subject of a conversation: 1 to 255 characters after trimming (docs/api.md#limits).
    Subject { trimmed: true, min: 1, max: 255 }
}
