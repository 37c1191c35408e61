//! Every operation that makes or changes something, against keys that may not read it: a table that
//! lists them all. A write is no way to read.

use std::collections::BTreeSet;

use conversations_domain::Permission;
use conversations_http::operations;
use conversations_testkit::{ApiClient, Reply, TestServer};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::{by_system, conversation, id, merge};

on_both_databases! {
    a_write_shows_nothing_that_was_not_sent_to_who_may_not_read,
    a_write_shows_all_to_who_may_read,
    a_reply_that_is_sent_again_shows_no_more_than_the_sender_may_read,
    a_reply_that_is_kept_shows_no_more_than_its_first_caller_could_read,
    a_customer_is_not_read_by_opening_a_conversation_with_them,
    a_new_key_is_shown_its_id_and_its_secret,
}

const BASE_PATH: &str = "/api/v1";

/// A word that stands in every text that is there before, and in nothing that the rows send.
const CANARY: &str = "canary";

/// A row: the operation, its permission, the permission to read what it writes, what else it needs,
/// its path, and a body.
struct Row {
    operation: &'static str,
    write: Permission,
    read: Permission,
    needs: &'static [Permission],
    path: String,
    body: Value,
}

/// The existing resources: their ids.
struct There {
    customer: String,
    conversation: String,
    free: String,
    user: String,
    inbox: String,
    key: String,
    webhook: String,
}

/// Makes one of each, with the canary in every text.
async fn arrange(server: &TestServer) -> There {
    let admin = server.client();
    let profile = json!({
        "firstName": CANARY, "lastName": CANARY, "email": format!("{CANARY}@example.org"),
        "phone": CANARY, "company": CANARY, "jobTitle": CANARY,
    });
    let customer = json!({ "externalId": { "source": CANARY, "id": CANARY }, "profile": profile,
            "tags": [CANARY], "customFields": { CANARY: CANARY } });
    let customer = id(&admin.post("/api/v1/customers", &customer).await.created());
    let email = format!("user-{CANARY}@example.org");
    let external_id = json!({ "source": CANARY, "id": CANARY });
    let new = json!({ "name": CANARY, "email": email, "externalId": external_id });
    let user = id(&admin.post("/api/v1/users", &new).await.created());
    let inbox = id(&admin.post("/api/v1/inboxes", &json!({ "name": CANARY })).await.created());
    let key = json!({ "name": CANARY, "permissions": ["write:audit"] });
    let key = id(&admin.post("/api/v1/keys", &key).await.created());
    let fields = json!({
        "subject": CANARY, "customerId": customer, "labels": [CANARY],
        "externalId": { "source": CANARY, "id": format!("{CANARY}-free") },
        "message": { "body": CANARY },
    });
    let free = id(&conversation(&admin, &inbox, fields.clone()).await);
    let mut fields = fields;
    fields["externalId"]["id"] = json!(format!("{CANARY}-taken"));
    let taken = id(&conversation(&admin, &inbox, fields).await);
    let claim = json!({ "assignedTo": user });
    let _claimed = admin.claim_conversation(&taken, &claim).await.ok();
    let webhook = json!({
        "name": CANARY, "url": "https://canary.invalid", "events": ["feed.reset"],
        "headers": { CANARY: CANARY }, "isActive": false,
    });
    let webhook = id(&admin.create_webhook(&webhook).await.created());
    There { customer, conversation: taken, free, user, inbox, key, webhook }
}

/// Every operation that makes or changes something.
fn table(there: &There) -> Vec<Row> {
    let mut rows = by_id(there);
    rows.extend(by_external_id(there));
    rows
}

