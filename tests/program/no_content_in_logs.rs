//! No log holds what people wrote or what keys are: requests that carry a word wherever a word can be,
//! to a server that logs everything, on both databases; the word must not come out.

use std::io::Read;

use conversations_testkit::{ApiClient, Engine, TestDatabase};
use reqwest::Method;
use serde_json::{Value, json};

use crate::process::{Program, command, printed, run, secret_in};
use crate::raw_http::RawConnection;

/// The word. Nothing of it changes in lower case, in the encoding of addresses or in an index.
const CANARY: &str = "canary7f3a9";

/// A key of the workspace that may do everything.
fn key(database: &TestDatabase) -> String {
    let create = ["keys", "create", "--workspace", CANARY, "--name", CANARY];
    let permissions = ["conversations", "customers", "users", "inboxes", "keys"].map(|noun| {
        [
            "--permission".to_owned(),
            format!("read:{noun}"),
            "--permission".to_owned(),
            format!("write:{noun}"),
        ]
    });
    let mut arguments = create.to_vec();
    arguments.extend(permissions.iter().flatten().map(String::as_str));
    arguments.extend(["--permission", "read:audit"]);
    secret_in(&printed(&run(database, &arguments))).expect("a key")
}

fn id(value: &Value) -> &str {
    value["_id"].as_str().expect("an id")
}

/// What people do, with a word in everything that they write.
async fn succeed(client: &ApiClient) -> (String, String) {
    let inbox = client.create_inbox(&json!({ "name": CANARY })).await.created();
    let email = format!("{CANARY}@{CANARY}.example");
    let external_id = json!({ "source": CANARY, "id": CANARY });
    let user = json!({ "name": CANARY, "email": email, "externalId": external_id });
    let user = client.create_user(&user).await.created();
    let profile = json!({ "firstName": CANARY, "lastName": CANARY, "email": email,
        "phone": CANARY, "company": CANARY, "jobTitle": CANARY });
    let person = json!({ "externalId": { "source": CANARY, "id": CANARY }, "profile": profile,
            "tags": [CANARY], "customFields": { CANARY: CANARY } });
    let person = client.create_customer(&person).await.created();
    let external_id = json!({ "source": CANARY, "id": CANARY });
    for kind in ["customers", "users"] {
        let path = format!("/api/v1/{kind}/external/{CANARY}/{CANARY}");
        let body = json!({ "externalId": external_id });
        let _changed = client.put(&path, &body).await.ok();
    }
    let conversation = json!({ "externalId": external_id, "subject": CANARY,
        "inboxId": id(&inbox), "labels": [CANARY], "customerId": id(&person),
        "message": { "externalId": external_id, "body": CANARY } });
    let create = async |body: &Value| {
        let request = client.request(Method::POST, "/api/v1/conversations").json(body);
        client.send(request.header("idempotency-key", CANARY)).await
    };
    let opened = create(&conversation).await.created();
    let _made = create(&conversation).await.created();
    let _refused = create(&json!({ "subject": CANARY })).await.refused(422, "VALIDATION_ERROR");
    let by_id = format!("/api/v1/conversations/external/{CANARY}/{CANARY}");
    let _changed = client.put(&by_id, &json!({ "priority": "high" })).await.ok();
    let changed = json!({ "subject": format!("{CANARY} {CANARY}"), "assignedTo": id(&user) });
    let _shown = client.update_conversation(id(&opened), &changed).await.ok();
    let message = json!({ "body": CANARY, "author": { "type": "system" } });
    let _made = client.create_message(id(&opened), &message).await.created();
    let _made = client
        .create_key(&json!({ "name": CANARY, "permissions": ["read:users"] }))
        .await
        .created();
    for query in ["q", "label", "cursor", "after", CANARY] {
        let list = client.list_conversations(&format!("{query}={CANARY}")).await;
        assert!([200, 400, 422].contains(&list.status.as_u16()), "{query}");
    }
    let _listed = client.list_customers(&format!("search={CANARY}&tags={CANARY}")).await.listed();
    let by_id = format!("externalId={CANARY}&externalSource={CANARY}&email={email}");
    let _listed = client.list_customers(&by_id).await.listed();
    let _listed = client.list_history(id(&opened), "").await.listed();
    (id(&opened).to_owned(), id(&person).to_owned())
}

