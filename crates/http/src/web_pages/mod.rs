//! What the pages for people have in common: their policy, how their files are declared and served,
//! and the files in `shared`, which all of them load.
//!
//! A page is plain HTML, CSS and modules of JavaScript that are part of the program, without a step
//! that builds them. It works from the binary alone: its policy allows requests only to the server
//! that it came from, and scripts only from these files. Pages are not part of the API, so that they
//! are not in its description.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};

use crate::openapi::StaticAsset;
use crate::routing::{ResourceRoutes, at, get_page};

/// What a page may do. Its scripts make no markup out of text, and nothing but them runs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'",
);

pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const CSS: &str = "text/css; charset=utf-8";
pub(crate) const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
pub(crate) const SVG: &str = "image/svg+xml";

/// A file and the path where it is served.
pub(crate) type PageFile = (&'static str, StaticAsset);

/// Declares the files that are served below a path, from the folder of the caller.
macro_rules! page_files {
    (below $path:literal from $folder:literal: $($name:literal as $media_type:expr),* $(,)?) => {
        &[$((
            concat!($path, $name),
            $crate::openapi::StaticAsset {
                media_type: $media_type,
                text: include_str!(concat!($folder, $name)),
            },
        )),*]
    };
}
pub(crate) use page_files;

/// The files that every page loads.
pub(crate) const FILES: &[PageFile] = page_files! {
    below "/shared/" from "shared/":
    "base.css" as CSS,
    "dom.js" as JAVASCRIPT,
    "follow.js" as JAVASCRIPT,
    "icon.svg" as SVG,
    "sse.js" as JAVASCRIPT,
    "statuses.js" as JAVASCRIPT,
};

/// Where the files of all pages are.
pub(crate) fn routes() -> impl Iterator<Item = ResourceRoutes> {
    routes_of(FILES)
}

/// Where these files are.
pub(crate) fn routes_of(files: &'static [PageFile]) -> impl Iterator<Item = ResourceRoutes> {
    files.iter().map(|(path, file)| at(path, [get_page(move || std::future::ready(*file))]))
}

/// A page itself, with what it may do.
pub(crate) fn page_reply(page: StaticAsset, request: &HttpRequest) -> HttpResponse {
    let mut response = page.respond_to(request);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}
