//! The HTTP surface of Conversations, on actix-web.
//!
//! [`configure`] brings all paths into an application, and [`boundary()`] is to be wrapped around
//! it, outermost:
//!
//! ```
//! use actix_web::{App, middleware::from_fn};
//! use conversations_http::{Services, boundary, configure};
//!
//! # #[allow(dead_code)]
//! fn serve(services: Services) {
//!     let application = move || {
//!         App::new().wrap(from_fn(boundary)).configure(configure(services.clone()))
//!     };
//!     // HttpServer::new(application) …
//! #   drop(application);
//! }
//! ```
//!
//! A request passes, in this order: the boundary (whether there is a place for it; its size, if
//! announced), authentication, the rate limit, a place of its workspace and its key, the router (is there such a
//! path, does it take the method), the handler's first argument (the
//! permission, the media type, the ids in the path) and its other arguments (the body and the
//! query). What handlers call are the use cases of `conversations-application`; nothing here knows
//! of a database.

mod access;
mod actor;
mod admission;
mod audit;
mod auth;
#[cfg(feature = "benching")]
pub mod benching;
mod body;
mod boundary;
mod caller;
mod conditions;
mod connection_signals;
mod console;
mod conversations;
mod cors;
mod customers;
mod deadline;
mod deletion;
mod details;
mod disclosure;
mod docs;
mod error;
mod events;
mod examples;
mod external_id;
mod extract;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod guarded_body;
mod health;
mod history;
mod idempotency;
mod inboxes;
mod json;
mod json_body;
mod keys;
mod limits;
mod media_type;
mod messages;
mod metrics;
mod offload;
mod openapi;
mod page;
mod public_url;
mod query;
mod reply;
mod reply_body;
mod request_id;
mod request_permit;
mod routes;
mod routing;
mod schema;
mod tags;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod users;
mod validation;
mod web_pages;
mod webhooks;

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use conversations_application::IdempotencyService;
use conversations_application::audit::AuditService;
use conversations_application::conversations::ConversationService;
use conversations_application::customers::CustomerService;
use conversations_application::events::EventService;
use conversations_application::history::HistoryService;
use conversations_application::inboxes::InboxService;
use conversations_application::keys::KeyService;
use conversations_application::messages::MessageService;
use conversations_application::ports::{Clock, IdGenerator, Readiness};
use conversations_application::users::UserService;
use conversations_application::webhooks::WebhookService;

pub use access::Access;
pub use admission::{AdmissionControl, AdmissionLimits, AdmissionMetrics};
pub use boundary::boundary;
pub use connection_signals::ConnectionSignals;
pub use cors::{Cors, InvalidOrigin, Origin};
pub use events::JsonEventRenderer;
pub use events::event_json;
pub use events::stream::{EventStreams, StreamMetrics, StreamSettings};
pub use guarded_body::GuardedBody;
pub use limits::{
    InvalidProxy, RateLimitMetrics, RateLimitSettings, RateLimits, TrustedProxy, counted_address,
};
pub use metrics::{RequestMetrics, Series};
pub use public_url::{InvalidPublicUrl, PublicUrl};
pub use routes::operations;
pub use routing::Operation;

/// What the API is made of.
#[derive(Clone)]
pub struct Services {
    /// The use cases of conversations.
    pub conversations: ConversationService,
    /// The use cases of messages.
    pub messages: MessageService,
    /// The use cases of the history of conversations.
    pub history: HistoryService,
    /// The use cases of customers.
    pub customers: CustomerService,
    /// The use cases of users.
    pub users: UserService,
    /// The use cases of inboxes.
    pub inboxes: InboxService,
    /// The use cases of API keys.
    pub keys: KeyService,
    /// What does requests once that are sent again.
    pub once: IdempotencyService,
    /// The use cases of the audit.
    pub audit: AuditService,
    /// The use cases of the feed of changes.
    pub events: EventService,
    /// The streams of events; the same for all workers.
    pub streams: Arc<EventStreams>,
    /// The use cases of webhooks.
    pub webhooks: WebhookService,
    /// How much of it a key may use; the same for all workers.
    pub limits: Arc<RateLimits>,
    /// Whether the storage can answer.
    pub readiness: Arc<dyn Readiness>,
    /// The time, for errors to tell.
    pub clock: Arc<dyn Clock>,
    /// Names for requests that come without one.
    pub ids: Arc<dyn IdGenerator>,
    /// What the process has taken on, and how much it may: the same for all its workers.
    pub admission: Arc<AdmissionControl>,
    /// What the requests were; the same for all its workers.
    pub metrics: Arc<RequestMetrics>,
    /// Whose pages may use the API from a browser.
    pub cors: Cors,
    /// The URL under which clients reach the API, for the references in replies.
    pub public_url: PublicUrl,
    /// Whether there is a page at `/console`.
    pub has_console: bool,
}

/// The description of the API at this URL in OpenAPI 3.1, as an indented JSON document with a line
/// break at its end.
#[must_use]
pub fn openapi(url: &PublicUrl) -> String {
    openapi::text(&routes::described(), url)
}

/// Brings the whole API into an application: `/health/*`, `/api/v1/*`, its
/// description, the pages at `/docs` and `/console`, and a 404 for the rest.
pub fn configure(services: Services) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let Services {
            conversations,
            messages,
            history,
            customers,
            users,
            inboxes,
            keys,
            once,
            audit,
            events,
            streams,
            webhooks,
            limits,
            readiness,
            clock,
            ids,
            admission,
            metrics,
            cors,
            public_url,
            has_console,
        } = services;
        config
            .app_data(Data::new(conversations))
            .app_data(Data::new(messages))
            .app_data(Data::new(history))
            .app_data(Data::new(customers))
            .app_data(Data::new(users))
            .app_data(Data::new(inboxes))
            .app_data(Data::new(keys))
            .app_data(Data::new(once))
            .app_data(Data::new(audit))
            .app_data(Data::new(events))
            .app_data(Data::from(streams))
            .app_data(Data::new(webhooks))
            .app_data(Data::from(limits))
            .app_data(Data::from(readiness))
            .app_data(Data::from(clock))
            .app_data(Data::from(ids))
            .app_data(Data::from(admission))
            .app_data(Data::from(metrics))
            .app_data(Data::new(cors))
            .app_data(Data::new(openapi::ServedDescription::new(public_url.clone(), openapi)))
            .app_data(Data::new(public_url));
        routes::register(config, has_console);
    }
}
