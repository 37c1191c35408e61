//! The page at `/console`: an inbox that a team of agents works in, over the API alone.
//!
//! It can do what the key can that is pasted into it, and nothing else: there is no route for it beside
//! those of its files.

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
    below "/console/" from "":
    "actions.js" as JAVASCRIPT,
    "admin-audit.js" as JAVASCRIPT,
    "admin-directory.js" as JAVASCRIPT,
    "admin-keys.js" as JAVASCRIPT,
    "admin-table.js" as JAVASCRIPT,
    "admin-webhooks.js" as JAVASCRIPT,
    "admin.js" as JAVASCRIPT,
    "announce.js" as JAVASCRIPT,
    "api.js" as JAVASCRIPT,
    "avatar.js" as JAVASCRIPT,
    "card.js" as JAVASCRIPT,
    "changes.js" as JAVASCRIPT,
    "compose.js" as JAVASCRIPT,
    "composer.js" as JAVASCRIPT,
    "conflict.js" as JAVASCRIPT,
    "counts.js" as JAVASCRIPT,
    "customer.js" as JAVASCRIPT,
    "dialog.js" as JAVASCRIPT,
    "drafts.js" as JAVASCRIPT,
    "erase.js" as JAVASCRIPT,
    "errors.js" as JAVASCRIPT,
    "feed.js" as JAVASCRIPT,
    "filters.js" as JAVASCRIPT,
    "format.js" as JAVASCRIPT,
    "forms.css" as CSS,
    "keyboard.js" as JAVASCRIPT,
    "later.js" as JAVASCRIPT,
    "linkify.js" as JAVASCRIPT,
    "list.css" as CSS,
    "list.js" as JAVASCRIPT,
    "listpane.js" as JAVASCRIPT,
    "main.js" as JAVASCRIPT,
    "menu.js" as JAVASCRIPT,
    "message.js" as JAVASCRIPT,
    "reconcile.js" as JAVASCRIPT,
    "route.js" as JAVASCRIPT,
    "row.js" as JAVASCRIPT,
    "session.js" as JAVASCRIPT,
    "signin.js" as JAVASCRIPT,
    "storage.js" as JAVASCRIPT,
    "store.js" as JAVASCRIPT,
    "strip.js" as JAVASCRIPT,
    "style.css" as CSS,
    "thread.css" as CSS,
    "thread.js" as JAVASCRIPT,
    "threadpane.js" as JAVASCRIPT,
    "views.js" as JAVASCRIPT,
    "viewspane.js" as JAVASCRIPT,
};

/// The page, what it is made of, and what leads to it.
pub(crate) fn routes() -> impl Iterator<Item = ResourceRoutes> {
    let entrances = [
        at("/console/", [get_page(|| ready(Redirect::to("../console").see_other()))]),
        at("/console", [get_page(page)]),
    ];
    entrances.into_iter().chain(routes_of(FILES))
}

/// The page itself.
async fn page(request: HttpRequest) -> HttpResponse {
    page_reply(PAGE, &request)
}
