//! GET /conversations

use conversations_testkit::TestServer;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, conversation, customer, id, ids, inbox, user};

on_both_databases! {
    newest_first_with_the_people,
    each_filter_alone_and_all_together,
    an_unknown_id_finds_nothing,
    the_total_stands_past_the_end,
    names_every_invalid_parameter,
    a_period_ends_before_its_bounds,
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
    let urgent = id(&conversation(
        &client,
        server.inbox(),
        json!({
            "externalId": { "source": "desk", "id": "35436" },
            "priority": "urgent", "channel": "chat",
        }),
    )
    .await);
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
        ("externalId=35436".to_owned(), vec![&urgent]),
        ("externalId=35436&externalSource=desk&priority=urgent".to_owned(), vec![&urgent]),
        ("externalId=35436&externalSource=crm".to_owned(), vec![]),
        ("externalId=35436&status=closed".to_owned(), vec![]),
        ("externalId=3543".to_owned(), vec![]),
        ("q=35436".to_owned(), vec![&urgent]),
        ("channel=chat".to_owned(), vec![&urgent]),
        ("channel=chat,email".to_owned(), vec![&all, &adas, &urgent, &plain]),
        ("channel=chat&priority=high".to_owned(), vec![]),
        ("source=api".to_owned(), vec![&all, &adas, &urgent, &plain]),
        ("source=widget,phone".to_owned(), vec![]),
        ("createdAfter=2000-01-01T00:00:00Z&priority=urgent".to_owned(), vec![&urgent]),
        ("createdBefore=2000-01-01T00:00:00Z".to_owned(), vec![]),
        ("updatedAfter=2100-01-01T00:00:00Z".to_owned(), vec![]),
        ("updatedBefore=2100-01-01T00:00:00%2B05:30&status=closed".to_owned(), vec![&all]),
        ("createdAfter=2100-01-01T00:00:00Z&createdBefore=2000-01-01T00:00:00Z".to_owned(), vec![]),
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

async fn names_every_invalid_parameter(server: &TestServer) {
    let client = server.client();

    for (query, wrong) in [
        ("externalSource=desk", vec!["externalSource"]),
        ("externalId=a&externalSource=Desk", vec!["externalSource"]),
        ("externalId=%00", vec!["externalId"]),
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
        ("channel=fax", vec!["channel"]),
        ("source=", vec!["source"]),
        ("createdAfter=2026-11-22", vec!["createdAfter"]),
        ("createdBefore=2026-11-22T15:04:05.1234Z", vec!["createdBefore"]),
        ("updatedAfter=1795359845123", vec!["updatedAfter"]),
        ("updatedBefore=2026-11-22T15:04:05", vec!["updatedBefore"]),
        ("sort=subject", vec!["sort"]),
        ("sort=%2BcreatedAt", vec!["sort"]),
        ("sort=createdAt,priority", vec!["sort"]),
        ("sort=relevance", vec!["sort"]),
        ("colour=red", vec!["colour"]),
        ("Status=open", vec!["Status"]),
        ("status=x&limit=0&page=0&unknown=1", vec!["limit", "page", "status", "unknown"]),
    ] {
        let mut fields = client.list_conversations(query).await.invalid_fields();
        fields.sort_unstable();
        assert_eq!(fields, wrong, "{query}");
    }
}

/// A time that was read can be used to ask: what has it is in neither period.
async fn a_period_ends_before_its_bounds(server: &TestServer) {
    let client = server.client();
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(conversation(&client, server.inbox(), json!({})).await);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let (first, third) = (id(&made[0]), id(&made[2]));

    for field in ["created", "updated"] {
        let time = made[1][format!("{field}At")].as_str().expect("a time").to_owned();
        for (bound, expected) in [("After", &third), ("Before", &first)] {
            let query = format!("{field}{bound}={time}");
            let (listed, pagination) = client.list_conversations(&query).await.listed();
            assert_eq!(ids(&listed), std::slice::from_ref(expected), "{query}");
            assert_eq!(pagination["total"], 1, "{query}");
        }
    }
}
