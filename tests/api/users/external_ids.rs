//! Ids of users in other systems.

use conversations_testkit::{ApiClient, TestServer};
use serde_json::{Value, json};

use crate::support::{conversation, id, ids};

on_both_databases! {
    an_external_id_is_set_changed_and_cleared,
    an_external_id_is_taken_once_in_a_workspace,
    users_are_found_by_external_id,
    an_external_id_is_free_again_when_its_user_is_gone,
}

fn known_to(source: &str, external_id: &str) -> Value {
    json!({
        "externalId": { "source": source, "id": external_id },
        "name": "Grace", "email": format!("{source}-{external_id}@example.org"),
    })
}

async fn make(client: &ApiClient, source: &str, external_id: &str) -> String {
    id(&client.create_user(&known_to(source, external_id)).await.created())
}

/// Who is found, newest first.
async fn found(client: &ApiClient, query: &str) -> Vec<String> {
    let (found, pagination) = client.list_users(query).await.listed();
    assert_eq!(pagination["total"], found.len(), "{query}");
    ids(&found)
}

async fn an_external_id_is_set_changed_and_cleared(server: &TestServer) {
    let client = server.client();
    let grace = make(&client, "hr", "7").await;

    let moved = json!({ "externalId": { "source": "idp", "id": "auth0|7" } });
    let changed = client.update_user(&grace, &moved).await.ok();
    assert_eq!(changed["externalId"], moved["externalId"]);
    assert_eq!(client.update_user(&grace, &moved).await.ok(), changed);
    let half = json!({ "externalId": { "source": "idp" } });
    assert_eq!(client.update_user(&grace, &half).await.invalid_fields(), ["externalId.id"]);
    let cleared = client.update_user(&grace, &json!({ "externalId": null })).await.ok();
    assert_eq!(cleared["externalId"], json!(null));
    assert_eq!(client.get_user(&grace).await.ok(), cleared);
}

async fn an_external_id_is_taken_once_in_a_workspace(server: &TestServer) {
    let client = server.client();
    let _grace = make(&client, "hr", "1").await;
    let eve = make(&client, "hr", "2").await;

    let mut same = known_to("hr", "1");
    same["email"] = json!("other@example.org");
    let refused = client.create_user(&same).await.refused(409, "CONFLICT");
    assert_eq!(refused["details"], json!({ "externalId": ["is taken"] }));
    let same = json!({ "externalId": same["externalId"] });
    let refused = client.update_user(&eve, &same).await.refused(409, "CONFLICT");
    assert_eq!(refused["details"], json!({ "externalId": ["is taken"] }));
    let elsewhere = server.client_of("elsewhere").await;
    let _other = make(&elsewhere, "hr", "1").await;
    // Of another kind.
    let customer = json!({ "externalId": same["externalId"], "profile": { "firstName": "Ada" } });
    let _customer = client.create_customer(&customer).await.created();
}

async fn users_are_found_by_external_id(server: &TestServer) {
    let client = server.client();
    let in_hr = make(&client, "hr", "a1").await;
    let in_idp = make(&client, "idp", "a1").await;
    let _other = make(&client, "hr", "a12").await;

    assert_eq!(found(&client, "externalId=a1").await, [in_idp, in_hr.clone()]);
    assert_eq!(found(&client, "externalId=a1&externalSource=hr").await, [in_hr]);
    assert_eq!(found(&client, "externalId=A1").await, [""; 0]);
    let refused = client.list_users("externalSource=hr").await;
    assert_eq!(refused.invalid_fields(), ["externalSource"]);
}

async fn an_external_id_is_free_again_when_its_user_is_gone(server: &TestServer) {
    let client = server.client();
    let grace = make(&client, "hr", "1").await;
    let assigned = id(&conversation(&client, server.inbox(), json!({})).await);
    let assign = json!({ "assignedTo": grace });
    let _assigned = client.update_conversation(&assigned, &assign).await.ok();

    let _deleted = client.delete_user(&grace).await.ok();

    assert_eq!(found(&client, "externalId=1").await, [""; 0]);
    let _again = make(&client, "hr", "1").await;
}
