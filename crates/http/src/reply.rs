//! What handlers answer when all went well.

use actix_web::body::BoxBody;
use actix_web::http::header::{self, ContentType};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Responder};
use conversations_application::ports::ErasureProgress;
use conversations_application::{ETag, HasETag, Upserted};
use serde::{Deserialize, Serialize};

use crate::conditions;
use crate::disclosure::{Disclosed, Disclosure, IdOnly, Identified, WriteReply};
use crate::error::ApiError;
use crate::public_url::reference;

/// The start of every path of the API.
pub(crate) const BASE_PATH: &str = "/api/v1";

/// A resource as it is.
pub(crate) struct Single<T> {
    etag: Option<ETag>,
    data: T,
}

/// A resource that was made, and its path below [`BASE_PATH`].
pub(crate) struct Created<T> {
    path: String,
    etag: Option<ETag>,
    data: T,
}

/// A resource that was made, or changed because it was there already.
pub(crate) enum CreatedOrChanged<T> {
    /// It was made.
    Created(Created<T>),
    /// It was changed.
    Changed(Single<T>),
}

/// Something is gone; the sentence says what.
pub(crate) struct Deleted(pub(crate) &'static str);

/// Something is gone for every caller, of which some may still be stored.
pub(crate) struct Erased {
    progress: ErasureProgress,
    message: &'static str,
}

impl Erased {
    /// What is said when all of it is gone, and while some of it is still stored.
    pub(crate) fn of(
        progress: ErasureProgress,
        complete: &'static str,
        pending: &'static str,
    ) -> Self {
        let message = match progress {
            ErasureProgress::Complete => complete,
            ErasureProgress::Pending => pending,
        };
        Self { progress, message }
    }
}

#[derive(Serialize, Deserialize)]
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
    /// A resource with the ETag of its state.
    pub(crate) fn of<E: HasETag + Into<T>>(entity: E) -> Self {
        Self::with_etag(entity.etag(), entity.into())
    }

    /// What is shown of a resource, with the ETag of its state.
    pub(crate) fn with_etag(etag: ETag, data: T) -> Self {
        Self { etag: Some(etag), data }
    }

    /// A resource whose state has no ETag.
    pub(crate) fn without_etag(data: T) -> Self {
        Self { etag: None, data }
    }
}

impl<T> Created<T> {
    /// What is shown of a new resource, with the ETag of its state.
    pub(crate) fn with_etag(path: String, etag: ETag, data: T) -> Self {
        Self { path, etag: Some(etag), data }
    }

    /// A new resource whose state has no ETag.
    pub(crate) fn without_etag(path: String, data: T) -> Self {
        Self { path, etag: None, data }
    }
}

impl<T: Identified> Single<Disclosed<T>> {
    /// A resource that was changed, with the ETag of its state.
    pub(crate) fn changed<E: HasETag + Into<T>>(disclosure: Disclosure, entity: E) -> Self {
        Self::with_etag(entity.etag(), disclosure.of(entity.into()))
    }
}

impl<T: Identified> Created<Disclosed<T>> {
    /// A resource that was made, with the ETag of its state.
    pub(crate) fn new<E: HasETag + Into<T>>(
        disclosure: Disclosure,
        path: String,
        entity: E,
    ) -> Self {
        Self::with_etag(path, entity.etag(), disclosure.of(entity.into()))
    }
}

impl<T: Identified> CreatedOrChanged<Disclosed<T>> {
    /// What became of a resource; `path` says where one that was made is, below [`BASE_PATH`].
    pub(crate) fn of<E: HasETag + Into<T>>(
        disclosure: Disclosure,
        upserted: Upserted<E>,
        path: impl FnOnce(&E) -> String,
    ) -> Self {
        match upserted {
            Upserted::Created(entity) => {
                Self::Created(Created::new(disclosure, path(&entity), entity))
            }
            Upserted::Changed(entity) => Self::Changed(Single::changed(disclosure, entity)),
        }
    }
}

