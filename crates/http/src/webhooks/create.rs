//! Creating webhooks.

use actix_web::web::Data;
use conversations_application::webhooks::{WebhookService, WebhookWithSecret};
use conversations_application::{HasETag, IdempotencyService};
use conversations_domain::{
    Name, NewWebhook, RetryPolicy, WebhookEvents, WebhookHeaders, WebhookUrl,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::WebhookBody;
use super::body::example_webhook;
use super::input::RetryPolicyBody;
use crate::body::{Field, request_body};
use crate::caller::{Caller, WriteWebhooks};
use crate::disclosure::{Disclosed, Disclosure, WriteReply};
use crate::error::ApiError;
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent_storing};
use crate::reply::Created;
use crate::schema::{Fields, ObjectSchema, ResponseBody, SentBody};

request_body! {
    /// A new webhook.
    #[body(name = "WebhookInput")]
    pub(crate) struct CreateBody {
        /// The name.
        name: Field<Name>,
        /// Where events are sent: an address on the public internet.
        url: Field<WebhookUrl>,
        /// The types of events, or patterns; only ones that the creating key may read.
        events: Field<WebhookEvents>,
        /// Headers of its requests, such as a credential of the receiver. Their values are never shown.
        /// `User-Agent` replaces that of the service.
        headers: Field<Option<WebhookHeaders>>,
        /// How failed deliveries are retried.
        retry_policy: Field<Option<RetryPolicyBody>>,
        /// Whether it delivers. If false, it pauses at its position.
        is_active: Field<Option<bool>> = true,
    }
}

impl SentBody for CreateBody {
    fn example() -> Value {
        json!({
            "name": "Warehouse",
            "url": "https://example.com/hooks",
            "events": ["conversation.*", "message.received"],
            "headers": { "Authorization": "Bearer 42" },
            "retryPolicy": { "maxRetries": 10 },
        })
    }
}

/// A webhook with a new secret, which is shown here and never again. It has no `Debug`, because of the
/// secret.
#[derive(Serialize)]
pub(crate) struct WebhookWithSecretBody {
    #[serde(flatten)]
    shown: Disclosed<WebhookBody>,
    secret: String,
}

pub(crate) async fn create(
    caller: Caller<WriteWebhooks>,
    service: Data<WebhookService>,
    once: Data<IdempotencyService>,
    post: IdempotentJson<CreateBody>,
) -> Result<IdempotentResponse<Created<WebhookWithSecretBody>>, ApiError> {
    let IdempotentJson { body, request } = post;
    let new = body.try_into()?;
    let reply = run_idempotent_storing(&once, &caller, request, (made, kept), async |recorder| {
        service.create(&caller, new, recorder).await
    });
    Ok(reply.await?)
}

impl WebhookWithSecretBody {
    /// A webhook and its new secret.
    pub(super) fn new(disclosure: Disclosure, made: &WebhookWithSecret) -> Self {
        let WebhookWithSecret { details, secret } = made;
        let shown = disclosure.of(details.clone().into());
        Self { shown, secret: secret.expose_secret() }
    }
}

impl ObjectSchema for WebhookWithSecretBody {
    const NAME: &'static str = "WebhookWithSecret";
    const TEXT: &'static str = "A webhook with a new secret, which is shown only here. Fields other \
        than `_id` and `secret` are shown only to a key that may read webhooks.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        WebhookBody::fields(fields);
        fields.may_have::<String>("secret", "The new secret; absent from a stored reply.");
        fields.only_sure_of("_id");
    }
}

impl ResponseBody for WebhookWithSecretBody {
    fn example() -> Option<Self> {
        let shown = Disclosed::Whole(example_webhook()?.into());
        Some(Self { shown, secret: "whsec_…".to_owned() })
    }
}

/// The secret is made for the caller, whatever else it may read.
impl WriteReply for Created<WebhookWithSecretBody> {}

fn made(disclosure: Disclosure, new: &WebhookWithSecret) -> Created<WebhookWithSecretBody> {
    let body = WebhookWithSecretBody::new(disclosure, new);
    Created::with_etag(path_of(new), new.details.etag(), body)
}

/// The reply that is kept: without the secret.
fn kept(disclosure: Disclosure, new: &WebhookWithSecret) -> Created<Disclosed<WebhookBody>> {
    Created::new(disclosure, path_of(new), new.details.clone())
}

fn path_of(new: &WebhookWithSecret) -> String {
    format!("/webhooks/{}", new.details.webhook.id())
}

impl TryFrom<CreateBody> for NewWebhook {
    type Error = ApiError;

    fn try_from(body: CreateBody) -> Result<Self, ApiError> {
        let CreateBody { name, url, events, headers, retry_policy, is_active } = body;
        let retry_policy = retry_policy.take()?.map(RetryPolicy::try_from).transpose()?;
        Ok(Self {
            name: name.take()?,
            url: url.take()?,
            events: events.take()?,
            headers: headers.take()?.unwrap_or_default(),
            retry_policy: retry_policy.unwrap_or_default(),
            is_active: is_active.take()?.unwrap_or(true),
        })
    }
}
