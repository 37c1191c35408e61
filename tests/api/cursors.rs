//! Lists by cursor: every list, forwards and backwards, among writers, and whatever is no cursor.

use conversations_testkit::{ApiClient, Reply, TestServer};
use serde_json::{Value, json};

use crate::support::{by_system, conversation, customer, id, ids, inbox, user, walk};

on_both_databases! {
    every_list_is_the_same_by_pages_and_by_cursors,
    the_links_lead_through_everything,
    each_order_leads_through_everything,
    paging_beside_writers_returns_every_unchanged_row_once,
    the_same_filter_may_be_spelled_otherwise,
    names_the_cursor_that_is_wrong,
    a_cursor_and_a_page_exclude_each_other,
}

const ORDERS: [&str; 6] =
    ["-createdAt", "createdAt", "-updatedAt", "updatedAt", "-priority", "priority"];

/// The paths of all lists, each with more than a few rows.
async fn filled(server: &TestServer, client: &ApiClient) -> Vec<String> {
    let talk = id(&conversation(client, server.inbox(), json!({})).await);
    for number in 0..7 {
        let _made = customer(client, &format!("ada{number}@example.org")).await;
        let grace = user(client, &format!("grace{number}@example.org")).await;
        let unused = inbox(client, "Sales").await;
        let body = json!({ "name": "robot", "permissions": ["read:users"] });
        let _made = client.create_key(&body).await.created();
        let _made = client.create_message(&talk, &by_system("Hello")).await.created();
        let changes = json!({ "assignedTo": grace, "subject": number.to_string() });
        let _changed = client.update_conversation(&talk, &changes).await.ok();
        let _made = conversation(client, server.inbox(), json!({})).await;
        if number % 2 == 0 {
            client.delete_inbox(&unused).await.deleted();
        }
    }
    let lists = ["conversations", "customers", "users", "inboxes", "keys", "audit"];
    let of_talk = ["messages", "history"].map(|list| format!("conversations/{talk}/{list}"));
    lists.map(str::to_owned).into_iter().chain(of_talk).collect()
}

/// The page at this path, and the path of the one to which its cursor of this name leads.
async fn step(client: &ApiClient, list: &str, query: &str, name: &str) -> (Reply, Option<String>) {
    let reply = client.get(&format!("/api/v1/{list}?{query}")).await;
    let next = reply.cursor(name).map(|cursor| format!("limit=3&cursor={cursor}"));
    (reply, next)
}

async fn every_list_is_the_same_by_pages_and_by_cursors(server: &TestServer) {
    let client = server.client();
    for list in filled(server, &client).await {
        let (all, pagination) = client.get(&format!("/api/v1/{list}?limit=100")).await.listed();
        assert!(all.len() >= 4 && pagination["total"] == all.len(), "{list}: {pagination}");

        let (mut forwards, mut next, mut last) = (Vec::new(), Some("limit=3".to_owned()), None);
        while let Some(query) = next {
            let (reply, following) = step(&client, &list, &query, "nextCursor").await;
            let (items, pagination) = reply.listed();
            let page = if forwards.is_empty() { json!(1) } else { json!(null) };
            let pages = all.len().div_ceil(3);
            assert_eq!(
                pagination,
                json!({ "total": all.len(), "page": page, "limit": 3, "totalPages": pages })
            );
            forwards.extend(items);
            (last, next) = (Some(query), following);
        }
        assert_eq!(forwards, all, "{list}");

        let mut backwards = Vec::new();
        while let Some(query) = last {
            let (reply, previous) = step(&client, &list, &query, "prevCursor").await;
            backwards.push(reply.listed().0);
            last = previous;
        }
        backwards.reverse();
        assert_eq!(backwards.concat(), all, "{list}");
    }
}

