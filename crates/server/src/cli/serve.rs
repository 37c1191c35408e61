//! `conversations serve`

use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use conversations_domain::{Name, RateLimit};
use conversations_http::{Origin, PublicUrl, RateLimitSettings, TrustedProxy};
use conversations_persistence::Limits;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::Database;
use super::duration;
use super::greeting::{Access, show_demo, welcome};
use super::healthcheck::reachable;
use super::invocation::quoted;
use crate::{Application, Certificates, Settings, SystemClock, TlsFiles, unix_socket};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The address to listen on; `unix:/path/to/a/socket` is one that only this machine reaches
    #[arg(
        long,
        env = "CONVERSATIONS_LISTEN",
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:8080"
    )]
    listen: String,

    /// The address to show metrics on, for Prometheus, at `/metrics`. It takes no key to read them, so
    /// without this they are shown nowhere
    #[arg(long, env = "CONVERSATIONS_METRICS_LISTEN", value_name = "HOST:PORT")]
    metrics_listen: Option<String>,

    /// The collector to send traces of requests to, by OTLP over HTTP, such as `http://127.0.0.1:4318`
    #[cfg(feature = "otel")]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true, value_name = "URL")]
    otlp_endpoint: Option<String>,

    /// The certificate to show, as PEM, and after it those between it and its authority: then HTTPS is
    /// served. SIGHUP has it read again
    #[arg(long, env = "CONVERSATIONS_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The private key of the certificate, as PEM
    #[arg(long, env = "CONVERSATIONS_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// How many seconds a request may take; beyond it the answer is 503. The time that its body takes
    /// to arrive does not count
    #[arg(
        long,
        env = "CONVERSATIONS_REQUEST_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 5,
        value_parser = clap::value_parser!(u64).range(1..=300)
    )]
    request_timeout: u64,

    /// How long the answer to the deletion of a conversation, a customer or a user waits for its end;
    /// beyond it the answer is 202, and the server goes on by itself. The deletion of an inbox is given
    /// up then
    #[arg(
        long,
        env = "CONVERSATIONS_ERASE_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    erase_timeout: u64,

    /// How many requests are worked on at once; one beyond it waits up to a second for its turn, then
    /// the answer is 503. An eighth is kept for workspaces that have less than a 64th under way. A
    /// request whose body is still on its way does not count
    #[arg(
        long,
        env = "CONVERSATIONS_REQUEST_CONCURRENCY",
        value_name = "REQUESTS",
        default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    request_concurrency: u32,

    /// How many requests of one workspace are worked on at once; one beyond it waits likewise
    #[arg(
        long,
        env = "CONVERSATIONS_WORKSPACE_CONCURRENCY",
        value_name = "REQUESTS",
        default_value_t = 512,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    workspace_concurrency: u32,

    /// How many requests with one key are worked on at once; one beyond it waits likewise
    #[arg(
        long,
        env = "CONVERSATIONS_KEY_CONCURRENCY",
        value_name = "REQUESTS",
        default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    key_concurrency: u32,

    /// How many connections an address, or a /64 of IPv6, may have at once; those beyond are closed.
    /// Trusted proxies may have any number; 0 is no limit
    #[arg(
        long,
        env = "CONVERSATIONS_CONNECTIONS_PER_ADDRESS",
        value_name = "CONNECTIONS",
        default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    connections_per_address: u32,

    /// The threads that answer requests; by default one for each core of the machine
    #[arg(
        long,
        env = "CONVERSATIONS_WORKERS",
        value_name = "THREADS",
        value_parser = clap::value_parser!(u32).range(1..=1024)
    )]
    workers: Option<u32>,

    /// The most connections to PostgreSQL that each worker opens: more than a third of them are for
    /// writes. The server's `max_connections` has to allow so many for each worker
    #[arg(
        long,
        env = "CONVERSATIONS_DATABASE_CONNECTIONS",
        value_name = "CONNECTIONS",
        default_value_t = 12,
        value_parser = clap::value_parser!(u32).range(5..=1000)
    )]
    database_connections: u32,

    /// The threads in which a workspace may read lists from SQLite, all workers together; there is one
    /// more for others. By default one for each core of the machine, but 2 to 16
    #[arg(
        long,
        env = "CONVERSATIONS_DATABASE_READERS",
        value_name = "THREADS",
        value_parser = clap::value_parser!(u32).range(1..=256)
    )]
    database_readers: Option<u32>,

    /// How many seconds an idle connection stays open. A proxy that keeps connections has to close them
    /// earlier than this, or it meets some that are just being closed
    #[arg(
        long,
        env = "CONVERSATIONS_KEEP_ALIVE",
        value_name = "SECONDS",
        default_value_t = 75,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    keep_alive: u64,

    /// How many seconds it may take to stop: to answer what has arrived and to close the database
    #[arg(
        long,
        env = "CONVERSATIONS_SHUTDOWN_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(1..=3_600)
    )]
    shutdown_timeout: u64,

    /// How long events stay in the feed of changes, such as 30d or 24h, up to 90d. Who follows the feed
    /// and is away for longer has to read everything again
    #[arg(
        long,
        env = "CONVERSATIONS_EVENTS_KEEP",
        value_name = "TIME",
        default_value = "30d",
        value_parser = duration::parse
    )]
    events_keep: Duration,

    /// How many requests each key may make, such as 600/min (or per s, or h), unless it has a limit of
    /// its own; without this such keys are not limited
    #[arg(long, env = "CONVERSATIONS_RATE_LIMIT", value_name = "LIMIT")]
    rate_limit: Option<RateLimit>,

    /// How often a client's address may send no valid key, such as 20/min; beyond it the answer is 429
    /// in place of 401. Valid keys are accepted all the same
    #[arg(long, env = "CONVERSATIONS_AUTH_FAILURE_LIMIT", value_name = "LIMIT")]
    auth_failure_limit: Option<RateLimit>,

    /// A proxy, or a network of them, whose X-Forwarded-For says which address a request comes from;
    /// repeat it for more. `unix` trusts all clients of the socket of `--listen unix:…`. Nobody else's
    /// header is read
    #[arg(
        long = "trusted-proxy",
        env = "CONVERSATIONS_TRUSTED_PROXIES",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    trusted_proxies: Vec<TrustedProxy>,

    /// An origin whose pages may use the API from a browser, such as `https://desk.example.com`;
    /// repeat it for more. Without this no page of another origin may
    #[arg(
        long = "cors-origin",
        env = "CONVERSATIONS_CORS_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    cors_origins: Vec<Origin>,

    /// The URL under which clients reach the API, such as `https://desk.example.com/support`, for
    /// absolute references in replies and in the description. Without it they are relative, which is
    /// right behind a proxy that takes off a path too
    #[arg(long, env = "CONVERSATIONS_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,

    /// Fill a workspace, `default` unless named, with a month of a made-up support desk to look at;
    /// one that has conversations, customers or users is left as it is
    #[arg(
        long,
        env = "CONVERSATIONS_DEMO",
        value_name = "WORKSPACE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "default"
    )]
    demo: Option<Name>,

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
        keep_alive,
        shutdown_timeout,
        events_keep,
        rate_limit,
        auth_failure_limit,
        trusted_proxies,
        cors_origins,
        public_url,
        demo,
        database,
    } = arguments;
    SystemClock::check()?;
    // Before anything is touched; it is bound to later.
    check_addresses(&listen, metrics_listen.as_deref())?;
    let (stop, at_once) = signals()?;
    // Each connection is an open file, and many systems allow a thousand unless they are asked.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the process may open no more files than before");
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
    settings.request_concurrency = usize::try_from(request_concurrency)?;
    settings.workspace_concurrency = usize::try_from(workspace_concurrency)?;
    settings.key_concurrency = usize::try_from(key_concurrency)?;
    settings.connections_per_address = usize::try_from(connections_per_address)?;
    settings.shutdown_timeout = Duration::from_secs(shutdown_timeout);
    settings.events_keep = events_keep;
    warn_of_short_feeds(events_keep);
    let built = Application::build(settings).await;
    let application = built.map_err(|error| database.named_in(error))?;
    if let Some(certificates) = application.certificates() {
        reload_on_hang_up(Arc::clone(certificates))?;
    }
    let access = access(&application, &socket, &database);
    let founded = application.found().await?;
    if let Some(founded) = &founded {
        welcome(founded, &access)?;
    }
    if let Some(workspace) = demo {
        let made = application.insert_demo(workspace.clone()).await.with_context(|| {
            let name = workspace.as_str();
            format!(
                "--demo: the workspace {name:?} could not be filled, and has nothing of the demo"
            )
        })?;
        let founded = founded.filter(|founded| founded.workspace.name == workspace);
        let secret = founded.as_ref().map(|founded| founded.secret.reveal());
        show_demo(&workspace, made, secret, &access)?;
    }
    let stop = async {
        // Nobody sends it once nobody can: then nothing stops the server.
        if stop.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = application.run_until_stopped(stop) => ended,
        Ok(()) = at_once => anyhow::bail!("told to stop a second time: stopped at once"),
    }
}

