//! What happens at the same time happens one after the other, in whatever order: no caller gets a
//! 500, and nothing refers to a deleted row.

use std::collections::HashMap;
use std::sync::Arc;

use conversations_testkit::{ApiClient, Reply, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{by_system, conversation, customer, id, inbox, user};

on_both_databases! {
    an_inbox_goes_or_takes_conversations_in,
    nothing_is_assigned_to_a_user_who_goes,
    no_conversation_outlives_an_erased_person,
    history_is_a_chain,
    one_of_many_gets_an_address,
    counts_stand_while_messages_come_and_go,
    a_key_is_changed_before_it_is_revoked_or_not_at_all,
}

/// How often each race is run.
const ROUNDS: usize = 8;

type Request = (Method, String, Value);

fn request(method: Method, path: &str, body: Value) -> Request {
    (method, format!("/api/v1/{path}"), body)
}

/// Sends all requests at the same time.
async fn at_once(client: &ApiClient, requests: Vec<Request>) -> Vec<Reply> {
    let start = Arc::new(tokio::sync::Barrier::new(requests.len()));
    let sent: Vec<_> = requests
        .into_iter()
        .map(|(method, path, body)| {
            let (client, start) = (client.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                client.send(client.request(method, &path).json(&body)).await
            })
        })
        .collect();
    let mut replies = Vec::new();
    for reply in sent {
        replies.push(reply.await.expect("a reply"));
    }
    replies
}

/// How many replies have each of these statuses; no other may occur.
#[track_caller]
fn count<const N: usize>(replies: &[Reply], statuses: [u16; N]) -> [usize; N] {
    let mut counts = [0; N];
    for reply in replies {
        let place = statuses.iter().position(|&status| reply.status == status);
        counts[place.unwrap_or_else(|| panic!("{reply:?}"))] += 1;
    }
    counts
}

async fn an_inbox_goes_or_takes_conversations_in(server: &TestServer) {
    let client = server.client();

    for _ in 0..ROUNDS {
        let sales = inbox(&client, "Sales").await;
        let open = || {
            let new = json!({ "subject": "a", "inboxId": sales });
            request(Method::POST, "conversations", new)
        };
        let go = request(Method::DELETE, &format!("inboxes/{sales}"), json!({}));
        let replies = at_once(&client, vec![open(), go, open(), open()]).await;

        let (gone, opened) = (&replies[1], [&replies[..1], &replies[2..]].concat());
        let [gone, kept] = count(std::slice::from_ref(gone), [200, 409]);
        let [made, refused] = count(&opened, [201, 422]);
        assert_eq!((gone, kept), if made == 0 { (1, 0) } else { (0, 1) }, "{refused} refused");
        let (_, pagination) = client.list_conversations(&format!("inboxId={sales}")).await.listed();
        assert_eq!(pagination["total"], made);
    }
}

async fn nothing_is_assigned_to_a_user_who_goes(server: &TestServer) {
    let client = server.client();

    for _ in 0..ROUNDS {
        let grace = user(&client, "grace@example.org").await;
        let mut threads = Vec::new();
        let mut requests =
            vec![request(Method::DELETE, &format!("users/{grace}"), json!({ "reason": "a" }))];
        for _ in 0..3 {
            let made = id(&conversation(&client, server.inbox(), json!({})).await);
            let assign = json!({ "assignedTo": grace });
            requests.push(request(Method::PATCH, &format!("conversations/{made}"), assign));
            threads.push(made);
        }
        let replies = at_once(&client, requests).await;

        let _gone = count(&replies[..1], [200]);
        let [assigned, _refused] = count(&replies[1..], [200, 422]);
        let mut told = 0;
        for thread in &threads {
            let read = client.get_conversation(thread).await.ok();
            assert_eq!(read["assignedTo"], Value::Null);
            let (history, _) = client.list_history(thread, "").await.listed();
            let [set, cleared] = [json!([null, grace]), json!([grace, null])];
            let changes: Vec<_> =
                history.iter().map(|entry| json!([entry["from"], entry["to"]])).collect();
            assert!(changes.is_empty() || changes == [set, cleared], "{history:?}");
            told += changes.len() / 2;
        }
        assert_eq!(told, assigned);
    }
}

async fn no_conversation_outlives_an_erased_person(server: &TestServer) {
    let client = server.client();

    for _ in 0..ROUNDS {
        let ada = customer(&client, "ada@example.org").await;
        let with_ada = json!({ "customerId": ada });
        let made = id(&conversation(&client, server.inbox(), with_ada).await);
        let (_, before) = client.list_audit("").await.listed();
        let open = || {
            let new = json!({
                "subject": "a", "inboxId": server.inbox(), "customerId": ada, "labels": ["a"],
                "message": { "body": "a" },
            });
            request(Method::POST, "conversations", new)
        };
        let erase = request(Method::DELETE, &format!("customers/{ada}?erase=true"), json!({}));
        let write =
            request(Method::POST, &format!("conversations/{made}/messages"), by_system("a"));
        let replies = at_once(&client, vec![open(), write, erase, open()]).await;

        let _erased = count(&replies[2..3], [200]);
        let _written = count(&replies[1..2], [201, 404]);
        let opened = [replies[0].clone(), replies[3].clone()];
        let [opened, _refused] = count(&opened, [201, 422]);
        let (_, pagination) = client.list_conversations("").await.listed();
        assert_eq!(pagination["total"], 0);
        let (_, after) = client.list_audit("").await.listed();
        let told = after["total"].as_u64().zip(before["total"].as_u64());
        let told = told.map(|(after, before)| after - before);
        assert_eq!(told, u64::try_from(opened + 2).ok(), "one for each thread and the person");
    }
}

