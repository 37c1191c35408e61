//! Making API keys.

use actix_web::web::Data;
use conversations_application::OnceService;
use conversations_application::keys::{CreatedKey, KeyOrder, KeyService};
use conversations_application::ports::KeyDetails;
use conversations_domain::{Name, RateLimit, Source, Timestamp};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::KeyBody;
use super::permissions::{check_permissions, read_permissions};
use crate::caller::{Caller, WriteKeys};
use crate::disclosure::{Disclosed, Disclosure, WriteReply};
use crate::error::ApiError;
use crate::once::{Answer, Post, answer_but_keep};
use crate::reply::Created;
use crate::validation::{optional, parses, required};

/// What a key is made with.
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct CreateBody {
    #[validate(required, custom(function = "parses::<Name>"))]
    name: Option<String>,
    #[validate(required, custom(function = "check_permissions"))]
    permissions: Option<Vec<String>>,
    #[validate(custom(function = "parses::<Source>"))]
    source: Option<String>,
    #[validate(custom(function = "parses::<Timestamp>"))]
    expires_at: Option<String>,
    #[validate(custom(function = "parses::<RateLimit>"))]
    rate_limit: Option<String>,
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
    once: Data<OnceService>,
    post: Post<CreateBody>,
) -> Result<Answer<Created<CreatedKeyBody>>, ApiError> {
    let Post { body, request } = post;
    let order = KeyOrder::try_from(body)?;
    order.allow(&caller)?;
    let reply = answer_but_keep(&once, &caller, request, (made, kept), async |remember| {
        service.create(&caller, order, remember).await
    });
    Ok(reply.await?)
}

impl CreatedKeyBody {
    /// What is shown of a new key, and its secret.
    pub(crate) fn new(disclosure: Disclosure, details: KeyDetails, secret: String) -> Self {
        Self { shown: disclosure.of(details.into()), key: secret }
    }
}

/// The secret is made for the caller, whatever else it may read.
impl WriteReply for Created<CreatedKeyBody> {}

fn made(disclosure: Disclosure, created: &CreatedKey) -> Created<CreatedKeyBody> {
    let secret = created.secret.reveal().to_owned();
    let body = CreatedKeyBody::new(disclosure, details(created), secret);
    Created::untagged(path_of(created), body)
}

/// The reply that is kept: without the secret, which is stored nowhere.
fn kept(disclosure: Disclosure, created: &CreatedKey) -> Created<Disclosed<KeyBody>> {
    Created::untagged(path_of(created), disclosure.of(details(created).into()))
}

fn path_of(created: &CreatedKey) -> String {
    format!("/keys/{}", created.key.id)
}

fn details(created: &CreatedKey) -> KeyDetails {
    KeyDetails { key: created.key.clone(), last_used_at: None }
}

impl TryFrom<CreateBody> for KeyOrder {
    type Error = ApiError;

    fn try_from(body: CreateBody) -> Result<Self, ApiError> {
        let CreateBody { name, permissions, source, expires_at, rate_limit } = body;
        let permissions =
            permissions.ok_or_else(|| ApiError::field("permissions", "is required"))?;
        Ok(Self {
            name: required("name", name.as_deref())?,
            permissions: read_permissions(&permissions)?,
            source: optional("source", source.as_deref())?.unwrap_or(Source::Api),
            expires_at: optional("expiresAt", expires_at.as_deref())?,
            rate_limit: optional("rateLimit", rate_limit.as_deref())?,
        })
    }
}
