//! What the replies of handlers say about an operation.

use actix_web::http::StatusCode;
use conversations_application::{Page, PageRequest};
use serde_json::{Value, json};

use super::static_asset::StaticAsset;
use crate::conversations::count::{CountBody, CountsBody};
use crate::disclosure::Disclosed;
use crate::events::stream::EventStreamReply;
use crate::events::{EventBody, FeedBody, FeedPagination};
use crate::health::Health;
use crate::idempotency::IdempotentResponse;
use crate::page::{Followed, ListBody, Pagination};
use crate::reply::{Created, CreatedOrChanged, Deleted, Erased, Single};
use crate::schema::{DescribeOperation, OperationDescription, ResponseBody, Schema, Schemas};

/// What stands as `data` in the reply about one resource.
trait ReplyData: Schema {
    /// The resource as it is read.
    type Resource: ResponseBody;

    /// What the description calls the reply.
    fn name() -> String;
}

impl<T: ResponseBody> ReplyData for T {
    type Resource = T;

    fn name() -> String {
        format!("{}Reply", T::NAME)
    }
}

impl<T: ResponseBody> ReplyData for Disclosed<T> {
    type Resource = T;

    fn name() -> String {
        format!("Written{}Reply", T::NAME)
    }
}

impl<D: ReplyData> DescribeOperation for Single<D> {
    fn describe(operation: &mut OperationDescription) {
        let headers = etag_headers::<D::Resource>();
        succeeds(operation, StatusCode::OK, "The resource as it is now.", reply_of::<D>, &headers);
        let example = json!({ "success": true, "data": D::Resource::example() });
        exemplify(operation, StatusCode::OK, example);
    }
}

impl<D: ReplyData> DescribeOperation for Created<D> {
    fn describe(operation: &mut OperationDescription) {
        let mut headers = etag_headers::<D::Resource>();
        headers["Location"] = header("Location");
        succeeds(operation, StatusCode::CREATED, "Created.", reply_of::<D>, &headers);
        let example = json!({ "success": true, "data": D::Resource::example() });
        exemplify(operation, StatusCode::CREATED, example);
    }
}

impl<D: ReplyData> DescribeOperation for CreatedOrChanged<D> {
    fn describe(operation: &mut OperationDescription) {
        Single::<D>::describe(operation);
        Created::<D>::describe(operation);
    }
}

impl<R: DescribeOperation> DescribeOperation for IdempotentResponse<R> {
    fn describe(operation: &mut OperationDescription) {
        R::describe(operation);
        for success in operation.successes.values_mut() {
            success["headers"]["Idempotent-Replayed"] = header("IdempotentReplayed");
        }
    }
}

impl<T: ResponseBody> DescribeOperation for ListBody<T> {
    fn describe(operation: &mut OperationDescription) {
        let headers = json!({ "Link": header("Link") });
        succeeds(operation, StatusCode::OK, "A page of the list.", list_of::<T>, &headers);
        let (previous, next) = (None, None);
        let items = T::example().into_iter().collect();
        let page = Page { items, total: 1, page: Some(1), previous, next };
        let page = ListBody::<T>::new(PageRequest::default(), page);
        exemplify(operation, StatusCode::OK, json!(page));
    }
}

impl<B: DescribeOperation> DescribeOperation for Followed<B> {
    fn describe(operation: &mut OperationDescription) {
        B::describe(operation);
        for success in operation.successes.values_mut() {
            success["headers"]["ETag"] = header("ETag");
        }
    }
}

impl DescribeOperation for CountsBody {
    fn describe(operation: &mut OperationDescription) {
        let headers = json!({});
        succeeds(operation, StatusCode::OK, "The counts.", counts_reply, &headers);
        let data: Vec<_> = CountBody::example().into_iter().collect();
        exemplify(operation, StatusCode::OK, json!({ "success": true, "data": data }));
    }
}

fn counts_reply(schemas: &mut Schemas) -> Value {
    reply_with::<Vec<CountBody>>("ConversationCounts", schemas)
}

impl DescribeOperation for FeedBody {
    fn describe(operation: &mut OperationDescription) {
        // Each event needs a permission, and a caller that lacks all of them is refused.
        operation.refuses([StatusCode::FORBIDDEN, StatusCode::GONE]);
        succeeds(operation, StatusCode::OK, "A page of events.", feed, &json!({}));
        exemplify(operation, StatusCode::OK, json!(Self::example()));
    }
}

