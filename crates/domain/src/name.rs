//! What users, inboxes, keys and workspaces are called.

use crate::text::bounded_text;

bounded_text! {
    /// What a user, an inbox, a key or a workspace is called: 1 to 100 characters after trimming.
    Name { trimmed: true, min: 1, max: 100 }
}
