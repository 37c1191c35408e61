//! Versions: `ETag`, `If-Match` and `If-None-Match`, on every resource that has a state to name.

use conversations_testkit::{ApiClient, Reply, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, by_system, conversation, customer, id, inbox, location, user};

on_both_databases! {
    every_single_resource_has_a_strong_etag,
    a_matching_if_none_match_gets_a_304,
    an_update_respects_if_match,
    a_deletion_respects_if_match,
    an_unchanged_update_keeps_the_etag,
    the_etag_of_a_conversation_covers_all_that_it_shows,
    keys_have_no_etag,
    a_condition_that_cannot_be_read_is_refused,
    a_condition_without_a_tag_matches_nothing,
    a_precondition_is_checked_after_references_and_before_conflicts,
    exactly_one_concurrent_update_with_one_etag_succeeds,
}

#[track_caller]
fn tag(reply: &Reply) -> String {
    let tag = reply.headers.get("etag").unwrap_or_else(|| panic!("{reply:?} has no tag"));
    tag.to_str().expect("visible ASCII").to_owned()
}

async fn send_if(
    client: &ApiClient,
    (method, path): (Method, &str),
    (condition, tags): (&str, &str),
    body: Option<Value>,
) -> Reply {
    let mut request = client.request(method, path).header(condition, tags);
    if let Some(body) = body {
        request = request.json(&body);
    }
    client.send(request).await
}

/// A path of each kind of resource that has tags, with a change where it can be changed.
async fn resources(server: &TestServer) -> Vec<(String, Option<Value>)> {
    let client = server.client();
    let thread = id(&conversation(&client, server.inbox(), json!({})).await);
    let message = client.create_message(&thread, &by_system("Hello")).await;
    let grace = user(&client, "grace@example.org").await;
    let ada = customer(&client, "ada@example.org").await;
    let sales = inbox(&client, "Sales").await;
    let warehouse = json!({
        "name": "Warehouse", "url": "https://receiver.invalid", "events": ["*"], "isActive": false,
    });
    let warehouse = id(&client.create_webhook(&warehouse).await.created());
    vec![
        (location(&message), None),
        (format!("/api/v1/conversations/{thread}"), Some(json!({ "subject": "Lamp" }))),
        (format!("/api/v1/users/{grace}"), Some(json!({ "name": "Rear Admiral" }))),
        (format!("/api/v1/customers/{ada}"), Some(json!({ "tier": "gold" }))),
        (format!("/api/v1/inboxes/{sales}"), Some(json!({ "name": "Support" }))),
        (format!("/api/v1/webhooks/{warehouse}"), Some(json!({ "name": "Shop" }))),
    ]
}

async fn every_single_resource_has_a_strong_etag(server: &TestServer) {
    let client = server.client();
    let new = json!({ "subject": "Refund", "inboxId": server.inbox() });
    let made = client.create_conversation(&new).await;
    let written = client.create_message(&id(&made.body["data"]), &by_system("a")).await;
    for created in [&made, &written] {
        assert_eq!(created.status, 201, "{created:?}");
    }
    assert_eq!(tag(&written), tag(&client.get(&location(&written)).await));
    assert_ne!(tag(&made), tag(&client.get(&location(&made)).await), "a message has arrived");

    for (path, change) in resources(server).await {
        let read = client.get(&path).await;
        let strong = tag(&read);
        assert!(strong.starts_with('"') && strong.ends_with('"') && strong.len() > 2, "{strong}");
        assert_eq!(read.headers["cache-control"], "private, no-cache");
        let head = client.send(client.request(Method::HEAD, &path)).await;
        assert_eq!(tag(&head), strong);
        if let Some(change) = change {
            let changed = client.patch(&path, &change).await;
            assert_ne!(tag(&changed), strong, "{path}");
            assert_eq!(tag(&changed), tag(&client.get(&path).await), "{path}");
        }
    }
    let list = client.list_keys("").await;
    assert!(!list.headers.contains_key("etag"));
    assert_eq!(list.headers["cache-control"], "no-store");
}

async fn a_matching_if_none_match_gets_a_304(server: &TestServer) {
    let client = server.client();
    for (path, change) in resources(server).await {
        let present = tag(&client.get(&path).await);
        for known in [present.as_str(), "*", &format!("\"x\", W/{present}")] {
            for method in [Method::GET, Method::HEAD] {
                let reply = send_if(&client, (method, &path), ("if-none-match", known), None).await;
                assert_eq!(reply.status, 304, "{reply:?}");
                assert_eq!(reply.body, Value::Null);
                assert_eq!(tag(&reply), present);
                assert!(reply.headers.contains_key("x-request-id"));
            }
        }
        if let Some(change) = change {
            let _changed = client.patch(&path, &change).await.ok();
            let asked = ("if-none-match", present.as_str());
            let reply = send_if(&client, (Method::GET, &path), asked, None).await;
            assert_ne!(tag(&reply), present);
            let _whole = reply.ok();
        }
    }
}