impl DescribeOperation for EventStreamReply {
    fn describe(operation: &mut OperationDescription) {
        operation.refuses([StatusCode::FORBIDDEN]);
        let content = json!({ "text/event-stream": { "schema": { "type": "string" } } });
        let headers = json!({});
        let success = json!({
            "description": "A stream of events.", "headers": headers, "content": content,
        });
        operation.successes.insert(StatusCode::OK.as_u16(), success);
    }
}

fn feed(schemas: &mut Schemas) -> Value {
    paged::<EventBody, FeedPagination>("EventFeed", schemas)
}

impl DescribeOperation for Deleted {
    fn describe(operation: &mut OperationDescription) {
        succeeds(operation, StatusCode::OK, "Deleted.", deleted_reply, &json!({}));
        let example = json!({ "success": true, "message": "It was deleted." });
        exemplify(operation, StatusCode::OK, example);
    }
}

impl DescribeOperation for Erased {
    fn describe(operation: &mut OperationDescription) {
        Deleted::describe(operation);
        let text = "Deleted for every caller. The server is still removing some of it from the \
            database, in the background.";
        succeeds(operation, StatusCode::ACCEPTED, text, deleted_reply, &json!({}));
        let message = "It was deleted. Some of it is still being removed from the database.";
        let example = json!({ "success": true, "message": message });
        exemplify(operation, StatusCode::ACCEPTED, example);
    }
}

fn deleted_reply(schemas: &mut Schemas) -> Value {
    schemas.named("DeletedReply", |_| {
        json!({
            "type": "object",
            "description": "The reply to a deletion.",
            "properties": {
                "success": success(true),
                "message": { "type": "string", "description": "A message for people." },
            },
            "required": ["success", "message"],
            "x-order": ["success", "message"],
        })
    })
}

impl DescribeOperation for Health {
    fn describe(operation: &mut OperationDescription) {
        let kind = |schemas: &mut Schemas| {
            schemas.named("SignOfLife", |_| {
                let status = json!({ "type": "string", "enum": ["ok", "degraded"] });
                let properties = json!({ "status": status, "reason": { "type": "string" } });
                json!({ "type": "object", "properties": properties, "required": ["status"] })
            })
        };
        succeeds(operation, StatusCode::OK, "The service answers.", kind, &json!({}));
        exemplify(operation, StatusCode::OK, json!(Health::default()));
    }
}

impl<T> DescribeOperation for StaticAsset<T> {
    fn describe(operation: &mut OperationDescription) {
        let kind = |_: &mut Schemas| json!({ "type": "object" });
        let headers = json!({ "ETag": header("ETag") });
        succeeds(operation, StatusCode::OK, "The OpenAPI document.", kind, &headers);
    }
}

/// The headers of what has a tag, or has none.
fn etag_headers<T: ResponseBody>() -> Value {
    if T::HAS_ETAG { json!({ "ETag": header("ETag") }) } else { json!({}) }
}

fn reply_of<D: ReplyData>(schemas: &mut Schemas) -> Value {
    reply_with::<D>(&D::name(), schemas)
}

/// A reply with this as `data`.
fn reply_with<D: Schema>(name: &str, schemas: &mut Schemas) -> Value {
    schemas.named(name, |schemas| {
        let data = D::schema(schemas);
        json!({
            "type": "object",
            "properties": { "success": success(true), "data": data },
            "required": ["success", "data"],
            "x-order": ["success", "data"],
        })
    })
}

fn list_of<T: ResponseBody>(schemas: &mut Schemas) -> Value {
    paged::<T, Pagination>(&format!("{}List", T::NAME), schemas)
}

/// A list with the position of the page in it.
fn paged<T: ResponseBody, P: Schema>(name: &str, schemas: &mut Schemas) -> Value {
    schemas.named(name, |schemas| {
        let data = Vec::<T>::schema(schemas);
        let pagination = P::schema(schemas);
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
    operation: &mut OperationDescription,
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

fn exemplify(operation: &mut OperationDescription, status: StatusCode, example: Value) {
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
