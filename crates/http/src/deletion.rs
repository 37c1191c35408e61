//! Why something is deleted: every DELETE takes a reason, in a JSON body or, for clients that
//! cannot send one with DELETE, in the query. Some take more from the query.

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use conversations_domain::Reason;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use crate::body::{Field, request_body};
use crate::details::Details;
use crate::error::ApiError;
use crate::extract::{read_body, validated};
use crate::media_type;
use crate::query::{FromQuery, NoParameters, QueryReader};
use crate::schema::SentBody;

/// What comes with a DELETE.
pub(crate) struct DeletionReason<Q = NoParameters> {
    /// The reason, if one was given.
    pub(crate) reason: Option<Reason>,
    /// What else the operation takes from the query.
    pub(crate) query: Q,
}

request_body! {
    /// The reason for a deletion.
    #[body(name = "Deletion")]
    pub(crate) struct DeleteBody {
        /// The reason. The audit keeps it, so it must not contain personal data.
        reason: Field<Option<Reason>>,
    }
}

impl SentBody for DeleteBody {
    fn example() -> Value {
        json!({ "reason": "asked for it" })
    }
}

impl<Q: FromQuery> FromRequest for DeletionReason<Q> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reader = QueryReader::new(request.query_string());
        let body =
            media_type::announces_body(request.headers()).then(|| read_body(request, payload));
        async move {
            let mut reader = reader?;
            let query = Q::read(&mut reader);
            let in_query = reader.one::<Reason>("reason");
            let problems = reader.into_problems();
            let bytes = match body {
                Some(body) => body.await?,
                None => Bytes::new(),
            };
            let reason = one_of(in_query, in_body(&bytes, problems)?)?;
            Ok(Self { reason, query })
        }
        .boxed_local()
    }
}

/// The reason in a body; no bytes at all are no body.
fn in_body(bytes: &[u8], problems: Details) -> Result<Option<Reason>, ApiError> {
    if bytes.is_empty() {
        return if problems.is_empty() { Ok(None) } else { Err(ApiError::Validation(problems)) };
    }
    let DeleteBody { reason } = validated(bytes, problems)?;
    reason.take()
}

fn one_of(query: Option<Reason>, body: Option<Reason>) -> Result<Option<Reason>, ApiError> {
    match (query, body) {
        (Some(_), Some(_)) => {
            Err(ApiError::field("reason", "must be given in the body or in the query, not in both"))
        }
        (query, body) => Ok(query.or(body)),
    }
}
