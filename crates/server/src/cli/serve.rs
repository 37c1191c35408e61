//! `conversations serve`

use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use conversations_domain::{Name, RateLimit};
use conversations_http::{Origin, PublicUrl, RateLimitSettings, TrustedProxy};
use conversations_persistence::{Limits, ListIndexLimits};

use super::Database;
use super::duration;
use super::signals::{reload_on_hang_up, signals};
use super::start_message::{AccessInfo, first_start};
use super::streams::StreamArguments;
use super::webhooks::Webhooks;
use crate::application::{cannot_listen_on, cannot_serve_metrics_on};
use crate::{Application, Settings, SystemClock, TlsFiles, unix_socket};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The address to listen on; `unix:/path/to/a/socket` is a Unix socket, reachable only from
    /// this machine
    #[arg(
        long,
        env = "CONVERSATIONS_LISTEN",
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:8080"
    )]
    listen: String,

    /// The address to serve Prometheus metrics on, at `/metrics`. Metrics need no key, so they are
    /// off by default
    #[arg(long, env = "CONVERSATIONS_METRICS_LISTEN", value_name = "HOST:PORT")]
    metrics_listen: Option<String>,

    /// The collector that receives request traces, by OTLP over HTTP, such as
    /// `http://127.0.0.1:4318`
    #[cfg(feature = "otel")]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true, value_name = "URL")]
    otlp_endpoint: Option<String>,

    /// The TLS certificate (PEM), followed by intermediates; enables HTTPS. SIGHUP reloads it
    #[arg(long, env = "CONVERSATIONS_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The private key of the certificate (PEM)
    #[arg(long, env = "CONVERSATIONS_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Request timeout in seconds, answered with 503. The time in which the body arrives does not
    /// count
    #[arg(
        long,
        env = "CONVERSATIONS_REQUEST_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 5,
        value_parser = clap::value_parser!(u64).range(1..=300)
    )]
    request_timeout: u64,

    /// Seconds to wait for the deletion of a conversation, a customer or a user; after that the
    /// answer is 202 and the deletion continues in the background. The deletion of an inbox is
    /// cancelled instead
    #[arg(
        long,
        env = "CONVERSATIONS_ERASE_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    erase_timeout: u64,

    /// Maximum number of concurrent requests. Further requests wait up to a second, then get 503.
    /// One eighth is reserved for workspaces that use less than 1/64. Requests whose body is still
    /// arriving do not count
    #[arg(
        long,
        env = "CONVERSATIONS_REQUEST_CONCURRENCY",
        value_name = "REQUESTS",
        default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    request_concurrency: u32,

    /// Maximum number of concurrent requests per workspace; further requests wait in the same way
    #[arg(
        long,
        env = "CONVERSATIONS_WORKSPACE_CONCURRENCY",
        value_name = "REQUESTS",
        default_value_t = 512,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    workspace_concurrency: u32,

    /// Maximum number of concurrent requests per key; further requests wait in the same way
    #[arg(
        long,
        env = "CONVERSATIONS_KEY_CONCURRENCY",
        value_name = "REQUESTS",
        default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    key_concurrency: u32,

    /// Maximum number of connections per client address (per /64 for IPv6); further connections are
    /// closed. Trusted proxies are not limited; 0 disables the limit
    #[arg(
        long,
        env = "CONVERSATIONS_CONNECTIONS_PER_ADDRESS",
        value_name = "CONNECTIONS",
        default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    connections_per_address: u32,

    /// Number of threads that answer requests; by default one per core
    #[arg(
        long,
        env = "CONVERSATIONS_WORKERS",
        value_name = "THREADS",
        value_parser = clap::value_parser!(u32).range(1..=1024)
    )]
    workers: Option<u32>,

    /// Maximum number of PostgreSQL connections per worker; more than a third are for writes. The
    /// server's `max_connections` must allow this many for each worker, and once more for the work
    /// beside requests
    #[arg(
        long,
        env = "CONVERSATIONS_DATABASE_CONNECTIONS",
        value_name = "CONNECTIONS",
        default_value_t = 12,
        value_parser = clap::value_parser!(u32).range(5..=1000)
    )]
    database_connections: u32,

    /// Number of threads in which one workspace may read lists from SQLite, shared by all workers;
    /// one more serves other workspaces. By default one per core, from 2 to 16
    #[arg(
        long,
        env = "CONVERSATIONS_DATABASE_READERS",
        value_name = "THREADS",
        value_parser = clap::value_parser!(u32).range(1..=256)
    )]
    database_readers: Option<u32>,

    /// Memory in MiB for indexes of conversations, which answer lists and counts of workspaces with
    /// 20,000 conversations and more; the least recently used are dropped first. 0 disables them
    #[arg(
        long,
        env = "CONVERSATIONS_LIST_INDEX_MEMORY",
        value_name = "MIB",
        default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(0..=1_048_576)
    )]
    list_index_memory: u32,

    /// Seconds for which an idle connection stays open. A proxy must close idle connections
    /// earlier, or its requests may hit a closing connection
    #[arg(
        long,
        env = "CONVERSATIONS_KEEP_ALIVE",
        value_name = "SECONDS",
        default_value_t = 75,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    keep_alive: u64,

    /// Seconds for a graceful shutdown: to answer received requests and to close the database
    #[arg(
        long,
        env = "CONVERSATIONS_SHUTDOWN_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(1..=3_600)
    )]
    shutdown_timeout: u64,

    /// How long events stay in the feed of changes, such as 30d or 24h, up to 90d. A client that is
    /// away for longer has to read all resources again
    #[arg(
        long,
        env = "CONVERSATIONS_EVENTS_KEEP",
        value_name = "TIME",
        default_value = "30d",
        value_parser = duration::parse
    )]
    events_keep: Duration,

    #[command(flatten)]
    streams: StreamArguments,

    #[command(flatten)]
    webhooks: Webhooks,

    /// Rate limit of each key without its own limit, such as 600/min (or per s, or h); by default
    /// none
    #[arg(long, env = "CONVERSATIONS_RATE_LIMIT", value_name = "LIMIT")]
    rate_limit: Option<RateLimit>,

    /// Failed authentications allowed per client address, such as 20/min; further ones get 429
    /// instead of 401. Valid keys are always accepted
    #[arg(long, env = "CONVERSATIONS_AUTH_FAILURE_LIMIT", value_name = "LIMIT")]
    auth_failure_limit: Option<RateLimit>,

    /// The address or network of a proxy whose X-Forwarded-For is trusted; repeat it for more.
    /// `unix` trusts all clients of the socket of `--listen unix:…`. The header of other clients is
    /// ignored
    #[arg(
        long = "trusted-proxy",
        env = "CONVERSATIONS_TRUSTED_PROXIES",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    trusted_proxies: Vec<TrustedProxy>,

    /// An origin whose pages may use the API from a browser, such as `https://desk.example.com`;
    /// repeat it for more. By default there is none
    #[arg(
        long = "cors-origin",
        env = "CONVERSATIONS_CORS_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    cors_origins: Vec<Origin>,

    /// The public URL of the API, such as `https://desk.example.com/support`, for absolute URLs in
    /// replies and in the description. By default they are relative, which also works behind a
    /// proxy that strips a path prefix
    #[arg(long, env = "CONVERSATIONS_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,

    /// Serve no page at `/console`
    #[arg(long, env = "CONVERSATIONS_NO_CONSOLE")]
    no_console: bool,

    /// Fill a workspace (`default` if none is named) with sample data: a month of a fictional
    /// support desk, whose customers and agents go on writing while the server runs. A workspace that
    /// has other conversations, customers or users is not changed
    #[arg(
        long,
        env = "CONVERSATIONS_DEMO",
        value_name = "WORKSPACE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "default"
    )]
    demo: Option<Name>,

    /// Print one JSON object instead of text, before the first request is answered: `url` and, at the
    /// first start, `workspace`, `workspaceId`, `inboxId` and `key`
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: Database,
}

