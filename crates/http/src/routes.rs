//! Every path of the API, once.

use actix_web::middleware::from_fn;
use actix_web::web;

use crate::auth::authenticate;
use crate::error::ApiError;
use crate::reply::BASE_PATH;
use crate::routing::{
    Operation, OperationDescriber, ResourceRoutes, at, delete, get, get_public, patch, post, put,
};
use crate::{
    audit, console, conversations, customers, docs, events, health, history, inboxes, keys,
    messages, openapi, users, web_pages, webhooks,
};

/// What needs no key.
fn public_routes() -> [ResourceRoutes; 4] {
    [
        at("/health/live", [get_public(health::live)]),
        at("/health/ready", [get_public(health::ready)]),
        at("/api/v1/health", [get_public(health::live)]),
        at("/openapi.json", [get_public(openapi::get)]),
    ]
}

/// What lies below [`BASE_PATH`] and needs a key. Every name in braces stands for an id, here or in
/// another system.
fn protected_routes() -> Vec<ResourceRoutes> {
    vec![
        at("/conversations", [get(conversations::list), post(conversations::create)]),
        // Before the one with an id: a path belongs to the first that it fits.
        at("/conversations/counts", [get(conversations::count)]),
        at("/conversations/external/{source}/{externalId}", [put(conversations::put)]),
        at(
            "/conversations/{id}",
            [
                get(conversations::get),
                put(conversations::update),
                patch(conversations::update),
                delete(conversations::delete),
            ],
        ),
        at("/conversations/{id}/claim", [post(conversations::claim)]),
        at("/conversations/{id}/messages", [get(messages::list), post(messages::create)]),
        at(
            "/conversations/{id}/messages/{messageId}",
            [get(messages::get), delete(messages::delete)],
        ),
        at("/conversations/{id}/history", [get(history::list)]),
        at("/customers", [get(customers::list), post(customers::create)]),
        at("/customers/external/{source}/{externalId}", [put(customers::put)]),
        at(
            "/customers/{id}",
            [
                get(customers::get),
                put(customers::update),
                patch(customers::update),
                delete(customers::delete),
            ],
        ),
        at("/users", [get(users::list), post(users::create)]),
        at("/users/external/{source}/{externalId}", [put(users::put)]),
        at(
            "/users/{id}",
            [get(users::get), put(users::update), patch(users::update), delete(users::delete)],
        ),
        at("/inboxes", [get(inboxes::list), post(inboxes::create)]),
        at(
            "/inboxes/{id}",
            [
                get(inboxes::get),
                put(inboxes::update),
                patch(inboxes::update),
                delete(inboxes::delete),
            ],
        ),
        at("/keys", [get(keys::list), post(keys::create)]),
        at("/keys/{id}", [get(keys::get), patch(keys::update), delete(keys::revoke)]),
        at("/me", [get(keys::current)]),
        at("/audit", [get(audit::list)]),
        at("/events", [get(events::list)]),
        at("/events/stream", [get(events::stream::open)]),
        at("/webhooks", [get(webhooks::list), post(webhooks::create)]),
        at(
            "/webhooks/{id}",
            [
                get(webhooks::get),
                put(webhooks::update),
                patch(webhooks::update),
                delete(webhooks::delete),
            ],
        ),
        at("/webhooks/{id}/secret", [post(webhooks::rotate_secret)]),
        at("/webhooks/{id}/test", [post(webhooks::test)]),
        at("/webhooks/{id}/replay", [post(webhooks::replay)]),
        at("/webhooks/{id}/deliveries", [get(webhooks::list_deliveries)]),
        at("/webhooks/{id}/deliveries/{deliveryId}/redeliver", [post(webhooks::redeliver)]),
    ]
}

/// Every operation there is, as the router knows it.
#[must_use]
pub fn operations() -> Vec<Operation> {
    described().into_iter().map(|(operation, _)| operation).collect()
}

/// The same, and what each takes and answers.
pub(crate) fn described() -> Vec<(Operation, OperationDescriber)> {
    let mut operations = Vec::new();
    for resource in public_routes() {
        operations.extend(resource.operations(""));
    }
    for resource in protected_routes() {
        operations.extend(resource.operations(BASE_PATH));
    }
    operations
}

/// Puts every path into the router.
pub(crate) fn register(config: &mut web::ServiceConfig, has_console: bool) {
    let console = has_console.then(console::routes).into_iter().flatten();
    let pages = web_pages::routes().chain(docs::routes()).chain(console);
    // Before the scope: its prefix would take `/api/v1/health` along.
    for resource in public_routes().into_iter().chain(pages) {
        config.service(resource.into_resource());
    }
    let scope = protected_routes()
        .into_iter()
        .fold(web::scope(BASE_PATH), |scope, resource| scope.service(resource.into_resource()))
        .default_service(web::to(not_found));
    // The outermost wrap comes last and is asked first.
    config.service(scope.wrap(from_fn(authenticate)));
    config.default_service(web::to(not_found));
}

async fn not_found() -> Result<&'static str, ApiError> {
    Err(ApiError::NoSuchPath)
}
