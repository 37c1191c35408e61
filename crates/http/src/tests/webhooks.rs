//! Webhooks: what is sent arrives in the storage, and what is stored is shown.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use conversations_application::ports::{
    CreationOutcome, DeliveryFilter, EventRenderer, FeedEnds, FeedPage, FeedReply, RefusedAddress,
    WebhookAttempt,
};
use conversations_application::read_model::WebhookDetails;
use conversations_application::read_model::{EventDetails, EventState};
use conversations_domain::{
    DeliveryError, DeliveryStatus, Event, EventCursor, EventId, NewEvent, Permissions,
    ReceiverHealth, Sequence, Webhook, WebhookId, WorkspaceId,
};
use conversations_fixtures::{a_new_webhook, a_webhook, at, signing_secrets};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::JsonEventRenderer;
use crate::testing::{ID, NEW_ID, NEW_TIME, Storage, call, key, window};

/// The beginning of the feed.
fn beginning() -> EventCursor {
    EventCursor::beginning(WorkspaceId::from_uuid(Uuid::from_u128(100)))
}

/// A storage with the webhook [`ID`].
fn storage() -> Storage {
    let mut storage = Storage::default();
    storage.webhooks.expect_find().returning(|_, id| {
        let webhook = Webhook::new(id, a_new_webhook());
        let health = ReceiverHealth::default();
        Ok(Some(WebhookDetails { webhook, position: beginning(), health, behind: 3 }))
    });
    storage.webhooks.expect_secrets().returning(|_, _| Ok(Some(signing_secrets(1))));
    storage
}

fn new() -> Value {
    json!({ "name": "Warehouse", "url": "https://receiver.invalid/hooks", "events": ["user.*"] })
}

fn create(body: Value) -> TestRequest {
    TestRequest::post().uri("/api/v1/webhooks").set_json(body)
}

fn at_webhook(rest: &str) -> String {
    format!("/api/v1/webhooks/{ID}{rest}")
}

#[actix_web::test]
async fn a_webhook_is_shown_as_it_was_made_with_its_secret() {
    let mut storage = Storage::default();
    storage.feed.expect_page().returning(|_, _| {
        let ends = FeedEnds { earliest: beginning(), latest: beginning() };
        Ok(FeedReply::Page(FeedPage { events: Vec::new(), cursor: beginning(), ends }))
    });
    storage.webhooks.expect_create().returning(|_, _| Ok(CreationOutcome::Done));

    let reply = call(storage, create(new())).await;

    let mut shown = reply.data(201).clone();
    let secret = shown.as_object_mut().and_then(|fields| fields.remove("secret"));
    assert!(secret.is_some_and(|secret| secret.as_str().is_some_and(|text| text.len() == 50)));
    assert_eq!(
        shown,
        json!({
            "_id": NEW_ID, "name": "Warehouse", "url": "https://receiver.invalid/hooks",
            "events": ["user.*"], "headers": {}, "retryPolicy": { "maxRetries": 10 },
            "isActive": true, "status": "healthy", "failingSince": null, "disabledReason": null,
            "position": beginning().to_string(), "behind": 0,
            "createdAt": NEW_TIME, "updatedAt": NEW_TIME,
        })
    );
    assert_eq!(reply.header("location"), format!("webhooks/{NEW_ID}"));
}

#[actix_web::test]
async fn reports_every_problem_of_a_create_at_once() {
    let wrong = json!({
        "name": "", "url": "example.com", "events": ["*", "calls.*"], "headers": {
            "Host": "a", "X Y": "a", "X-A": "…", "x-a": "a", "X-B": 1, "x-b": "a", "X-b": "a",
        },
        "retryPolicy": { "maxRetries": 11 }, "isActive": 1,
    });

    let reply = call(Storage::default(), create(wrong)).await;

    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "name": ["must not be empty"],
            "url": ["must be an absolute URL, such as https://example.com/hooks"],
            "events[1]": [
                "must be a type of events, such as conversation.closed, or a pattern such as message.*"
            ],
            "headers.Host": ["must not be set: deliveries or their connections set it themselves"],
            "headers.X Y": ["must have a name of 1 to 100 letters, digits and !#$%&'*+-.^_`|~"],
            "headers.X-A": ["must be 1 to 1000 visible ASCII characters, with blanks between"],
            "headers.X-B": ["must be a string"],
            "headers.x-b": ["must not be given twice: upper and lower case are the same"],
            "retryPolicy.maxRetries": ["must be an integer between 0 and 10"],
            "isActive": ["must be a boolean"],
        })
    );
}

