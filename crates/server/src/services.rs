//! The services that answer requests, put together once by each worker.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::audit::AuditService;
use conversations_application::conversations::ConversationService;
use conversations_application::customers::CustomerService;
use conversations_application::erasures::ErasureService;
use conversations_application::events::EventService;
use conversations_application::history::HistoryService;
use conversations_application::inboxes::InboxService;
use conversations_application::keys::{KeyService, KeyUses};
use conversations_application::messages::MessageService;
use conversations_application::ports::{Clock, IdGenerator};
use conversations_application::users::UserService;
use conversations_application::{Moments, OnceService};
use conversations_http::{Cors, Load, PublicUrl, RateLimits, RequestMetrics, Services};
use conversations_persistence::Repositories;

/// What the services of all workers have in common.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) erase_limit: Duration,
    pub(crate) uses: KeyUses,
    pub(crate) limits: Arc<RateLimits>,
    pub(crate) moments: Moments,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) load: Arc<Load>,
    pub(crate) metrics: Arc<RequestMetrics>,
    pub(crate) cors: Cors,
    pub(crate) public_url: PublicUrl,
}

impl Shared {
    /// The services over these repositories.
    pub(crate) fn services(&self, repositories: Repositories) -> Services {
        let Self {
            erase_limit,
            uses,
            limits,
            moments,
            clock,
            ids,
            load,
            metrics,
            cors,
            public_url,
        } = self.clone();
        let Repositories {
            workspaces: _,
            keys,
            inboxes,
            users,
            customers,
            conversations,
            messages,
            history,
            audit,
            replies,
            erasures,
            feed,
            totals: _,
            seeds: _,
            readiness,
        } = repositories;
        let erasures = ErasureService::new(erasures, erase_limit, moments.clone());
        Services {
            conversations: ConversationService::new(
                Arc::clone(&conversations),
                Arc::clone(&customers),
                Arc::clone(&users),
                Arc::clone(&inboxes),
                Arc::clone(&replies),
                erasures.clone(),
                moments.clone(),
            ),
            once: OnceService::new(replies, moments.clone()),
            messages: MessageService::new(
                Arc::clone(&messages),
                Arc::clone(&conversations),
                Arc::clone(&users),
                moments.clone(),
            ),
            events: EventService::new(
                feed,
                conversations,
                messages,
                Arc::clone(&customers),
                Arc::clone(&users),
                Arc::clone(&inboxes),
            ),
            customers: CustomerService::new(customers, erasures.clone(), moments.clone()),
            users: UserService::new(users, erasures, moments.clone()),
            inboxes: InboxService::new(inboxes, moments.clone()),
            keys: KeyService::new(keys, uses, moments.clone()),
            history: HistoryService::new(history),
            audit: AuditService::new(audit),
            limits,
            readiness,
            clock,
            ids,
            load,
            metrics,
            cors,
            public_url,
        }
    }
}
