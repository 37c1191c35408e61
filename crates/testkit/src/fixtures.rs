//! Entities for tests, and the key with its hash that storage takes.

use conversations_application::ports::{KeyRecord, SecretHash};
use conversations_domain::WorkspaceId;

pub use conversations_fixtures::*;

/// A key of a workspace that may read and write conversations and does not expire, with a hash that
/// no other key has.
#[must_use]
pub fn a_key(workspace: WorkspaceId) -> KeyRecord {
    let key = an_api_key(workspace);
    let mut hash = [0xff; 32];
    hash[..16].copy_from_slice(key.id.as_uuid().as_bytes());
    KeyRecord { key, hash: SecretHash(hash) }
}
