//! An API key as callers see it: everything but its secret.

use conversations_application::ports::KeyDetails;
use conversations_domain::{ApiKey, KeyId, Name, Permission, RateLimit, Source, Timestamp};
use serde::Serialize;

use crate::disclosure::identified;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyBody {
    #[serde(rename = "_id")]
    id: KeyId,
    name: Name,
    permissions: Vec<Permission>,
    source: Source,
    expires_at: Option<Timestamp>,
    rate_limit: Option<RateLimit>,
    last_used_at: Option<Timestamp>,
    /// The last four characters of the secret.
    hint: String,
    created_at: Timestamp,
}

identified!(KeyBody);

impl From<KeyDetails> for KeyBody {
    fn from(details: KeyDetails) -> Self {
        let KeyDetails { key, last_used_at } = details;
        let ApiKey {
            id,
            workspace: _,
            name,
            permissions,
            source,
            expires_at,
            rate_limit,
            hint,
            version: _,
        } = key;
        Self {
            id,
            name,
            permissions: permissions.iter().collect(),
            source,
            expires_at,
            rate_limit,
            last_used_at,
            hint,
            created_at: id.created_at(),
        }
    }
}
