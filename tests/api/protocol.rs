//! What the API does with requests that are not what it expects, whatever they are about.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use conversations_domain::Permission;
use conversations_testkit::{Reply, TestServer};
use reqwest::Method;
use serde_json::json;

use crate::support::{UNKNOWN, conversation, id};

on_both_databases! {
    unknown_routes_are_not_found,
    wrong_methods_are_told_the_right_ones,
    checks_come_in_their_order,
    bodies_that_are_no_json_are_told_apart,
    bodies_that_are_too_large_are_not_read,
    a_body_that_stalls_is_not_waited_for,
    request_ids_come_back,
    every_reply_has_the_headers_of_security,
}

const PATH: &str = "/api/v1/conversations";

async fn unknown_routes_are_not_found(server: &TestServer) {
    let client = server.client();

    for path in [
        "/nothing",
        "/docs/nothing",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v2/conversations",
        "/api/v1/conversations/",
        "/api/v1//conversations",
        "/API/V1/conversations",
    ] {
        let _error = client.get(path).await.refused(404, "NOT_FOUND");
    }
}

async fn wrong_methods_are_told_the_right_ones(server: &TestServer) {
    let client = server.client();
    let one = format!("{PATH}/{UNKNOWN}");
    let messages = format!("{one}/messages");
    let message = format!("{messages}/{UNKNOWN}");
    let history = format!("{one}/history");
    let [customer, user, inbox, key] = ["customers", "users", "inboxes", "keys"]
        .map(|resource| format!("/api/v1/{resource}/{UNKNOWN}"));

    for (method, path, allow) in [
        (Method::DELETE, PATH, "GET, HEAD, POST"),
        (Method::TRACE, PATH, "GET, HEAD, POST"),
        (Method::POST, &one, "GET, HEAD, PUT, PATCH, DELETE"),
        (Method::OPTIONS, &messages, "GET, HEAD, POST"),
        (Method::PATCH, &message, "GET, HEAD, DELETE"),
        (Method::POST, &history, "GET, HEAD"),
        (Method::POST, &customer, "GET, HEAD, PUT, PATCH, DELETE"),
        (Method::POST, &user, "GET, HEAD, PUT, PATCH, DELETE"),
        (Method::POST, &inbox, "GET, HEAD, PUT, PATCH, DELETE"),
        (Method::PUT, &key, "GET, HEAD, PATCH, DELETE"),
        (Method::DELETE, "/api/v1/audit", "GET, HEAD"),
        (Method::POST, "/api/v1/events", "GET, HEAD"),
        (Method::POST, "/api/v1/events/stream", "GET, HEAD"),
        (Method::PATCH, "/health/live", "GET, HEAD"),
    ] {
        let reply = client.send(client.request(method.clone(), path)).await;
        assert_eq!(reply.headers["allow"], allow, "{method} {path}");
        let _error = reply.refused(405, "METHOD_NOT_ALLOWED");
    }
}

/// Each request has every fault from its check on; the answer is about the first.
async fn checks_come_in_their_order(server: &TestServer) {
    let reader = server.client_allowed(&[Permission::ReadConversations]).await;
    let writer = server.client();
    let stranger = server.anonymous();
    let bad_id = format!("{PATH}/not-an-id");
    let unknown = format!("{PATH}/{UNKNOWN}");
    let references = json!({ "inboxId": UNKNOWN }).to_string();
    let json = ("content-type", "application/json");

    let huge = "{".repeat(1_048_577);
    let too_large = stranger.request(Method::PATCH, &bad_id).body(huge);
    let _error = stranger.send(too_large).await.refused(413, "PAYLOAD_TOO_LARGE");
    let no_key = stranger.request(Method::POST, "/api/v1/nothing").body("{");
    let _error = stranger.send(no_key).await.refused(401, "AUTH_REQUIRED");
    let no_route = reader.request(Method::POST, "/api/v1/nothing").body("{");
    let _error = reader.send(no_route).await.refused(404, "NOT_FOUND");
    let no_method = reader.request(Method::POST, &bad_id).body("{");
    let _error = reader.send(no_method).await.refused(405, "METHOD_NOT_ALLOWED");
    let no_permission = reader.request(Method::PATCH, &bad_id).body("{");
    let _error = reader.send(no_permission).await.refused(403, "INSUFFICIENT_PERMISSIONS");
    let no_json = writer.request(Method::PATCH, &bad_id).body("{");
    let _error = writer.send(no_json).await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
    let no_id = writer.request(Method::PATCH, &bad_id).header(json.0, json.1).body("{");
    let _error = writer.send(no_id).await.refused(404, "NOT_FOUND");
    let broken = writer.request(Method::PATCH, &unknown).header(json.0, json.1).body("{");
    let _error = writer.send(broken).await.refused(400, "BAD_REQUEST");
    let wrong = writer.patch(&unknown, &json!({ "status": "asleep" })).await;
    let _error = wrong.refused(422, "VALIDATION_ERROR");
    let absent = writer.request(Method::PATCH, &unknown).header(json.0, json.1).body(references);
    let _error = writer.send(absent).await.refused(404, "NOT_FOUND");
}

