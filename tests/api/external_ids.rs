//! Ids of conversations and messages in other systems. Those of customers and users have files beside
//! their own.

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{by_system, conversation, id, ids};

on_both_databases! {
    a_conversations_external_id_is_set_changed_and_cleared,
    an_external_id_is_taken_once_in_a_workspace,
    a_message_has_an_external_id,
    an_external_id_is_free_again_when_its_owner_is_gone,
    the_search_finds_external_ids,
}

async fn a_conversations_external_id_is_set_changed_and_cleared(server: &TestServer) {
    let client = server.client();
    let first = json!({ "source": "desk", "id": "35436" });
    let fields = json!({ "externalId": first });
    let made = id(&conversation(&client, server.inbox(), fields.clone()).await);

    assert_eq!(client.get_conversation(&made).await.ok()["externalId"], first);
    let second = json!({ "source": "crm", "id": "<A/1>" });
    let moved = json!({ "externalId": second });
    let changed = client.update_conversation(&made, &moved).await.ok();
    assert_eq!(changed["externalId"], second);
    assert_eq!(client.update_conversation(&made, &moved).await.ok(), changed);
    let half = json!({ "externalId": { "id": "1" } });
    let refused = client.update_conversation(&made, &half).await;
    assert_eq!(refused.invalid_fields(), ["externalId.source"]);
    let cleared = client.update_conversation(&made, &json!({ "externalId": null })).await.ok();
    assert_eq!(cleared["externalId"], json!(null));

    let (history, _) = client.list_history(&made, "").await.listed();
    let changes: Vec<_> =
        history.iter().map(|entry| json!([entry["field"], entry["from"], entry["to"]])).collect();
    assert_eq!(
        changes,
        [json!(["externalId", first, second]), json!(["externalId", second, null])]
    );
    let events = client.list_events(&format!("conversationId={made}")).await.ok();
    assert_eq!(events[1]["type"], "conversation.updated");
    let change = json!([{ "field": "externalId", "from": first, "to": second }]);
    assert_eq!(events[1]["changes"], change);
}

async fn an_external_id_is_taken_once_in_a_workspace(server: &TestServer) {
    let client = server.client();
    let fields = json!({ "externalId": { "source": "desk", "id": "1" } });
    let _first = conversation(&client, server.inbox(), fields.clone()).await;
    let other = conversation(&client, server.inbox(), json!({})).await;

    let taken = json!({ "externalId": ["is taken"] });
    let mut body = json!({ "subject": "a", "inboxId": server.inbox() });
    body["externalId"] = fields["externalId"].clone();
    let refused = client.create_conversation(&body).await.refused(409, "CONFLICT");
    assert_eq!(refused["details"], taken);
    let refused = client.update_conversation(&id(&other), &fields).await.refused(409, "CONFLICT");
    assert_eq!(refused["details"], taken);
    assert_eq!(client.get_conversation(&id(&other)).await.ok(), other);
    let (_, pagination) = client.list_conversations("").await.listed();
    assert_eq!(pagination["total"], 2);

    body["externalId"]["source"] = json!("crm");
    let sent: Vec<_> = (0..6)
        .map(|_| {
            let (client, body) = (client.clone(), body.clone());
            tokio::spawn(async move { client.create_conversation(&body).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for status in sent {
        statuses.push(status.await.expect("a reply"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
}

async fn a_message_has_an_external_id(server: &TestServer) {
    let client = server.client();
    let first = json!({ "source": "mail", "id": "<1@x.org>" });
    let message = json!({ "body": "a", "externalId": first });
    let fields = json!({ "message": message });
    let made = id(&conversation(&client, server.inbox(), fields).await);
    let mut body = by_system("b");
    body["externalId"] = json!({ "source": "mail", "id": "<2@x.org>" });
    let second = client.create_message(&made, &body).await.created();

    assert_eq!(second["externalId"], body["externalId"]);
    let (messages, _) = client.list_messages(&made, "").await.listed();
    assert_eq!((&messages[0]["externalId"], &messages[1]), (&first, &second));
    let (found, pagination) =
        client.list_messages(&made, "externalId=%3C2@x.org%3E").await.listed();
    assert_eq!((ids(&found), &pagination["total"]), (vec![id(&second)], &json!(1)));
    let in_chat = client.list_messages(&made, "externalId=%3C2@x.org%3E&externalSource=chat").await;
    assert!(in_chat.listed().0.is_empty());

    // In other conversations too.
    let other = id(&conversation(&client, server.inbox(), json!({})).await);
    let refused = client.create_message(&other, &body).await.refused(409, "CONFLICT");
    assert_eq!(refused["details"], json!({ "externalId": ["is taken"] }));
    let body = json!({ "subject": "a", "inboxId": server.inbox(), "message": message });
    let refused = client.create_conversation(&body).await.refused(409, "CONFLICT");
    assert_eq!(refused["details"], json!({ "message.externalId": ["is taken"] }));
    let (_, pagination) = client.list_conversations("").await.listed();
    assert_eq!(pagination["total"], 2);
    let wrong = json!({ "body": "a", "author": { "type": "system" }, "externalId": "1" });
    assert_eq!(client.create_message(&made, &wrong).await.invalid_fields(), ["externalId"]);
}

async fn an_external_id_is_free_again_when_its_owner_is_gone(server: &TestServer) {
    let client = server.client();
    let external_id = json!({ "source": "desk", "id": "1" });
    let fields = json!({
        "externalId": external_id,
        "message": { "body": "a", "externalId": external_id },
    });
    let made = id(&conversation(&client, server.inbox(), fields.clone()).await);

    let (messages, _) = client.list_messages(&made, "").await.listed();
    let _deleted = client.delete_message(&made, &id(&messages[0])).await.ok();
    let mut again = by_system("b");
    again["externalId"] = external_id.clone();
    let _again = client.create_message(&made, &again).await.created();
    let _deleted = client.delete_conversation(&made).await.ok();

    let (found, _) = client.list_conversations("externalId=1").await.listed();
    assert!(found.is_empty(), "{found:?}");
    let _again = conversation(&client, server.inbox(), fields).await;
}

async fn the_search_finds_external_ids(server: &TestServer) {
    let client = server.client();
    let fields = json!({ "externalId": { "source": "desk", "id": "TICKET-35436" } });
    let made = id(&conversation(&client, server.inbox(), fields).await);
    let found = async |query: &str| ids(&client.list_conversations(query).await.listed().0);

    for query in ["q=35436", "q=ticket-35436", "q=refund+354"] {
        assert_eq!(found(query).await, [made.as_str()], "{query}");
    }
    assert_eq!(found("q=desk").await, [""; 0]);
    let moved = json!({ "externalId": { "source": "desk", "id": "4711" } });
    let _moved = client.update_conversation(&made, &moved).await.ok();
    assert_eq!((found("q=35436").await, found("q=4711").await), (vec![], vec![made]));
}
