//! What was said in a message.

use crate::text::bounded_text;

bounded_text! {
    /// The text of a message: 1 to 65,536 characters except NUL, stored byte for byte
    /// (docs/api.md#text).
    MessageBody { verbatim, min: 1, max: 65_536 }
}