async fn post(server: &TestServer, content_type: Option<&str>, body: impl Into<Vec<u8>>) -> Reply {
    let client = server.client();
    let mut request = client.request(Method::POST, PATH).body(body.into());
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    client.send(request).await
}

async fn bodies_that_are_no_json_are_told_apart(server: &TestServer) {
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/json; charset=latin1"),
        Some("application/xml"),
    ] {
        let _error = post(server, content_type, "{}").await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let json = Some("application/json; charset=UTF-8");
    for body in [
        b"".to_vec(),
        b"{".to_vec(),
        b"[]".to_vec(),
        b"\"text\"".to_vec(),
        b"null".to_vec(),
        b"{} {}".to_vec(),
        b"{\"subject\": \"\\ud800\"}".to_vec(),
        b"{\"subject\": \"\xff\"}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        format!("{{\"subject\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes(),
    ] {
        let _error = post(server, json, body).await.refused(400, "BAD_REQUEST");
    }
    for (body, field) in [
        (r#"{"subject": "a", "subject": "b"}"#, "subject"),
        (r#"{"customer": {"customFields": {"x": 1, "x": 2}}}"#, "customer.customFields.x"),
        (r#"{"message": {"author": {"type": "agent", "type": "system"}}}"#, "message.author.type"),
        (r#"{"subject": 1e400}"#, "subject"),
        (r#"{"subject": 18446744073709551616}"#, "subject"),
        (r#"{"subject": true}"#, "subject"),
        (r#"{"subject": null}"#, "subject"),
        (r#"{"__proto__": {}}"#, "__proto__"),
        (r#"{"workspaceId": "x"}"#, "workspaceId"),
    ] {
        let fields = post(server, json, body).await.invalid_fields();
        assert!(fields.iter().any(|each| each == field), "{body}: {fields:?}");
    }
}

async fn bodies_that_are_too_large_are_not_read(server: &TestServer) {
    let client = server.client();
    let body = format!("{{\"subject\": \"{}\"}}", "x".repeat(1_048_576));

    let announced = post(server, Some("application/json"), body.clone()).await;
    let _error = announced.refused(413, "PAYLOAD_TOO_LARGE");

    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    assert_eq!(client.get_conversation(&made).await.status, 200);
}

async fn a_body_that_stalls_is_not_waited_for(server: &TestServer) {
    let client = server.client();
    let key = client.key().expect("a key").to_owned();
    let address = server.address();

    let reply = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{{\"subject\":"
        );
        stream.write_all(head.as_bytes()).expect("half a request is sent");
        let mut reply = [0; 1024];
        let length = stream.read(&mut reply).expect("a reply");
        String::from_utf8_lossy(&reply[..length]).into_owned()
    })
    .await
    .expect("a reply");

    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(reply.contains(r#""code":"REQUEST_TIMEOUT""#), "{reply}");
}

async fn request_ids_come_back(server: &TestServer) {
    let client = server.client();
    let ask = async |value: &str| {
        client.send(client.request(Method::GET, PATH).header("x-request-id", value)).await
    };

    let longest = "x".repeat(128);
    for own in ["abc-123", longest.as_str()] {
        assert_eq!(ask(own).await.headers["x-request-id"], own);
    }
    let longer = "x".repeat(129);
    for strange in ["", "two words", longer.as_str()] {
        let reply = ask(strange).await;
        let fresh = reply.headers["x-request-id"].to_str().expect("ASCII").to_owned();
        assert_ne!(fresh, strange);
        assert_eq!(fresh.len(), 36);
    }
    let one = client.get("/nothing").await.headers["x-request-id"].clone();
    assert_ne!(one, client.get("/nothing").await.headers["x-request-id"]);
}

async fn every_reply_has_the_headers_of_security(server: &TestServer) {
    let client = server.client();

    for (path, cache_control) in [
        (PATH, "private, no-cache"),
        ("/nothing", "no-store"),
        ("/health/live", "no-store"),
        ("/api/v1/conversations?page=0", "no-store"),
    ] {
        let reply = client.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", cache_control),
            ("referrer-policy", "no-referrer"),
            ("content-security-policy", "default-src 'none'"),
        ] {
            assert_eq!(reply.headers[name], value, "{path}");
        }
        assert!(!reply.headers.contains_key("server"), "{path}");
    }
}
