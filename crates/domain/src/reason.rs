//! Why something was deleted.

use crate::text::bounded_text;

bounded_text! {
    /// Why something was deleted: up to 1,000 characters, kept as they came. It outlives what was
    /// deleted, so personal data does not belong in it.
    Reason { trimmed: false, min: 0, max: 1_000 }
}
