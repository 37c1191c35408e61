//! Keys as a resource: what is sent arrives in the storage, and what is stored is shown, except for
//! the secret.

mod create;
mod current;
mod read;
mod revoke;
mod update;

use conversations_application::read_model::KeyDetails;
use conversations_domain::{ApiKey, Permission, Timestamp};

use crate::testing::{ID, NOW, key};

/// A key that may read users, five times a second, was used a second ago and ends in a second.
fn stored() -> KeyDetails {
    let time = |millis| Timestamp::from_unix_millis(NOW + millis);
    let permissions = [Permission::ReadUsers].into_iter().collect();
    let id = ID.parse().expect("an id");
    let rate_limit = "5/s".parse().ok();
    let key = ApiKey { id, expires_at: time(1000), rate_limit, ..key(permissions) };
    KeyDetails { key, last_used_at: time(-1000) }
}
