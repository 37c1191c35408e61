//! What handlers answer when all went well.

use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

/// The start of every path of the API.
pub(crate) const BASE_PATH: &str = "/api/v1";

/// A resource as it is.
pub(crate) struct Single<T>(pub(crate) T);

/// A resource that was made, and its path below [`BASE_PATH`].
pub(crate) struct Created<T> {
    pub(crate) path: String,
    pub(crate) data: T,
}

/// Something is gone; the sentence says what.
pub(crate) struct Deleted(pub(crate) &'static str);

#[derive(Serialize)]
struct DataBody<T> {
    success: bool,
    data: T,
}

#[derive(Serialize)]
struct MessageBody {
    success: bool,
    message: &'static str,
}

impl<T: Serialize> Responder for Single<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(DataBody { success: true, data: self.0 })
    }
}

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let Self { path, data } = self;
        HttpResponse::Created()
            .insert_header((header::LOCATION, format!("{BASE_PATH}{path}")))
            .json(DataBody { success: true, data })
    }
}

impl Responder for Deleted {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(MessageBody { success: true, message: self.0 })
    }
}