async fn an_update_respects_if_match(server: &TestServer) {
    let client = server.client();
    for (path, change) in resources(server).await {
        let Some(change) = change else { continue };
        let before = client.get(&path).await;
        let present = tag(&before);
        for method in [Method::PUT, Method::PATCH] {
            for other in ["\"0\"", "\"\"", "", &format!("W/{present}"), "\"1-1-1\", \"x\""] {
                let asked = ("if-match", other);
                let reply = send_if(&client, (method.clone(), &path), asked, Some(change.clone()));
                let _error = reply.await.refused(412, "PRECONDITION_FAILED");
            }
        }
        assert_eq!(client.get(&path).await.body, before.body, "nothing changed");

        let listed = format!("\"x\", {present}");
        let asked = ("if-match", listed.as_str());
        let changed = send_if(&client, (Method::PATCH, &path), asked, Some(change.clone())).await;
        assert_ne!(tag(&changed), present, "{changed:?}");
        let again = send_if(&client, (Method::PUT, &path), asked, Some(change.clone())).await;
        let _error = again.refused(412, "PRECONDITION_FAILED");
        let any = ("if-match", "*");
        let _same = send_if(&client, (Method::PUT, &path), any, Some(change)).await.ok();
    }
    let unknown = format!("/api/v1/users/{UNKNOWN}");
    for asked in [("if-match", "*"), ("if-match", "\"1\"")] {
        let reply = send_if(&client, (Method::PATCH, &unknown), asked, Some(json!({"name": "a"})));
        let _error = reply.await.refused(404, "NOT_FOUND");
        let reply = send_if(&client, (Method::DELETE, &unknown), asked, None).await;
        let _error = reply.refused(404, "NOT_FOUND");
    }
}

async fn a_deletion_respects_if_match(server: &TestServer) {
    let client = server.client();
    let thread = conversation(&client, server.inbox(), json!({})).await;
    let with = json!({ "customer": { "profile": { "email": "eve@example.org" } } });
    let eve = id(&conversation(&client, server.inbox(), with).await["customerId"]);
    let mut paths: Vec<_> = resources(server).await.into_iter().map(|(path, _)| path).collect();
    paths.push(format!("/api/v1/conversations/{}", id(&thread)));
    paths.push(format!("/api/v1/customers/{eve}?erase=true"));

    for path in paths {
        let readable = path.split('?').next().unwrap_or(&path);
        let present = tag(&client.get(readable).await);
        let asked = ("if-match", "\"0\"");
        let refused = send_if(&client, (Method::DELETE, &path), asked, None).await;
        let _error = refused.refused(412, "PRECONDITION_FAILED");
        assert_eq!(tag(&client.get(readable).await), present, "nothing changed");

        let asked = ("if-match", present.as_str());
        send_if(&client, (Method::DELETE, &path), asked, None).await.deleted();
        let again = send_if(&client, (Method::DELETE, &path), asked, None).await;
        let _error = again.refused(404, "NOT_FOUND");
    }
}

async fn an_unchanged_update_keeps_the_etag(server: &TestServer) {
    let client = server.client();
    for (path, change) in resources(server).await {
        let Some(change) = change else { continue };
        let changed = client.patch(&path, &change).await;

        let same = client.patch(&path, &change).await;

        assert_eq!(tag(&same), tag(&changed));
        assert_eq!(same.body, changed.body);
    }
}

async fn the_etag_of_a_conversation_covers_all_that_it_shows(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let ada = customer(&client, "ada@example.org").await;
    let fields = json!({ "customerId": ada });
    let thread = id(&conversation(&client, server.inbox(), fields).await);
    let path = format!("/api/v1/conversations/{thread}");
    let assigned = client.patch(&path, &json!({ "assignedTo": grace })).await;
    let updated_at = assigned.body["data"]["updatedAt"].clone();
    let mut seen = vec![tag(&assigned)];

    let tier = json!({ "tier": "gold" });
    let _changed = client.patch(&format!("/api/v1/customers/{ada}"), &tier).await.ok();
    let name = json!({ "name": "Rear Admiral" });
    for change in ["customer", "user", "message", "deletion"] {
        match change {
            "customer" => {}
            "user" => {
                let _changed = client.patch(&format!("/api/v1/users/{grace}"), &name).await.ok();
            }
            "message" => {
                let _written = client.create_message(&thread, &by_system("a")).await.created();
            }
            _ => client.delete(&format!("/api/v1/users/{grace}")).await.deleted(),
        }
        let read = client.get(&path).await;
        let present = tag(&read);
        assert!(!seen.contains(&present), "{change}: {present} again, {seen:?}");
        if matches!(change, "customer" | "user") {
            assert_eq!(read.body["data"]["updatedAt"], updated_at);
        }
        for old in &seen {
            let asked = ("if-match", old.as_str());
            let body = Some(json!({ "status": "closed" }));
            let reply = send_if(&client, (Method::PATCH, &path), asked, body).await;
            let _error = reply.refused(412, "PRECONDITION_FAILED");
        }
        seen.push(present);
    }
    let asked = ("if-match", seen[4].as_str());
    let reply = send_if(&client, (Method::DELETE, &path), asked, None).await;
    reply.deleted();
}

