//! Pages of lists, as callers see them.

mod followed;
mod link;

pub(crate) use followed::{Followed, FollowedList, ListReader};

use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder};
use conversations_application::{Cursor, Page, PageRequest};
use conversations_domain::EventCursor;
use serde::Serialize;

use crate::json_body::json;
use crate::schema::{Fields, ObjectSchema};

/// The body of a list.
#[derive(Debug, Serialize)]
pub(crate) struct ListBody<T> {
    success: bool,
    data: Vec<T>,
    pagination: Pagination,
}

/// The position of the page in the list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pagination {
    total: u64,
    page: Option<u64>,
    limit: u32,
    total_pages: u64,
    next_cursor: Option<String>,
    prev_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<EventCursor>,
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
                as_of: None,
            },
        }
    }

    /// The same page of a list that the feed reports: as of this cursor.
    fn with_as_of(self, cursor: EventCursor) -> Self {
        let pagination = Pagination { as_of: Some(cursor), ..self.pagination };
        Self { pagination, ..self }
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

impl ObjectSchema for Pagination {
    const NAME: &'static str = "Pagination";
    const TEXT: &'static str = "The position of the page in the list.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<u64>("total", "The exact number of items on all pages.")
            .has::<Option<u64>>("page", "The page number; null for a page by cursor.")
            .has::<u64>("limit", "The maximum number of items per page.")
            .has::<u64>("totalPages", "The number of pages; 0 if `total` is 0.")
            .has::<Option<Cursor>>("nextCursor", "The cursor of the next page, or null.")
            .has::<Option<Cursor>>("prevCursor", "The cursor of the previous page, or null.")
            .may_have::<EventCursor>(
                "asOf",
                "The cursor of the feed from which to follow the list: every change that this page \
                 does not show comes after it. Lists of API keys and of the audit have none.",
            );
    }
}
