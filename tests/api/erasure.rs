//! What was deleted is gone, to the last byte: needles are planted wherever text is taken, and then
//! looked for in all that the database keeps. A place that is added later is looked into as well.

use conversations_testkit::{ApiClient, Random, TestDatabase, TestServer};
use serde_json::json;

use crate::support::{conversation, id};

on_both_databases! {
    whatever_is_deleted_leaves_no_byte,
    a_server_that_stops_leaves_no_byte_of_what_was_deleted,
    churn_leaves_no_byte_of_what_was_deleted,
    no_index_keeps_a_word_of_what_was_deleted_or_replaced,
}

/// Texts that nothing else holds. All that are to be erased have one beginning, and all that are to
/// stay another, so that one look finds any of them.
struct Needles {
    random: Random,
    going: String,
    staying: String,
}

impl Needles {
    fn new() -> Self {
        let mut random = Random::new(std::process::id().into());
        let (going, staying) = (random.number(), random.number());
        Self { random, going: format!("going{going:x}"), staying: format!("staying{staying:x}") }
    }

    /// A text of needles, up to this length.
    fn text(&mut self, going: bool, most: usize) -> String {
        let needle = if going { self.going() } else { self.staying() };
        let most = most / (needle.len() + 1);
        format!("{needle} ").repeat(1 + self.random.below(most.max(1))).trim_end().to_owned()
    }

    /// A few needles.
    fn some(&mut self, going: bool) -> Vec<String> {
        let count = self.random.below(5);
        (0..count).map(|_| if going { self.going() } else { self.staying() }).collect()
    }

    /// A profile of texts of all lengths.
    fn some_profile(&mut self, going: bool) -> serde_json::Value {
        json!({
            "firstName": self.text(going, 250),
            "lastName": self.text(going, 250),
            "company": self.text(going, 250),
        })
    }

    fn going(&mut self) -> String {
        format!("{}-{:x}", self.going, self.random.number())
    }

    fn staying(&mut self) -> String {
        format!("{}-{:x}", self.staying, self.random.number())
    }
}

async fn assert_there(database: &TestDatabase, text: &str) {
    assert!(!database.places_of(text).await.is_empty(), "{text} was never stored");
}

/// A long text that is full of a needle, wherever it is cut.
fn long(needle: &str) -> String {
    format!("{needle} ").repeat(60_000 / (needle.len() + 1))
}

