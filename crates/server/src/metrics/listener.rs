//! Where metrics are read: on sockets of their own, in a thread of its own. They need no key, so
//! they are served only on an address that the operator names; and they are answered however much
//! there is to do.

use std::net::SocketAddr;

use actix_web::dev::Server;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Context;

use super::Metrics;
use crate::listeners::Listeners;

const PATH: &str = "/metrics";

/// More connections than that wait for one that ends: it takes one to read metrics.
const CONNECTIONS: usize = 64;

/// What answers who wants to read metrics.
pub(crate) struct MetricsServer {
    server: Server,
    address: SocketAddr,
}

impl MetricsServer {
    /// Shows these metrics on these sockets once it [runs](Self::start).
    ///
    /// # Errors
    /// When the sockets cannot be used.
    pub(crate) fn new(metrics: Metrics, listeners: &Listeners) -> anyhow::Result<Self> {
        let application = move || {
            let metrics = web::resource(PATH)
                .app_data(Data::new(metrics.clone()))
                .route(web::get().to(show))
                .route(web::head().to(show))
                .default_service(web::to(HttpResponse::MethodNotAllowed));
            App::new().service(metrics)
        };
        let mut server = HttpServer::new(application)
            .workers(1)
            .max_connections(CONNECTIONS)
            .shutdown_timeout(1)
            .disable_signals();
        for listener in listeners.shared()? {
            server = server.listen(listener)?;
        }
        let address = *server.addrs().first().context("no address to serve metrics on")?;
        Ok(Self { server: server.run(), address })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers from now on.
    pub(crate) fn start(self) -> RunningMetricsServer {
        let Self { server, address } = self;
        tracing::info!(%address, "serving metrics");
        if !address.ip().to_canonical().is_loopback() {
            tracing::warn!(
                %address,
                "anyone who can reach this address can read the metrics: they need no key"
            );
        }
        let handle = server.handle();
        drop(tokio::spawn(server));
        RunningMetricsServer(handle)
    }
}

/// A server of metrics that answers.
pub(crate) struct RunningMetricsServer(actix_web::dev::ServerHandle);

impl RunningMetricsServer {
    /// Ends it.
    pub(crate) async fn stop(self) {
        self.0.stop(false).await;
    }
}

async fn show(metrics: Data<Metrics>) -> HttpResponse {
    match metrics.text() {
        Ok(text) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, prometheus::TEXT_FORMAT))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "could not render the metrics");
            HttpResponse::InternalServerError().finish()
        }
    }
}
