//! An API key as callers see it: everything but its secret.

use conversations_application::read_model::KeyDetails;
use conversations_domain::{
    ApiKey, KeyId, Name, Permission, RateLimit, Source, Timestamp, UserId, Version, WorkspaceId,
};

use crate::body::response_body;
use crate::disclosure::identified;
use crate::examples;
use crate::schema::ResponseBody;

response_body! {
    /// An API key, without its secret.
    #[body(name = "Key")]
    pub(crate) struct KeyBody {
        /// Unique id (UUIDv7); not secret.
        #[serde(rename = "_id")]
        id: KeyId,
        /// The name.
        name: Name,
        /// The permissions.
        permissions: Vec<Permission>,
        /// What kind of integration it is for.
        source: Source,
        /// Expiry; null if it does not expire.
        expires_at: Option<Timestamp>,
        /// The key's own rate limit; if null, the server's default applies.
        rate_limit: Option<RateLimit>,
        /// The user whom the key speaks for; null if none, or if the user was deleted.
        user_id: Option<UserId>,
        /// Time of the last use, to about a minute.
        last_used_at: Option<Timestamp>,
        /// The last four characters of the secret.
        hint: String,
        /// Creation time.
        created_at: Timestamp,
    }
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
            user,
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
            user_id: user,
            last_used_at,
            hint,
            created_at: id.created_at(),
        }
    }
}

impl ResponseBody for KeyBody {
    const HAS_ETAG: bool = false;

    fn example() -> Option<Self> {
        Some(KeyDetails { key: example_key()?, last_used_at: examples::time() }.into())
    }
}

/// The key that the examples show.
pub(super) fn example_key() -> Option<ApiKey> {
    Some(ApiKey {
        id: KeyId::parse(examples::KEY).ok()?,
        workspace: WorkspaceId::parse(examples::WORKSPACE).ok()?,
        name: Name::parse("mail gateway").ok()?,
        permissions: [Permission::ReadConversations, Permission::WriteConversations]
            .into_iter()
            .collect(),
        source: Source::Email,
        expires_at: None,
        rate_limit: RateLimit::parse("600/min").ok(),
        user: UserId::parse(examples::USER).ok(),
        hint: "x4Zq".to_owned(),
        version: Version::FIRST,
    })
}
