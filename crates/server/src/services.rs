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
use conversations_application::keys::{KeyService, KeyUseTracker};
use conversations_application::messages::MessageService;
use conversations_application::ports::{Clock, IdGenerator, WebhookAddressCheck, WebhookSender};
use conversations_application::users::UserService;
use conversations_application::webhooks::{WebhookPorts, WebhookService};
use conversations_application::workspaces::WorkspaceService;
use conversations_application::{ContextFactory, IdempotencyService};
use conversations_http::{
    AdmissionControl, Cors, EventStreams, JsonEventRenderer, PublicUrl, RateLimits, RequestMetrics,
    Services,
};
use conversations_persistence::Repositories;
use conversations_seed::DeskServices;

/// What the services of all workers have in common.
#[derive(Clone)]
pub(crate) struct SharedServices {
    pub(crate) erase_limit: Duration,
    pub(crate) uses: KeyUseTracker,
    pub(crate) limits: Arc<RateLimits>,
    pub(crate) streams: Arc<EventStreams>,
    pub(crate) contexts: ContextFactory,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) admission: Arc<AdmissionControl>,
    pub(crate) metrics: Arc<RequestMetrics>,
    pub(crate) cors: Cors,
    pub(crate) public_url: PublicUrl,
    pub(crate) has_console: bool,
    pub(crate) webhook_sender: Arc<dyn WebhookSender>,
    pub(crate) webhook_addresses: Arc<dyn WebhookAddressCheck>,
}

impl SharedServices {
    /// What the desk of the demo works with.
    pub(crate) fn desk(
        &self,
        repositories: Repositories,
        workspaces: WorkspaceService,
    ) -> DeskServices {
        let Services { conversations, messages, customers, users, inboxes, .. } =
            self.services(repositories);
        DeskServices { workspaces, inboxes, users, customers, conversations, messages }
    }

    /// The services over these repositories.
    pub(crate) fn services(&self, repositories: Repositories) -> Services {
        let Self {
            erase_limit,
            uses,
            limits,
            streams,
            contexts,
            clock,
            ids,
            admission,
            metrics,
            cors,
            public_url,
            has_console,
            webhook_sender,
            webhook_addresses,
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
            webhooks,
            deliveries,
            totals: _,
            exports: _,
            imports: _,
            seeds: _,
            readiness,
        } = repositories;
        let events = EventService::new(
            Arc::clone(&feed),
            Arc::clone(&conversations),
            Arc::clone(&messages),
            Arc::clone(&customers),
            Arc::clone(&users),
            Arc::clone(&inboxes),
            Arc::clone(&webhooks),
        );
        let webhooks = WebhookPorts {
            webhooks,
            deliveries,
            feed,
            sender: webhook_sender,
            renderer: Arc::new(JsonEventRenderer),
            addresses: webhook_addresses,
        };
        let erasures = ErasureService::new(erasures, erase_limit, contexts.clone());
        Services {
            conversations: ConversationService::new(
                Arc::clone(&conversations),
                Arc::clone(&customers),
                Arc::clone(&users),
                Arc::clone(&inboxes),
                Arc::clone(&replies),
                erasures.clone(),
                contexts.clone(),
            ),
            once: IdempotencyService::new(replies, contexts.clone()),
            messages: MessageService::new(
                messages,
                conversations,
                Arc::clone(&users),
                contexts.clone(),
            ),
            webhooks: WebhookService::new(webhooks, events.clone(), contexts.clone()),
            events,
            customers: CustomerService::new(customers, erasures.clone(), contexts.clone()),
            users: UserService::new(Arc::clone(&users), erasures, contexts.clone()),
            inboxes: InboxService::new(inboxes, contexts.clone()),
            keys: KeyService::new(keys, users, uses, contexts.clone()),
            history: HistoryService::new(history),
            audit: AuditService::new(audit),
            limits,
            streams,
            readiness,
            clock,
            ids,
            admission,
            metrics,
            cors,
            public_url,
            has_console,
        }
    }
}
