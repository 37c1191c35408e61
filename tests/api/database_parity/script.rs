//! Random requests: most of them right, some of them not, about things that are there, were there
//! or never were.

use std::collections::BTreeMap;
use std::time::Duration;

use conversations_testkit::Random;
use reqwest::Method;
use serde_json::Value;

use crate::support::UNKNOWN;

/// A request of the script.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// How much later than the one before.
    pub(super) after: Duration,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Option<String>,
}

/// Makes requests, and learns from the replies which ids exist.
pub(super) struct Script {
    pub(super) random: Random,
    ids: BTreeMap<&'static str, Vec<String>>,
    /// How often each method of each kind was answered with each status.
    seen: BTreeMap<String, BTreeMap<u16, usize>>,
    /// What lies beside the page that was read last.
    beside: Option<String>,
}

impl Script {
    pub(super) fn new(random: Random, inbox: &str) -> Self {
        let ids = BTreeMap::from([("inboxes", vec![inbox.to_owned()])]);
        Self { random, ids, seen: BTreeMap::new(), beside: None }
    }

    pub(super) fn next(&mut self) -> Request {
        let after = Duration::from_millis(self.random.below(5) as u64);
        let kind = *self.random.pick(&[
            "conversations",
            "conversations",
            "conversations",
            "messages",
            "messages",
            "customers",
            "customers",
            "users",
            "inboxes",
            "keys",
            "webhooks",
            "reading",
            "reading",
        ]);
        let (method, path, body) = match kind {
            "reading" => self.reading(),
            "messages" => self.about_messages(),
            kind => self.about(kind),
        };
        let body = body.map(|body| body.to_string());
        Request { after, method, path: format!("/api/v1{path}"), body }
    }

    /// Remembers what was made.
    pub(super) fn learn(&mut self, request: &Request, status: u16, body: &str) {
        let kinds = ["history", "messages", "conversations", "customers", "users", "inboxes"];
        let kinds = kinds.iter().chain(&["keys", "webhooks", "audit"]);
        let kind = kinds.copied().find(|kind| request.path.contains(kind)).unwrap_or("other");
        let operation = format!("{} {kind}", request.method);
        *self.seen.entry(operation).or_default().entry(status).or_default() += 1;

        let body: Value = serde_json::from_str(body).expect("JSON");
        let mut cursors = ["nextCursor", "prevCursor"].map(|name| &body["pagination"][name]);
        cursors.rotate_left(self.random.below(2));
        if let Some(cursor) = cursors.into_iter().find_map(Value::as_str) {
            self.beside = Some(with_cursor(&request.path, cursor));
        }
        let body = if status == 201 { body } else { Value::Null };
        let mut note = |kind, id: &Value| {
            if let Some(id) = id.as_str() {
                // A message is known by its path.
                let path = request.path.trim_start_matches("/api/v1/");
                let id = if kind == "messages" { format!("{path}/{id}") } else { id.to_owned() };
                self.ids.entry(kind).or_default().push(id);
            }
        };
        note(kind, &body["data"]["_id"]);
        note("customers", &body["data"]["customerId"]["_id"]);
    }

    /// Makes sure that the script asked for what matters: each kind was made, changed, refused and
    /// deleted.
    pub(super) fn assert_varied(&self) {
        for (operation, status) in [
            ("POST conversations", 201),
            ("POST conversations", 422),
            ("PATCH conversations", 200),
            ("PATCH conversations", 404),
            ("PATCH conversations", 409),
            ("PATCH conversations", 422),
            ("DELETE conversations", 200),
            ("POST messages", 201),
            ("DELETE messages", 200),
            ("GET history", 200),
            ("POST customers", 201),
            ("POST customers", 409),
            ("PATCH customers", 200),
            ("DELETE customers", 200),
            ("DELETE customers", 409),
            ("DELETE users", 200),
            ("DELETE inboxes", 409),
            ("POST keys", 201),
            ("PATCH keys", 200),
            ("DELETE keys", 200),
            ("POST webhooks", 201),
            ("PATCH webhooks", 200),
            ("DELETE webhooks", 200),
            ("GET audit", 200),
        ] {
            let seen = self.seen.get(operation).and_then(|seen| seen.get(&status));
            assert!(seen.is_some_and(|&times| times > 1), "{operation} {status}: {:?}", self.seen);
        }
    }

    fn about(&mut self, kind: &'static str) -> (Method, String, Option<Value>) {
        let chance = self.random.below(100);
        if chance < 40 {
            let body = self.body(kind, true);
            return (Method::POST, format!("/{kind}"), Some(body));
        }
        let id = self.id(kind);
        let path = format!("/{kind}/{id}");
        if chance < 75 {
            let body = self.body(kind, false);
            return (Method::PATCH, path, Some(body));
        }
        if chance < 85 {
            return (Method::GET, path, None);
        }
        let erase = if kind == "customers" && self.random.percent(50) { "?erase=true" } else { "" };
        (Method::DELETE, format!("{path}{erase}"), None)
    }