/// Those that create or change by an external id: an existing resource, and a new one.
fn by_external_id(there: &There) -> Vec<Row> {
    use Permission as May;

    let There { customer, inbox, .. } = there;
    let opened = json!({ "subject": "a", "inboxId": inbox, "customerId": customer });
    let named = json!({ "profile": { "firstName": "a" } });
    let user = json!({ "name": "a", "email": "b@example.org" });
    let (conversations, customers, users) = (
        "PUT /conversations/external/{source}/{externalId}",
        "PUT /customers/external/{source}/{externalId}",
        "PUT /users/external/{source}/{externalId}",
    );
    let row = |operation: &'static str, write, read, id: &str, body| {
        let (kind, _) = operation.trim_start_matches("PUT ").split_once("/{").expect("a path");
        Row { operation, write, read, needs: &[], path: format!("{kind}/{id}"), body }
    };
    let taken = format!("{CANARY}/{CANARY}-taken");
    let there = format!("{CANARY}/{CANARY}");
    let (write, read) = (May::WriteConversations, May::ReadConversations);
    let mut rows = vec![
        row(conversations, write, read, &taken, json!({ "status": "pending" })),
        row(conversations, write, read, "desk/new", opened),
    ];
    let (write, read) = (May::WriteCustomers, May::ReadCustomers);
    rows.push(row(customers, write, read, &there, json!({ "status": "inactive" })));
    rows.push(row(customers, write, read, "crm/new", named));
    let (write, read) = (May::WriteUsers, May::ReadUsers);
    rows.push(row(users, write, read, &there, json!({ "role": "owner" })));
    rows.push(row(users, write, read, "hr/new", user));
    rows
}

/// All others.
fn by_id(there: &There) -> Vec<Row> {
    use Permission as May;

    let There { customer, conversation, free, user, inbox, key, webhook } = there;
    let thread = format!("/conversations/{conversation}");
    let row = |operation, write, read, path: &str, body| Row {
        operation,
        write,
        read,
        needs: &[],
        path: path.to_owned(),
        body,
    };
    let of_conversation = |operation, path: &str, body| {
        row(operation, May::WriteConversations, May::ReadConversations, path, body)
    };
    let of_customer = |operation, path: &str, body| {
        row(operation, May::WriteCustomers, May::ReadCustomers, path, body)
    };
    let of_user =
        |operation, path: &str, body| row(operation, May::WriteUsers, May::ReadUsers, path, body);
    let of_inbox = |operation, path: &str, body| {
        row(operation, May::WriteInboxes, May::ReadInboxes, path, body)
    };
    let of_key =
        |operation, path: &str, body| row(operation, May::WriteKeys, May::ReadKeys, path, body);
    let of_webhook = |operation, path: &str, body| {
        row(operation, May::WriteWebhooks, May::ReadWebhooks, path, body)
    };
    let hook = format!("/webhooks/{webhook}");
    let new_webhook = json!({
        "name": "a", "url": "https://a.invalid", "events": ["feed.reset"], "isActive": false,
    });
    let opened = json!({ "subject": "a", "inboxId": inbox, "customerId": customer });
    let known = json!({
        "subject": "a", "inboxId": inbox,
        "customer": { "profile": { "email": "Canary@example.org" } },
    });
    vec![
        of_conversation("POST /conversations", "/conversations", opened),
        Row {
            needs: &[May::WriteCustomers],
            ..of_conversation("POST /conversations", "/conversations", known)
        },
        of_conversation("PUT /conversations/{id}", &thread, json!({ "status": "open" })),
        of_conversation("PATCH /conversations/{id}", &thread, json!({ "priority": "high" })),
        of_conversation(
            "POST /conversations/{id}/claim",
            &format!("/conversations/{free}/claim"),
            json!({ "assignedTo": user }),
        ),
        of_conversation(
            "POST /conversations/{id}/messages",
            &format!("{thread}/messages"),
            by_system("a"),
        ),
        of_customer("POST /customers", "/customers", json!({ "profile": { "firstName": "a" } })),
        of_customer(
            "PUT /customers/{id}",
            &format!("/customers/{customer}"),
            json!({ "tier": "bronze" }),
        ),
        of_customer(
            "PATCH /customers/{id}",
            &format!("/customers/{customer}"),
            json!({ "tier": "gold" }),
        ),
        of_user("POST /users", "/users", json!({ "name": "a", "email": "a@example.org" })),
        of_user("PUT /users/{id}", &format!("/users/{user}"), json!({ "role": "agent" })),
        of_user("PATCH /users/{id}", &format!("/users/{user}"), json!({ "role": "admin" })),
        of_inbox("POST /inboxes", "/inboxes", json!({ "name": "a" })),
        of_inbox("PUT /inboxes/{id}", &format!("/inboxes/{inbox}"), json!({ "channel": "email" })),
        of_inbox("PATCH /inboxes/{id}", &format!("/inboxes/{inbox}"), json!({ "channel": "chat" })),
        of_key("POST /keys", "/keys", json!({ "name": "a", "permissions": ["write:keys"] })),
        of_key("PATCH /keys/{id}", &format!("/keys/{key}"), json!({ "rateLimit": "600/min" })),
        of_webhook("POST /webhooks", "/webhooks", new_webhook),
        of_webhook("PUT /webhooks/{id}", &hook, json!({ "retryPolicy": { "maxRetries": 1 } })),
        of_webhook("PATCH /webhooks/{id}", &hook, json!({ "retryPolicy": { "maxRetries": 2 } })),
        of_webhook(
            "POST /webhooks/{id}/secret",
            &format!("{hook}/secret"),
            json!({ "expiresIn": 0 }),
        ),
        of_webhook(
            "POST /webhooks/{id}/replay",
            &format!("{hook}/replay"),
            json!({ "after": "latest" }),
        ),
    ]
}

