//! The page at `/docs`: the description of the API for people, with a form to try each operation.
//!
//! It is files that are part of the program, in plain HTML, CSS and modules of JavaScript; what it
//! shows it makes in the browser from `/openapi.json`. It works from the binary alone: its policy
//! allows requests only to the server that it came from, and scripts only from these files.
//!
//! These places are for people and not part of the API, so that they are not in its description.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Redirect;
use actix_web::{HttpRequest, HttpResponse, Responder};
use futures_util::future::ready;

use crate::openapi::StaticAsset;
use crate::routing::{ResourceRoutes, at, get_page};

/// What the page may do. Its scripts make no markup out of text, and nothing but them runs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'",
);

pub(crate) const PAGE: StaticAsset =
    StaticAsset { media_type: HTML, text: include_str!("page.html") };
const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! files {
    ($($name:literal as $media_type:expr),* $(,)?) => {
        /// The files that the page is made of, by their paths.
        pub(crate) const FILES: &[(&str, StaticAsset)] = &[
            $((concat!("/docs/", $name), StaticAsset { media_type: $media_type, text: include_str!($name) })),*
        ];
    };
}

files! {
    "api.js" as JAVASCRIPT,
    "authorize.js" as JAVASCRIPT,
    "body.js" as JAVASCRIPT,
    "choices.js" as JAVASCRIPT,
    "confirm.js" as JAVASCRIPT,
    "content.css" as CSS,
    "dom.js" as JAVASCRIPT,
    "fields.js" as JAVASCRIPT,
    "follow.js" as JAVASCRIPT,
    "icon.svg" as "image/svg+xml",
    "json.js" as JAVASCRIPT,
    "main.js" as JAVASCRIPT,
    "navigation.js" as JAVASCRIPT,
    "operation.js" as JAVASCRIPT,
    "overview.js" as JAVASCRIPT,
    "reply.js" as JAVASCRIPT,
    "request.js" as JAVASCRIPT,
    "schema.js" as JAVASCRIPT,
    "session.js" as JAVASCRIPT,
    "sse.js" as JAVASCRIPT,
    "style.css" as CSS,
    "tail.js" as JAVASCRIPT,
    "text.js" as JAVASCRIPT,
    "try.js" as JAVASCRIPT,
    "types.js" as JAVASCRIPT,
}

/// The page, what it is made of, and what leads to it.
pub(crate) fn routes() -> impl Iterator<Item = ResourceRoutes> {
    // From where one is: a proxy may serve all of it below another path, and the page refers to its
    // files and to the API in the same way.
    let entrances = [
        at("/", [get_page(|| ready(Redirect::to("docs").see_other()))]),
        at("/docs/", [get_page(|| ready(Redirect::to("../docs").see_other()))]),
        at("/docs", [get_page(page)]),
    ];
    let files = FILES.iter().map(|(path, file)| at(path, [get_page(|| ready(*file))]));
    entrances.into_iter().chain(files)
}

/// The page itself.
async fn page(request: HttpRequest) -> HttpResponse {
    let mut response = PAGE.respond_to(&request);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}
