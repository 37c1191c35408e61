//! Signs of life, for those who watch: they need no key and learn nothing else.

use actix_web::HttpResponse;
use actix_web::web::Data;
use conversations_application::ports::Readiness;
use serde_json::json;

use crate::error::ApiError;
use crate::load::Load;

/// Where the process answers however much there is to do: whoever watches would take a refusal for
/// the end of the process, or of its storage.
pub(crate) const SIGNS_OF_LIFE: [&str; 3] = ["/health/live", "/health/ready", "/api/v1/health"];

/// The process answers.
pub(crate) async fn live() -> HttpResponse {
    ok()
}

/// The storage answers, too, and the process is not about to stop.
pub(crate) async fn ready(
    readiness: Data<dyn Readiness>,
    load: Data<Load>,
) -> Result<HttpResponse, ApiError> {
    if load.is_stopping() {
        return Err(ApiError::Refused("the process is about to stop"));
    }
    match readiness.check().await {
        Ok(()) => Ok(ok()),
        Err(error) => Err(ApiError::Unavailable(Box::new(error))),
    }
}

fn ok() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}
