//! One request to a receiver and its outcome.

use std::error::Error as StdError;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::RETRY_AFTER;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use crate::connector::{ConnectError, GuardedConnector};

/// How much of an answer is read. It is read so that the connection can be used again.
const ANSWER_BYTES: usize = 16 << 10;

/// How long that may take. The status has arrived by then.
const ANSWER_TIME: Duration = Duration::from_millis(500);

/// How long the head of an answer may be, in bytes.
const HEAD_BYTES: usize = 32 << 10;

/// How long a connection is kept for the next request. Many receivers close them after five seconds.
const IDLE: Duration = Duration::from_secs(4);

/// How many idle connections are kept for a receiver.
const IDLE_CONNECTIONS: usize = 8;

/// The HTTP client. It follows no redirects, decompresses nothing and speaks HTTP/1.1.
#[derive(Clone)]
pub(crate) struct Transport {
    client: Client<GuardedConnector, Full<Bytes>>,
    timeout: Duration,
}

/// What a receiver answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// There was no connection.
    Connection(ConnectError),
    /// It did not answer in time.
    Timeout,
    /// What it sent is not HTTP, or ended too early.
    Protocol,
}

impl Transport {
    pub(crate) fn new(connector: GuardedConnector, timeout: Duration) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http1_max_buf_size(HEAD_BYTES)
            .build(connector);
        Self { client, timeout }
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn post(
        &self,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, NoAnswer> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let response = match timeout(self.timeout, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(reason(&error)),
            Err(_) => return Err(NoAnswer::Timeout),
        };
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|text| text.to_str().ok()).map(str::to_owned);
        let answer = Answer { status: response.status(), retry_after };
        // Whatever comes of it, the status stands.
        let _ = timeout(ANSWER_TIME, drain(response)).await;
        Ok(answer)
    }
}

/// Reads the body up to the limit. A longer one is dropped with its connection.
async fn drain(response: Response<Incoming>) {
    let mut body = response.into_body();
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > ANSWER_BYTES {
            return;
        }
    }
}

fn reason(error: &(dyn StdError + 'static)) -> NoAnswer {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(&error) = error.downcast_ref::<ConnectError>() {
            return match error {
                ConnectError::Timeout => NoAnswer::Timeout,
                other => NoAnswer::Connection(other),
            };
        }
        cause = error.source();
    }
    NoAnswer::Protocol
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod tls_tests;
