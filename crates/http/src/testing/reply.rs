//! An answer of the API, and what tests ask of it.

use actix_web::HttpResponse;
use actix_web::body::{MessageBody, to_bytes};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use serde_json::Value;

/// An answer, read to its end.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    /// Reads a response to its end.
    pub(crate) async fn read<B: MessageBody>(response: HttpResponse<B>) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body()).await.map_err(Into::into).expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Self { status, headers, body }
    }

    /// A header, once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().expect("ASCII"),
            _ => panic!("not exactly one header {name}: {:?}", self.headers),
        }
    }

    /// The data of a success.
    #[track_caller]
    pub(crate) fn data(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["success"], true);
        &self.body["data"]
    }

    /// What a list says of its pages, without the cursors.
    #[track_caller]
    pub(crate) fn totals(&self) -> Value {
        let mut pagination = self.body["pagination"].clone();
        let fields = pagination.as_object_mut().expect("an object");
        assert!(fields.remove("nextCursor").is_some() && fields.remove("prevCursor").is_some());
        fields.remove("asOf");
        pagination
    }

    /// The details of an error, whose body has the shape that all have.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> &Value {
        let error = &self.body["error"];
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(error["code"], code, "{}", self.body);
        assert_eq!(self.body["success"], false);
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(error["requestId"], self.header("x-request-id"));
        assert_eq!(error["timestamp"], "2026-11-22T15:04:05.123Z");
        assert!(error["message"].as_str().is_some_and(|message| message.ends_with('.')));
        assert!(error["details"].is_object());
        &error["details"]
    }
}