async fn the_links_lead_through_everything(server: &TestServer) {
    let client = server.client();
    for number in 0..7 {
        let fields = json!({ "labels": ["a b", "ä"], "subject": number.to_string() });
        let _made = conversation(&client, server.inbox(), fields).await;
        let _other = conversation(&client, server.inbox(), json!({})).await;
    }
    let query = "label=a%20b,%C3%A4&limit=2&sort=createdAt&status=open";
    let start = format!("/api/v1/conversations?{query}");

    let (mut subjects, mut next) = (Vec::new(), Some(start.clone()));
    let mut last = None;
    while let Some(target) = next {
        let reply = client.get(&target).await;
        assert_eq!(reply.link("first"), Some(start.clone()));
        next = reply.link("next");
        last = Some((target, reply.link("prev"), reply.link("last")));
        subjects.extend(reply.listed().0.iter().map(|each| each["subject"].clone()));
    }
    assert_eq!(json!(subjects), json!(["0", "1", "2", "3", "4", "5", "6"]));

    let (_, previous, by_number) = last.expect("a page");
    assert_eq!(by_number, None, "pages by cursor have no numbers");
    let (before, _) = client.get(&previous.expect("a page before")).await.listed();
    assert_eq!(before[1]["subject"], "5");
    let by_number = client.get(&start).await.link("last").expect("a last page");
    let (items, pagination) = client.get(&by_number).await.listed();
    assert_eq!((&items[0]["subject"], &pagination["page"]), (&json!("6"), &json!(4)));
}

async fn each_order_leads_through_everything(server: &TestServer) {
    let client = server.client();
    let mut made = Vec::new();
    for number in 0..10 {
        let priority = ["low", "medium", "high", "urgent"][number % 4];
        let fields = json!({ "priority": priority });
        made.push(conversation(&client, server.inbox(), fields).await);
    }
    for place in [3, 0, 7] {
        let changes = json!({ "subject": "Changed" });
        made[place] = client.update_conversation(&id(&made[place]), &changes).await.ok();
    }

    for order in ORDERS {
        let mut expected = made.clone();
        expected.sort_by_key(|each| (sort_key(order, each), id(each)));
        if order.starts_with('-') {
            expected.reverse();
        }
        let query = format!("status=open&sort={order}&limit=3");
        assert_eq!(walk(&client, &query).await, ids(&expected), "{order}");
        let all = client.list_conversations(&format!("sort={order}")).await.listed().0;
        assert_eq!(all, expected, "{order}");
    }
}

fn sort_key(order: &str, conversation: &Value) -> String {
    let text = |field: &str| conversation[field].as_str().expect("a text").to_owned();
    match order.trim_start_matches('-') {
        "priority" => {
            let words = ["low", "medium", "high", "urgent"];
            let rank = words.iter().position(|word| conversation["priority"] == *word);
            rank.expect("a priority").to_string()
        }
        field => text(field),
    }
}

async fn paging_beside_writers_returns_every_unchanged_row_once(server: &TestServer) {
    const WRITERS: usize = 50;
    let client = server.client();
    let mut staying = Vec::new();
    for number in 0..40 {
        let priority = ["low", "medium", "high", "urgent"][number % 4];
        let fields = json!({ "priority": priority });
        staying.push(id(&conversation(&client, server.inbox(), fields).await));
    }

    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let (client, inbox) = (server.client(), server.inbox().to_owned());
            tokio::spawn(async move { write(&client, &inbox, number).await })
        })
        .collect();
    let walks: Vec<_> = ORDERS
        .map(|order| {
            let client = server.client();
            let query = format!("status=open&sort={order}&limit=7");
            (order, tokio::spawn(async move { walk(&client, &query).await }))
        })
        .into_iter()
        .collect();

    for (order, walk) in walks {
        let met = walk.await.expect("no walk panics");
        for stays in &staying {
            let times = met.iter().filter(|met| *met == stays).count();
            assert_eq!(times, 1, "{order}: {stays} of {}", met.len());
        }
    }
    for writer in writers {
        writer.await.expect("no writer panics");
    }
}

/// Opens conversations, changes them so that they change their places or leave the list, and
/// deletes some. Not for ever: a walk that ends with the newest would not end before.
async fn write(client: &ApiClient, inbox: &str, number: usize) {
    for round in 0..8 {
        let made = id(&conversation(client, inbox, json!({ "priority": "high" })).await);
        let changes = match (number + round) % 3 {
            0 => json!({ "priority": "low" }),
            1 => json!({ "status": "closed" }),
            _ => json!({ "subject": "Changed" }),
        };
        let _changed = client.update_conversation(&made, &changes).await.ok();
        if round % 2 == 0 {
            client.delete_conversation(&made).await.deleted();
        }
    }
}

