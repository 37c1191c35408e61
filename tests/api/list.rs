//! GET /conversations

use conversations_testkit::TestServer;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, conversation, customer, id, ids, inbox, user};

on_both_databases! {
    newest_first_with_the_people,
    each_filter_alone_and_all_together,
    an_unknown_id_finds_nothing,
    the_total_stands_past_the_end,
    names_every_parameter_that_is_wrong,
}

async fn newest_first_with_the_people(server: &TestServer) {
    let client = server.client();
    let mut made = Vec::new();
    for number in 0..5 {
        let ada = customer(&client, &format!("ada{number}@example.org")).await;
        made.push(conversation(&client, server.inbox(), json!({ "customerId": ada })).await);
    }
    made.reverse();

    let (listed, pagination) = client.list_conversations("").await.listed();

    assert_eq!(listed, made);
    assert_eq!(pagination, json!({ "total": 5, "page": 1, "limit": 50, "totalPages": 1 }));
}

async fn each_filter_alone_and_all_together(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let grace = user(&client, "grace@example.org").await;
    let sales = inbox(&client, "Sales").await;
    let plain = id(&conversation(&client, server.inbox(), json!({})).await);
    let urgent = id(&conversation(&client, server.inbox(), json!({ "priority": "urgent" })).await);
    let adas = id(&conversation(&client, server.inbox(), json!({ "customerId": ada })).await);
    let fields = json!({ "customerId": ada, "priority": "high" });
    let all = id(&conversation(&client, &sales, fields).await);
    let changes = json!({ "status": "closed", "assignedTo": grace });
    let _changed = client.update_conversation(&all, &changes).await.ok();

    for (query, expected) in [
        ("status=closed".to_owned(), vec![&all]),
        ("status=open".to_owned(), vec![&adas, &urgent, &plain]),
        ("status=pending".to_owned(), vec![]),
        ("status=closed,pending,open".to_owned(), vec![&all, &adas, &urgent, &plain]),
        ("priority=urgent".to_owned(), vec![&urgent]),
        ("priority=urgent,high".to_owned(), vec![&all, &urgent]),
        (format!("assignedTo={grace}"), vec![&all]),
        ("assignedTo=none".to_owned(), vec![&adas, &urgent, &plain]),
        (format!("inboxId={sales}"), vec![&all]),
        (format!("customerId={ada}"), vec![&all, &adas]),
        (
            format!(
                "status=closed&priority=high&assignedTo={grace}&inboxId={sales}&customerId={ada}"
            ),
            vec![&all],
        ),
        (format!("status=open&customerId={ada}&assignedTo=none"), vec![&adas]),
        (format!("status=open&assignedTo={grace}"), vec![]),
    ] {
        let (listed, pagination) = client.list_conversations(&query).await.listed();
        assert_eq!(ids(&listed).iter().collect::<Vec<_>>(), expected, "{query}");
        assert_eq!(pagination["total"], expected.len(), "{query}");
    }
}

async fn an_unknown_id_finds_nothing(server: &TestServer) {
    let client = server.client();
    let _made = conversation(&client, server.inbox(), json!({})).await;

    for field in ["assignedTo", "inboxId", "customerId"] {
        let (listed, pagination) =
            client.list_conversations(&format!("{field}={UNKNOWN}")).await.listed();
        assert_eq!(listed, Vec::<Value>::new());
        assert_eq!(pagination, json!({ "total": 0, "page": 1, "limit": 50, "totalPages": 0 }));
    }
}

async fn the_total_stands_past_the_end(server: &TestServer) {
    let client = server.client();
    for _ in 0..5 {
        let _made = conversation(&client, server.inbox(), json!({})).await;
    }

    for (page, expected) in
        [("1", 2), ("2", 2), ("3", 1), ("4", 0), ("2147483648", 0), ("9007199254740991", 0)]
    {
        let (listed, pagination) =
            client.list_conversations(&format!("limit=2&page={page}")).await.listed();
        assert_eq!(listed.len(), expected, "page {page}");
        assert_eq!(pagination["total"], 5, "page {page}");
        assert_eq!(pagination["totalPages"], 3, "page {page}");
        assert_eq!(pagination["page"].to_string(), page);
    }
}

async fn names_every_parameter_that_is_wrong(server: &TestServer) {
    let client = server.client();

    for (query, wrong) in [
        ("page=0", vec!["page"]),
        ("page=-1", vec!["page"]),
        ("page=1.5", vec!["page"]),
        ("page=", vec!["page"]),
        ("page=%D9%A1", vec!["page"]),
        ("page=9007199254740992", vec!["page"]),
        ("page=1000000000000000000000000000000", vec!["page"]),
        ("limit=0", vec!["limit"]),
        ("limit=101", vec!["limit"]),
        ("page=1&page=1", vec!["page"]),
        ("status=asleep", vec!["status"]),
        ("status=open,", vec!["status"]),
        ("status=OPEN", vec!["status"]),
        ("priority=1", vec!["priority"]),
        ("assignedTo=me", vec!["assignedTo"]),
        ("inboxId=%25", vec!["inboxId"]),
        ("customerId=' OR 1=1 --", vec!["customerId"]),
        ("colour=red", vec!["colour"]),
        ("Status=open", vec!["Status"]),
        ("status=x&limit=0&page=0&unknown=1", vec!["limit", "page", "status", "unknown"]),
    ] {
        let mut fields = client.list_conversations(query).await.invalid_fields();
        fields.sort_unstable();
        assert_eq!(fields, wrong, "{query}");
    }
}
