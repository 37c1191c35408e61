//! Creating API keys.

use actix_web::web::Data;
use conversations_application::IdempotencyService;
use conversations_application::keys::{CreatedKey, KeyService, NewApiKey};
use conversations_application::read_model::KeyDetails;
use conversations_domain::{Name, Permissions, RateLimit, Source, Timestamp, UserId};
use serde::Serialize;
use serde_json::{Value, json};

use super::KeyBody;
use super::body::example_key;
use crate::body::{Field, request_body};
use crate::caller::{Caller, WriteKeys};
use crate::disclosure::{Disclosed, Disclosure, WriteReply};
use crate::error::ApiError;
use crate::examples;
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent_storing};
use crate::reply::Created;
use crate::schema::{Fields, ObjectSchema, ResponseBody, SentBody};

request_body! {
    /// A new API key.
    #[body(name = "KeyInput")]
    pub(crate) struct CreateBody {
        /// The name.
        name: Field<Name>,
        /// The permissions; only ones that the creating key has.
        permissions: Field<Permissions>,
        /// What kind of integration it is for.
        source: Field<Option<Source>> = Source::Api,
        /// Expiry, in the future.
        expires_at: Field<Option<Timestamp>>,
        /// The key's own rate limit.
        rate_limit: Field<Option<RateLimit>>,
        /// The user of the workspace whom the key speaks for.
        user_id: Field<Option<UserId>>,
    }
}

impl SentBody for CreateBody {
    fn example() -> Value {
        json!({
            "name": "mail gateway",
            "permissions": ["read:conversations", "write:conversations"],
            "source": "email",
            "rateLimit": "600/min",
            "userId": examples::USER,
        })
    }
}

/// A new key with its secret, which is shown here and never again. It has no `Debug`, because of
/// the secret.
#[derive(Serialize)]
pub(crate) struct CreatedKeyBody {
    #[serde(flatten)]
    shown: Disclosed<KeyBody>,
    key: String,
}

pub(crate) async fn create(
    caller: Caller<WriteKeys>,
    service: Data<KeyService>,
    once: Data<IdempotencyService>,
    post: IdempotentJson<CreateBody>,
) -> Result<IdempotentResponse<Created<CreatedKeyBody>>, ApiError> {
    let IdempotentJson { body, request } = post;
    let order = NewApiKey::try_from(body)?;
    order.allow(&caller)?;
    let reply = run_idempotent_storing(&once, &caller, request, (made, kept), async |recorder| {
        service.create(&caller, order, recorder).await
    });
    Ok(reply.await?)
}

impl CreatedKeyBody {
    /// What is shown of a new key, and its secret.
    pub(crate) fn new(disclosure: Disclosure, details: KeyDetails, secret: String) -> Self {
        Self { shown: disclosure.of(details.into()), key: secret }
    }
}

impl ObjectSchema for CreatedKeyBody {
    const NAME: &'static str = "CreatedKey";
    const TEXT: &'static str = "A new API key. Its secret is shown only here. Fields other than \
        `_id` and `key` are shown only to a key that may read keys.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        KeyBody::fields(fields);
        fields.may_have::<String>("key", "The secret; absent from a stored reply.");
        fields.only_sure_of("_id");
    }
}

impl ResponseBody for CreatedKeyBody {
    const HAS_ETAG: bool = false;

    fn example() -> Option<Self> {
        let details = KeyDetails { key: example_key()?, last_used_at: None };
        Some(Self::new(Disclosure::Whole, details, "sk_live_…".to_owned()))
    }
}

/// The secret is made for the caller, whatever else it may read.
impl WriteReply for Created<CreatedKeyBody> {}

fn made(disclosure: Disclosure, created: &CreatedKey) -> Created<CreatedKeyBody> {
    let secret = created.secret.expose_secret().to_owned();
    let body = CreatedKeyBody::new(disclosure, details(created), secret);
    Created::without_etag(path_of(created), body)
}

/// The reply that is kept: without the secret, which is stored nowhere.
fn kept(disclosure: Disclosure, created: &CreatedKey) -> Created<Disclosed<KeyBody>> {
    Created::without_etag(path_of(created), disclosure.of(details(created).into()))
}

fn path_of(created: &CreatedKey) -> String {
    format!("/keys/{}", created.key.id)
}

fn details(created: &CreatedKey) -> KeyDetails {
    KeyDetails { key: created.key.clone(), last_used_at: None }
}

impl TryFrom<CreateBody> for NewApiKey {
    type Error = ApiError;

    fn try_from(body: CreateBody) -> Result<Self, ApiError> {
        let CreateBody { name, permissions, source, expires_at, rate_limit, user_id } = body;
        Ok(Self {
            name: name.take()?,
            permissions: permissions.take()?,
            source: source.take()?.unwrap_or(Source::Api),
            expires_at: expires_at.take()?,
            rate_limit: rate_limit.take()?,
            user: user_id.take()?,
        })
    }
}
