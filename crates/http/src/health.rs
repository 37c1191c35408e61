//! Health checks: they need no key and reveal nothing else.

use actix_web::body::BoxBody;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, Responder};
use conversations_application::ports::{Readiness, StorageState};
use serde::Serialize;

use crate::admission::AdmissionControl;
use crate::error::ApiError;

/// Paths that are answered under any load: a monitor would take a refusal for a failure of the
/// process or its storage.
pub(crate) const HEALTH_PATHS: [&str; 3] = ["/health/live", "/health/ready", "/api/v1/health"];

/// The process answers, and how it is.
#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// The process answers.
pub(crate) async fn live() -> Health {
    Health::default()
}

/// The storage answers, too, and the process is not about to stop.
pub(crate) async fn ready(
    readiness: Data<dyn Readiness>,
    admission: Data<AdmissionControl>,
) -> Result<Health, ApiError> {
    if admission.is_stopping() {
        return Err(ApiError::Refused("The service is shutting down."));
    }
    match readiness.check().await {
        Ok(StorageState::Ready) => Ok(Health::default()),
        // Reads go on: taking this server out of service would end them, too.
        Ok(StorageState::Full) => Ok(Health {
            status: "degraded",
            reason: Some("the storage is full: reads work, writes that need space are refused"),
        }),
        Err(error) => Err(ApiError::Unavailable(Box::new(error))),
    }
}

impl Default for Health {
    fn default() -> Self {
        Self { status: "ok", reason: None }
    }
}

impl Responder for Health {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(self)
    }
}