/// Warns of feeds that are shorter than it takes to notice that a follower is away.
fn warn_of_short_feeds(events_keep: Duration) {
    if events_keep < Duration::from_secs(3_600) {
        let seconds = events_keep.as_secs();
        tracing::warn!(
            seconds,
            "events are kept for less than an hour (--events-keep): who follows the feed and is away \
             for longer has to read everything again"
        );
    }
}

/// How people reach this application, which may listen on this socket in the file system.
fn access(application: &Application, socket: &str, database: &Database) -> Access {
    let scheme = if application.certificates().is_some() { "https" } else { "http" };
    let (curl, base) = match application.address() {
        Some(address) => ("curl -sS".to_owned(), format!("{scheme}://{}", reachable(address))),
        None => {
            (format!("curl -sS --unix-socket {}", quoted(socket)), "http://localhost".to_owned())
        }
    };
    Access {
        curl,
        base,
        data: application.location(),
        database: database.again(),
        has_page: application.address().is_some(),
    }
}

/// Makes sure that both stand for addresses.
fn check_addresses(listen: &str, metrics_listen: Option<&str>) -> anyhow::Result<()> {
    if unix_socket::path_in(listen).is_none() {
        listen.to_socket_addrs().with_context(|| {
            format!("cannot listen on {listen} (--listen, CONVERSATIONS_LISTEN)")
        })?;
    }
    if let Some(listen) = metrics_listen {
        listen.to_socket_addrs().with_context(|| {
            format!(
                "cannot show metrics on {listen} (--metrics-listen, CONVERSATIONS_METRICS_LISTEN)"
            )
        })?;
    }
    Ok(())
}

/// Has the certificate read again whenever the process is told so by SIGHUP. What cannot be used
/// changes nothing.
fn reload_on_hang_up(certificates: Arc<Certificates>) -> std::io::Result<()> {
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hang_up.recv().await.is_some() {
            match certificates.read_again() {
                Ok(()) => tracing::info!("read the certificate again"),
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::error!(error, "the certificate stays what it was");
                }
            }
        }
    });
    Ok(())
}

/// The first signal to stop, and the second one.
fn signals() -> std::io::Result<(oneshot::Receiver<()>, oneshot::Receiver<()>)> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let ((first, stop), (second, at_once)) = (oneshot::channel(), oneshot::channel());
    tokio::spawn(async move {
        for told in [first, second] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            let _gone = told.send(());
        }
    });
    Ok((stop, at_once))
}