    fn about_messages(&mut self) -> (Method, String, Option<Value>) {
        let path = format!("/conversations/{}/messages", self.id("conversations"));
        match self.random.below(4) {
            0 => (Method::GET, format!("{path}?limit=2&page={}", 1 + self.random.below(3)), None),
            1 => {
                let message = self.id("messages");
                // Now and then a message of another conversation, which is none.
                let its_own = message.contains('/') && !self.random.percent(20);
                let (_, id) = message.rsplit_once('/').unwrap_or(("", &message));
                let path = if its_own { format!("/{message}") } else { format!("{path}/{id}") };
                let reads = self.random.percent(40);
                (if reads { Method::GET } else { Method::DELETE }, path, None)
            }
            _ => {
                let body = self.message();
                (Method::POST, path, Some(body))
            }
        }
    }

    fn reading(&mut self) -> (Method, String, Option<Value>) {
        let conversation = self.id("conversations");
        if let Some(path) = self.beside.take().filter(|_| self.random.percent(60)) {
            return (Method::GET, path, None);
        }
        let path = match self.random.below(9) {
            0 => format!("/conversations/{conversation}/history?limit=3"),
            1 => format!("/audit?page={}", 1 + self.random.below(3)),
            2 => format!("/users?limit={}", self.random.below(4)),
            3 if self.random.percent(50) => "/webhooks".to_owned(),
            3 => "/keys".to_owned(),
            8 => format!("/events?limit={}&types=*", 1 + self.random.below(400)),
            4 | 5 => format!("/customers?{}", self.customer_filter()),
            _ => format!("/conversations?{}", self.conversation_filter()),
        };
        (Method::GET, path, None)
    }

    fn conversation_filter(&mut self) -> String {
        let mut filter = vec![format!("limit={}", self.random.pick(&["1", "3", "50", "101"]))];
        for (name, values) in [
            ("status", &["open", "pending,closed", "closed", "Open"][..]),
            ("priority", &["urgent", "low,high", "medium"]),
            ("assignedTo", &["none", "USER"]),
            ("inboxId", &["INBOX", UNKNOWN]),
            ("customerId", &["CUSTOMER"]),
            ("label", &["WORD", "WORD", "WORD,vip", "a,,b"]),
            ("channel", &["email", "chat,phone,email", "Email"]),
            ("source", &["api", "widget,api"]),
            ("createdAfter", &["2026-11-22T15:04:05.123Z", "2026-11-22", "2000-01-01T00:00:00Z"]),
            ("createdBefore", &["2026-11-22T15:04:06Z", "2100-01-01T00:00:00%2B01:00"]),
            ("updatedAfter", &["2026-11-22T15:04:05.123Z", "0000-01-01T00:00:00Z"]),
            ("updatedBefore", &["2026-11-22T15:04:06.5Z", "9999-12-31T23:59:59.999Z"]),
            ("q", &["WORD", "-WORD", "%22WORD%22", "-+%22"]),
            ("externalId", &["1", "2", "a", "A", "%C3%A9"]),
            ("externalSource", &["crm", "CRM"]),
            ("page", &["1", "2", "9007199254740991"]),
            ("sort", &["createdAt", "-updatedAt", "updatedAt", "-priority", "priority"]),
            ("sort", &["-createdAt", "relevance"]),
        ] {
            if self.random.percent(20) {
                let value = *self.random.pick(values);
                let value = value.replace("USER", &self.id("users"));
                let value = value.replace("INBOX", &self.id("inboxes"));
                let value = value.replace("CUSTOMER", &self.id("customers"));
                let value = value.replace("WORD", &encoded(self.word()));
                filter.push(format!("{name}={value}"));
            }
        }
        filter.join("&")
    }

    fn customer_filter(&mut self) -> String {
        let mut filter = vec![format!("limit={}", self.random.pick(&["1", "3", "50"]))];
        for name in ["search", "tags", "tier", "status", "externalId"] {
            if self.random.percent(if name == "externalId" { 10 } else { 40 }) {
                let value = match name {
                    "tier" => (*self.random.pick(&["gold", "bronze,silver"])).to_owned(),
                    "status" => (*self.random.pick(&["active", "archived"])).to_owned(),
                    "externalId" => (*self.random.pick(&["1", "2", "a", "%C3%A9"])).to_owned(),
                    "search" if self.random.percent(30) => {
                        (*self.random.pick(&["%25", "_", "%5C", "@EX", "%1f", "%00"])).to_owned()
                    }
                    _ => encoded(self.word()),
                };
                filter.push(format!("{name}={value}"));
            }
        }
        filter.join("&")
    }

    /// The id of something that was made, or of nothing.
    pub(super) fn id(&mut self, kind: &str) -> String {
        let known = self.ids.get(kind).map_or(&[][..], Vec::as_slice);
        // Mostly one of the last: the others may be gone.
        let recent = &known[known.len().saturating_sub(12)..];
        match self.random.below(20) {
            0 => UNKNOWN.to_owned(),
            1 => UNKNOWN.to_uppercase(),
            _ if recent.is_empty() => UNKNOWN.to_owned(),
            _ => self.random.pick(recent).clone(),
        }
    }
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        let digits = [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
        encoded.push('%');
        encoded.extend(digits.into_iter().flatten());
        encoded
    })
}

/// The path of the page beside the one at this path.
fn with_cursor(path: &str, cursor: &str) -> String {
    let path = path.trim_start_matches("/api/v1");
    let (list, query) = path.split_once('?').unwrap_or((path, ""));
    let places = ["page=", "cursor="];
    let kept =
        query.split('&').filter(|piece| !places.iter().any(|place| piece.starts_with(place)));
    let kept: Vec<_> = kept.collect();
    format!("{list}?{}&cursor={cursor}", kept.join("&"))
}
