//! The page at `/docs`: the description of the API for people, with a form to try each operation.
//!
//! What it shows it makes in the browser from `/openapi.json`.

use actix_web::web::Redirect;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::ready;

use crate::openapi::StaticAsset;
use crate::routing::{ResourceRoutes, at, get_page};
use crate::web_pages::{CSS, HTML, JAVASCRIPT, PageFile, page_files, page_reply, routes_of};

pub(crate) const PAGE: StaticAsset =
    StaticAsset { media_type: HTML, text: include_str!("page.html") };

/// The files that the page is made of, by their paths, beside those of all pages.
pub(crate) const FILES: &[PageFile] = page_files! {
    below "/docs/" from "":
    "api.js" as JAVASCRIPT,
    "authorize.js" as JAVASCRIPT,
    "body.js" as JAVASCRIPT,
    "choices.js" as JAVASCRIPT,
    "confirm.js" as JAVASCRIPT,
    "content.css" as CSS,
    "fields.js" as JAVASCRIPT,
    "json.js" as JAVASCRIPT,
    "main.js" as JAVASCRIPT,
    "navigation.js" as JAVASCRIPT,
    "operation.js" as JAVASCRIPT,
    "overview.js" as JAVASCRIPT,
    "reply.js" as JAVASCRIPT,
    "request.js" as JAVASCRIPT,
    "schema.js" as JAVASCRIPT,
    "session.js" as JAVASCRIPT,
    "style.css" as CSS,
    "tail.js" as JAVASCRIPT,
    "text.js" as JAVASCRIPT,
    "try.js" as JAVASCRIPT,
    "types.js" as JAVASCRIPT,
};

/// The page, what it is made of, and what leads to it.
pub(crate) fn routes() -> impl Iterator<Item = ResourceRoutes> {
    // From where one is: a proxy may serve all of it below another path, and the page refers to its
    // files and to the API in the same way.
    let entrances = [
        at("/", [get_page(|| ready(Redirect::to("docs").see_other()))]),
        at("/docs/", [get_page(|| ready(Redirect::to("../docs").see_other()))]),
        at("/docs", [get_page(page)]),
    ];
    entrances.into_iter().chain(routes_of(FILES))
}

/// The page itself.
async fn page(request: HttpRequest) -> HttpResponse {
    page_reply(PAGE, &request)
}
