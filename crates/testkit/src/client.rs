//! A client of the API that speaks in tests' terms.

use std::fmt;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// A client of the API, with or without a key.
#[derive(Clone)]
pub struct ApiClient {
    base: String,
    key: Option<String>,
    client: Client,
}

/// The reply to a request: a test says which outcome it expects.
#[must_use = "say what is expected: ok(), created(), refused(…)"]
#[derive(Clone, PartialEq)]
pub struct Reply {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, if it is JSON; `null` if there is none.
    pub body: Value,
    request: String,
}

impl ApiClient {
    /// A client of the server at `base`, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn new(base: String, key: Option<String>) -> Self {
        Self { base, key, client: Client::new() }
    }

    /// The key, if there is one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// A request with the key, to be completed and then [sent](Self::send).
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Sends a request and reads its reply.
    ///
    /// # Panics
    /// When no reply comes, or one whose body is neither empty nor JSON.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let request = request.build().expect("a well-formed request");
        let described = format!("{} {}", request.method(), request.url());
        let response = self.client.execute(request).await.expect("a reply");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.expect("a whole body");
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes)
                .unwrap_or_else(|error| panic!("{described}: not JSON ({error}): {bytes:?}"))
        };
        Reply { status, headers, body, request: described }
    }

    /// `GET path`
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST path` with a JSON body
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `PATCH path` with a JSON body
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// `PUT path` with a JSON body
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// `DELETE path` without a body
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Opens a conversation.
    pub async fn create_conversation(&self, body: &Value) -> Reply {
        self.post("/api/v1/conversations", body).await
    }

    /// Lists conversations; the query is what follows the question mark.
    pub async fn list_conversations(&self, query: &str) -> Reply {
        self.get(&format!("/api/v1/conversations?{query}")).await
    }

    /// Reads a conversation.
    pub async fn get_conversation(&self, id: &str) -> Reply {
        self.get(&format!("/api/v1/conversations/{id}")).await
    }

    /// Changes a conversation.
    pub async fn update_conversation(&self, id: &str, body: &Value) -> Reply {
        self.patch(&format!("/api/v1/conversations/{id}"), body).await
    }

    /// Deletes a conversation.
    pub async fn delete_conversation(&self, id: &str) -> Reply {
        self.delete(&format!("/api/v1/conversations/{id}")).await
    }

    /// Writes a message to a conversation.
    pub async fn create_message(&self, conversation: &str, body: &Value) -> Reply {
        self.post(&format!("/api/v1/conversations/{conversation}/messages"), body).await
    }

    /// Lists the messages of a conversation.
    pub async fn list_messages(&self, conversation: &str, query: &str) -> Reply {
        self.get(&format!("/api/v1/conversations/{conversation}/messages?{query}")).await
    }
}

impl Reply {
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

    /// The data and the pagination of a 200 with a list.
    ///
    /// # Panics
    /// When the reply is anything else.
    #[track_caller]
    #[must_use]
    pub fn listed(self) -> (Vec<Value>, Value) {
        let pagination = self.body["pagination"].clone();
        assert!(pagination.is_object(), "{self:?} has no pagination");
        let data = self.ok();
        let Value::Array(items) = data else { panic!("{data} is no list") };
        (items, pagination)
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