async fn keys_have_no_etag(server: &TestServer) {
    let client = server.client();
    let order = json!({ "name": "robot", "permissions": ["read:audit"] });
    let made = client.create_key(&order).await;
    let path = location(&made);
    let change = || Some(json!({ "name": "android" }));

    assert!(!made.headers.contains_key("etag"));
    assert!(!client.get(&path).await.headers.contains_key("etag"));
    for method in [Method::PATCH, Method::DELETE] {
        let body = if method == Method::PATCH { change() } else { None };
        let reply = send_if(&client, (method, &path), ("if-match", "\"1\""), body).await;
        let _error = reply.refused(412, "PRECONDITION_FAILED");
    }
    let _changed = send_if(&client, (Method::PATCH, &path), ("if-match", "*"), change()).await.ok();
    send_if(&client, (Method::DELETE, &path), ("if-match", "*"), None).await.deleted();
}

async fn a_condition_that_cannot_be_read_is_refused(server: &TestServer) {
    let client = server.client();
    let thread = id(&conversation(&client, server.inbox(), json!({})).await);
    let path = format!("/api/v1/conversations/{thread}");

    for garbage in ["1", "\"1", "\"1\" \"2\"", "*, \"1\"", "w/\"1\"", "'1'"] {
        for (method, condition, body) in [
            (Method::PATCH, "if-match", Some(json!({ "status": "closed" }))),
            (Method::DELETE, "if-match", None),
            (Method::GET, "if-none-match", None),
        ] {
            let reply = send_if(&client, (method, &path), (condition, garbage), body).await;
            let error = reply.refused(400, "BAD_REQUEST");
            let message = error["message"].as_str().expect("a sentence");
            assert!(message.contains(condition), "{message}");
        }
    }
    assert_eq!(client.get(&path).await.ok()["status"], "open");
}

/// An empty header is an empty list (RFC 9110, 5.6.1).
async fn a_condition_without_a_tag_matches_nothing(server: &TestServer) {
    let client = server.client();
    for (path, change) in resources(server).await {
        for empty in ["", ",", " , ,"] {
            let asked =
                send_if(&client, (Method::GET, &path), ("if-none-match", empty), None).await;
            assert_eq!(asked.status, 200, "{path} {empty:?}");
            let reply = match &change {
                Some(change) => {
                    let change = Some(change.clone());
                    send_if(&client, (Method::PATCH, &path), ("if-match", empty), change).await
                }
                None => send_if(&client, (Method::DELETE, &path), ("if-match", empty), None).await,
            };
            let _error = reply.refused(412, "PRECONDITION_FAILED");
        }
    }
}

async fn a_precondition_is_checked_after_references_and_before_conflicts(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let thread = id(&conversation(&client, server.inbox(), json!({ "customerId": ada })).await);
    let path = format!("/api/v1/conversations/{thread}");
    let eve = customer(&client, "eve@example.org").await;
    let stale = ("if-match", "\"0\"");

    let unknown = Some(json!({ "inboxId": UNKNOWN }));
    let reply = send_if(&client, (Method::PATCH, &path), stale, unknown).await;
    assert_eq!(reply.invalid_fields(), ["inboxId"]);
    let another = Some(json!({ "customerId": eve }));
    let reply = send_if(&client, (Method::PATCH, &path), stale, another).await;
    let _error = reply.refused(412, "PRECONDITION_FAILED");
    let inbox = format!("/api/v1/inboxes/{}", server.inbox());
    let reply = send_if(&client, (Method::DELETE, &inbox), stale, None).await;
    let _error = reply.refused(412, "PRECONDITION_FAILED");
}

async fn exactly_one_concurrent_update_with_one_etag_succeeds(server: &TestServer) {
    let client = server.client();
    for (path, change) in resources(server).await {
        let Some(change) = change else { continue };
        let present = tag(&client.get(&path).await);
        let field = change.as_object().and_then(|fields| fields.keys().next()).expect("a field");

        let writers: Vec<_> = (0..8)
            .map(|number| {
                let (client, path, present) = (client.clone(), path.clone(), present.clone());
                let value = match field.as_str() {
                    "tier" => json!(["silver", "gold", "platinum"][number % 3]),
                    _ => json!(format!("Number {number}")),
                };
                let body = Some(json!({ field: value }));
                tokio::spawn(async move {
                    let asked = ("if-match", present.as_str());
                    send_if(&client, (Method::PATCH, &path), asked, body).await.status.as_u16()
                })
            })
            .collect();
        let mut statuses = Vec::new();
        for writer in writers {
            statuses.push(writer.await.expect("a reply"));
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412], "{path}");
    }
}
