//! What the replies of handlers say about an operation.

use actix_web::http::StatusCode;
use conversations_application::{Page, PageRequest};
use serde::Serialize;
use serde_json::{Value, json};

use super::description::{Described, Description};
use super::schema::{Kind, Schemas, Shape};
use super::serve::Fixed;
use crate::health::SignOfLife;
use crate::once::Answer;
use crate::page::{ListBody, Pagination};
use crate::reply::{Created, Deleted, Single};

/// What callers are shown.
pub(crate) trait Shown: Shape + Serialize + Sized {
    /// Whether its state has a tag.
    const HAS_TAG: bool = true;

    /// One as it may be, made as all are: there always is one.
    fn example() -> Option<Self>;
}

impl<T: Shown> Described for Single<T> {
    fn describe(operation: &mut Description) {
        let headers = tagged::<T>();
        succeeds(operation, StatusCode::OK, "It, as it is now.", reply_of::<T>, &headers);
        let example = json!({ "success": true, "data": T::example() });
        exemplify(operation, StatusCode::OK, example);
    }
}

impl<T: Shown> Described for Created<T> {
    fn describe(operation: &mut Description) {
        let mut headers = tagged::<T>();
        headers["Location"] = header("Location");
        succeeds(operation, StatusCode::CREATED, "It was made.", reply_of::<T>, &headers);
        let example = json!({ "success": true, "data": T::example() });
        exemplify(operation, StatusCode::CREATED, example);
    }
}

impl<R: Described> Described for Answer<R> {
    fn describe(operation: &mut Description) {
        R::describe(operation);
        for success in operation.successes.values_mut() {
            success["headers"]["Idempotent-Replayed"] = header("IdempotentReplayed");
        }
    }
}

impl<T: Shown> Described for ListBody<T> {
    fn describe(operation: &mut Description) {
        let headers = json!({ "Link": header("Link") });
        succeeds(operation, StatusCode::OK, "A page of the list.", list_of::<T>, &headers);
        let (previous, next) = (None, None);
        let items = T::example().into_iter().collect();
        let page = Page { items, total: 1, page: Some(1), previous, next };
        let page = ListBody::<T>::new(PageRequest::default(), page);
        exemplify(operation, StatusCode::OK, json!(page));
    }
}

impl Described for Deleted {
    fn describe(operation: &mut Description) {
        let kind = |schemas: &mut Schemas| {
            schemas.named("DeletedReply", |_| {
                json!({
                    "type": "object",
                    "description": "Something is gone.",
                    "properties": {
                        "success": success(true),
                        "message": { "type": "string", "description": "A sentence for people." },
                    },
                    "required": ["success", "message"],
                    "x-order": ["success", "message"],
                })
            })
        };
        succeeds(operation, StatusCode::OK, "It is gone.", kind, &json!({}));
        let example = json!({ "success": true, "message": "It was deleted." });
        exemplify(operation, StatusCode::OK, example);
    }
}

impl Described for SignOfLife {
    fn describe(operation: &mut Description) {
        let kind = |schemas: &mut Schemas| {
            schemas.named("SignOfLife", |_| {
                let status = json!({ "type": "string", "const": "ok" });
                let properties = json!({ "status": status });
                json!({ "type": "object", "properties": properties, "required": ["status"] })
            })
        };
        succeeds(operation, StatusCode::OK, "It lives.", kind, &json!({}));
        exemplify(operation, StatusCode::OK, json!(SignOfLife::default()));
    }
}

impl<T> Described for Fixed<T> {
    fn describe(operation: &mut Description) {
        let kind = |_: &mut Schemas| json!({ "type": "object" });
        let headers = json!({ "ETag": header("ETag") });
        succeeds(operation, StatusCode::OK, "The description.", kind, &headers);
    }
}

/// The headers of what has a tag, or has none.
fn tagged<T: Shown>() -> Value {
    if T::HAS_TAG { json!({ "ETag": header("ETag") }) } else { json!({}) }
}

fn reply_of<T: Shown>(schemas: &mut Schemas) -> Value {
    schemas.named(&format!("{}Reply", T::NAME), |schemas| {
        let data = T::kind(schemas);
        json!({
            "type": "object",
            "properties": { "success": success(true), "data": data },
            "required": ["success", "data"],
            "x-order": ["success", "data"],
        })
    })
}

fn list_of<T: Shown>(schemas: &mut Schemas) -> Value {
    schemas.named(&format!("{}List", T::NAME), |schemas| {
        let data = Vec::<T>::kind(schemas);
        let pagination = Pagination::kind(schemas);
        json!({
            "type": "object",
            "properties": {
                "success": success(true),
                "data": data,
                "pagination": pagination,
            },
            "required": ["success", "data", "pagination"],
            "x-order": ["success", "data", "pagination"],
        })
    })
}

fn succeeds(
    operation: &mut Description,
    status: StatusCode,
    text: &str,
    kind: impl FnOnce(&mut Schemas) -> Value,
    headers: &Value,
) {
    let schema = kind(&mut operation.schemas);
    let content = json!({ "application/json": { "schema": schema } });
    let success = json!({ "description": text, "headers": headers, "content": content });
    operation.successes.insert(status.as_u16(), success);
}

fn exemplify(operation: &mut Description, status: StatusCode, example: Value) {
    if let Some(success) = operation.successes.get_mut(&status.as_u16()) {
        success["content"]["application/json"]["example"] = example;
    }
}

/// The field `success`. It has no `const`: generators of clients make a word of it, and refuse every
/// reply with a boolean.
pub(super) fn success(always: bool) -> Value {
    json!({ "type": "boolean", "description": format!("Always {always}.") })
}

/// A header that the document describes once for all.
pub(super) fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}
