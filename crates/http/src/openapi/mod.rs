//! The description of the API in OpenAPI 3.1, generated from the code.
//!
//! Paths, methods and permissions come from the router, and what an operation takes and answers from
//! the types in its handler's signature ([`crate::schema`]): a handler with an argument that says
//! nothing does not become a route. Bounds and words are the domain's, errors are those
//! of the one table ([`errors`]), and what is shown as an example was made as a reply is made. Only
//! the [`docs`] about each operation, and about each field, are written for the description alone.

mod arguments;
mod components;
pub(crate) mod errors;
pub(crate) mod operation_docs;
mod replies;
mod static_asset;

use std::collections::BTreeMap;

use actix_web::http::{Method, StatusCode};
use conversations_domain::{ExternalSource, ForeignId};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub(crate) use static_asset::{ServedDescription, StaticAsset, get};

use crate::access::Access;
use crate::public_url::PublicUrl;
use crate::reply::BASE_PATH;
use crate::routing::{Operation, OperationDescriber};
use crate::schema::{OperationDescription, Schema, Schemas};
use operation_docs::{OperationDocs, TAGS, docs_of};

/// The description of these operations at this URL, as an indented JSON document with a line break
/// at its end.
pub(crate) fn text(operations: &[(Operation, OperationDescriber)], url: &PublicUrl) -> String {
    let mut document = document(operations);
    document["servers"][0]["url"] = json!(url.server());
    // What was made of strings and numbers can be written.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// The description of these operations.
pub(crate) fn document(operations: &[(Operation, OperationDescriber)]) -> Value {
    let mut schemas = Schemas::default();
    let parameters = components::parameters(&mut schemas);
    schemas.named("ErrorReply", |_| errors::schema());

    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (operation, describe) in operations {
        let mut description = OperationDescription { schemas, ..OperationDescription::default() };
        describe(&mut description);
        let path = paths.entry(&operation.path).or_default();
        if path.is_empty() {
            let ids = ids_in(&operation.path);
            let ids: Vec<_> = ids.map(|id| id_parameter(id, &mut description.schemas)).collect();
            path.insert("parameters".to_owned(), json!(ids));
        }
        let all = operations.iter().map(|(operation, _)| operation);
        let (described, rest) = describe_one(operation, description, all);
        path.insert(operation.method.as_str().to_ascii_lowercase(), described);
        schemas = rest;
    }

    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Conversations",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Customer support conversations over a REST API.",
            "description": operation_docs::INTRODUCTION.trim_end(),
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": PublicUrl::default().server(), "description": "The server that returned this document." }],
        "security": [{ "bearer": [] }, { "header": [] }],
        "tags": TAGS.map(|(name, text)| json!({ "name": name, "description": text })),
        "paths": paths,
        "components": {
            "schemas": schemas.into_value(),
            "parameters": parameters,
            "headers": components::headers(),
            "responses": errors::responses(),
            "securitySchemes": components::security_schemes(),
        },
    })
}

/// One operation, and the schemas that are there after it.
fn describe_one<'a>(
    operation: &Operation,
    mut description: OperationDescription,
    all: impl Iterator<Item = &'a Operation>,
) -> (Value, Schemas) {
    let OperationDocs { id, tag, summary, text, conflict, .. } = docs_of(operation);
    if operation.method == Method::GET && has_tag(&description) {
        description.takes("IfNoneMatch");
        let unchanged = json!({
            "description": "Not modified: the current ETag is one of those in If-None-Match.",
            "headers": { "ETag": replies::header("ETag") },
        });
        description.successes.insert(StatusCode::NOT_MODIFIED.as_u16(), unchanged);
    }
    description.takes("XRequestId");
    if conflict.is_some() {
        description.refuses([StatusCode::CONFLICT]);
    }
    // What answers whatever is asked for: the server may be overloaded, or the body too large.
    description.refuses([
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ]);

    let OperationDescription { access, parameters, body, mut successes, refusals, schemas, .. } =
        description;
    for success in successes.values_mut() {
        success["headers"]["X-Request-Id"] = replies::header("XRequestId");
        if access.needs_key() {
            for (name, component) in components::rate_limit_headers() {
                success["headers"][name] = replies::header(&component);
            }
        }
    }
    if let Some(created) = successes.get_mut(&StatusCode::CREATED.as_u16()) {
        created["links"] = links(operation, all);
    }
    for status in refusals {
        let name = errors::name_of(status);
        successes.insert(status, json!({ "$ref": format!("#/components/responses/{name}") }));
    }
    let responses: BTreeMap<_, _> =
        successes.into_iter().map(|(status, response)| (status.to_string(), response)).collect();

    let needs = access.permission().map(|permission| format!("Needs `{permission}`."));
    let conflict = conflict.map(|conflict| format!("409: {conflict}"));
    let sentences =
        [needs.as_deref(), Some(*text).filter(|text| !text.is_empty()), conflict.as_deref()];
    let text = sentences.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let mut described = json!({
        "operationId": id,
        "tags": [tag],
        "summary": summary,
        "description": text,
        "parameters": parameters,
        "responses": responses,
    });
    match access {
        Access::Permission(permission) => described["x-permission"] = json!(permission),
        Access::AnyKey => {}
        Access::Open => described["security"] = json!([]),
    }
    if let Some(body) = body {
        described["requestBody"] = body;
    }
    (described, schemas)
}

fn has_tag(description: &OperationDescription) -> bool {
    description.successes.values().any(|success| success["headers"].get("ETag").is_some())
}

/// Where one can go with what was made: to each operation on it, and on what belongs to it.
fn links<'a>(made: &Operation, all: impl Iterator<Item = &'a Operation>) -> Value {
    let mut links = Map::new();
    let known: Vec<_> = ids_in(&made.path).collect();
    for operation in all {
        let Some(below) = operation.path.strip_prefix(&format!("{}/", made.path)) else { continue };
        let mut parameters = Map::new();
        for id in &known {
            parameters.insert((*id).to_owned(), json!(format!("$request.path.{id}")));
        }
        let new: Vec<_> = ids_in(below).collect();
        let [new] = new.as_slice() else { continue };
        parameters.insert((*new).to_owned(), json!("$response.body#/data/_id"));
        let id = docs_of(operation).id;
        links.insert(id.to_owned(), json!({ "operationId": id, "parameters": parameters }));
    }
    Value::Object(links)
}

/// The names of the ids in a path.
fn ids_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn id_parameter(name: &str, schemas: &mut Schemas) -> Value {
    let (text, schema) = match name {
        "source" => ("The name of another system.", ExternalSource::schema(schemas)),
        "externalId" => ("The id of the resource in that system.", ForeignId::schema(schemas)),
        _ => ("The id of the resource: a UUID in lower case with hyphens.", Uuid::schema(schemas)),
    };
    json!({ "name": name, "in": "path", "required": true, "description": text, "schema": schema })
}

/// The name of an operation in the table of words: its method and its path.
pub(crate) fn name_of(operation: &Operation) -> String {
    let path = operation.path.strip_prefix(BASE_PATH).unwrap_or(&operation.path);
    format!("{} {path}", operation.method)
}
