//! Signs of life, for those who watch: they need no key and learn nothing else.

use actix_web::HttpResponse;
use actix_web::web::Data;
use conversations_application::ports::Readiness;
use serde_json::json;

use crate::error::ApiError;

/// The process answers.
pub(crate) async fn live() -> HttpResponse {
    ok()
}

/// The storage answers, too.
pub(crate) async fn ready(readiness: Data<dyn Readiness>) -> Result<HttpResponse, ApiError> {
    match readiness.check().await {
        Ok(()) => Ok(ok()),
        Err(error) => Err(ApiError::Unavailable(Box::new(error))),
    }
}

fn ok() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}
