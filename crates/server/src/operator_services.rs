//! What works without a listening socket: the database, and what operators do with it.

use std::sync::Arc;

#[cfg(feature = "program")]
use conversations_application::archives::{ExportService, ImportService};
use conversations_application::erasures::ErasureService;
use conversations_application::events::EventService;
use conversations_application::keys::{KeyService, KeyUseTracker};
use conversations_application::ports::{Clock, IdGenerator};
use conversations_application::totals::TotalsService;
#[cfg(feature = "program")]
use conversations_application::users::UserService;
use conversations_application::webhooks::{DeliveryPorts, DeliveryService};
use conversations_application::workspaces::WorkspaceService;
use conversations_application::{ContextFactory, IdempotencyService};
use conversations_http::JsonEventRenderer;
use conversations_persistence::{DatabaseUrl, Limits, Repositories, Store, open};
use conversations_seed::SeedService;
use conversations_webhooks::HttpWebhookSender;

use crate::deliveries::LEASE;
use crate::settings::WebhookSettings;

/// A database, and the services that operators use beside a server or without one.
pub(crate) struct OperatorServices {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) repositories: Repositories,
    pub(crate) workspaces: WorkspaceService,
    pub(crate) keys: KeyService,
    #[cfg(feature = "program")]
    pub(crate) users: UserService,
    pub(crate) erasures: ErasureService,
    pub(crate) events: EventService,
    pub(crate) totals: TotalsService,
    #[cfg(feature = "program")]
    pub(crate) exports: ExportService,
    #[cfg(feature = "program")]
    pub(crate) imports: ImportService,
    pub(crate) seeds: SeedService,
    pub(crate) once: IdempotencyService,
    /// What the key services of all workers note.
    pub(crate) uses: KeyUseTracker,
}

impl OperatorServices {
    /// Opens the database and applies the migrations that are missing.
    pub(crate) async fn open(
        database: &DatabaseUrl,
        limits: Limits,
        contexts: ContextFactory,
    ) -> anyhow::Result<(Self, Vec<String>)> {
        let store = open(database, limits)?;
        let migrated = match store.migrate().await {
            Ok(migrated) => migrated,
            Err(error) => {
                store.close().await;
                return Err(error.into());
            }
        };
        let repositories = store.repositories()?;
        let workspaces =
            WorkspaceService::new(Arc::clone(&repositories.workspaces), contexts.clone());
        let totals = TotalsService::new(
            Arc::clone(&repositories.totals),
            Arc::clone(&repositories.workspaces),
            contexts.clone(),
        );
        let erasures =
            ErasureService::new(Arc::clone(&repositories.erasures), limits.erase, contexts.clone());
        #[cfg(feature = "program")]
        let users =
            UserService::new(Arc::clone(&repositories.users), erasures.clone(), contexts.clone());
        let uses = KeyUseTracker::default();
        let once = IdempotencyService::new(Arc::clone(&repositories.replies), contexts.clone());
        let keys = KeyService::new(
            Arc::clone(&repositories.keys),
            Arc::clone(&repositories.users),
            uses.clone(),
            contexts.clone(),
        );
        let events = EventService::new(
            Arc::clone(&repositories.feed),
            Arc::clone(&repositories.conversations),
            Arc::clone(&repositories.messages),
            Arc::clone(&repositories.customers),
            Arc::clone(&repositories.users),
            Arc::clone(&repositories.inboxes),
            Arc::clone(&repositories.webhooks),
        );
        #[cfg(feature = "program")]
        let exports = ExportService::new(
            Arc::clone(&repositories.exports),
            Arc::clone(&repositories.workspaces),
            contexts.clone(),
        );
        #[cfg(feature = "program")]
        let imports = ImportService::new(Arc::clone(&repositories.imports), contexts.clone());
        let seeds = SeedService::new(Arc::clone(&repositories.seeds), contexts);
        let services = Self {
            store,
            repositories,
            workspaces,
            keys,
            #[cfg(feature = "program")]
            users,
            erasures,
            events,
            totals,
            #[cfg(feature = "program")]
            exports,
            #[cfg(feature = "program")]
            imports,
            seeds,
            once,
            uses,
        };
        Ok((services, migrated))
    }

    /// What sends webhooks.
    pub(crate) fn deliveries(
        &self,
        settings: &WebhookSettings,
        (clock, ids): (Arc<dyn Clock>, Arc<dyn IdGenerator>),
    ) -> DeliveryService {
        let ports = DeliveryPorts {
            deliveries: Arc::clone(&self.repositories.deliveries),
            sender: Arc::new(HttpWebhookSender::new(&settings.sender)),
            renderer: Arc::new(JsonEventRenderer),
            clock,
            ids,
        };
        DeliveryService::new(ports, self.events.clone(), LEASE)
    }
}
