//! A copy of a workspace that is made of events alone.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{Hash, Hasher};

use serde_json::Value;

use crate::feed_follower::text;

/// The kind of a resource, and its id.
pub(super) type Key = (String, String);

/// What events say of a workspace, and how far they were read.
#[derive(Default)]
pub(super) struct Model {
    /// Whether nothing is written while it reads: then all events of a resource show the same.
    is_quiet: bool,
    last: u64,
    /// What all numbers and ids of events come to.
    places: DefaultHasher,
    events: HashSet<String>,
    /// The last version of each resource that has one of its own.
    versions: HashMap<String, u64>,
    deleted: HashSet<String>,
    resources: BTreeMap<Key, Value>,
    tags: BTreeMap<Key, String>,
    messages: HashMap<String, BTreeSet<String>>,
    /// The changes of each conversation.
    changes: BTreeMap<String, Vec<Value>>,
    /// The subjects of the events of each type.
    told: BTreeMap<String, BTreeSet<String>>,
}

impl Model {
    /// An empty copy that is made while others write.
    pub(super) fn beside_writers() -> Self {
        Self::default()
    }

    /// An empty copy that is made when nothing is written.
    pub(super) fn after_writers() -> Self {
        Self { is_quiet: true, ..Self::default() }
    }

    /// The number of the last event.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// What the numbers and ids of all events come to.
    pub(super) fn places(&self) -> (u64, u64) {
        (self.last, self.places.finish())
    }

    pub(super) fn resources(&self) -> &BTreeMap<Key, Value> {
        &self.resources
    }

    pub(super) fn tag(&self, key: &Key) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }

    pub(super) fn version(&self, id: &str) -> Option<u64> {
        self.versions.get(id).copied()
    }

    pub(super) fn changes(&self, conversation: &str) -> &[Value] {
        self.changes.get(conversation).map_or(&[], Vec::as_slice)
    }

    /// The subjects of all events of a type.
    pub(super) fn told(&self, kind: &str) -> BTreeSet<String> {
        self.told.get(kind).cloned().unwrap_or_default()
    }

    /// Follows an event.
    pub(super) fn apply(&mut self, mut event: Value) {
        self.place(&event);
        let subject = event["subject"].take();
        let key = (text(&subject["type"]).to_owned(), text(&subject["_id"]).to_owned());
        let conversation = subject.get("conversationId").map(|id| text(id).to_owned());
        let kind = text(&event["type"]).to_owned();
        let version = subject["version"].as_u64().expect("a version");
        self.check_version(conversation.as_ref().unwrap_or(&key.1), version, &kind);
        let is_new = self.told.entry(kind.clone()).or_default().insert(key.1.clone());
        let is_once = ["created", "received", "sent", "noted", "deleted"];
        let is_once = is_once.iter().any(|end| kind.ends_with(end));
        assert!(is_new || !is_once, "{kind} of {} for the second time", key.1);
        if kind.ends_with(".deleted") {
            assert!(event["data"].is_null(), "{event}");
            self.deleted.insert(key.1.clone());
        }
        if let Value::Array(changes) = event["changes"].take()
            && kind.starts_with("conversation.")
        {
            self.changes.entry(key.1.clone()).or_default().extend(changes);
        }
        let mut shown = event["conversation"].take();
        let (data, tag) = (event["data"].take(), event["etag"].take());
        if let Some(conversation) = conversation {
            self.messages.entry(conversation.clone()).or_default().insert(key.1.clone());
            let (data, tag) = (shown["data"].take(), shown["etag"].take());
            self.store(&("conversation".to_owned(), conversation), data, &tag);
        }
        self.store(&key, data, &tag);
    }

    /// Makes sure that an event follows the last one, and is no earlier one.
    fn place(&mut self, event: &Value) {
        self.last += 1;
        assert_eq!(event["sequence"], self.last, "there is a gap: {event}");
        let id = text(&event["_id"]).to_owned();
        (self.last, &id).hash(&mut self.places);
        assert!(self.events.insert(id), "an event has two numbers: {event}");
    }

    /// Makes sure that a resource begins with its creation, that each change has an event, and that a
    /// deletion is the end.
    fn check_version(&mut self, of: &str, version: u64, kind: &str) {
        assert!(!self.deleted.contains(of), "{kind} of {of} after its deletion");
        let Some(last) = self.versions.insert(of.to_owned(), version) else {
            assert!(kind.ends_with(".created"), "{of} begins with {kind}");
            assert_eq!(version, 1, "{kind} of {of}");
            return;
        };
        let is_next = version == last + 1;
        let is_same = version == last;
        // One change of a conversation may have many events, and its creation a message.
        let may_stay =
            kind.ends_with(".deleted") || kind.contains("conversation") || kind.contains("message");
        assert!(is_next || is_same && may_stay, "{kind}: {of} goes from {last} to {version}");
    }

    /// Stores a resource, or removes it.
    fn store(&mut self, key: &Key, data: Value, tag: &Value) {
        if data.is_null() {
            self.remove(key);
            return;
        }
        assert!(!self.is_quiet || !self.deleted.contains(&key.1), "{data} was deleted");
        self.tags.insert(key.clone(), text(tag).to_owned());
        let before = self.resources.insert(key.clone(), data);
        if let Some(before) = before.filter(|_| self.is_quiet) {
            assert_eq!(before, self.resources[key], "two events show two states");
        }
    }

    fn remove(&mut self, key: &Key) {
        let before = self.resources.remove(key);
        let is_known = before.is_some() && self.is_quiet;
        let is_deleted = self.deleted.contains(&key.1);
        assert!(!is_known || is_deleted, "{key:?} was shown, and then no more");
        self.tags.remove(key);
        if key.0 == "conversation" {
            for message in self.messages.remove(&key.1).unwrap_or_default() {
                self.resources.remove(&("message".to_owned(), message));
            }
        }
    }
}