async fn whatever_is_deleted_leaves_no_byte(server: &TestServer) {
    // Kept replies are copies, too.
    let (client, database) = (server.client().once(), server.database());
    let mut needles = Needles::new();
    let kept = plant_thread(&client, server.inbox(), || needles.staying()).await;
    let mut doomed = Vec::new();

    let thread = plant_thread(&client, server.inbox(), || needles.going()).await;
    doomed.push(format!("/conversations/{thread}"));
    let customer = plant_person(&client, server.inbox(), || needles.going()).await;
    doomed.push(format!("/customers/{customer}?erase=true"));
    let body = json!({ "profile": profile(|| needles.going()) });
    let customer = id(&client.post("/api/v1/customers", &body).await.created());
    doomed.push(format!("/customers/{customer}"));
    let email = format!("{}@example.org", needles.going());
    let external_id = json!({ "source": needles.going(), "id": needles.going() });
    let body = json!({ "name": needles.going(), "email": email, "externalId": external_id });
    let user = id(&client.post("/api/v1/users", &body).await.created());
    let _assigned = client.update_conversation(&kept, &json!({ "assignedTo": user })).await.ok();
    doomed.push(format!("/users/{user}"));
    let inbox = json!({ "name": needles.going() });
    let inbox = id(&client.post("/api/v1/inboxes", &inbox).await.created());
    doomed.push(format!("/inboxes/{inbox}"));
    let external_id = json!({ "source": needles.going(), "id": needles.going() });
    let author = json!({ "type": "system" });
    let body =
        json!({ "body": long(&needles.going()), "author": author, "externalId": external_id });
    let message = id(&client.create_message(&kept, &body).await.created());
    doomed.push(format!("/conversations/{kept}/messages/{message}"));
    let key = json!({ "name": needles.going(), "permissions": ["read:audit"] });
    let key = id(&client.post("/api/v1/keys", &key).await.created());
    doomed.push(format!("/keys/{key}"));
    assert_there(database, &needles.going).await;

    for path in doomed {
        let reply = client.delete(&format!("/api/v1{path}")).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    database.assert_gone(&needles.going).await;
    assert_there(database, &needles.staying).await;
}

async fn a_server_that_stops_leaves_no_byte_of_what_was_deleted(server: &TestServer) {
    let node = server.start_beside().await;
    let mut needles = Needles::new();
    let thread = plant_thread(&node.client().once(), node.inbox(), || needles.going()).await;
    assert_there(server.database(), &needles.going).await;

    let _deleted = node.client().delete_conversation(&thread).await;
    let database = node.stop();

    // At once: nothing is waited for.
    assert_eq!(database.places_of(&needles.going).await, [""; 0]);
}

/// Pages of the file are filled, split and emptied: rows grow and shrink, and take others with them
/// when they move.
async fn churn_leaves_no_byte_of_what_was_deleted(server: &TestServer) {
    const PEOPLE: usize = 150;

    // Kept replies are copies, too.
    let (client, database) = (server.client().once(), server.database());
    let mut needles = Needles::new();
    let mut people: Vec<(bool, String)> = Vec::new();
    for _ in 0..PEOPLE {
        let going = needles.random.percent(70);
        let body = json!({ "profile": needles.some_profile(going), "tags": needles.some(going) });
        let customer = id(&client.post("/api/v1/customers", &body).await.created());
        let fields = json!({
            "subject": needles.text(going, 250),
            "customerId": customer,
            "labels": needles.some(going),
            "message": { "body": needles.text(going, 9_000) },
        });
        let _thread = conversation(&client, server.inbox(), fields).await;
        people.push((going, customer));

        for _ in 0..3 {
            let (going, customer) = needles.random.pick(&people).clone();
            let changes = json!({
                "profile": needles.some_profile(going),
                "customFields": { "note": needles.text(going, 1_000) },
            });
            let _changed = client.patch(&format!("/api/v1/customers/{customer}"), &changes).await;
        }
    }
    assert_there(database, &needles.going).await;

    for (going, customer) in people {
        if going {
            let path = format!("/api/v1/customers/{customer}?erase=true");
            let reply = client.delete(&path).await;
            assert_eq!(reply.status, 200, "{reply:?}");
        }
    }

    database.assert_gone(&needles.going).await;
    assert_there(database, &needles.staying).await;
}

/// What is looked for here is what the index has: the needles themselves are written otherwise. And
/// of that the end alone, because an index may keep a word without what the one before begins with.
async fn no_index_keeps_a_word_of_what_was_deleted_or_replaced(server: &TestServer) {
    const THREADS: usize = 30;

    let (client, database) = (server.client().once(), server.database());
    let mut random = Random::new(std::process::id().into());
    let (going, staying) = (random.number(), random.number());
    let mut needle = |number: u64| format!("ÄRGER{:x}Ü{number:X}", random.below(4));
    let (folded_going, folded_staying) = (format!("u{going:x}"), format!("u{staying:x}"));
    let kept = id(&conversation(&client, server.inbox(), json!({})).await);
    let mut threads = Vec::new();
    let mut messages = Vec::new();
    for _ in 0..THREADS {
        let fields = json!({ "subject": needle(going), "message": { "body": needle(going) } });
        threads.push(id(&conversation(&client, server.inbox(), fields).await));
        for number in [going, staying] {
            let body = format!("{} {}", needle(number), needle(number).repeat(3));
            let body = json!({ "body": body, "author": { "type": "system" } });
            let message = id(&client.create_message(&kept, &body).await.created());
            if number == going {
                messages.push(message);
            }
        }
    }
    let changes = json!({ "subject": needle(going) });
    let _changed = client.update_conversation(&kept, &changes).await.ok();
    assert_there(database, &folded_going).await;

    let changes = json!({ "subject": needle(staying) });
    let _changed = client.update_conversation(&kept, &changes).await.ok();
    for message in messages {
        client.delete_message(&kept, &message).await.deleted();
    }
    for thread in threads {
        client.delete_conversation(&thread).await.deleted();
    }

    let found = client.list_conversations("q=%C3%84rger").await.listed();
    assert_eq!(crate::support::ids(&found.0), [kept]);
    database.assert_gone(&folded_going).await;
    assert_there(database, &folded_staying).await;
    assert_eq!(database.integrity().await, "ok");
}

fn profile(mut needle: impl FnMut() -> String) -> serde_json::Value {
    json!({
        "firstName": needle(),
        "lastName": needle(),
        "email": format!("{}@example.org", needle()),
        "phone": needle(),
        "company": needle(),
        "jobTitle": needle(),
    })
}

/// A conversation with a needle in every text that it takes, also in what they were before.
async fn plant_thread(
    client: &ApiClient,
    inbox: &str,
    mut needle: impl FnMut() -> String,
) -> String {
    let fields = json!({
        "externalId": { "source": needle(), "id": needle() },
        "subject": needle(),
        "labels": [needle(), needle()],
        "message": { "body": needle(), "externalId": { "source": needle(), "id": needle() } },
    });
    let thread = id(&conversation(client, inbox, fields).await);
    for internal in [false, true] {
        let author = json!({ "type": "system" });
        let body = json!({ "body": long(&needle()), "author": author, "internal": internal });
        let _message = client.create_message(&thread, &body).await.created();
    }
    let external_id = json!({ "source": needle(), "id": needle() });
    let changes = json!({ "externalId": external_id, "subject": needle(), "labels": [needle()] });
    let _changed = client.update_conversation(&thread, &changes).await.ok();
    thread
}

/// A customer with a needle in every text, also in what they were before, and with two
/// conversations.
async fn plant_person(
    client: &ApiClient,
    inbox: &str,
    mut needle: impl FnMut() -> String,
) -> String {
    let body = json!({
        "externalId": { "source": needle(), "id": needle() },
        "profile": profile(&mut needle),
        "tags": [needle(), needle()],
        "customFields": { needle(): needle() },
    });
    let customer = id(&client.post("/api/v1/customers", &body).await.created());
    for _ in 0..2 {
        let thread = plant_thread(client, inbox, &mut needle).await;
        let with_them = json!({ "customerId": customer });
        let _changed = client.update_conversation(&thread, &with_them).await.ok();
    }
    let changes = json!({
        "externalId": { "source": needle(), "id": needle() },
        "profile": profile(&mut needle),
        "tags": [needle()],
        "customFields": { needle(): needle() },
    });
    let path = format!("/api/v1/customers/{customer}");
    let _changed = client.patch(&path, &changes).await.ok();
    customer
}
