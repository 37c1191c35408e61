//! A caller that expects no answer for granted, and settles what it does not know.

use std::time::{Duration, Instant};

use conversations_testkit::ApiClient;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// How long a caller waits at most. No answer may take nearly as long.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an outcome may stay unknown while the service comes and goes.
const SETTLED_WITHIN: Duration = Duration::from_secs(90);

/// A caller.
#[derive(Clone)]
pub(crate) struct Client {
    api: ApiClient,
}

/// What a request asks for.
#[derive(Clone)]
pub(crate) struct Call {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Value>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) took: Duration,
}

/// An answer that settles a request, and how many tries before it left its outcome unknown.
pub(crate) struct Settled {
    pub(crate) answer: Answer,
    pub(crate) unknown: usize,
}

impl Call {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::POST, path) }
    }

    pub(crate) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::PATCH, path) }
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// With a key by which the server knows it again, made of this text.
    pub(crate) fn keyed(self, text: &str) -> Self {
        self.with("Idempotency-Key", text.replace(' ', "-"))
    }

    /// Only if what it changes still has this tag.
    pub(crate) fn if_match(self, tag: impl Into<String>) -> Self {
        self.with("If-Match", tag)
    }

    fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: None }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Client {
    pub(crate) fn new(base: String, key: &str) -> Self {
        Self { api: ApiClient::new(base, Some(key.to_owned())) }
    }

    /// Sends a request once. `None`: no whole answer came, so the outcome is unknown.
    pub(crate) async fn ask(&self, call: &Call) -> Option<Answer> {
        let Call { method, path, headers, body } = call;
        let mut request = self.api.request(method.clone(), path).timeout(PATIENCE);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let started = Instant::now();
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.ok()?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).expect("a body in JSON")
        };
        Some(Answer { status, headers, body, took: started.elapsed() })
    }

    /// Sends a request that must be answered.
    pub(crate) async fn answer(&self, call: &Call) -> Answer {
        let answer = self.ask(call).await;
        answer.unwrap_or_else(|| panic!("{} {}: no answer", call.method, call.path))
    }

    /// The data of a request that must succeed.
    #[track_caller]
    pub(crate) fn data(&self, call: Call) -> impl Future<Output = Value> {
        let (client, caller) = (self.clone(), std::panic::Location::caller());
        async move {
            let answer = client.answer(&call).await;
            let (method, path) = (&call.method, &call.path);
            assert!(answer.is_success(), "{caller}: {method} {path}: {answer:?}");
            answer.body["data"].clone()
        }
    }

    /// Sends a request until its outcome is known: again after no answer, after a 503 and while
    /// the first one is still at work.
    pub(crate) async fn settle(&self, call: &Call) -> Settled {
        let started = Instant::now();
        let mut unknown = 0;
        loop {
            match self.ask(call).await {
                Some(answer) if !answer.leaves_open() => return Settled { answer, unknown },
                answer => {
                    let waited = started.elapsed();
                    let (method, path) = (&call.method, &call.path);
                    assert!(waited < SETTLED_WITHIN, "{method} {path}: not settled: {answer:?}");
                }
            }
            unknown += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// All that a list holds, page by page.
    pub(crate) async fn everything(&self, path: &str) -> Vec<Value> {
        let mut found = Vec::new();
        for page in 1.. {
            let data = self.data(Call::get(format!("{path}?limit=100&page={page}"))).await;
            let Value::Array(items) = data else { panic!("{path} is no list: {data}") };
            let last = items.len() < 100;
            found.extend(items);
            if last {
                break;
            }
        }
        found
    }
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The tag of what it shows.
    pub(crate) fn tag(&self) -> String {
        let tag = self.headers.get("etag").unwrap_or_else(|| panic!("no ETag: {self:?}"));
        tag.to_str().expect("visible ASCII").to_owned()
    }

    /// The id of what it shows.
    pub(crate) fn id(&self) -> String {
        let id = self.body["data"]["_id"].as_str();
        id.unwrap_or_else(|| panic!("no id: {self:?}")).to_owned()
    }

    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// Whether this says nothing of what was done, or will be.
    fn leaves_open(&self) -> bool {
        self.status == 503 || self.code() == "IDEMPOTENCY_IN_PROGRESS"
    }
}
