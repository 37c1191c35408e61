//! GET and POST /inboxes, GET, PUT, PATCH and DELETE /inboxes/{id}

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{UNKNOWN, conversation, id, ids, inbox, location};

on_both_databases! {
    round_trips_every_field,
    lists_newest_first_with_totals,
    put_and_patch_change_what_is_there_and_keep_the_rest,
    an_unchanged_update_changes_nothing,
    names_every_invalid_field,
    refuses_an_update_without_a_field,
    is_gone_for_good,
    refuses_to_go_while_conversations_refer_to_it,
    is_not_found_for_an_unknown_id,
}

async fn round_trips_every_field(server: &TestServer) {
    let client = server.client();

    let reply = client.create_inbox(&json!({ "name": "Sales", "channel": "phone" })).await;
    let location = location(&reply);
    let made = reply.created();

    assert_eq!(client.get(&location).await.ok(), made);
    let (id, at) = (made["_id"].clone(), made["createdAt"].clone());
    assert_eq!(
        made,
        json!({ "_id": id, "name": "Sales", "channel": "phone", "createdAt": at, "updatedAt": at })
    );
}

async fn lists_newest_first_with_totals(server: &TestServer) {
    let client = server.client();
    let sales = inbox(&client, "Sales").await;
    // Names need not differ.
    let other = inbox(&client, "Sales").await;

    let (page, pagination) = client.list_inboxes("limit=2").await.listed();
    assert_eq!(ids(&page), [other, sales]);
    assert_eq!(pagination, json!({ "total": 3, "page": 1, "limit": 2, "totalPages": 2 }));
    let (page, _) = client.list_inboxes("limit=2&page=2").await.listed();
    assert_eq!(ids(&page), [server.inbox()]);
    assert_eq!(client.list_inboxes("channel=chat").await.invalid_fields(), ["channel"]);
}

async fn put_and_patch_change_what_is_there_and_keep_the_rest(server: &TestServer) {
    let client = server.client();
    let sales = inbox(&client, "Sales").await;
    let mut expected = client.get_inbox(&sales).await.ok();
    let path = format!("/api/v1/inboxes/{sales}");

    let put = client.put(&path, &json!({ "name": " Returns " })).await.ok();
    expected["name"] = json!("Returns");
    expected["updatedAt"] = put["updatedAt"].clone();
    assert_eq!(put, expected);
    let patched = client.patch(&path, &json!({ "channel": "whatsapp" })).await.ok();
    expected["channel"] = json!("whatsapp");
    expected["updatedAt"] = patched["updatedAt"].clone();
    assert_eq!(patched, expected);
    assert_eq!(client.get(&path).await.ok(), expected);
}

async fn an_unchanged_update_changes_nothing(server: &TestServer) {
    let client = server.client();
    let sales = inbox(&client, "Sales").await;
    let made = client.get_inbox(&sales).await.ok();

    let same = json!({ "name": "Sales ", "channel": "email" });
    assert_eq!(client.update_inbox(&sales, &same).await.ok(), made);
}

async fn names_every_invalid_field(server: &TestServer) {
    let client = server.client();
    let before = client.get_inbox(server.inbox()).await.ok();

    for (body, wrong) in [
        (json!({ "name": " ", "channel": "fax" }), vec!["channel", "name"]),
        (json!({ "name": null }), vec!["name"]),
        (json!({ "name": "x".repeat(101) }), vec!["name"]),
        (json!({ "name": "a\u{1}b" }), vec!["name"]),
        (json!({ "name": "Sales", "createdAt": "now" }), vec!["createdAt"]),
    ] {
        assert_eq!(client.create_inbox(&body).await.invalid_fields(), wrong, "{body}");
        let updated = client.update_inbox(server.inbox(), &body).await;
        assert_eq!(updated.invalid_fields(), wrong, "{body}");
    }
    let null = json!({ "channel": null });
    assert_eq!(client.update_inbox(server.inbox(), &null).await.invalid_fields(), ["channel"]);
    assert_eq!(client.list_inboxes("").await.listed().0, [before]);
}

async fn refuses_an_update_without_a_field(server: &TestServer) {
    let reply = server.client().update_inbox(server.inbox(), &json!({})).await;

    assert_eq!(reply.invalid_fields().len(), 1);
}

async fn is_gone_for_good(server: &TestServer) {
    let client = server.client();
    let sales = inbox(&client, "Sales").await;
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    let reply = client.delete_inbox(&sales).await;

    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.body, json!({ "success": true, "message": "The inbox was deleted." }));
    let _gone = client.get_inbox(&sales).await.refused(404, "NOT_FOUND");
    let _gone = client.delete_inbox(&sales).await.refused(404, "NOT_FOUND");
    let (left, _) = client.list_inboxes("").await.listed();
    assert_eq!(ids(&left), [server.inbox()]);
    let moved = client.update_conversation(&made, &json!({ "inboxId": sales })).await;
    assert_eq!(moved.invalid_fields(), ["inboxId"]);
    let new = json!({ "subject": "a", "inboxId": sales });
    assert_eq!(client.create_conversation(&new).await.invalid_fields(), ["inboxId"]);
}

async fn refuses_to_go_while_conversations_refer_to_it(server: &TestServer) {
    let client = server.client();
    let sales = inbox(&client, "Sales").await;
    let one = id(&conversation(&client, &sales, json!({})).await);
    let other = id(&conversation(&client, &sales, json!({})).await);
    let _elsewhere = conversation(&client, server.inbox(), json!({})).await;

    let error = client.delete_inbox(&sales).await.refused(409, "CONFLICT");
    assert_eq!(error["details"], json!({ "conversations": 2 }));
    let moved = json!({ "inboxId": server.inbox() });
    let _moved = client.update_conversation(&one, &moved).await.ok();
    let error = client.delete_inbox(&sales).await.refused(409, "CONFLICT");
    assert_eq!(error["details"], json!({ "conversations": 1 }));
    let erase = client.delete_inbox(&format!("{sales}?erase=true")).await;
    assert_eq!(erase.invalid_fields(), ["erase"]);

    client.delete_conversation(&other).await.deleted();
    client.delete_inbox(&sales).await.deleted();
    assert_eq!(client.get_conversation(&one).await.ok()["inboxId"], server.inbox());
}

async fn is_not_found_for_an_unknown_id(server: &TestServer) {
    let client = server.client();
    let sales = inbox(&client, "Sales").await;

    for other in [UNKNOWN, &sales.to_uppercase(), "0"] {
        let _error = client.get_inbox(other).await.refused(404, "NOT_FOUND");
        let update = client.update_inbox(other, &json!({ "name": "Returns" })).await;
        let _error = update.refused(404, "NOT_FOUND");
        let _error = client.delete_inbox(other).await.refused(404, "NOT_FOUND");
    }
    assert_eq!(client.get_inbox(&sales).await.ok()["name"], "Sales");
}
