//! What the API shows of a workspace: every resource by itself and in its list.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::task::JoinSet;

use super::model::{Key, Model};
use crate::client::{Call, Client};
use crate::feed_follower::text;

/// How many resources are read at once.
const AT_ONCE: usize = 8;

/// What the API shows.
#[derive(Default)]
pub(super) struct Shown {
    resources: BTreeMap<Key, Value>,
    tags: BTreeMap<Key, String>,
    /// The history of each conversation.
    history: BTreeMap<String, Vec<Value>>,
}

impl Shown {
    /// Reads a workspace, while nothing is written.
    pub(super) async fn read(client: &Client) -> Self {
        let mut shown = Self::default();
        for (kind, list) in [
            ("conversation", "/api/v1/conversations"),
            ("customer", "/api/v1/customers"),
            ("user", "/api/v1/users"),
            ("inbox", "/api/v1/inboxes"),
        ] {
            let listed = client.everything(list).await;
            let share = listed.len().div_ceil(AT_ONCE).max(1);
            let mut readers = JoinSet::new();
            for some in listed.chunks(share) {
                let (client, some) = (client.clone(), some.to_vec());
                readers.spawn(async move { Self::read_each(&client, kind, list, some).await });
            }
            while let Some(read) = readers.join_next().await {
                let Self { resources, tags, history } = read.expect("a reader that was answered");
                shown.resources.extend(resources);
                shown.tags.extend(tags);
                shown.history.extend(history);
            }
        }
        shown
    }

    /// Reads each of these by itself, and what belongs to it.
    async fn read_each(client: &Client, kind: &str, list: &str, listed: Vec<Value>) -> Self {
        let mut read = Self::default();
        for resource in listed {
            let id = text(&resource["_id"]).to_owned();
            let path = format!("{list}/{id}");
            let mut answer = client.answer(&Call::get(&*path)).await;
            assert_eq!(answer.body["data"].take(), resource, "a list shows something else");
            if kind == "conversation" {
                for message in client.everything(&format!("{path}/messages")).await {
                    let id = text(&message["_id"]).to_owned();
                    read.resources.insert(("message".to_owned(), id), message);
                }
                let history = client.everything(&format!("{path}/history")).await;
                read.history.insert(id.clone(), history);
            }
            let key = (kind.to_owned(), id);
            read.tags.insert(key.clone(), answer.tag());
            read.resources.insert(key, resource);
        }
        read
    }

    /// How many resources there are.
    pub(super) fn len(&self) -> usize {
        self.resources.len()
    }

    /// Makes sure that a copy shows the same in every field. What it read beside writers shows people as
    /// they were then, and so do its tags.
    pub(super) fn assert_equals(&self, copy: &Model, is_exact: bool) {
        let Self { resources, tags, history } = self;
        for (key, resource) in copy.resources() {
            assert!(resources.contains_key(key), "not there: {key:?} {resource}");
        }
        for (key, resource) in resources {
            let copied = copy.resources().get(key);
            let copied = copied.unwrap_or_else(|| panic!("no event tells of {key:?} {resource}"));
            if is_exact {
                assert_eq!(copied, resource, "{key:?}");
            } else {
                assert_eq!(without_people(copied), without_people(resource), "{key:?}");
            }
        }
        for (key, tag) in tags {
            let version =
                tag.trim_matches('"').split('-').next().and_then(|part| part.parse().ok());
            assert_eq!(copy.version(&key.1), version, "the last version of {key:?}");
            if is_exact {
                assert_eq!(copy.tag(key), Some(tag.as_str()), "{key:?}");
            }
        }
        if is_exact {
            for (conversation, entries) in history {
                let told = changes(copy.changes(conversation));
                assert_eq!(told, changes(entries), "the changes of {conversation}");
            }
        }
    }
}

/// A resource with the ids of the people that it shows.
fn without_people(resource: &Value) -> Value {
    let mut resource = resource.clone();
    for field in ["customerId", "assignedTo"] {
        if resource[field].is_object() {
            resource[field] = resource[field]["_id"].clone();
        }
    }
    resource
}

/// The changes that these tell, of each field in their order.
fn changes(told: &[Value]) -> BTreeMap<String, Vec<(Value, Value)>> {
    let mut changes: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for change in told {
        let change_of = changes.entry(text(&change["field"]).to_owned()).or_default();
        change_of.push((change["from"].clone(), change["to"].clone()));
    }
    changes
}
