//! A client of the API that speaks in tests' terms.

mod operations;
mod reply;
mod stream;

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

pub use reply::Reply;
pub use stream::{EventStream, StreamFrame};

use crate::fixtures::{at, next_id};

/// How long a connection may lie unused to be used again.
const IDLE: Duration = Duration::from_secs(2);

/// A client of the API, with or without a key.
#[derive(Clone)]
pub struct ApiClient {
    base: String,
    key: Option<String>,
    client: Client,
    once: bool,
}

impl ApiClient {
    /// A client of the server at `base`, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn new(base: String, key: Option<String>) -> Self {
        // A connection that the server is about to close, because no request came for a while, is not one
        // to send the next request on.
        let client = Client::builder().pool_idle_timeout(IDLE).build().unwrap_or_default();
        Self { base, key, client, once: false }
    }

    /// The same client, but each of its POSTs carries an `Idempotency-Key` of its own, so that the
    /// server keeps the reply.
    #[must_use]
    pub fn once(self) -> Self {
        Self { once: true, ..self }
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
        let url = request.url().clone();
        let described = format!("{} {url}", request.method());
        let response = self.client.execute(request).await.expect("a reply");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.expect("a whole body");
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes)
                .unwrap_or_else(|error| panic!("{described}: not JSON ({error}): {bytes:?}"))
        };
        Reply::new(status, headers, body, described, url)
    }

    /// `GET path`
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST path` with a JSON body
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        let mut request = self.request(Method::POST, path);
        if self.once {
            request = request.header("idempotency-key", next_id(at(0)).to_string());
        }
        self.send(request.json(body)).await
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
}
