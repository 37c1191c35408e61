//! Texts that are part of the program, for everybody: `GET /openapi.json` among them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder};
use conversations_application::Tag;

use super::openapi;
use crate::conditions;

/// A text that stays as it is as long as the program does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fixed {
    pub(crate) media_type: &'static str,
    pub(crate) text: &'static str,
}

static DOCUMENT: LazyLock<String> = LazyLock::new(openapi);

/// The description of the API.
pub(crate) async fn get() -> Fixed {
    Fixed { media_type: "application/json", text: &DOCUMENT }
}

impl Responder for Fixed {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let tag = tag_of(self.text);
        let etag = (header::ETAG, conditions::quoted(&tag));
        if conditions::is_known(request, &tag) {
            return HttpResponse::NotModified().insert_header(etag).finish();
        }
        HttpResponse::Ok().insert_header(etag).content_type(self.media_type).body(self.text)
    }
}

/// The same for the same text: what it is made with has no secret.
fn tag_of(text: &str) -> Tag {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Tag::new(format!("{:016x}", hasher.finish()))
}
