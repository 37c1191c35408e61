//! Fields of webhooks, as callers send them.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest};
use conversations_application::ports::FeedStart;
use conversations_domain::{
    EventCursor, EventPattern, EventType, InvalidEventCursor, RetryPolicy, SigningSecrets,
    WebhookEvents, WebhookEventsError, WebhookHeaders, WebhookHeadersError, WebhookUrl,
};
use futures_util::future::{Ready, ready};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use validator::{Validate, ValidationError, ValidationErrors};

use crate::body::{BodyValue, Field, request_body};
use crate::error::ApiError;
use crate::schema::{
    DescribeOperation, Fields, ObjectSchema, OperationDescription, Schema, Schemas, SentBody, Text,
};
use crate::validation::{inside, problem, read_entries};

request_body! {
    /// How failed deliveries are retried.
    #[body(name = "RetryPolicyInput")]
    pub(crate) struct RetryPolicyBody {
        /// How often a failed delivery is retried.
        max_retries: Field<Retries>,
    }
}

/// A number of retries.
#[derive(Debug)]
pub(crate) struct Retries(RetryPolicy);

/// A time in seconds for which former secrets sign beside a new one.
#[derive(Debug)]
pub(crate) struct Overlap(pub(super) Duration);

/// A place in the feed, as text.
#[derive(Debug)]
pub(crate) struct StartText(pub(super) FeedStart);

/// The body of an operation that needs nothing but its path: an empty object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoFields {}

/// An argument of an operation whose body names a place in the feed, which may be gone.
pub(crate) struct NamesPlace;

impl FromRequest for NamesPlace {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self))
    }
}

impl DescribeOperation for NamesPlace {
    fn describe(operation: &mut OperationDescription) {
        operation.refuses([StatusCode::GONE]);
    }
}

impl TryFrom<RetryPolicyBody> for RetryPolicy {
    type Error = ApiError;

    fn try_from(body: RetryPolicyBody) -> Result<Self, ApiError> {
        let RetryPolicyBody { max_retries: retries } = body;
        let Retries(policy) = retries.take()?;
        Ok(policy)
    }
}

impl BodyValue for Retries {
    type Json = Value;

    fn read(number: Value) -> Result<Self, ValidationError> {
        let number = number.as_u64().and_then(|number| u8::try_from(number).ok());
        let policy = number.and_then(|number| RetryPolicy::new(number).ok());
        let wrong = || format!("must be an integer between 0 and {}", RetryPolicy::MAX_RETRIES);
        policy.map(Self).ok_or_else(|| problem(wrong()))
    }
}

impl Schema for Retries {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": RetryPolicy::MAX_RETRIES })
    }
}

impl BodyValue for Overlap {
    type Json = Value;

    fn read(seconds: Value) -> Result<Self, ValidationError> {
        let longest = SigningSecrets::MAX_OVERLAP.as_secs();
        let seconds = seconds.as_u64().filter(|&seconds| seconds <= longest);
        let wrong = || format!("must be an integer between 0 and {longest}");
        let overlap = seconds.map(|seconds| Self(Duration::from_secs(seconds)));
        overlap.ok_or_else(|| problem(wrong()))
    }
}

impl Schema for Overlap {
    fn schema(_: &mut Schemas) -> Value {
        let longest = SigningSecrets::MAX_OVERLAP.as_secs();
        json!({ "type": "integer", "minimum": 0, "maximum": longest })
    }
}

impl std::str::FromStr for StartText {
    type Err = InvalidEventCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(match text {
            "earliest" => FeedStart::Earliest,
            "latest" => FeedStart::Latest,
            cursor => FeedStart::After(cursor.parse()?),
        }))
    }
}

impl Text for StartText {}

impl Schema for StartText {
    fn schema(_: &mut Schemas) -> Value {
        let pattern = format!("^(earliest|latest|{})$", EventCursor::PATTERN);
        json!({ "type": "string", "pattern": pattern })
    }
}

impl Text for WebhookUrl {}

impl Schema for WebhookUrl {
    fn schema(_: &mut Schemas) -> Value {
        json!({
            "type": "string",
            "format": "uri",
            "maxLength": Self::MAX_LENGTH,
            "pattern": r"^https?://[^/\\]",
        })
    }
}

impl BodyValue for WebhookEvents {
    type Json = Vec<String>;

    fn read(texts: Vec<String>) -> Result<Self, ValidationError> {
        Self::parse(&texts).map_err(|error| match error {
            WebhookEventsError::Repeated { .. } | WebhookEventsError::Unknown { .. } => {
                inside(read_entries::<EventPattern>(&texts).err().unwrap_or_default())
            }
            error => problem(error.to_string()),
        })
    }
}

impl Schema for WebhookEvents {
    fn schema(_: &mut Schemas) -> Value {
        let types = EventType::ALL.iter().map(|kind| kind.as_str());
        let words: Vec<_> = EventPattern::PATTERNS.into_iter().chain(types).collect();
        json!({
            "type": "array",
            "items": { "type": "string", "enum": words },
            "minItems": 1,
            "maxItems": Self::MAX_COUNT,
            "uniqueItems": true,
        })
    }
}

impl BodyValue for WebhookHeaders {
    type Json = Map<String, Value>;

    fn read(given: Map<String, Value>) -> Result<Self, ValidationError> {
        if given.len() > Self::MAX_COUNT {
            return Err(problem(WebhookHeadersError::TooMany.to_string()));
        }
        let mut headers = Self::default();
        let mut problems = Vec::new();
        for (name, value) in given {
            let path = format!(".{name}");
            let added = match value {
                Value::String(value) => headers.add(name, value).map_err(|error| error.to_string()),
                _ => Err("must be a string".to_owned()),
            };
            problems.extend(added.err().map(|error| (path, error)));
        }
        if problems.is_empty() { Ok(headers) } else { Err(inside(problems)) }
    }
}

impl Schema for WebhookHeaders {
    fn schema(_: &mut Schemas) -> Value {
        json!({
            "type": "object",
            "maxProperties": Self::MAX_COUNT,
            "propertyNames": {
                "type": "string",
                "minLength": 1,
                "maxLength": Self::MAX_NAME_LENGTH,
                "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
            },
            "additionalProperties": {
                "type": "string",
                "minLength": 1,
                "maxLength": Self::MAX_VALUE_LENGTH,
                "pattern": "^[!-~]([ -~]*[!-~])?$",
            },
        })
    }
}

impl ObjectSchema for NoFields {
    const NAME: &'static str = "NoFields";
    const TEXT: &'static str = "An empty object.";
    const IS_SENT: bool = true;

    fn fields(_: &mut Fields<'_>) {}
}

impl Validate for NoFields {
    fn validate(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }
}

impl SentBody for NoFields {
    fn example() -> Value {
        json!({})
    }
}