/// What sends a request to the receiver of a webhook: it shows the attempt.
const SENDING: [&str; 2] =
    ["POST /webhooks/{id}/test", "POST /webhooks/{id}/deliveries/{deliveryId}/redeliver"];

/// Whether a key with this permission also has that one.
fn grants(held: Permission, wanted: Permission) -> bool {
    held == wanted || held.implied().contains(&wanted)
}

/// Those of the rows that make something, which can be sent again.
fn posts(there: &There) -> impl Iterator<Item = Row> {
    table(there).into_iter().filter(|row| row.operation.starts_with("POST"))
}

async fn send(client: &ApiClient, row: &Row, idempotency_key: Option<&str>) -> Reply {
    let (method, _) = row.operation.split_once(' ').expect("a method and a path");
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let mut request = client.request(method, &format!("{BASE_PATH}{}", row.path)).json(&row.body);
    if let Some(key) = idempotency_key {
        request = request.header("idempotency-key", key);
    }
    client.send(request).await
}

/// Makes sure that a reply shows an id, and of a new key its secret, and nothing else.
#[track_caller]
fn assert_shows_the_id_alone(reply: &Reply, row: &Row) {
    let text = reply.body.to_string();
    assert!(!text.to_lowercase().contains(CANARY), "{}: {text}", row.operation);
    let replayed = reply.headers.contains_key("idempotent-replayed");
    let tagged = reply.headers.contains_key("etag");
    assert_eq!(tagged, row.write != Permission::WriteKeys, "{}", row.operation);
    let shown = data_of(reply);
    let names: BTreeSet<_> = shown.keys().map(String::as_str).collect();
    let expected: &[&str] = match row.operation {
        "POST /keys" if !replayed => &["_id", "key"],
        "POST /webhooks" | "POST /webhooks/{id}/secret" if !replayed => &["_id", "secret"],
        _ => &["_id"],
    };
    assert_eq!(names, expected.iter().copied().collect(), "{}: {text}", row.operation);
}