#[cfg(feature = "otel")]
impl Arguments {
    /// What sends traces, if it is said where to.
    pub(super) fn traces(&self) -> anyhow::Result<Option<crate::traces::Traces>> {
        self.otlp_endpoint.as_deref().map(crate::traces::Traces::to).transpose()
    }
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments {
        listen,
        metrics_listen,
        #[cfg(feature = "otel")]
            otlp_endpoint: _,
        tls_cert,
        tls_key,
        request_timeout,
        erase_timeout,
        request_concurrency,
        workspace_concurrency,
        key_concurrency,
        connections_per_address,
        workers,
        database_connections,
        database_readers,
        list_index_memory,
        keep_alive,
        shutdown_timeout,
        events_keep,
        streams,
        webhooks,
        rate_limit,
        auth_failure_limit,
        trusted_proxies,
        cors_origins,
        public_url,
        no_console,
        demo,
        json,
        database,
    } = arguments;
    SystemClock::check()?;
    // Before anything is touched; it is bound to later.
    check_addresses(&listen, metrics_listen.as_deref())?;
    let (stop, at_once) = signals()?;
    // Each connection is an open file, and many systems allow a thousand unless they are asked.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "could not raise the open-file limit");
    }

    let socket = listen.strip_prefix("unix:").unwrap_or_default().to_owned();
    let mut settings = Settings::new(listen, database.url()?);
    settings.metrics_listen = metrics_listen;
    settings.tls = tls_cert.zip(tls_key).map(|(certificate, key)| TlsFiles { certificate, key });
    settings.limits = Limits {
        request: Duration::from_secs(request_timeout),
        erase: Duration::from_secs(erase_timeout),
        connections: usize::try_from(database_connections)?,
        readers: database_readers.map(usize::try_from).transpose()?,
        list_index: ListIndexLimits {
            memory: u64::from(list_index_memory) << 20,
            ..ListIndexLimits::default()
        },
        ..Limits::default()
    };
    settings.workers = workers.map(usize::try_from).transpose()?;
    settings.keep_alive = Duration::from_secs(keep_alive);
    settings.rate_limits = RateLimitSettings {
        per_key: rate_limit,
        auth_failures: auth_failure_limit,
        trusted_proxies,
    };
    settings.cors = cors_origins.into_iter().collect();
    settings.public_url = public_url.unwrap_or_default();
    settings.has_console = !no_console;
    settings.request_concurrency = usize::try_from(request_concurrency)?;
    settings.workspace_concurrency = usize::try_from(workspace_concurrency)?;
    settings.key_concurrency = usize::try_from(key_concurrency)?;
    settings.connections_per_address = usize::try_from(connections_per_address)?;
    settings.shutdown_timeout = Duration::from_secs(shutdown_timeout);
    settings.events_keep = events_keep;
    settings.webhooks = webhooks.settings();
    settings.streams = streams.settings()?;
    warn_of_short_feeds(events_keep);
    let built = Application::build(settings).await;
    let mut application = built.map_err(|error| database.named_in(error))?;
    if let Some(certificates) = application.certificates() {
        reload_on_hang_up(Arc::clone(certificates))?;
    }
    let access = AccessInfo::to(&application, &socket, &database);
    first_start(&mut application, &access, demo, json).await?;
    let stop = async {
        // If the sender is gone, it never completes: then nothing stops the server.
        if stop.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = application.run_until_stopped(stop) => ended,
        Ok(()) = at_once => anyhow::bail!("received a second stop signal: stopped immediately"),
    }
}

/// Warns if events are deleted before a short outage of a client is over.
fn warn_of_short_feeds(events_keep: Duration) {
    if events_keep < Duration::from_secs(3_600) {
        let seconds = events_keep.as_secs();
        tracing::warn!(
            seconds,
            "events are kept for less than an hour (--events-keep): a client that is away for longer \
             has to read all resources again"
        );
    }
}

/// Makes sure that both stand for addresses.
fn check_addresses(listen: &str, metrics_listen: Option<&str>) -> anyhow::Result<()> {
    if unix_socket::path_in(listen).is_none() {
        listen.to_socket_addrs().with_context(|| cannot_listen_on(listen))?;
    }
    if let Some(listen) = metrics_listen {
        listen.to_socket_addrs().with_context(|| cannot_serve_metrics_on(listen))?;
    }
    Ok(())
}
