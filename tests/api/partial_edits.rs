//! Changes of a part of a field: labels, tags and custom fields of which the others stay.

use std::sync::Arc;

use conversations_testkit::{ApiClient, TestServer};
use serde_json::{Map, Value, json};

use crate::support::{conversation, id};

on_both_databases! {
    labels_and_tags_are_added_and_removed,
    history_tells_what_an_edit_of_labels_changed,
    reports_every_problem_of_an_edit_at_once,
    edits_at_once_all_count,
    edits_at_once_leave_no_more_than_there_may_be,
    custom_fields_are_merged_by_name,
    no_more_custom_fields_than_there_may_be_are_left,
}

/// A customer with these tags and custom fields.
async fn customer(client: &ApiClient, tags: Value, fields: Value) -> String {
    let body = json!({ "profile": { "firstName": "Ada" }, "tags": tags, "customFields": fields });
    id(&client.create_customer(&body).await.created())
}

/// A conversation and a customer with these words: the path of each, and the field that has them.
async fn things(server: &TestServer, words: Value) -> [(String, &'static str); 2] {
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({ "labels": words })).await;
    let ada = customer(&client, words, json!({})).await;
    [
        (format!("/api/v1/conversations/{}", id(&made)), "labels"),
        (format!("/api/v1/customers/{ada}"), "tags"),
    ]
}

async fn labels_and_tags_are_added_and_removed(server: &TestServer) {
    let client = server.client();

    for (path, field) in things(server, json!(["a", "b", "c"])).await {
        for (edit, expected) in [
            (json!({ "add": ["d"], "remove": ["b"] }), json!(["a", "c", "d"])),
            (json!({ "add": [" c ", "e"] }), json!(["a", "c", "d", "e"])),
            (json!({ "remove": ["A", "x", "a"] }), json!(["c", "d", "e"])),
            (json!({ "add": [], "remove": [] }), json!(["c", "d", "e"])),
        ] {
            let changed = client.patch(&path, &json!({ field: edit })).await.ok();
            assert_eq!(changed[field], expected, "{edit}");
            assert_eq!(client.get(&path).await.ok(), changed);
        }
        let before = client.get(&path).await.ok();
        let edit = json!({ field: { "add": ["c"], "remove": ["x"] } });
        assert_eq!(client.put(&path, &edit).await.ok(), before, "nothing changes");
        let replaced = client.patch(&path, &json!({ field: ["z"] })).await.ok();
        assert_eq!(replaced[field], json!(["z"]));
    }
    let (found, _) = client.list_conversations("label=z").await.listed();
    assert_eq!(found.len(), 1);
    let (found, _) = client.list_conversations("label=c").await.listed();
    assert_eq!(found.len(), 0);
}

async fn history_tells_what_an_edit_of_labels_changed(server: &TestServer) {
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({ "labels": ["a", "b"] })).await;
    let made = id(&made);

    let edit = json!({ "labels": { "add": ["c"], "remove": ["a"] } });
    let _changed = client.update_conversation(&made, &edit).await.ok();
    let _same = client.update_conversation(&made, &edit).await.ok();

    let (history, _) = client.list_history(&made, "").await.listed();
    assert_eq!(history.len(), 1);
    let told = ["field", "from", "to"].map(|name| history[0][name].clone());
    assert_eq!(told, [json!("labels"), json!(["a", "b"]), json!(["b", "c"])]);
}

async fn reports_every_problem_of_an_edit_at_once(server: &TestServer) {
    let client = server.client();

    for (path, field) in things(server, json!(["a"])).await {
        let full: Vec<_> = (0..20).map(|number| number.to_string()).collect();
        let long = "x".repeat(51);
        for (edit, problems) in [
            (
                json!({ "add": ["b", ""], "remove": ["b,c", "d", "d"] }),
                json!({
                    "add[1]": ["must not be empty"],
                    "remove[0]": ["must not contain a comma"],
                    "remove[2]": ["must not contain duplicates"],
                }),
            ),
            (
                json!({ "add": ["b", "c"], "remove": ["x", " c"] }),
                json!({ "remove[1]": ["must not be both added and removed"] }),
            ),
            (json!({ "add": [long] }), json!({ "add[0]": ["must be at most 50 characters long"] })),
            (json!({ "add": [1] }), json!({ "add[0]": ["must be a string"] })),
            (json!({ "add": null }), json!({ "add": ["must be a list"] })),
            (
                json!({ "adds": [] }),
                json!({ "adds": ["is not a known field; expected add or remove"] }),
            ),
            (json!({}), json!({ "": ["must have add or remove"] })),
            (json!({ "add": full }), json!({ "": ["must have at most 20 entries"] })),
            (json!("b"), json!({ "": ["must be a list, or an object with add and remove"] })),
        ] {
            let refused = client.patch(&path, &json!({ field: edit })).await;
            let expected: Map<String, Value> = problems
                .as_object()
                .expect("problems")
                .iter()
                .map(|(rest, problem)| match rest.as_str() {
                    "" => (field.to_owned(), problem.clone()),
                    rest => (format!("{field}.{rest}"), problem.clone()),
                })
                .collect();
            let details = refused.refused(422, "VALIDATION_ERROR")["details"].clone();
            assert_eq!(details, Value::Object(expected), "{edit}");
        }
        assert_eq!(client.get(&path).await.ok()[field], json!(["a"]));
    }
}

