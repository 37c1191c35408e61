//! Random bodies: what a thing is made of, or what becomes of it.

use serde_json::{Map, Value, json};

use super::script::Script;

const WORDS: [&str; 18] = [
    "Refund",
    "refund",
    "STRASSE",
    "straße",
    "ΟΔΥΣΣΕΥΣ",
    "οδυσσευς",
    "Äda",
    "äDA",
    "e\u{301}",
    "é",
    "İstanbul",
    "ıstanbul",
    "50%",
    "a_b",
    "back\\slash",
    "O'Brien",
    "👩‍🚀",
    "\u{202e}abc",
];
/// Text that some field refuses.
const WRONG: [&str; 6] = ["", "  ", "a\u{1}b", "a,b", "no-email", "\u{0}"];

impl Script {
    /// A body of which a new thing is made, or a part of one.
    pub(super) fn body(&mut self, kind: &str, whole: bool) -> Value {
        let mut fields = match kind {
            "conversations" => json!({
                "subject": self.text(),
                "inboxId": self.id("inboxes"),
                "priority": self.random.pick(&["low", "low", "medium", "high", "high", "urgent", "urgent", "asap"]),
                "labels": self.words(),
                "customerId": self.id("customers"),
            }),
            "customers" => json!({ "profile": self.profile(), "tags": self.words() }),
            "users" => json!({ "name": self.text(), "email": self.email() }),
            "inboxes" => json!({ "name": self.text() }),
            // Switched off: what is sent when is not the same twice.
            "webhooks" => json!({
                "name": self.text(),
                "url": self.random.pick(&["https://a.invalid", "https://b.invalid/?c", "a.invalid"]),
                "events": [self.random.pick(&["*", "conversation.*", "message.created", "calls.*"])],
                "isActive": false,
            }),
            _ => json!({
                "name": self.text(),
                "permissions": ["read:conversations", self.random.pick(&["write:keys", "all"])],
            }),
        };
        let optional = match kind {
            "conversations" if whole => json!({ "channel": "chat", "message": self.message() }),
            "conversations" => json!({
                "status": self.random.pick(&["open", "open", "pending", "pending", "closed", "closed", "gone"]),
                "assignedTo": if self.random.percent(30) { Value::Null } else { json!(self.id("users")) },
            }),
            "customers" => json!({
                "externalId": self.external_id(),
                "tier": self.random.pick(&["gold", "silver", "iron"]),
                "status": self.random.pick(&["active", "archived"]),
                "customFields": { "plan": self.text(), "n": 1e3, "m": self.random.below(9), "x": 0.1 },
            }),
            "users" => {
                json!({ "externalId": self.external_id(), "role": self.random.pick(&["admin", "agent", "boss"]) })
            }
            "inboxes" => json!({ "channel": self.random.pick(&["chat", "fax"]) }),
            "webhooks" => json!({
                "retryPolicy": { "maxRetries": self.random.pick(&[0, 3, 11]) },
                "headers": { "X-A": self.random.pick(&["1", "ü"]) },
            }),
            _ => {
                json!({
                    "expiresAt": self.random.pick(&["2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z"]),
                    "rateLimit": self.random.pick(&["600/min", "1000000/h", "0/s"]),
                    "userId": if self.random.percent(30) { Value::Null } else { json!(self.id("users")) },
                })
            }
        };
        if kind == "conversations" && self.random.percent(25) {
            let external_id = self.external_id();
            set(&mut fields, "externalId", external_id);
        }
        if kind == "conversations" && whole && self.random.percent(30) {
            let customer = json!({ "profile": self.profile(), "tags": self.words() });
            set(&mut fields, "customer", customer);
            take(&mut fields, "customerId");
        } else if self.random.percent(60) {
            take(&mut fields, "customerId");
        }
        for (name, value) in object(optional) {
            if self.random.percent(25) {
                set(&mut fields, &name, value);
            }
        }
        let keep = if whole { 97 } else { 35 };
        let names: Vec<_> = object(fields.clone()).keys().cloned().collect();
        for name in names {
            if !self.random.percent(keep) {
                take(&mut fields, &name);
            }
        }
        if kind == "webhooks" {
            set(&mut fields, "isActive", json!(false));
        }
        if self.random.percent(2) {
            set(&mut fields, "nonsense", json!(1));
        }
        fields
    }

    /// One of few, so that they meet.
    fn external_id(&mut self) -> Value {
        let source = *self.random.pick(&["crm", "crm", "shop", "CRM"]);
        json!({ "source": source, "id": self.random.pick(&["1", "2", "3", "a", "A", "é", " é "]) })
    }

    fn profile(&mut self) -> Value {
        let mut profile = Map::new();
        for name in ["firstName", "lastName", "email", "phone", "company", "jobTitle"] {
            if self.random.percent(40) {
                let value = match name {
                    _ if self.random.percent(10) => Value::Null,
                    "email" => json!(self.email()),
                    _ => json!(self.text()),
                };
                profile.insert(name.to_owned(), value);
            }
        }
        profile.into()
    }

    pub(super) fn message(&mut self) -> Value {
        let author = match self.random.below(3) {
            0 => json!({ "type": "customer" }),
            1 => json!({ "type": "system" }),
            _ => json!({ "type": "agent", "_id": self.id("users") }),
        };
        let mut message =
            json!({ "body": self.text(), "author": author, "internal": self.random.percent(10) });
        if self.random.percent(20) {
            set(&mut message, "externalId", self.external_id());
        }
        message
    }

    fn words(&mut self) -> Value {
        let count = self.random.below(4);
        (0..count).map(|_| json!(self.word())).collect()
    }

    pub(super) fn word(&mut self) -> &'static str {
        self.random.pick::<&str>(&WORDS)
    }

    fn text(&mut self) -> String {
        if self.random.percent(2) {
            return (*self.random.pick(&WRONG)).to_owned();
        }
        format!("{} {}", self.word(), self.word())
    }

    /// One of few addresses, so that they meet.
    fn email(&mut self) -> String {
        let name = *self.random.pick(&["ada", "ADA", "grace", "straße", "STRASSE", "x y"]);
        format!("{name}{}@Example.org", self.random.below(12))
    }
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("{value} is no object") };
    fields
}

fn set(fields: &mut Value, name: &str, value: Value) {
    fields[name] = value;
}

fn take(fields: &mut Value, name: &str) {
    if let Some(fields) = fields.as_object_mut() {
        fields.remove(name);
    }
}
