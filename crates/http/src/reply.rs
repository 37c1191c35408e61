//! What handlers answer when all went well.

use actix_web::body::BoxBody;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, Responder};
use conversations_application::{Tag, Tagged};
use serde::Serialize;

use crate::conditions;

/// The start of every path of the API.
pub(crate) const BASE_PATH: &str = "/api/v1";

/// A resource as it is.
pub(crate) struct Single<T> {
    tag: Option<Tag>,
    data: T,
}

/// A resource that was made, and its path below [`BASE_PATH`].
pub(crate) struct Created<T> {
    path: String,
    tag: Option<Tag>,
    data: T,
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

impl<T> Single<T> {
    /// A resource with the tag of its state.
    pub(crate) fn of<E: Tagged + Into<T>>(entity: E) -> Self {
        Self { tag: Some(entity.tag()), data: entity.into() }
    }

    /// A resource whose state has no tag.
    pub(crate) fn untagged(data: T) -> Self {
        Self { tag: None, data }
    }
}

impl<T> Created<T> {
    /// A new resource with the tag of its state.
    pub(crate) fn of<E: Tagged + Into<T>>(path: String, entity: E) -> Self {
        Self { path, tag: Some(entity.tag()), data: entity.into() }
    }

    /// A new resource whose state has no tag.
    pub(crate) fn untagged(path: String, data: T) -> Self {
        Self { path, tag: None, data }
    }
}

impl<T: Serialize> Responder for Single<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let Self { tag, data } = self;
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let known = reads && tag.as_ref().is_some_and(|tag| conditions::is_known(request, tag));
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        if let Some(tag) = tag {
            response.insert_header((header::ETAG, conditions::quoted(&tag)));
        }
        if known { response.finish() } else { response.json(DataBody { success: true, data }) }
    }
}

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let Self { path, tag, data } = self;
        let mut response = HttpResponse::Created();
        response.insert_header((header::LOCATION, format!("{BASE_PATH}{path}")));
        if let Some(tag) = tag {
            response.insert_header((header::ETAG, conditions::quoted(&tag)));
        }
        response.json(DataBody { success: true, data })
    }
}

impl Responder for Deleted {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(MessageBody { success: true, message: self.0 })
    }
}
