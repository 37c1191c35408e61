//! Logs: on standard error, as text for people at a terminal and as JSON for everything else.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

/// What can be logged, from nothing to everything.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Starts logging what the filter lets through.
///
/// # Errors
/// When the filter is not one, or logging was started already.
pub(crate) fn start(filter: &str) -> anyhow::Result<()> {
    // A lone word that is no level is a module to the library, all of whose lines it would show.
    let misspelt = |part: &str| {
        let part = part.trim();
        let lone = !part.is_empty() && !part.contains(['=', '[']);
        lone && !LEVELS.iter().any(|level| level.eq_ignore_ascii_case(part))
    };
    if filter.trim().is_empty() || filter.split(',').any(misspelt) {
        anyhow::bail!(usage(filter));
    }
    let filter = EnvFilter::builder().parse(filter).with_context(|| usage(filter))?;
    // Its debug lines hold the parameters of queries: what people wrote, which no log may show.
    let filter = filter.add_directive("tokio_postgres=info".parse()?);
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Complaining about a log that nobody reads any more would panic, in the middle of a reply.
        .log_internal_errors(false);
    let started = if std::io::stderr().is_terminal() {
        logs.try_init()
    } else {
        // A request has one span, which is the current one.
        logs.json().flatten_event(true).with_span_list(false).with_ansi(false).try_init()
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))
}

fn usage(given: &str) -> String {
    format!(
        "--log (CONVERSATIONS_LOG) takes one of {}, also for a module, as in \
         info,conversations_http=debug, and not {given:?}",
        LEVELS.join(", ")
    )
}
