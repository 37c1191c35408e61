//! PUT /customers/external/{source}/{externalId}

use conversations_testkit::{ApiClient, Reply, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{customer, id, location};

on_both_databases! {
    creates_and_then_changes,
    what_is_new_needs_a_profile,
    of_many_at_once_one_creates,
    takes_any_id_in_its_path,
    an_etag_is_demanded_of_what_is_there,
    names_what_is_wrong,
    keeps_to_its_workspace,
}

const PATH: &str = "/api/v1/customers/external/crm/4711";

fn named(first_name: &str) -> Value {
    json!({ "profile": { "firstName": first_name } })
}

async fn put_if(client: &ApiClient, etag: &str, body: &Value) -> Reply {
    let request = client.request(Method::PUT, PATH).header("if-match", etag).json(body);
    client.send(request).await
}

async fn creates_and_then_changes(server: &TestServer) {
    let client = server.client();
    let body = json!({ "profile": { "firstName": "Ada", "email": "ada@example.org" },
        "tier": "gold", "tags": ["vip"], "customFields": { "plan": "pro" } });

    let reply = client.put(PATH, &body).await;
    let path = location(&reply);
    let made = reply.created();
    assert_eq!(path, format!("/api/v1/customers/{}", id(&made)));
    assert_eq!(made["externalId"], json!({ "source": "crm", "id": "4711" }));
    assert_eq!((&made["tier"], &made["status"]), (&json!("gold"), &json!("active")));
    assert_eq!(client.get(&path).await.ok(), made);

    let changes = json!({ "profile": { "lastName": "King" }, "customFields": { "seats": 1 } });
    let reply = client.put(PATH, &changes).await;
    assert!(!reply.headers.contains_key("location"));
    let changed = reply.ok();
    let mut expected = made;
    expected["profile"]["lastName"] = json!("King");
    expected["customFields"] = json!({ "plan": "pro", "seats": 1 });
    expected["updatedAt"] = changed["updatedAt"].clone();
    assert_eq!(changed, expected);
    // What was read is sent back.
    let mut same = json!({ "externalId": changed["externalId"] });
    same["profile"] = changed["profile"].clone();
    assert_eq!(client.put(PATH, &same).await.ok(), changed);

    let events = client.list_events("types=customer.*").await.ok();
    let types: Vec<_> =
        events.as_array().expect("a list").iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["customer.created", "customer.updated"]);
}

async fn what_is_new_needs_a_profile(server: &TestServer) {
    let client = server.client();

    for body in [json!({ "tier": "gold" }), json!({ "profile": { "jobTitle": "Countess" } })] {
        assert_eq!(client.put(PATH, &body).await.invalid_fields(), ["profile"], "{body}");
    }
    let _made = client.put(PATH, &named("Ada")).await.created();
    assert_eq!(client.put(PATH, &json!({ "tier": "gold" })).await.ok()["tier"], "gold");
    assert_eq!(client.put(PATH, &json!({})).await.invalid_fields(), ["body"]);
}

async fn of_many_at_once_one_creates(server: &TestServer) {
    let client = server.client();

    for round in 0..4 {
        let path = format!("/api/v1/customers/external/crm/{round}");
        let sent: Vec<_> = (0..6)
            .map(|place| {
                let (client, path) = (client.clone(), path.clone());
                tokio::spawn(async move { client.put(&path, &named(&format!("{place}"))).await })
            })
            .collect();
        let mut replies = Vec::new();
        for reply in sent {
            replies.push(reply.await.expect("a reply"));
        }

        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 200, 200, 200, 201]);
        let ids: std::collections::BTreeSet<_> =
            replies.iter().map(|reply| id(&reply.body["data"])).collect();
        assert_eq!(ids.len(), 1);
    }
    let (_, pagination) = client.list_customers("").await.listed();
    assert_eq!(pagination["total"], 4);
}

async fn takes_any_id_in_its_path(server: &TestServer) {
    let client = server.client();

    for (path, external_id) in [
        ("%3Ca%2Fb%3E", "<a/b>"),
        ("a%2520b", "a%20b"),
        ("%E6%97%A5%E6%9C%AC", "日本"),
        ("a+b", "a+b"),
        ("%20x%20", "x"),
        ("external", "external"),
    ] {
        let path = format!("/api/v1/customers/external/my-crm_2.eu/{path}");
        let made = client.put(&path, &named("Ada")).await.created();
        let expected = json!({ "source": "my-crm_2.eu", "id": external_id });
        assert_eq!(made["externalId"], expected);
        assert_eq!(client.put(&path, &named("Ada")).await.ok(), made);
    }
}

async fn an_etag_is_demanded_of_what_is_there(server: &TestServer) {
    let client = server.client();

    for etag in ["*", "\"1\""] {
        let reply = put_if(&client, etag, &named("Ada")).await;
        let _error = reply.refused(412, "PRECONDITION_FAILED");
    }
    let made = client.put(PATH, &named("Ada")).await;
    let etag = made.headers["etag"].to_str().expect("ASCII").to_owned();
    assert_eq!(put_if(&client, &etag, &named("Eve")).await.ok()["profile"]["firstName"], "Eve");
    let _error = put_if(&client, &etag, &named("Bob")).await.refused(412, "PRECONDITION_FAILED");
    assert_eq!(put_if(&client, "*", &named("Bob")).await.ok()["profile"]["firstName"], "Bob");
}

async fn names_what_is_wrong(server: &TestServer) {
    let client = server.client();
    let _eve = customer(&client, "eve@example.org").await;

    let too_long = format!("/api/v1/customers/external/crm/{}", "x".repeat(256));
    for (path, fields) in [
        ("/api/v1/customers/external/CRM/1", vec!["source"]),
        ("/api/v1/customers/external/crm/%20", vec!["externalId"]),
        (too_long.as_str(), vec!["externalId"]),
        ("/api/v1/customers/external/a%2Cb/%01", vec!["externalId", "source"]),
    ] {
        assert_eq!(client.put(path, &named("Ada")).await.invalid_fields(), fields, "{path}");
    }
    let mut other = named("Ada");
    for external_id in [json!({ "source": "crm", "id": "2" }), json!(null)] {
        other["externalId"] = external_id;
        assert_eq!(client.put(PATH, &other).await.invalid_fields(), ["externalId"]);
    }
    let taken = json!({ "profile": { "email": "EVE@example.org" } });
    let error = client.put(PATH, &taken).await.refused(409, "CONFLICT");
    assert!(error["details"]["profile.email"].is_array(), "{error}");
    let (_, pagination) = client.list_customers("externalId=4711").await.listed();
    assert_eq!(pagination["total"], 0);
    let _error = client.get(PATH).await.refused(405, "METHOD_NOT_ALLOWED");
}

async fn keeps_to_its_workspace(server: &TestServer) {
    let (client, elsewhere) = (server.client(), server.client_of("elsewhere").await);
    let theirs = elsewhere.put(PATH, &named("Ada")).await.created();

    let ours = client.put(PATH, &named("Eve")).await.created();

    assert_ne!(ours["_id"], theirs["_id"]);
    assert_eq!(elsewhere.get_customer(&id(&theirs)).await.ok(), theirs);
}