impl<T> WriteReply for CreatedOrChanged<Disclosed<T>> {}
impl<T> WriteReply for Single<Disclosed<T>> {}
impl<T> WriteReply for Created<Disclosed<T>> {}
impl WriteReply for Deleted {}
impl WriteReply for Erased {}

/// A reply as it goes out, and as it is kept for when the same request comes again. Its location is
/// a path from the root, and becomes a reference when it goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredReply {
    status: u16,
    location: Option<String>,
    etag: Option<String>,
    body: String,
}

/// A reply that can be written down.
pub(crate) trait StorableReply {
    /// The whole reply.
    fn write(&self) -> Result<StoredReply, serde_json::Error>;
}

impl<T: Serialize> StorableReply for Single<T> {
    fn write(&self) -> Result<StoredReply, serde_json::Error> {
        let Self { etag, data } = self;
        written(StatusCode::OK, None, etag.as_ref(), data)
    }
}

impl<T: Serialize> StorableReply for Created<T> {
    fn write(&self) -> Result<StoredReply, serde_json::Error> {
        let Self { path, etag, data } = self;
        written(StatusCode::CREATED, Some(format!("{BASE_PATH}{path}")), etag.as_ref(), data)
    }
}

fn written(
    status: StatusCode,
    location: Option<String>,
    etag: Option<&ETag>,
    data: impl Serialize,
) -> Result<StoredReply, serde_json::Error> {
    let body = serde_json::to_string(&DataBody { success: true, data })?;
    let etag = etag.map(conditions::quoted);
    Ok(StoredReply { status: status.as_u16(), location, etag, body })
}

impl StoredReply {
    /// The reply as a caller is shown it who may read no more than this.
    pub(crate) fn disclosed(self, disclosure: Disclosure) -> Result<Self, serde_json::Error> {
        match disclosure {
            Disclosure::Whole => Ok(self),
            Disclosure::IdOnly => {
                let Self { status, location, etag, body } = self;
                let shown: DataBody<IdOnly> = serde_json::from_str(&body)?;
                let body = serde_json::to_string(&shown)?;
                Ok(Self { status, location, etag, body })
            }
        }
    }

    /// The reply to this request.
    pub(crate) fn into_response(self, request: &HttpRequest) -> HttpResponse {
        let Self { status, location, etag, body } = self;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let mut response = HttpResponse::build(status);
        response.content_type(ContentType::json());
        if let Some(location) = location {
            response.insert_header((header::LOCATION, reference(request, &location)));
        }
        if let Some(etag) = etag {
            response.insert_header((header::ETAG, etag));
        }
        response.body(body)
    }
}

impl<T: Serialize> Responder for Single<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        match &self.etag {
            Some(etag) if reads && conditions::is_known(request, etag) => {
                HttpResponse::NotModified()
                    .insert_header((header::ETAG, conditions::quoted(etag)))
                    .finish()
            }
            _ => respond(&self, request),
        }
    }
}

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        respond(&self, request)
    }
}

impl<T: Serialize> Responder for CreatedOrChanged<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Created(created) => created.respond_to(request),
            Self::Changed(changed) => changed.respond_to(request),
        }
    }
}

fn respond(reply: &impl StorableReply, request: &HttpRequest) -> HttpResponse {
    match reply.write() {
        Ok(written) => written.into_response(request),
        Err(error) => HttpResponse::from_error(ApiError::Internal(Box::new(error))),
    }
}

impl Responder for Deleted {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(MessageBody { success: true, message: self.0 })
    }
}

impl Responder for Erased {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let Self { progress, message } = self;
        let status = match progress {
            ErasureProgress::Complete => StatusCode::OK,
            ErasureProgress::Pending => StatusCode::ACCEPTED,
        };
        HttpResponse::build(status).json(MessageBody { success: true, message })
    }
}
