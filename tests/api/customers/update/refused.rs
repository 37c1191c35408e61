//! Invalid updates of a customer.

use conversations_testkit::TestServer;
use serde_json::{Map, Value, json};

use super::ada;
use crate::support::{UNKNOWN, id};

on_both_databases! {
    somebody_has_to_be_named,
    names_every_invalid_field,
    refuses_null_for_required_fields,
    refuses_a_body_without_a_field,
}

async fn somebody_has_to_be_named(server: &TestServer) {
    let client = server.client();
    let body = json!({ "profile": { "firstName": "Ada", "jobTitle": "Countess" } });
    let made = client.create_customer(&body).await.created();
    let update = async |profile: Value| {
        client.update_customer(&id(&made), &json!({ "profile": profile })).await
    };

    for nobody in [json!({ "firstName": null }), json!({ "firstName": " ", "jobTitle": "Queen" })] {
        assert_eq!(update(nobody).await.invalid_fields(), ["profile"]);
    }

    assert_eq!(client.get_customer(&id(&made)).await.ok(), made);
    let somebody = update(json!({ "firstName": null, "company": "Engines" })).await.ok();
    assert_eq!(somebody["profile"]["firstName"], json!(null));
}

async fn names_every_invalid_field(server: &TestServer) {
    let client = server.client();
    let made = ada(&client).await;
    let many: Map<_, _> = (0..51).map(|number| (number.to_string(), json!(number))).collect();
    let long = "x".repeat(51);
    let long_path = format!("customFields.{long}");

    for (changes, wrong) in [
        (
            json!({
                "profile": { "firstName": "x".repeat(256), "email": "ada", "phone": "\u{1}" },
                "tier": "wood",
                "status": "lost",
                "tags": ["a", "b,c", "a", ""],
                "customFields": { "foo": "x".repeat(1001), "list": [], "ok": 1 },
            }),
            vec![
                "customFields.foo",
                "customFields.list",
                "profile.email",
                "profile.firstName",
                "profile.phone",
                "status",
                "tags[1]",
                "tags[2]",
                "tags[3]",
                "tier",
            ],
        ),
        (json!({ "profile": { "first_name": "Ada" } }), vec!["profile.first_name"]),
        (json!({ "profile": { "email": "" } }), vec!["profile.email"]),
        (json!({ "profile": { "lastName": 5 } }), vec!["profile.lastName"]),
        (json!({ "profile": "Ada" }), vec!["profile"]),
        (json!({ "customFields": { "foo": [], "bar": null } }), vec!["customFields.foo"]),
        (json!({ "customFields": { long: 1 } }), vec![&*long_path]),
        (json!({ "customFields": many }), vec!["customFields"]),
        (json!({ "tags": vec!["a"; 21] }), vec!["tags"]),
        (json!({ "_id": UNKNOWN }), vec!["_id"]),
        (json!({ "email": "ada@example.org" }), vec!["email"]),
        (json!({ "tier": "gold", "createdAt": "now" }), vec!["createdAt"]),
    ] {
        let fields = client.update_customer(&id(&made), &changes).await.invalid_fields();
        assert_eq!(fields, wrong, "{changes}");
    }
    assert_eq!(client.get_customer(&id(&made)).await.ok(), made);
}

async fn refuses_null_for_required_fields(server: &TestServer) {
    let client = server.client();
    let made = id(&ada(&client).await);

    for field in ["profile", "tier", "status"] {
        let reply = client.update_customer(&made, &json!({ field: null })).await;
        assert_eq!(reply.invalid_fields(), [field]);
    }
}

async fn refuses_a_body_without_a_field(server: &TestServer) {
    let client = server.client();
    let made = id(&ada(&client).await);

    for nothing in [json!({}), json!({ "profile": {} })] {
        assert_eq!(client.update_customer(&made, &nothing).await.invalid_fields().len(), 1);
    }
}
