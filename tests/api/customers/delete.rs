//! DELETE /customers/{id} without erasing

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{conversation, customer, id};

on_both_databases! {
    is_gone_for_good,
    refuses_while_conversations_refer_to_them,
    takes_yes_and_no_alone_for_whether_to_erase,
}

async fn is_gone_for_good(server: &TestServer) {
    let client = server.client();
    let body = json!({ "profile": { "email": "ada@example.org" }, "tags": ["vip"] });
    let ada = id(&client.create_customer(&body).await.created());
    let eve = customer(&client, "eve@example.org").await;

    let reply = client.delete_customer(&ada).await;

    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.body, json!({ "success": true, "message": "The customer was deleted." }));
    let _gone = client.get_customer(&ada).await.refused(404, "NOT_FOUND");
    let update = client.update_customer(&ada, &json!({ "tier": "gold" })).await;
    let _gone = update.refused(404, "NOT_FOUND");
    let (left, pagination) = client.list_customers("").await.listed();
    assert_eq!((id(&left[0]), &pagination["total"]), (eve, &json!(1)));
    let (_, pagination) = client.list_customers("tags=vip").await.listed();
    assert_eq!(pagination["total"], 0);
    let body = json!({ "subject": "a", "inboxId": server.inbox(), "customerId": ada });
    assert_eq!(client.create_conversation(&body).await.invalid_fields(), ["customerId"]);
    let again = customer(&client, "ada@example.org").await;
    assert_ne!(again, ada);
}

async fn refuses_while_conversations_refer_to_them(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let with_ada = json!({ "customerId": ada });
    let one = id(&conversation(&client, server.inbox(), with_ada.clone()).await);
    let other = id(&conversation(&client, server.inbox(), with_ada).await);
    let _without = conversation(&client, server.inbox(), json!({})).await;

    for (query, expected) in [("", 2), ("?erase=false", 2)] {
        let reply = client.delete_customer(&format!("{ada}{query}")).await;
        let error = reply.refused(409, "CONFLICT");
        assert_eq!(error["details"], json!({ "conversations": expected }));
    }

    assert_eq!(client.get_conversation(&one).await.ok()["customerId"]["_id"], ada.as_str());
    client.delete_conversation(&one).await.deleted();
    let error = client.delete_customer(&ada).await.refused(409, "CONFLICT");
    assert_eq!(error["details"], json!({ "conversations": 1 }));
    client.delete_conversation(&other).await.deleted();
    client.delete_customer(&ada).await.deleted();
}

async fn takes_yes_and_no_alone_for_whether_to_erase(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;

    for (query, wrong) in [
        ("erase", vec!["erase"]),
        ("erase=", vec!["erase"]),
        ("erase=1", vec!["erase"]),
        ("erase=TRUE", vec!["erase"]),
        ("erase=yes", vec!["erase"]),
        ("erase=true&erase=true", vec!["erase"]),
        ("erase=true&erase=false", vec!["erase"]),
        ("Erase=true", vec!["Erase"]),
        ("erase=x&reason=%00&why=a", vec!["erase", "reason", "why"]),
    ] {
        let fields = client.delete_customer(&format!("{ada}?{query}")).await.invalid_fields();
        assert_eq!(fields, wrong, "{query}");
    }

    let _still_there = client.get_customer(&ada).await.ok();
}
