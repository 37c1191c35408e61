//! Lists against an oracle: random conversations, random filters and pages, and what a plain loop
//! over what was created says to each.

use conversations_testkit::{ApiClient, Engine, TestServer};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{conversation, customer, id, ids, inbox, user};

const STATUSES: [&str; 3] = ["open", "pending", "closed"];
const PRIORITIES: [&str; 4] = ["low", "medium", "high", "urgent"];
const LABELS: [&str; 3] = ["refund", "lamp", "a b"];
const CHANNELS: [&str; 4] = ["email", "chat", "phone", "whatsapp"];
const ORDERS: [&str; 6] =
    ["-createdAt", "createdAt", "-updatedAt", "updatedAt", "-priority", "priority"];

/// The conversations that are there, newest first, and what their fields may be.
struct World {
    conversations: Vec<Value>,
    inboxes: Vec<String>,
    customers: Vec<String>,
    users: Vec<String>,
}

/// What is asked for: places in the lists of [`World`], so that cases are made before ids are.
#[derive(Debug, Clone)]
struct Question {
    statuses: Vec<&'static str>,
    priorities: Vec<&'static str>,
    inbox: Option<usize>,
    customer: Option<usize>,
    /// The index after the last user stands for "unassigned".
    assignee: Option<usize>,
    labels: Vec<&'static str>,
    channels: Vec<&'static str>,
    /// Places of conversations: made after the one, changed last before the other.
    made_after: Option<usize>,
    changed_before: Option<usize>,
    order: &'static str,
    page: usize,
    limit: usize,
}

fn question() -> impl Strategy<Value = Question> {
    (
        subsequence(&STATUSES[..], 0..=3),
        subsequence(&PRIORITIES[..], 0..=4),
        prop::option::of(0_usize..3),
        prop::option::of(0_usize..3),
        prop::option::of(0_usize..3),
        subsequence(&LABELS[..], 0..=2),
        (
            subsequence(&CHANNELS[..], 0..=2),
            prop::option::weighted(0.2, 0_usize..60),
            prop::option::weighted(0.2, 0_usize..60),
        ),
        select(ORDERS.to_vec()),
        (1_usize..6, select(vec![1_usize, 3, 7, 50, 100])),
    )
        .prop_map(
            |(statuses, priorities, inbox, customer, assignee, labels, rest, order, page)| {
                let (channels, made_after, changed_before) = rest;
                let (page, limit) = page;
                Question {
                    statuses,
                    priorities,
                    inbox,
                    customer,
                    assignee,
                    labels,
                    channels,
                    made_after,
                    changed_before,
                    order,
                    page,
                    limit,
                }
            },
        )
}

impl World {
    async fn make(server: &TestServer, client: &ApiClient) -> Self {
        let mut world = Self {
            conversations: Vec::new(),
            inboxes: vec![server.inbox().to_owned()],
            customers: Vec::new(),
            users: Vec::new(),
        };
        for number in 0..2 {
            world.inboxes.push(inbox(client, &format!("Inbox {number}")).await);
            world.users.push(user(client, &format!("user{number}@example.org")).await);
        }
        for number in 0..3 {
            world.customers.push(customer(client, &format!("c{number}@example.org")).await);
        }
        // Every third of each field in another rhythm, so that most mixes occur.
        for number in 0..60 {
            let rhythms = LABELS.iter().zip([2, 3, 5]);
            let labels = rhythms.filter(|(_, rhythm)| number % rhythm == 0).map(|(label, _)| label);
            let labels: Vec<_> = labels.collect();
            let mut fields = json!({ "priority": PRIORITIES[number % 4], "labels": labels });
            fields["channel"] = json!(CHANNELS[(number / 5) % 4]);
            if number % 5 != 0 {
                fields["customerId"] = json!(world.customers[number % 3]);
            }
            let inbox = &world.inboxes[(number / 3) % 3];
            let made = conversation(client, inbox, fields).await;
            let assignee = world.users.get((number / 2) % 3);
            let changes = json!({ "status": STATUSES[(number / 4) % 3], "assignedTo": assignee });
            let made = client.update_conversation(&id(&made), &changes).await.ok();
            world.conversations.insert(0, made);
        }
        world
    }