/// What people get wrong.
async fn fail(program: &Program, client: &ApiClient, inbox: &str) {
    let email = format!("{CANARY}@{CANARY}.example");
    let _refused = client
        .create_user(&json!({ "name": "Eve", "email": email }))
        .await
        .refused(409, "CONFLICT");
    let person = json!({ "profile": { "email": email.to_uppercase() } });
    let _refused = client.create_customer(&person).await.refused(409, "CONFLICT");
    for body in [
        json!({ CANARY: CANARY }),
        json!({ "subject": [CANARY], "priority": CANARY, "inboxId": CANARY, "status": CANARY }),
        json!({ "subject": CANARY.repeat(100), "inboxId": inbox, "labels": [CANARY.repeat(9)] }),
        json!(CANARY),
    ] {
        let refused = client.create_conversation(&body).await;
        assert!([400, 422].contains(&refused.status.as_u16()), "{body}");
    }
    let post = |body: String| {
        let request = client.request(Method::POST, "/api/v1/customers");
        request.header("content-type", "application/json").body(body)
    };
    let _refused =
        client.send(post(format!("{{\"{CANARY}\": \"{CANARY}"))).await.refused(400, "BAD_REQUEST");
    let _refused =
        client.send(post(CANARY.repeat(100_000))).await.refused(413, "PAYLOAD_TOO_LARGE");
    for path in ["/canary7f3a9", "/api/v1/canary7f3a9", "/api/v1/users/canary7f3a9?canary7f3a9"] {
        let _refused = client.get(path).await.refused(404, "NOT_FOUND");
    }
    let brew = Method::from_bytes(CANARY.to_uppercase().as_bytes()).expect("a method");
    let _refused =
        client.send(client.request(brew, "/api/v1/users")).await.refused(405, "METHOD_NOT_ALLOWED");
    for (name, value) in [
        ("if-match", format!("\"{CANARY}\"")),
        ("if-none-match", CANARY.to_owned()),
        ("idempotency-key", format!("{CANARY} {CANARY}")),
        ("content-type", CANARY.to_owned()),
        ("origin", format!("https://{CANARY}.example")),
        ("user-agent", CANARY.to_owned()),
        ("cookie", format!("{CANARY}={CANARY}")),
        ("x-forwarded-for", CANARY.to_owned()),
        (CANARY, CANARY.to_owned()),
    ] {
        let request = client.request(Method::POST, "/api/v1/users").header(name, value);
        let status = client.send(request.body("{}")).await.status;
        assert!(status.is_client_error(), "{name}: {status}");
    }
    for wrong in [CANARY, "sk_live_canary7f3a9"] {
        let _refused = program.client(wrong).list_users("").await.refused(401, "API_KEY_INVALID");
    }
    for text in [
        format!("GET /{CANARY} HTTP/1.1\r\n{CANARY} {CANARY}\r\n\r\n"),
        format!("{CANARY}\r\n\r\n"),
        format!("GET /{CANARY} HTTP/9.9\r\n\r\n"),
        format!("POST /api/v1/users HTTP/1.1\r\nContent-Length: {CANARY}\r\n\r\n{CANARY}"),
        format!("POST /api/v1/users HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{CANARY}\r\n"),
    ] {
        let mut raw = RawConnection::connect(program.address()).expect("a connection");
        raw.send(&text).expect("sent");
        // Whatever is answered; some of it by the framework, without a body.
        let _answered = raw.reply();
    }
}