async fn history_is_a_chain(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({ "subject": "first" })).await);

    for round in 0..ROUNDS {
        let rename = |number: usize| {
            let subject = json!({ "subject": format!("{round}.{number}") });
            request(Method::PATCH, &format!("conversations/{made}"), subject)
        };
        let [_done] = count(&at_once(&client, (0..4).map(rename).collect()).await, [200]);
    }

    let (history, _) = client.list_history(&made, "limit=100").await.listed();
    let mut changes: HashMap<_, _> =
        history.iter().map(|entry| (entry["from"].to_string(), &entry["to"])).collect();
    let mut present = &json!("first");
    for _ in 0..ROUNDS * 4 {
        present = changes.remove(&present.to_string()).expect("a change of what was there");
    }
    assert_eq!(changes.len(), 0);
    assert_eq!(client.get_conversation(&made).await.ok()["subject"], *present);
}

async fn one_of_many_gets_an_address(server: &TestServer) {
    let client = server.client();
    let mut customers = Vec::new();
    let mut users = Vec::new();
    for number in 0..4 {
        let address = format!("{number}@example.org");
        customers.push(customer(&client, &address).await);
        users.push(user(&client, &address).await);
    }

    for round in 0..ROUNDS {
        let address = format!("round-{round}@example.org");
        let take = |path: &str, id: &String, body: Value| {
            request(Method::PATCH, &format!("{path}/{id}"), body)
        };
        let profile = || json!({ "profile": { "email": address } });
        let wanted = customers.iter().map(|id| take("customers", id, profile())).collect();
        let replies = at_once(&client, wanted).await;
        assert_eq!(count(&replies, [200, 409]), [1, 3]);
        let wanted = users.iter().map(|id| take("users", id, json!({ "email": address })));
        let replies = at_once(&client, wanted.collect()).await;
        assert_eq!(count(&replies, [200, 409]), [1, 3]);
    }
}

async fn counts_stand_while_messages_come_and_go(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    let messages = format!("conversations/{made}/messages");

    for _ in 0..ROUNDS {
        let one = id(&client.create_message(&made, &by_system("a")).await.created());
        let two = id(&client.create_message(&made, &by_system("a")).await.created());
        let requests = vec![
            request(Method::DELETE, &format!("{messages}/{one}"), json!({})),
            request(Method::POST, &messages, by_system("a")),
            request(Method::DELETE, &format!("{messages}/{two}"), json!({})),
            request(Method::PATCH, &format!("conversations/{made}"), json!({ "status": "closed" })),
        ];
        let _done = count(&at_once(&client, requests).await, [200, 201]);

        let read = client.get_conversation(&made).await.ok();
        let (left, pagination) = client.list_messages(&made, "").await.listed();
        assert_eq!(read["messageCount"], left.len());
        assert_eq!(pagination["total"], left.len());
        let last = left.iter().filter_map(|each| each["createdAt"].as_str()).max();
        assert_eq!(read["lastMessageAt"].as_str(), last);
    }
    let (left, _) = client.list_messages(&made, "").await.listed();
    assert_eq!(left.len(), ROUNDS);
}

async fn a_key_is_changed_before_it_is_revoked_or_not_at_all(server: &TestServer) {
    let client = server.client();

    for _ in 0..ROUNDS {
        let new = json!({ "name": "Robot", "permissions": ["read:users"] });
        let key = id(&client.create_key(&new).await.created());
        let path = format!("keys/{key}");
        let revoke = || request(Method::DELETE, &path, json!({}));
        let rename = |name: &str| request(Method::PATCH, &path, json!({ "name": name }));
        let replies = at_once(&client, vec![rename("a"), revoke(), rename("b"), revoke()]).await;

        let revoked = [replies[1].clone(), replies[3].clone()];
        assert_eq!(count(&revoked, [200, 404]), [1, 1]);
        let renamed = [replies[0].clone(), replies[2].clone()];
        let [renamed, _gone] = count(&renamed, [200, 404]);
        let (entries, _) = client.list_audit("limit=100").await.listed();
        let told = |action: &str| {
            let of_this_key = entries.iter().filter(|entry| entry["targetId"] == key.as_str());
            of_this_key.filter(|entry| entry["action"] == action).count()
        };
        assert_eq!((told("key.updated"), told("key.revoked")), (renamed, 1));
    }
}
