//! A webhook as callers see it: without its secrets, and without the values of its headers.

use std::collections::BTreeMap;

use conversations_application::read_model::WebhookDetails;
use conversations_domain::{
    DisabledReason, EventCursor, EventId, Name, NewWebhook, ReceiverHealth, RetryPolicy, Sequence,
    Timestamp, Webhook, WebhookEvents, WebhookHeaders, WebhookId, WebhookParts, WebhookStatus,
    WebhookUrl,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::input::RetryPolicyBody;
use crate::body::response_body;
use crate::disclosure::identified;
use crate::examples;
use crate::schema::{Fields, ObjectSchema, ResponseBody, Schema, Schemas};

/// Stands for the value of a header, which may be a credential.
const HIDDEN: &str = "…";

response_body! {
    /// A URL to which the events of the workspace are sent.
    #[body(name = "Webhook")]
    pub(crate) struct WebhookBody {
        /// Unique id (UUIDv7).
        #[serde(rename = "_id")]
        id: WebhookId,
        /// The name.
        name: Name,
        /// The URL.
        url: WebhookUrl,
        /// The types of events that it subscribes to, or patterns.
        events: Vec<String>,
        /// The headers of its requests. Each value is shown as `…`.
        headers: HiddenHeaders,
        /// How failed deliveries are retried.
        retry_policy: RetryPolicyShown,
        /// Whether it is switched on.
        is_active: bool,
        /// Whether it delivers.
        status: WebhookStatus,
        /// Since when its receiver fails; null unless the status is `failing` or `disabled`.
        failing_since: Option<Timestamp>,
        /// Why the service disabled it; null unless the status is `disabled`.
        disabled_reason: Option<DisabledReason>,
        /// The cursor of the last event that was sent once.
        position: EventCursor,
        /// The number of events after the position, of all types.
        behind: u64,
        /// Creation time.
        created_at: Timestamp,
        /// Time of the last change of its settings.
        updated_at: Timestamp,
    }
}

identified!(WebhookBody);

/// The names of headers, without their values.
#[derive(Debug, Serialize)]
pub(crate) struct HiddenHeaders(BTreeMap<String, &'static str>);

/// How failed deliveries are retried, as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetryPolicyShown {
    max_retries: u8,
}

impl Schema for HiddenHeaders {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}

impl ObjectSchema for RetryPolicyShown {
    const NAME: &'static str = "RetryPolicy";
    const TEXT: &'static str = "How failed deliveries are retried.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        RetryPolicyBody::fields(fields);
    }
}

impl From<&WebhookHeaders> for HiddenHeaders {
    fn from(headers: &WebhookHeaders) -> Self {
        Self(headers.names().map(|name| (name.to_owned(), HIDDEN)).collect())
    }
}

impl From<RetryPolicy> for RetryPolicyShown {
    fn from(policy: RetryPolicy) -> Self {
        Self { max_retries: policy.max_retries() }
    }
}

impl From<WebhookDetails> for WebhookBody {
    fn from(details: WebhookDetails) -> Self {
        let status = details.status();
        let WebhookDetails { webhook, position, health, behind } = details;
        let WebhookParts {
            id,
            name,
            url,
            events,
            permissions: _,
            headers,
            retry_policy,
            is_active,
            updated_at,
            version: _,
        } = webhook.into_parts();
        let ReceiverHealth { consecutive_failures: _, failing_since, resumes_at: _, disabled } =
            health;
        let fails = matches!(status, WebhookStatus::Failing | WebhookStatus::Disabled);
        Self {
            id,
            name,
            url,
            events: events.iter().map(str::to_owned).collect(),
            headers: (&headers).into(),
            retry_policy: retry_policy.into(),
            is_active: is_active && disabled.is_none(),
            status,
            failing_since: failing_since.filter(|_| fails),
            disabled_reason: disabled,
            position,
            behind,
            created_at: id.created_at(),
            updated_at,
        }
    }
}

impl ResponseBody for WebhookBody {
    fn example() -> Option<Self> {
        example_webhook().map(Into::into)
    }
}

/// The webhook that the examples show.
pub(super) fn example_webhook() -> Option<WebhookDetails> {
    let token = ("Authorization".to_owned(), "Bearer 42".to_owned());
    let new = NewWebhook {
        name: Name::parse("Warehouse").ok()?,
        url: WebhookUrl::parse("https://example.com/hooks").ok()?,
        events: WebhookEvents::parse(&["conversation.*", "message.received"]).ok()?,
        headers: WebhookHeaders::new([token]).ok()?,
        retry_policy: RetryPolicy::default(),
        is_active: true,
    };
    let event = EventId::parse(examples::MESSAGE).ok()?;
    Some(WebhookDetails {
        webhook: Webhook::new(WebhookId::parse(examples::WEBHOOK).ok()?, new),
        position: EventCursor::at(Sequence::new(1042), event),
        health: ReceiverHealth::default(),
        behind: 0,
    })
}