/// What happens to a database: it holds what it should not, and lacks what it should have.
async fn break_down(database: &TestDatabase, client: &ApiClient, conversation: &str, person: &str) {
    let replay = async || {
        let body = json!({ "name": CANARY });
        let request = client.request(Method::POST, "/api/v1/inboxes").json(&body);
        client.send(request.header("idempotency-key", "again")).await
    };
    let _made = replay().await.created();
    database
        .execute(&format!(
            "UPDATE kept_replies SET content = '\"{CANARY}\"'; \
             UPDATE customers SET custom_fields = '\"{CANARY}\"'; \
             UPDATE conversations SET labels = '{{\"{CANARY}\": 1}}'; \
             UPDATE conversation_history SET to_value = '{{\"{CANARY}\": \"{CANARY}\"}}'; \
             ALTER TABLE messages RENAME TO {CANARY}"
        ))
        .await;
    let _refused = replay().await.refused(500, "INTERNAL_ERROR");
    let _refused = client.get_customer(person).await.refused(500, "INTERNAL_ERROR");
    let _refused = client.list_customers("").await.refused(500, "INTERNAL_ERROR");
    let _refused = client.get_conversation(conversation).await.refused(500, "INTERNAL_ERROR");
    let _refused = client.list_history(conversation, "").await.refused(500, "INTERNAL_ERROR");
    let message = json!({ "body": CANARY, "author": { "type": "system" } });
    let _refused =
        client.create_message(conversation, &message).await.refused(500, "INTERNAL_ERROR");
    let _refused = client.list_messages(conversation, "").await.refused(500, "INTERNAL_ERROR");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_contain_no_content_and_no_secrets() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let key = key(&database);
        let mut serve = command(&database, &["serve", "--listen", "127.0.0.1:0"]);
        serve.env("CONVERSATIONS_LOG", "trace").env("RUST_LOG", "trace");
        let (program, mut log) = Program::with_log(serve);
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            log.read_to_string(&mut text).map(|_| text)
        });
        let client = program.client(&key);

        let (conversation, person) = succeed(&client).await;
        let inbox = id(&client.list_inboxes("").await.listed().0[0]).to_owned();
        fail(&program, &client, &inbox).await;
        let reason = format!("?reason={CANARY}");
        let _refused = client
            .delete_conversation(&format!("{UNKNOWN}{reason}"))
            .await
            .refused(404, "NOT_FOUND");
        break_down(&database, &client, &conversation, &person).await;

        let (printed, status) = program.stop();
        let log = reading.join().expect("a thread").expect("a log");
        assert!(status.success(), "{log}");
        for secret in [CANARY, &key, &key[16..40], &person, &conversation] {
            let found = |text: &str| text.to_lowercase().contains(&secret.to_lowercase());
            let lines: Vec<_> = log.lines().filter(|line| found(line)).collect();
            assert!(lines.is_empty(), "{engine:?}: {secret} is in {lines:#?}");
            assert!(!found(&printed), "{engine:?}: {printed}");
        }
        check_lines(&log);
    }
}

const UNKNOWN: &str = "0193a5c2-1111-7abc-8def-0123456789ab";

/// Looks whether the log tells everything that it should.
fn check_lines(log: &str) {
    let lines = log.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"));
    let lines: Vec<Value> = lines.collect();
    let told = |message: &str| {
        let of = |line: &&Value| line["message"] == message;
        lines.iter().filter(of).collect::<Vec<_>>()
    };
    assert_eq!(told("the request failed").len(), 7, "{log}");
    // Whatever callers send, and be it not HTTP, is no error of a library.
    let ours =
        |line: &Value| line["target"].as_str().is_some_and(|it| it.starts_with("conversations"));
    let errors: Vec<_> = lines.iter().filter(|it| it["level"] == "ERROR" && !ours(it)).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let answered = told("answered");
    let mut seen = std::collections::BTreeSet::new();
    for line in &answered {
        let status = line["status"].as_u64().expect("a status");
        let span = &line["span"];
        seen.insert(status);
        assert!(line["milliseconds"].is_u64() && span["request.id"].is_string(), "{line}");
        assert!(span["method"].is_string() && span["route"].is_string(), "{line}");
        let early = span["route"] == "none" || [401, 413].contains(&status);
        assert!(
            early || (span["key.id"].is_string() && span["workspace.id"].is_string()),
            "{line}"
        );
    }
    for status in [200, 201, 400, 401, 404, 405, 409, 413, 422, 500] {
        assert!(seen.contains(&status), "{status} is not among {seen:?}");
    }
    assert!(answered.len() > 40, "{}", answered.len());
}
