//! The services that answer requests, put together once by each worker.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::audit::AuditService;
use conversations_application::conversations::ConversationService;
use conversations_application::customers::CustomerService;
use conversations_application::erasures::ErasureService;
use conversations_application::history::HistoryService;
use conversations_application::inboxes::InboxService;
use conversations_application::keys::{KeyService, KeyUses};
use conversations_application::messages::MessageService;
use conversations_application::ports::{Clock, IdGenerator};
use conversations_application::users::UserService;
use conversations_application::{Moments, OnceService};
use conversations_http::{Cors, Load, PublicUrl, RateLimits, RequestMetrics, Services};
use conversations_persistence::Repositories;

/// Puts the services over these repositories together.
#[expect(clippy::too_many_arguments, reason = "each is another part of what is put together")]
pub(crate) fn services(
    repositories: Repositories,
    erase_limit: Duration,
    uses: KeyUses,
    limits: Arc<RateLimits>,
    moments: &Moments,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    load: Arc<Load>,
    metrics: Arc<RequestMetrics>,
    cors: Cors,
    public_url: PublicUrl,
) -> Services {
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
        totals: _,
        seeds: _,
        readiness,
    } = repositories;
    let erasures = ErasureService::new(erasures, erase_limit);
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
        messages: MessageService::new(messages, conversations, Arc::clone(&users), moments.clone()),
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
