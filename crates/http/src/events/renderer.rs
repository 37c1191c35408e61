//! Events as bodies of requests to webhooks: as `GET /events` shows them.

use conversations_application::ports::{EventRenderer, RenderError};
use conversations_application::read_model::EventDetails;
use conversations_domain::{EventId, Permissions, Timestamp, Webhook, WebhookId};
use serde::Serialize;

use super::event_json;

/// Renders events as JSON.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonEventRenderer;

/// The event of a test. It has the fields of other events, as far as there is something to tell.
#[derive(Serialize)]
struct TestBody<'a> {
    #[serde(rename = "_id")]
    id: EventId,
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    subject: TestSubject,
    data: TestData<'a>,
}

#[derive(Serialize)]
struct TestSubject {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "_id")]
    id: WebhookId,
    version: u64,
}

#[derive(Serialize)]
struct TestData<'a> {
    name: &'a str,
}

impl EventRenderer for JsonEventRenderer {
    fn render(
        &self,
        event: &EventDetails,
        permissions: &Permissions,
    ) -> Result<Vec<u8>, RenderError> {
        Ok(event_json(event.clone(), permissions)?)
    }

    fn render_test(&self, id: EventId, webhook: &Webhook) -> Result<Vec<u8>, RenderError> {
        let version = webhook.version().number();
        let body = TestBody {
            id,
            kind: "webhook.test",
            timestamp: id.created_at(),
            subject: TestSubject { kind: "webhook", id: webhook.id(), version },
            data: TestData { name: webhook.parts().name.as_str() },
        };
        Ok(serde_json::to_vec(&body)?)
    }
}
