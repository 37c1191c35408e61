//! A key as it is shown.

use conversations_domain::{ApiKey, Timestamp};

/// A key with what is known of its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDetails {
    /// The key.
    pub key: ApiKey,
    /// When it was last used, to about a minute.
    pub last_used_at: Option<Timestamp>,
}
