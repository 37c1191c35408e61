//! The query of a request for events.

use std::str::FromStr;
use std::time::Duration;

use conversations_application::events::ListEvents;
use conversations_application::ports::FeedStart;
use conversations_domain::{ConversationId, EventCursor, EventPattern, InvalidEventCursor};
use serde_json::{Value, json};

use super::filter::Filter;
use crate::query::{FromQuery, QueryReader};
use crate::schema::{OperationDescription, Schema, Schemas};

/// Which events to return, and how long to wait for one.
pub(crate) struct ListQuery {
    pub(crate) wanted: ListEvents,
    pub(crate) wait: Duration,
}

/// How many events a page has by default.
const USUAL_LIMIT: u32 = 100;

/// The most events of a page.
const MAX_LIMIT: u32 = 500;

/// The most seconds that a request may wait.
const MAX_WAIT: u64 = 30;

/// Where to start, as a parameter.
struct StartParameter(FeedStart);

/// The number of events on a page.
struct LimitParameter;

/// A number of seconds.
struct WaitParameter;

/// Where a stream starts, and which events it sends.
pub(crate) struct StreamQuery {
    pub(super) start: FeedStart,
    /// The `Last-Event-ID` of clients that cannot send headers.
    pub(super) last_id: Option<EventCursor>,
    pub(super) filter: Filter,
}

/// The id of a frame as a parameter: a cursor.
struct FrameId(EventCursor);

/// The error of any other value, also in the header. It names the parameter that takes words, because
/// clients try `earliest` here.
pub(super) const NOT_A_FRAME_ID: &str = "must be the id of a frame of this stream; to start at \
     \"earliest\" or \"latest\", use the parameter \"after\"";

/// The filter of lists and streams.
fn read_filter(query: &mut QueryReader) -> Filter {
    let patterns: Vec<EventPattern> = query.several("types");
    if patterns.len() > EventPattern::MAX_COUNT {
        query.note("types", &format!("must not be more than {}", EventPattern::MAX_COUNT));
    }
    let types = patterns.iter().flat_map(EventPattern::types).copied().collect();
    let types = (!patterns.is_empty()).then_some(types);
    Filter { types, conversation: query.one("conversationId") }
}

fn describe_filter(operation: &mut OperationDescription) {
    operation.takes_comma_separated::<EventPattern>(
        "types",
        "Only events of these types. Patterns such as `*` and `customer.*` select several, and \
         `message.created` all new messages.",
    );
    operation.takes_from_query::<ConversationId>(
        "conversationId",
        "Only events of this conversation and its messages.",
    );
}

impl FromQuery for StreamQuery {
    fn read(query: &mut QueryReader) -> Self {
        let start = query.one("after").map(|StartParameter(start)| start);
        let filter = read_filter(query);
        Self {
            start: start.unwrap_or(FeedStart::Latest),
            last_id: query.one("lastEventId").map(|FrameId(cursor)| cursor),
            filter,
        }
    }

    fn describe(operation: &mut OperationDescription) {
        operation.takes("LastEventId");
        operation.takes_from_query::<FrameId>(
            "lastEventId",
            "The same as the header `Last-Event-ID`, for clients that cannot send it. The header takes \
             precedence over it.",
        );
        operation.takes_from_query::<StartParameter>(
            "after",
            "Where to start without `Last-Event-ID`: a `cursor`, `earliest` for all stored events, or \
             `latest` (default) for events from now on.",
        );
        describe_filter(operation);
    }
}

impl FromQuery for ListQuery {
    fn read(query: &mut QueryReader) -> Self {
        let Filter { types, conversation } = read_filter(query);
        let limit = query.number("limit", 1..=u64::from(MAX_LIMIT));
        let limit = limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(USUAL_LIMIT);
        let start = query.one("after").map(|StartParameter(start)| start).unwrap_or_default();
        Self {
            wanted: ListEvents { start, types, conversation, limit, is_current: true },
            wait: Duration::from_secs(query.number("wait", 0..=MAX_WAIT).unwrap_or_default()),
        }
    }

    fn describe(operation: &mut OperationDescription) {
        operation.takes_from_query::<StartParameter>(
            "after",
            "Where to start: a `cursor` of an earlier reply, `earliest` (default) for all stored events, \
             or `latest` for events from now on.",
        );
        describe_filter(operation);
        let limit =
            operation.takes_from_query::<LimitParameter>("limit", "The maximum number of events.");
        limit["schema"]["x-default"] = json!(USUAL_LIMIT);
        let wait = operation.takes_from_query::<WaitParameter>(
            "wait",
            "How many seconds to wait for an event if there is none.",
        );
        wait["schema"]["x-default"] = json!(0);
    }
}

impl FromStr for FrameId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| NOT_A_FRAME_ID)
    }
}

impl FromStr for StartParameter {
    type Err = InvalidEventCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(match text {
            "earliest" => FeedStart::Earliest,
            "latest" => FeedStart::Latest,
            cursor => FeedStart::After(cursor.parse()?),
        }))
    }
}

impl Schema for StartParameter {
    fn schema(_: &mut Schemas) -> Value {
        let pattern = format!("^(earliest|latest|{})$", EventCursor::PATTERN);
        json!({ "type": "string", "pattern": pattern })
    }
}

impl Schema for FrameId {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "string", "pattern": format!("^{}$", EventCursor::PATTERN) })
    }
}

impl Schema for LimitParameter {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT })
    }
}

impl Schema for WaitParameter {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": MAX_WAIT })
    }
}