async fn the_same_filter_may_be_spelled_otherwise(server: &TestServer) {
    let client = server.client();
    for _ in 0..3 {
        let fields = json!({ "labels": ["vip", "a"] });
        let _made = conversation(&client, server.inbox(), fields).await;
    }
    let query = "status=open,closed&label=vip,a&createdAfter=2026-01-01T00:00:00Z&limit=1";
    let first = client.list_conversations(query).await;
    let cursor = first.cursor("nextCursor").expect("a cursor");

    for same in [
        "limit=100&status=closed,open,closed&label=a,vip&createdAfter=2026-01-01T00:00:00.000Z",
        "sort=-createdAt&label=a,vip&stat%75s=open%2Cclosed\
         &createdAfter=2026-01-01T02:00:00%2B02:00",
    ] {
        let (items, _) =
            client.list_conversations(&format!("{same}&cursor={cursor}")).await.listed();
        assert_eq!(items.len(), 2, "{same}");
    }
    for other in [
        "status=open,closed&label=vip,a",
        "status=open&label=vip,a&createdAfter=2026-01-01T00:00:00Z",
        "status=open,closed&label=vip&createdAfter=2026-01-01T00:00:00Z",
        "status=open,closed&label=vip,a&createdAfter=2026-01-01T00:00:00.001Z",
        "status=open,closed&label=vip,a&createdBefore=2026-01-01T00:00:00Z",
        "status=open,closed&label=vip,a&updatedAfter=2026-01-01T00:00:00Z",
        "status=open,closed&label=vip,a&createdAfter=2026-01-01T00:00:00Z&channel=email",
        "status=open,closed&label=vip,a&createdAfter=2026-01-01T00:00:00Z&sort=createdAt",
        "",
    ] {
        let reply = client.list_conversations(&format!("{other}&cursor={cursor}")).await;
        assert_eq!(reply.invalid_fields(), ["cursor"], "{other}");
    }
}

async fn names_the_cursor_that_is_wrong(server: &TestServer) {
    let client = server.client();
    let lists = filled(server, &client).await;
    let mut cursors = Vec::new();
    for list in &lists {
        let reply = client.get(&format!("/api/v1/{list}?limit=1")).await;
        cursors.push(reply.cursor("nextCursor").expect("a cursor"));
    }
    let other = server.client_of("elsewhere").await;
    let elsewhere = inbox(&other, "Elsewhere").await;
    let others = id(&conversation(&other, &elsewhere, json!({})).await);
    let talk = lists.last().and_then(|list| list.split('/').nth(1)).expect("a conversation");

    for (place, list) in lists.iter().enumerate() {
        let path = format!("/api/v1/{list}");
        let refused = async |client: &ApiClient, path: &str, query: &str| {
            let reply = client.get(&format!("{path}?{query}")).await;
            assert_eq!(reply.invalid_fields(), ["cursor"], "{path} {query}");
        };
        for (of, cursor) in cursors.iter().enumerate().filter(|(of, _)| *of != place) {
            refused(&client, &path, &format!("cursor={cursor}&limit={}", of + 1)).await;
        }
        let cursor = &cursors[place];
        let theirs = path.replace(talk, &others);
        refused(&other, &theirs, &format!("cursor={cursor}")).await;
        for wrong in [
            "cursor=".to_owned(),
            "cursor".to_owned(),
            "cursor=0".to_owned(),
            format!("cursor={cursor}&cursor={cursor}"),
            format!("cursor={cursor}A"),
            format!("cursor={cursor}%3D"),
            format!("cursor=%20{cursor}"),
            format!("cursor=B{}", &cursor[1..]),
            format!("cursor={}", &cursor[1..]),
            format!("cursor={}", "A".repeat(cursor.len())),
            format!("cursor={}", cursor.to_lowercase()),
            format!("cursor={}", "%00".repeat(cursor.len())),
            format!("cursor={}", "%F0%9F%98%80".repeat(14)),
            format!("cursor={}", "x".repeat(10_000)),
        ] {
            refused(&client, &path, &wrong).await;
        }
    }
}

async fn a_cursor_and_a_page_exclude_each_other(server: &TestServer) {
    let client = server.client();
    for _ in 0..2 {
        let _made = conversation(&client, server.inbox(), json!({})).await;
    }
    let cursor = client.list_conversations("limit=1").await.cursor("nextCursor").expect("a cursor");

    for query in [format!("page=1&cursor={cursor}"), format!("cursor={cursor}&page=2&limit=1")] {
        let mut fields = client.list_conversations(&query).await.invalid_fields();
        fields.sort_unstable();
        assert_eq!(fields, ["cursor", "page"], "{query}");
    }
}
