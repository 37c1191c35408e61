//! Changing a webhook. PUT and PATCH are equivalent: omitted fields keep their value.

use actix_web::web::Data;
use conversations_application::webhooks::{UpdateWebhook, WebhookService};
use conversations_domain::{
    Change, Name, WebhookChanges, WebhookEvents, WebhookHeaders, WebhookId, WebhookUrl,
};
use serde_json::{Value, json};

use super::WebhookBody;
use super::input::RetryPolicyBody;
use crate::body::{Patch, changes_something, request_body};
use crate::caller::{Caller, WriteWebhooks};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::{IdPath, ValidatedJson};
use crate::reply::Single;
use crate::schema::SentBody;

request_body! {
    /// Changes to a webhook; omitted fields keep their value.
    #[body(name = "WebhookChanges", at_least_one = true, check = changes_something)]
    pub(crate) struct UpdateBody {
        /// The name.
        name: Patch<Name>,
        /// Where events are sent.
        url: Patch<WebhookUrl>,
        /// The types of events, or patterns; only ones that the key may read.
        events: Patch<WebhookEvents>,
        /// Headers of its requests, which replace the present ones.
        headers: Patch<WebhookHeaders>,
        /// How failed deliveries are retried.
        retry_policy: Patch<RetryPolicyBody>,
        /// Whether it delivers. Switching on enables a disabled webhook.
        is_active: Patch<bool>,
    }
}

impl SentBody for UpdateBody {
    fn example() -> Value {
        json!({ "isActive": true })
    }
}

pub(crate) async fn update(
    caller: Caller<WriteWebhooks>,
    service: Data<WebhookService>,
    id: IdPath<WebhookId>,
    condition: IfMatch,
    body: ValidatedJson<UpdateBody>,
) -> Result<Single<Disclosed<WebhookBody>>, ApiError> {
    let IfMatch(precondition) = condition;
    let command = UpdateWebhook { id: id.0, changes: body.0.try_into()?, precondition };
    let details = service.update(&caller, command).await?;
    Ok(Single::changed(Disclosure::to(&caller), details))
}

impl TryFrom<UpdateBody> for WebhookChanges {
    type Error = ApiError;

    fn try_from(body: UpdateBody) -> Result<Self, ApiError> {
        let UpdateBody { name, url, events, headers, retry_policy, is_active } = body;
        let retry_policy = match retry_policy.take()? {
            Change::Keep => Change::Keep,
            Change::To(policy) => Change::To(policy.try_into()?),
        };
        Ok(Self {
            name: name.take()?,
            url: url.take()?,
            events: events.take()?,
            headers: headers.take()?,
            retry_policy,
            is_active: is_active.take()?,
        })
    }
}
