//! API keys, as the description shows them.

use conversations_application::ports::{KeyDetails, KeyWithWorkspace};
use conversations_domain::{
    ApiKey, KeyId, Name, Permission, RateLimit, Source, Timestamp, Version, Workspace, WorkspaceId,
};
use serde_json::{Value, json};

use crate::disclosure::Disclosure;
use crate::examples;
use crate::keys::create::{CreateBody, CreatedKeyBody};
use crate::keys::update::UpdateBody;
use crate::keys::{CurrentKeyBody, KeyBody, WorkspaceBody};
use crate::schema::{Fields, Grants, Sent, Shape, Shown};

impl Shape for KeyBody {
    const NAME: &'static str = "Key";
    const TEXT: &'static str = "An API key, without its secret.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        describe_key(fields, "When it stops working, if ever.")
            .has::<Option<Timestamp>>("lastUsedAt", "When it was last used, to the minute or so.")
            .has::<String>("hint", "The last four characters of the secret.")
            .has::<Timestamp>("createdAt", "When it was made.");
    }
}

impl Shown for KeyBody {
    const HAS_TAG: bool = false;

    fn example() -> Option<Self> {
        Some(KeyDetails { key: key()?, last_used_at: examples::time() }.into())
    }
}

impl Shape for CreatedKeyBody {
    const NAME: &'static str = "CreatedKey";
    const TEXT: &'static str = "A new API key. Its secret is shown here and never again; the rest, \
        but for its id, to a key that may read keys.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        KeyBody::fields(fields);
        fields.may_have::<String>("key", "The secret; not in a reply that is sent again.");
        fields.only_sure_of("_id");
    }
}

impl Shown for CreatedKeyBody {
    const HAS_TAG: bool = false;

    fn example() -> Option<Self> {
        let details = KeyDetails { key: key()?, last_used_at: None };
        Some(Self::new(Disclosure::Whole, details, "sk_live_…".to_owned()))
    }
}

impl Shape for CurrentKeyBody {
    const NAME: &'static str = "CurrentKey";
    const TEXT: &'static str = "The API key that a request comes with, and the workspace it opens.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        describe_key(fields, "When the secret that was sent stops working.")
            .has::<WorkspaceBody>("workspace", "The workspace that it opens.");
    }
}

impl Shown for CurrentKeyBody {
    const HAS_TAG: bool = false;

    fn example() -> Option<Self> {
        let key = key()?;
        let workspace = Workspace { id: key.workspace, name: Name::parse("acme").ok()? };
        Some(KeyWithWorkspace { key, workspace }.into())
    }
}

impl Shape for WorkspaceBody {
    const NAME: &'static str = "Workspace";
    const TEXT: &'static str = "A tenant: everything else belongs to one.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields.has::<WorkspaceId>("_id", "Its id.").has::<Name>("name", "What operators call it.");
    }
}

/// What every key is shown with.
fn describe_key<'f, 's>(fields: &'f mut Fields<'s>, expires: &str) -> &'f mut Fields<'s> {
    fields
        .has::<KeyId>("_id", "Its id, which is no secret.")
        .has::<Name>("name", "What it is called.")
        .has::<Vec<Permission>>("permissions", "What it may do.")
        .has::<Source>("source", "What it was made for.")
        .has::<Option<Timestamp>>("expiresAt", expires)
        .has::<Option<RateLimit>>("rateLimit", "Its own limit; null leaves it to the server.")
}

fn key() -> Option<ApiKey> {
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
        hint: "x4Zq".to_owned(),
        version: Version::FIRST,
    })
}

impl Shape for CreateBody {
    const NAME: &'static str = "KeyInput";
    const TEXT: &'static str = "What a key is made with.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<Name>("name", "What it is called.")
            .has::<Grants>("permissions", "What it may do: no more than the key that makes it.")
            .has_by_default::<Option<Source>>("source", Source::Api, "What it is made for.")
            .may_have::<Option<Timestamp>>("expiresAt", "When it stops working; in the future.")
            .may_have::<Option<RateLimit>>("rateLimit", "How many requests it may make.");
    }
}

impl Sent for CreateBody {
    fn example() -> Value {
        json!({
            "name": "mail gateway",
            "permissions": ["read:conversations", "write:conversations"],
            "source": "email",
            "rateLimit": "600/min",
        })
    }
}

impl Shape for UpdateBody {
    const NAME: &'static str = "KeyChanges";
    const TEXT: &'static str = "What is wanted of a key; what is left out stays.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .may_have::<Name>("name", "What it is called.")
            .may_have::<Grants>("permissions", "All that it may do.")
            .may_have::<Option<Timestamp>>("expiresAt", "When it ends; null is never.")
            .may_have::<Option<RateLimit>>("rateLimit", "Its own limit; null leaves it open.")
            .at_least_one();
    }
}

impl Sent for UpdateBody {
    fn example() -> Value {
        json!({ "permissions": ["read:conversations"], "expiresAt": "2030-01-01T00:00:00.000Z" })
    }
}