    fn query(&self, question: &Question) -> String {
        let Question { statuses, priorities, inbox, customer, assignee, labels, .. } = question;
        let Question { channels, made_after, changed_before, order, page, limit, .. } = question;
        let mut query = format!("page={page}&limit={limit}&sort={order}");
        let mut add = |name: &str, value: &str| {
            query.extend(["&", name, "=", value]);
        };
        if !statuses.is_empty() {
            add("status", &statuses.join(","));
        }
        if !priorities.is_empty() {
            add("priority", &priorities.join(","));
        }
        if !labels.is_empty() {
            add("label", &labels.join(",").replace(' ', "+"));
        }
        if !channels.is_empty() {
            add("channel", &channels.join(","));
        }
        if let Some(place) = made_after {
            add("createdAfter", &text(&self.conversations[*place]["createdAt"]));
        }
        if let Some(place) = changed_before {
            add("updatedBefore", &text(&self.conversations[*place]["updatedAt"]));
        }
        if let Some(inbox) = inbox {
            add("inboxId", &self.inboxes[*inbox]);
        }
        if let Some(customer) = customer {
            add("customerId", &self.customers[*customer]);
        }
        if let Some(assignee) = assignee {
            add("assignedTo", self.users.get(*assignee).map_or("none", String::as_str));
        }
        query
    }

    /// What a plain loop finds.
    fn answer(&self, question: &Question) -> (Vec<String>, usize) {
        let place = |field: &str, place: usize| text(&self.conversations[place][field]);
        let mut matching: Vec<_> = self
            .conversations
            .iter()
            .filter(|each| allows(&question.statuses, &each["status"]))
            .filter(|each| allows(&question.priorities, &each["priority"]))
            .filter(|each| {
                question.inbox.is_none_or(|inbox| each["inboxId"] == self.inboxes[inbox])
            })
            .filter(|each| {
                question
                    .customer
                    .is_none_or(|place| each["customerId"]["_id"] == self.customers[place])
            })
            .filter(|each| {
                question.assignee.is_none_or(|place| match self.users.get(place) {
                    Some(user) => each["assignedTo"]["_id"] == *user,
                    None => each["assignedTo"].is_null(),
                })
            })
            .filter(|each| {
                let present = each["labels"].as_array().expect("a list");
                question.labels.iter().all(|label| present.contains(&json!(label)))
            })
            .filter(|each| allows(&question.channels, &each["channel"]))
            .filter(|each| {
                let after = question.made_after.map(|after| place("createdAt", after));
                after.is_none_or(|after| text(&each["createdAt"]) > after)
            })
            .filter(|each| {
                let before = question.changed_before.map(|before| place("updatedAt", before));
                before.is_none_or(|before| text(&each["updatedAt"]) < before)
            })
            .collect();
        matching.sort_by_key(|each| (sort_key(question.order, each), id(each)));
        if question.order.starts_with('-') {
            matching.reverse();
        }
        let matching: Vec<_> = matching.into_iter().map(id).collect();
        let total = matching.len();
        let before = (question.page - 1) * question.limit;
        (matching.into_iter().skip(before).take(question.limit).collect(), total)
    }
}

/// What such an order sorts by, as a text with the same order.
fn sort_key(order: &str, conversation: &Value) -> String {
    match order.trim_start_matches('-') {
        "priority" => {
            let rank = PRIORITIES.iter().position(|word| conversation["priority"] == *word);
            rank.expect("a priority").to_string()
        }
        field => text(&conversation[field]),
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn allows(words: &[&str], value: &Value) -> bool {
    words.is_empty() || words.iter().any(|word| value == word)
}

#[test]
fn every_list_matches_a_plain_loop() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for engine in Engine::ALL {
        let (server, client, world) = runtime.block_on(async {
            let server = TestServer::start(engine).await;
            let client = server.client();
            let world = World::make(&server, &client).await;
            (server, client, world)
        });

        let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&question(), |question| {
                let query = world.query(&question);
                let reply = runtime.block_on(client.list_conversations(&query));
                let (listed, pagination) = reply.listed();
                let (expected, total) = world.answer(&question);
                prop_assert_eq!(ids(&listed), expected, "{}", query);
                prop_assert_eq!(&pagination["total"], &json!(total), "{}", query);
                let pages = total.div_ceil(question.limit);
                prop_assert_eq!(&pagination["totalPages"], &json!(pages), "{}", query);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{engine:?}: {error}"));
        drop(server);
    }
}
