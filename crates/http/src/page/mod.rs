//! Pages of lists, as callers see them.

mod link;

use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder};
use conversations_application::{Cursor, Page, PageRequest};
use serde::Serialize;

use crate::rendering::json;
use crate::schema::{Fields, Shape};

/// The body of a list.
#[derive(Debug, Serialize)]
pub(crate) struct ListBody<T> {
    success: bool,
    data: Vec<T>,
    pagination: Pagination,
}

/// Where a page lies among all.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pagination {
    total: u64,
    page: Option<u64>,
    limit: u32,
    total_pages: u64,
    next_cursor: Option<String>,
    prev_cursor: Option<String>,
}

impl<T> ListBody<T> {
    /// The page that was asked for.
    pub(crate) fn new<E: Into<T>>(asked: PageRequest, page: Page<E>) -> Self {
        let Page { items, total, page, previous, next } = page;
        Self {
            success: true,
            data: items.into_iter().map(Into::into).collect(),
            pagination: Pagination {
                total,
                page,
                limit: asked.limit(),
                total_pages: asked.pages_of(total),
                next_cursor: next.map(|cursor| cursor.to_string()),
                prev_cursor: previous.map(|cursor| cursor.to_string()),
            },
        }
    }
}

impl<T: Serialize + Send + 'static> Responder for ListBody<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if let Some(links) = link::header(request, &self.pagination) {
            response.insert_header((header::LINK, links));
        }
        json(&mut response, self)
    }
}

impl Shape for Pagination {
    const NAME: &'static str = "Pagination";
    const TEXT: &'static str = "Where a page lies among all.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<u64>("total", "How many there are on all pages, exactly.")
            .has::<Option<u64>>("page", "The number of the page; null by cursor.")
            .has::<u64>("limit", "The most that are on a page.")
            .has::<u64>("totalPages", "How many pages there are; 0 when `total` is.")
            .has::<Option<Cursor>>("nextCursor", "Leads to what lies after the page, if anything.")
            .has::<Option<Cursor>>("prevCursor", "Leads to what lies before it, if anything.");
    }
}