/// Sends these changes at the same time, and answers the statuses.
async fn at_once(client: &ApiClient, path: &str, bodies: Vec<Value>) -> Vec<u16> {
    let start = Arc::new(tokio::sync::Barrier::new(bodies.len()));
    let sent: Vec<_> = bodies
        .into_iter()
        .map(|body| {
            let (client, path, start) = (client.clone(), path.to_owned(), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                client.patch(&path, &body).await.status.as_u16()
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for status in sent {
        statuses.push(status.await.expect("a reply"));
    }
    statuses
}

async fn edits_at_once_all_count(server: &TestServer) {
    let client = server.client();
    let old: Vec<_> = (0..8).map(|number| format!("old {number}")).collect();

    for (path, field) in things(server, json!(old)).await {
        let mut bodies: Vec<_> =
            (0..12).map(|number| json!({ field: { "add": [format!("new {number}")] } })).collect();
        bodies.extend(old.iter().map(|old| json!({ field: { "remove": [old] } })));

        let statuses = at_once(&client, &path, bodies).await;

        assert_eq!(statuses, [200; 20], "{path}");
        let words = client.get(&path).await.ok()[field].clone();
        let mut words: Vec<String> = serde_json::from_value(words).expect("words");
        words.sort_unstable();
        let mut expected: Vec<_> = (0..12).map(|number| format!("new {number}")).collect();
        expected.sort_unstable();
        assert_eq!(words, expected, "{path}");
    }
}

async fn edits_at_once_leave_no_more_than_there_may_be(server: &TestServer) {
    let client = server.client();
    let most: Vec<_> = (0..17).map(|number| number.to_string()).collect();
    let fields: Map<_, _> = (0..47).map(|number| (format!("f{number}"), json!(number))).collect();

    let mut things = things(server, json!(most)).await.to_vec();
    let ada = customer(&client, json!([]), Value::Object(fields)).await;
    things.push((format!("/api/v1/customers/{ada}"), "customFields"));
    for (path, field) in things {
        let bodies = (0..8).map(|number| match field {
            "customFields" => json!({ field: { format!("new {number}"): number } }),
            _ => json!({ field: { "add": [format!("new {number}")] } }),
        });

        let statuses = at_once(&client, &path, bodies.collect()).await;

        let count = |status| statuses.iter().filter(|&&is| is == status).count();
        assert_eq!((count(200), count(422)), (3, 5), "{path}: {statuses:?}");
    }
}

async fn custom_fields_are_merged_by_name(server: &TestServer) {
    let client = server.client();
    let known = json!({ "crmId": "7", "plan": "pro", "seats": 3 });
    let ada = customer(&client, json!([]), known).await;

    for (change, expected) in [
        (json!({ "plan": "free" }), json!({ "crmId": "7", "plan": "free", "seats": 3 })),
        (json!({ "seats": null, "x": null }), json!({ "crmId": "7", "plan": "free" })),
        (json!({ "new": true, "plan": null }), json!({ "crmId": "7", "new": true })),
    ] {
        let changed = client.update_customer(&ada, &json!({ "customFields": change })).await.ok();
        assert_eq!(changed["customFields"], expected);
        assert_eq!(client.get_customer(&ada).await.ok(), changed);
    }
    // What was read can be sent back, and nothing is nothing.
    let before = client.get_customer(&ada).await.ok();
    let same = json!({ "customFields": before["customFields"] });
    assert_eq!(client.update_customer(&ada, &same).await.ok(), before);
    let nothing = client.update_customer(&ada, &json!({ "customFields": {} })).await;
    assert_eq!(nothing.invalid_fields(), ["body"]);
    let nothing = json!({ "customFields": {}, "tier": "bronze" });
    assert_eq!(client.update_customer(&ada, &nothing).await.ok(), before);
    let wrong = json!({ "customFields": { "x": [], "": null, "ok": null } });
    let wrong = client.update_customer(&ada, &wrong).await.invalid_fields();
    assert_eq!(wrong, ["customFields.", "customFields.x"]);
    let none = client.update_customer(&ada, &json!({ "customFields": null })).await.ok();
    assert_eq!(none["customFields"], json!({}));
}

async fn no_more_custom_fields_than_there_may_be_are_left(server: &TestServer) {
    let client = server.client();
    let fields = |from: u8, to: u8, value: Value| -> Value {
        (from..to).map(|number| (format!("f{number}"), value.clone())).collect::<Map<_, _>>().into()
    };
    let ada = customer(&client, json!([]), fields(0, 50, json!(1))).await;
    let change = async |fields: Value| {
        client.update_customer(&ada, &json!({ "customFields": fields })).await
    };

    for too_many in [json!({ "more": 1 }), fields(50, 101, json!(1))] {
        let refused = change(too_many).await.refused(422, "VALIDATION_ERROR");
        assert_eq!(refused["details"], json!({ "customFields": ["must have at most 50 fields"] }));
    }
    let mut swapped = fields(50, 100, json!(2));
    let gone = fields(0, 50, Value::Null);
    swapped.as_object_mut().expect("fields").extend(gone.as_object().expect("fields").clone());
    assert_eq!(change(swapped).await.ok()["customFields"], fields(50, 100, json!(2)));
}