#[actix_web::test]
async fn a_refused_address_is_a_problem_of_the_url() {
    let refused_address = Some(RefusedAddress::ForbiddenNetwork);

    let reply = call(Storage { refused_address, ..Storage::default() }, create(new())).await;

    let problem = json!({ "url": ["must not be an address of a private or reserved network"] });
    assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), problem);
}

#[actix_web::test]
async fn put_and_patch_change_what_is_there_and_leave_the_rest() {
    for method in [Method::PUT, Method::PATCH] {
        let mut storage = storage();
        storage.webhooks.expect_update().times(1).returning(|_, commit| {
            let changed = commit.write.revision.changed.into_parts();
            assert_eq!((changed.name.as_str(), changed.is_active), ("Shop", false));
            Ok(())
        });
        let changes = json!({ "name": " Shop ", "isActive": false });
        let request = TestRequest::default().uri(&at_webhook("")).method(method);

        let reply = call(storage, request.set_json(changes)).await;

        let shown = reply.data(200);
        assert_eq!((&shown["name"], &shown["status"]), (&json!("Shop"), &json!("paused")));
        assert_eq!(shown["headers"], json!({ "Authorization": "…" }));
        assert_eq!((&shown["behind"], &shown["updatedAt"]), (&json!(3), &json!(NEW_TIME)));
    }
}

#[actix_web::test]
async fn a_test_shows_the_attempt() {
    let mut storage = storage();
    storage.sender.expect_send().times(1).returning(|request| {
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        assert_eq!(body["type"], "webhook.test");
        assert_eq!(body["_id"], request.id.to_string());
        WebhookAttempt {
            duration: Duration::from_millis(84),
            status_code: Some(500),
            error: Some(DeliveryError::Status),
            retry_after: None,
        }
    });
    let request = TestRequest::post().uri(&at_webhook("/test")).set_json(json!({}));

    let reply = call(storage, request).await;

    let shown = json!({ "at": NEW_TIME, "duration": 84, "statusCode": 500, "error": "status" });
    assert_eq!(*reply.data(200), shown);
}

#[actix_web::test]
async fn every_filter_of_deliveries_arrives() {
    let mut storage = storage();
    let event = EventId::parse(ID).expect("an id");
    storage.deliveries.expect_list().times(1).returning(move |_, _, filter, asked| {
        let expected = DeliveryFilter { status: Some(DeliveryStatus::Failed), event: Some(event) };
        assert_eq!((filter, asked), (expected, window(2, 5)));
        Ok(asked.slice(Vec::new(), 0))
    });
    let query = format!("/deliveries?status=failed&eventId={ID}&page=2&limit=5");

    let reply = call(storage, TestRequest::get().uri(&at_webhook(&query))).await;

    assert_eq!(*reply.data(200), json!([]));
}

#[test]
fn an_event_is_rendered_as_the_feed_shows_it() {
    let webhook = a_webhook();
    let change = NewEvent::of_disabled_webhook(webhook.id(), webhook.version());
    let id = EventId::parse(ID).expect("an id");
    let by = key(Permissions::default()).actor();
    let event = Event { sequence: Sequence::new(7), id, change, by };
    let details = WebhookDetails {
        webhook,
        position: beginning(),
        health: ReceiverHealth { failing_since: Some(at(0)), ..ReceiverHealth::default() },
        behind: 0,
    };
    let state = EventState::Webhook(Box::new(details.clone()));
    let event = EventDetails { event, changes: Vec::new(), state };

    let body = JsonEventRenderer.render(&event, &Permissions::all()).expect("a body");

    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!((&body["_id"], &body["sequence"]), (&json!(ID), &json!(7)));
    assert_eq!(body["type"], "webhook.disabled");
    let subject = json!({ "type": "webhook", "_id": details.webhook.id(), "version": 1 });
    assert_eq!(body["subject"], subject);
    assert_eq!(body["data"]["name"], "Warehouse");
    assert_eq!(body["data"]["_id"], WebhookId::to_string(&details.webhook.id()));
}
