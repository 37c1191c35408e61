//! Moving a webhook to another position in the feed.

use actix_web::web::Data;
use conversations_application::IdempotencyService;
use conversations_application::read_model::WebhookDetails;
use conversations_application::webhooks::{ReplayWebhook, WebhookService};
use conversations_domain::WebhookId;
use serde_json::{Value, json};

use super::WebhookBody;
use super::input::{NamesPlace, StartText};
use crate::body::{Field, request_body};
use crate::caller::{Caller, WriteWebhooks};
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent};
use crate::reply::Single;
use crate::schema::SentBody;

request_body! {
    /// Where a webhook continues.
    #[body(name = "Replay")]
    pub(crate) struct ReplayBody {
        /// The cursor after which it continues, `earliest` for all stored events, or `latest` for events
        /// from now on.
        after: Field<StartText>,
    }
}

impl SentBody for ReplayBody {
    fn example() -> Value {
        json!({ "after": "earliest" })
    }
}

pub(crate) async fn replay(
    caller: Caller<WriteWebhooks>,
    service: Data<WebhookService>,
    once: Data<IdempotencyService>,
    id: IdPath<WebhookId>,
    _: NamesPlace,
    post: IdempotentJson<ReplayBody>,
) -> Result<IdempotentResponse<Single<Disclosed<WebhookBody>>>, ApiError> {
    let IdempotentJson { body: ReplayBody { after }, request } = post;
    let StartText(start) = after.take()?;
    let command = ReplayWebhook { id: id.0, start };
    let reply = run_idempotent(&once, &caller, request, moved, async |recorder| {
        service.replay(&caller, command, recorder).await
    });
    Ok(reply.await?)
}

fn moved(disclosure: Disclosure, details: &WebhookDetails) -> Single<Disclosed<WebhookBody>> {
    Single::changed(disclosure, details.clone())
}
