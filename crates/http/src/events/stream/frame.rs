//! The frames of a stream of events (the HTML standard, section 9.2).
//!
//! `data` is one line, because some clients keep only the last one. `id` is the last line: some clients
//! remember it as soon as it is read, and would otherwise skip a frame that was cut off after it. Every
//! frame has an `id`, because some clients forget their position at a frame without one. `retry` has a
//! blank after the colon and is in a frame with data, because some clients ignore it elsewhere.

use std::io::Write;
use std::time::Duration;

use actix_web::web::Bytes;
use conversations_application::ports::{FeedEnds, GoneReason};
use conversations_application::read_model::EventDetails;
use conversations_domain::{ConversationId, EventCursor, EventSubject, EventType, Permissions};
use serde_json::{Number, json};

use crate::error::gone_reason;
use crate::events::body::event_json;

/// A comment that keeps a connection open. No empty line follows: some clients make an event of it.
pub(super) const COMMENT: Bytes = Bytes::from_static(b":\n");

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// It lasted as long as a stream may.
    Lifetime,
    /// The process stops.
    Shutdown,
    /// The key was revoked, has expired, or may no longer read events.
    Key,
    /// There are too many streams.
    Overloaded,
}

/// An event as a frame.
#[derive(Debug)]
pub(super) struct EventFrame {
    pub(super) cursor: EventCursor,
    pub(super) kind: EventType,
    /// The conversation that the event belongs to.
    pub(super) conversation: Option<ConversationId>,
    pub(super) bytes: Bytes,
}

impl CloseReason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Lifetime => "lifetime",
            Self::Shutdown => "shutdown",
            Self::Key => "key",
            Self::Overloaded => "overloaded",
        }
    }
}

impl EventFrame {
    /// The frame of an event for a caller with these permissions.
    pub(super) fn new(
        details: EventDetails,
        permissions: &Permissions,
    ) -> Result<Self, serde_json::Error> {
        let (cursor, kind) = (details.event.cursor(), details.event.change.kind);
        let conversation = match details.event.change.subject {
            EventSubject::Conversation(conversation)
            | EventSubject::Message { conversation, .. } => Some(conversation),
            EventSubject::Customer(_)
            | EventSubject::User(_)
            | EventSubject::Inbox(_)
            | EventSubject::Webhook(_)
            | EventSubject::Feed => None,
        };
        let data = event_json(details, permissions)?;
        let bytes = frame(kind.as_str(), None, &data, cursor);
        Ok(Self { cursor, kind, conversation, bytes })
    }
}

/// The first frame of a stream.
pub(super) fn open(cursor: EventCursor, heartbeat: Duration, retry: Duration) -> Bytes {
    let data = json!({ "cursor": cursor, "heartbeat": seconds(heartbeat) });
    frame("feed.open", Some(retry), data.to_string().as_bytes(), cursor)
}

/// The position of a stream that sends no event.
pub(super) fn bookmark(cursor: EventCursor) -> Bytes {
    frame("feed.bookmark", None, json!({ "cursor": cursor }).to_string().as_bytes(), cursor)
}

/// The feed cannot continue after the cursor of the stream, which continues at the latest one.
pub(super) fn reset(reason: GoneReason, ends: FeedEnds) -> Bytes {
    let FeedEnds { earliest, latest } = ends;
    let reason = gone_reason(reason);
    let data = json!({ "reason": reason, "earliest": earliest, "latest": latest });
    frame("feed.reset", None, data.to_string().as_bytes(), latest)
}

/// The last frame of a stream.
pub(super) fn close(reason: CloseReason, cursor: EventCursor, retry: Option<Duration>) -> Bytes {
    let data = json!({ "reason": reason.as_str() });
    frame("feed.close", retry, data.to_string().as_bytes(), cursor)
}

fn frame(event: &str, retry: Option<Duration>, data: &[u8], id: EventCursor) -> Bytes {
    let mut frame = Vec::with_capacity(data.len() + 96);
    // Writing into memory does not fail.
    let _written = writeln!(frame, "event: {event}");
    if let Some(retry) = retry {
        let _written = writeln!(frame, "retry: {}", retry.as_millis());
    }
    frame.extend_from_slice(b"data: ");
    frame.extend_from_slice(data);
    let _written = write!(frame, "\nid: {id}\n\n");
    frame.into()
}

/// A number of seconds, without decimals where there are none.
fn seconds(duration: Duration) -> Number {
    let whole = Number::from(duration.as_secs());
    match duration.subsec_nanos() {
        0 => whole,
        _ => Number::from_f64(duration.as_secs_f64()).unwrap_or(whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(text: &str) -> EventCursor {
        text.parse().expect("a cursor")
    }

    #[test]
    fn frames_are_what_real_clients_read_alike() {
        let (earliest, latest) = (cursor("2-00000002"), cursor("1042-9f3a77c1"));
        let second = Duration::from_secs(1);

        assert_eq!(
            open(latest, 15 * second, 2 * second),
            "event: feed.open\nretry: 2000\ndata: {\"cursor\":\"1042-9f3a77c1\",\"heartbeat\":15}\n\
             id: 1042-9f3a77c1\n\n"
        );
        assert_eq!(
            bookmark(latest),
            "event: feed.bookmark\ndata: {\"cursor\":\"1042-9f3a77c1\"}\nid: 1042-9f3a77c1\n\n"
        );
        assert_eq!(
            reset(GoneReason::Expired, FeedEnds { earliest, latest }),
            "event: feed.reset\ndata: {\"earliest\":\"2-00000002\",\"latest\":\"1042-9f3a77c1\",\
             \"reason\":\"expired\"}\nid: 1042-9f3a77c1\n\n"
        );
        assert_eq!(
            close(CloseReason::Overloaded, latest, Some(second)),
            "event: feed.close\nretry: 1000\ndata: {\"reason\":\"overloaded\"}\n\
             id: 1042-9f3a77c1\n\n"
        );
    }

    #[test]
    fn seconds_are_whole_where_they_can_be() {
        assert_eq!(seconds(Duration::from_secs(15)).to_string(), "15");
        assert_eq!(seconds(Duration::from_millis(500)).to_string(), "0.5");
    }
}
