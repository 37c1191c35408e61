//! A strict reader of event streams: what it does not expect is a failure of the test.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use super::ApiClient;

/// How long a frame may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open stream of events.
#[derive(Debug)]
pub struct EventStream {
    response: Response,
    text: String,
}

/// A frame of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamFrame {
    /// Its `event`.
    pub event: String,
    /// Its `data`.
    pub data: Value,
    /// Its `id`.
    pub id: String,
    /// Its `retry`, in milliseconds.
    pub retry: Option<u64>,
}

impl ApiClient {
    /// Opens a stream of events.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn stream_events(&self, query: &str) -> EventStream {
        self.stream_events_after(query, None).await
    }

    /// Opens a stream of events with a `Last-Event-ID`.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn stream_events_after(&self, query: &str, last_id: Option<&str>) -> EventStream {
        let mut request = self.request(Method::GET, &format!("/api/v1/events/stream?{query}"));
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.expect("a reply");
        assert_eq!(response.status(), StatusCode::OK, "{response:?}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        EventStream { response, text: String::new() }
    }
}

impl EventStream {
    /// The reply, whose body is the stream.
    #[must_use]
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// The next frame; `None` at the end of the stream.
    ///
    /// # Panics
    /// When none comes, when the stream is cut off, or when the frame is malformed.
    pub async fn next(&mut self) -> Option<StreamFrame> {
        loop {
            while self.text.starts_with(":\n") {
                self.text.drain(..2);
            }
            if let Some(end) = self.text.find("\n\n") {
                let frame: String = self.text.drain(..end + 2).collect();
                return Some(read(frame.trim_end_matches('\n')));
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let Some(bytes) = chunk.expect("a frame in time").expect("an orderly end") else {
                assert_eq!(self.text, "", "the stream ended within a frame");
                return None;
            };
            assert!(bytes.is_ascii(), "{bytes:?}");
            self.text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    /// The next frame that is not a bookmark.
    ///
    /// # Panics
    /// When the stream ends.
    pub async fn event(&mut self) -> StreamFrame {
        loop {
            let frame = self.next().await.expect("a frame");
            if frame.event != "feed.bookmark" {
                return frame;
            }
        }
    }

    /// The first frame.
    ///
    /// # Panics
    /// When it is another one.
    pub async fn opened(mut self) -> (Self, StreamFrame) {
        let frame = self.next().await.expect("a frame");
        assert_eq!(frame.event, "feed.open", "{frame:?}");
        (self, frame)
    }
}

/// Reads the lines of a frame, in the only order that every client understands.
fn read(frame: &str) -> StreamFrame {
    let mut lines = frame.split('\n').map(|line| line.split_once(": ").expect("a field"));
    let mut next = || lines.next().unwrap_or_else(|| panic!("too few lines: {frame:?}"));
    let (field, event) = next();
    assert_eq!(field, "event", "{frame:?}");
    let (mut field, mut value) = next();
    let mut retry = None;
    if field == "retry" {
        retry = Some(value.parse().expect("a number"));
        (field, value) = next();
    }
    assert_eq!(field, "data", "{frame:?}");
    let data = serde_json::from_str(value).expect("JSON");
    let (field, id) = next();
    assert_eq!(field, "id", "{frame:?}");
    assert_eq!(lines.next(), None, "{frame:?}");
    StreamFrame { event: event.to_owned(), data, id: id.to_owned(), retry }
}