/// The fields of the resource in a reply.
#[track_caller]
fn data_of(reply: &Reply) -> Map<String, Value> {
    assert!(reply.status.is_success(), "{reply:?}");
    reply.body["data"].as_object().expect("an object").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_lists_every_operation_that_makes_or_changes_something() {
    let server = TestServer::start(conversations_testkit::Engine::Sqlite).await;
    let there = arrange(&server).await;
    let listed: BTreeSet<_> =
        table(&there).into_iter().map(|row| row.operation.to_owned()).collect();
    let routed: BTreeSet<_> = operations()
        .into_iter()
        .filter(|operation| {
            ![Method::GET, Method::DELETE].iter().any(|it| it.as_str() == operation.method.as_str())
        })
        .map(|operation| {
            let path = operation.path.strip_prefix(BASE_PATH).unwrap_or(&operation.path);
            format!("{} {path}", operation.method)
        })
        .filter(|operation| !SENDING.contains(&operation.as_str()))
        .collect();

    assert_eq!(listed, routed);
}

async fn a_write_shows_nothing_that_was_not_sent_to_who_may_not_read(server: &TestServer) {
    let there = arrange(server).await;
    for row in table(&there) {
        let least: Vec<_> = row.needs.iter().copied().chain([row.write]).collect();
        let most: Vec<_> =
            Permission::ALL.iter().copied().filter(|&each| !grants(each, row.read)).collect();
        for permissions in [least, most] {
            let mut row = Row { body: row.body.clone(), path: row.path.clone(), ..row };
            if row.operation == "POST /users" {
                row.body["email"] = json!(format!("{}@example.org", permissions.len()));
            }
            let client = server.client_allowed(&permissions).await;
            // Twice: what was set already changes nothing the second time.
            for _ in 0..if row.operation.starts_with("POST") { 1 } else { 2 } {
                assert_shows_the_id_alone(&send(&client, &row, None).await, &row);
            }
        }
    }
}

async fn a_write_shows_all_to_who_may_read(server: &TestServer) {
    let admin = server.client();
    let there = arrange(server).await;
    for row in table(&there) {
        let permissions: Vec<_> = row.needs.iter().copied().chain([row.write, row.read]).collect();
        let client = server.client_allowed(&permissions).await;
        let reply = send(&client, &row, None).await;

        let path = if reply.headers.contains_key("location") {
            reply.location()
        } else if let Some((kind, _)) = row.path.split_once("/external/") {
            format!("{BASE_PATH}{kind}/{}", id(&reply.body["data"]))
        } else {
            let path = ["/claim", "/secret", "/replay"]
                .iter()
                .fold(row.path.as_str(), |path, part| path.trim_end_matches(part));
            format!("{BASE_PATH}{path}")
        };
        let mut shown = data_of(&reply);
        let _secrets = (shown.remove("key"), shown.remove("secret"));
        assert_eq!(Value::Object(shown), admin.get(&path).await.ok(), "{}", row.operation);
    }
}

async fn a_reply_that_is_sent_again_shows_no_more_than_the_sender_may_read(server: &TestServer) {
    let admin = server.client();
    let there = arrange(server).await;
    for (number, row) in posts(&there).enumerate() {
        let key = format!("key-{number}");
        let first = send(&admin, &row, Some(&key)).await;
        assert!(data_of(&first).len() > 2, "{first:?}");
        let permissions: Vec<_> = row.needs.iter().copied().chain([row.write]).collect();
        let client = server.client_allowed(&permissions).await;

        let again = send(&client, &row, Some(&key)).await;

        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(again.status, first.status);
        for header in ["location", "etag"] {
            assert_eq!(again.headers.get(header), first.headers.get(header));
        }
        assert_eq!(again.body["data"]["_id"], first.body["data"]["_id"]);
        assert_shows_the_id_alone(&again, &row);
        let mut whole = data_of(&first);
        let _secrets = (whole.remove("key"), whole.remove("secret"));
        let again = send(&admin, &row, Some(&key)).await;
        assert_eq!(data_of(&again), whole, "who may read is shown it all again");
    }
}

async fn a_reply_that_is_kept_shows_no_more_than_its_first_caller_could_read(server: &TestServer) {
    let admin = server.client();
    let there = arrange(server).await;
    for (number, row) in posts(&there).enumerate() {
        let key = format!("key-{number}");
        let permissions: Vec<_> = row.needs.iter().copied().chain([row.write]).collect();
        let client = server.client_allowed(&permissions).await;
        let first = send(&client, &row, Some(&key)).await;
        assert_shows_the_id_alone(&first, &row);

        let again = send(&admin, &row, Some(&key)).await;

        assert_eq!(again.body["data"]["_id"], first.body["data"]["_id"]);
        assert_shows_the_id_alone(&again, &row);
    }
}

async fn a_customer_is_not_read_by_opening_a_conversation_with_them(server: &TestServer) {
    let there = arrange(server).await;
    let form = [Permission::WriteConversations, Permission::WriteCustomers];
    let form = server.client_allowed(&form).await;
    let mut opened = json!({ "subject": "Help", "inboxId": there.inbox });
    merge(&mut opened, json!({ "customer": { "profile": { "email": "canary@example.org" } } }));

    let reply = form.create_conversation(&opened).await.created();

    assert_eq!(reply, json!({ "_id": reply["_id"] }));
    let read = server.client().get_conversation(&id(&reply)).await.ok();
    assert_eq!(read["customerId"]["_id"], there.customer.as_str(), "it is theirs all the same");
}

async fn a_new_key_is_shown_its_id_and_its_secret(server: &TestServer) {
    let maker = server.client_allowed(&[Permission::WriteKeys, Permission::WriteInboxes]).await;
    let order = json!({ "name": "robot", "permissions": ["write:inboxes"] });

    let made = maker.post("/api/v1/keys", &order).await.created();

    let robot = server.client_with_key(made["key"].as_str().expect("a secret"));
    let inbox = robot.post("/api/v1/inboxes", &json!({ "name": "Sales" })).await.created();
    assert_eq!(inbox, json!({ "_id": inbox["_id"] }));
}
