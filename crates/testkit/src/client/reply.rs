//! The reply to a request, and what a test says of it.

use std::fmt;

use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};
use serde_json::Value;

/// The reply to a request: a test says which outcome it expects.
#[must_use = "say what is expected: ok(), created(), deleted(), refused(…)"]
#[derive(Clone, PartialEq)]
pub struct Reply {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, if it is JSON; `null` if there is none.
    pub body: Value,
    request: String,
    url: Url,
}

impl Reply {
    /// The reply to a request that is described like this.
    pub(super) fn new(
        status: StatusCode,
        headers: HeaderMap,
        body: Value,
        request: String,
        url: Url,
    ) -> Self {
        Self { status, headers, body, request, url }
    }

    /// The data of a 200.
    ///
    /// # Panics
    /// When the reply is anything else.
    #[track_caller]
    #[must_use]
    pub fn ok(self) -> Value {
        self.data_of(StatusCode::OK)
    }

    /// The data of a 201.
    ///
    /// # Panics
    /// When the reply is anything else.
    #[track_caller]
    #[must_use]
    pub fn created(self) -> Value {
        assert!(self.headers.contains_key("location"), "{self:?} says no Location");
        self.data_of(StatusCode::CREATED)
    }

    /// The data of a 200 with a list, and its pagination without the cursors, for which there is
    /// [`Self::cursor`], and without its position in the feed.
    ///
    /// # Panics
    /// When the reply is anything else.
    #[track_caller]
    #[must_use]
    pub fn listed(self) -> (Vec<Value>, Value) {
        let (_, _) = (self.cursor("nextCursor"), self.cursor("prevCursor"));
        let mut pagination = self.body["pagination"].clone();
        if let Some(fields) = pagination.as_object_mut() {
            fields.retain(|name, _| !name.ends_with("Cursor") && name != "asOf");
        }
        let data = self.ok();
        let Value::Array(items) = data else { panic!("{data} is no list") };
        (items, pagination)
    }

    /// The cursor of this name in the pagination of a list, if it leads anywhere.
    ///
    /// # Panics
    /// When there is no such field, or it is neither a text nor null.
    #[track_caller]
    #[must_use]
    pub fn cursor(&self, name: &str) -> Option<String> {
        match self.body.pointer(&format!("/pagination/{name}")) {
            Some(Value::Null) => None,
            Some(Value::String(cursor)) => Some(cursor.clone()),
            _ => panic!("{self:?} has no {name}"),
        }
    }

    /// The path of what was made: the header `Location`, resolved against the URL of the request.
    ///
    /// # Panics
    /// When there is no such header, or it is no reference.
    #[track_caller]
    #[must_use]
    pub fn location(&self) -> String {
        self.resolve(self.headers["location"].to_str().expect("ASCII"))
    }

    /// Where the header `Link` leads, by what it is: `next`, `prev`, `first`, `last`. It is the path
    /// and the query, resolved against the URL of the request.
    ///
    /// # Panics
    /// When there is no such header, or it is not written as ours is.
    #[track_caller]
    #[must_use]
    pub fn link(&self, rel: &str) -> Option<String> {
        let header = self.headers["link"].to_str().expect("ASCII");
        header.split(", ").find_map(|link| {
            let (target, name) = link.split_once("; ").expect("a target and its name");
            let target = target.strip_prefix('<')?.strip_suffix('>').expect("a target in brackets");
            (name == format!("rel=\"{rel}\"")).then(|| self.resolve(target))
        })
    }

    /// The path and the query that a reference in this reply leads to.
    #[track_caller]
    fn resolve(&self, reference: &str) -> String {
        let target = self.url.join(reference).expect("a reference");
        let query = target.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", target.path())
    }

    /// Makes sure that something is gone: a 200 with a sentence.
    ///
    /// # Panics
    /// When the reply is anything else.
    #[track_caller]
    pub fn deleted(self) {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        assert_eq!(self.body["success"], true, "{self:?}");
        let sentence = self.body["message"].as_str();
        assert!(sentence.is_some_and(|text| text.ends_with('.')), "{self:?}");
    }

    /// The error of a refusal with this status and this code.
    ///
    /// # Panics
    /// When the reply is anything else, or not in the shape of every error.
    #[track_caller]
    #[must_use]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.headers["content-type"], "application/json", "{self:?}");
        assert_eq!(self.body["success"], false, "{self:?}");
        let error = &self.body["error"];
        assert_eq!(error["code"], code, "{self:?}");
        assert!(error["message"].as_str().is_some_and(|text| text.ends_with('.')), "{self:?}");
        assert!(error["details"].is_object(), "{self:?}");
        assert!(error["timestamp"].is_string(), "{self:?}");
        let request_id = self.headers["x-request-id"].to_str().expect("visible ASCII");
        assert_eq!(error["requestId"], request_id, "{self:?}");
        error.clone()
    }

    /// The fields that a 422 names.
    ///
    /// # Panics
    /// When the reply is anything else.
    #[track_caller]
    #[must_use]
    pub fn invalid_fields(self) -> Vec<String> {
        let error = self.refused(422, "VALIDATION_ERROR");
        let details = error["details"].as_object().expect("an object");
        for messages in details.values() {
            let messages = messages.as_array().expect("a list of messages per field");
            assert!(!messages.is_empty() && messages.iter().all(Value::is_string), "{details:?}");
        }
        details.keys().cloned().collect()
    }

    #[track_caller]
    fn data_of(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.body["success"], true, "{self:?}");
        self.body["data"].clone()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} -> {} {}", self.request, self.status, self.body)
    }
}
