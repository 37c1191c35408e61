//! Texts that are part of the program, for everybody: `GET /openapi.json` among them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, Responder};
use conversations_application::ETag;

use crate::conditions;
use crate::public_url::PublicUrl;

/// A text that stays as it is as long as the program does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StaticAsset<T = &'static str> {
    pub(crate) media_type: &'static str,
    pub(crate) text: T,
}

/// The description as this server shows it. It is made when it is first asked for.
#[derive(Debug)]
pub(crate) struct ServedDescription {
    url: PublicUrl,
    describe: fn(&PublicUrl) -> String,
    text: OnceLock<Bytes>,
}

impl ServedDescription {
    /// The description at this URL, which is made with this.
    pub(crate) fn new(url: PublicUrl, describe: fn(&PublicUrl) -> String) -> Self {
        Self { url, describe, text: OnceLock::new() }
    }

    fn text(&self) -> Bytes {
        self.text.get_or_init(|| Bytes::from((self.describe)(&self.url))).clone()
    }
}

/// The description of the API.
pub(crate) async fn get(description: Data<ServedDescription>) -> StaticAsset<Bytes> {
    StaticAsset { media_type: "application/json", text: description.text() }
}

impl<T: AsRef<[u8]> + MessageBody + 'static> Responder for StaticAsset<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let tag = etag_of(self.text.as_ref());
        let etag = (header::ETAG, conditions::quoted(&tag));
        if conditions::is_known(request, &tag) {
            return HttpResponse::NotModified().insert_header(etag).finish();
        }
        HttpResponse::Ok().insert_header(etag).content_type(self.media_type).body(self.text)
    }
}

/// The same for the same text: what it is made with has no secret.
fn etag_of(text: &[u8]) -> ETag {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    ETag::new(format!("{:016x}", hasher.finish()))
}
