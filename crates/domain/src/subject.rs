//! What a conversation is about.

use crate::text::bounded_text;

bounded_text! {
    /// What a conversation is about: 1 to 255 characters after trimming (`docs/api.md#text`).
    Subject { trimmed: true, min: 1, max: 255 }
}
