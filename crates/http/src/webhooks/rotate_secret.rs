//! Giving a webhook a new secret.

use actix_web::web::Data;
use conversations_application::webhooks::{RotateWebhookSecret, WebhookService, WebhookWithSecret};
use conversations_application::{HasETag, IdempotencyService};
use conversations_domain::{SigningSecrets, WebhookId};
use serde_json::{Value, json};

use super::WebhookBody;
use super::create::WebhookWithSecretBody;
use super::input::Overlap;
use crate::body::{Field, request_body};
use crate::caller::{Caller, WriteWebhooks};
use crate::disclosure::{Disclosed, Disclosure, WriteReply};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent_storing};
use crate::reply::Single;
use crate::schema::SentBody;

request_body! {
    /// How a webhook gets a new secret.
    #[body(name = "SecretRotation")]
    pub(crate) struct RotateBody {
        /// How many seconds the former secrets sign beside the new one.
        expires_in: Field<Option<Overlap>> = SigningSecrets::USUAL_OVERLAP.as_secs(),
    }
}

impl SentBody for RotateBody {
    fn example() -> Value {
        json!({ "expiresIn": 86_400 })
    }
}

pub(crate) async fn rotate_secret(
    caller: Caller<WriteWebhooks>,
    service: Data<WebhookService>,
    once: Data<IdempotencyService>,
    id: IdPath<WebhookId>,
    post: IdempotentJson<RotateBody>,
) -> Result<IdempotentResponse<Single<WebhookWithSecretBody>>, ApiError> {
    let IdempotentJson { body: RotateBody { expires_in: seconds }, request } = post;
    let overlap = seconds.take()?.map_or(SigningSecrets::USUAL_OVERLAP, |Overlap(time)| time);
    let command = RotateWebhookSecret { id: id.0, overlap };
    let reply = run_idempotent_storing(&once, &caller, request, (made, kept), async |recorder| {
        service.rotate_secret(&caller, command, recorder).await
    });
    Ok(reply.await?)
}

/// The secret is made for the caller, whatever else it may read.
impl WriteReply for Single<WebhookWithSecretBody> {}

fn made(disclosure: Disclosure, rotated: &WebhookWithSecret) -> Single<WebhookWithSecretBody> {
    let body = WebhookWithSecretBody::new(disclosure, rotated);
    Single::with_etag(rotated.details.etag(), body)
}

/// The reply that is kept: without the secret.
fn kept(disclosure: Disclosure, rotated: &WebhookWithSecret) -> Single<Disclosed<WebhookBody>> {
    Single::changed(disclosure, rotated.details.clone())
}
