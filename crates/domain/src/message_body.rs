//! What was said in a message.

use crate::text::bounded_text;

bounded_text! {
    /// What was said: 1 to 65,536 characters, any but NUL, kept byte for byte
    /// (`docs/api.md#text`).
    MessageBody { verbatim, min: 1, max: 65_536 }
}
