//! Logs: on standard error, as text for people at a terminal and as JSON for everything else.
//!
//! No log holds what people wrote or what keys are, at any level. Our own lines are made so; those of
//! libraries are not. Below `info` they show heads of requests and parameters of queries, to help
//! debug the library. So they log nothing below `info`, whatever the filter allows.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;

use anyhow::Context;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context as LayerContext, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

/// What can be logged, from nothing to everything.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What the names of our own modules begin with.
const OURS: &str = "conversations";

/// Starts logging what the filter lets through, and shows it to what makes traces of it.
///
/// # Errors
/// When the filter is not one, or logging was started already.
pub(crate) fn start(
    filter: &str,
    #[cfg(feature = "otel")] traces: Option<crate::traces::SpanLayer>,
) -> anyhow::Result<()> {
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
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        // Reporting that the log cannot be written would panic, in the middle of a reply.
        .log_internal_errors(false);
    let lines = if std::io::stderr().is_terminal() {
        lines.boxed()
    } else {
        // A request has one span, which is the current one.
        lines.json().flatten_event(true).with_span_list(false).with_ansi(false).boxed()
    };
    let registry = registry();
    #[cfg(feature = "otel")]
    let registry = registry.with(traces);
    registry
        .with(filter)
        .with(filter_fn(may_be_shown))
        .with(NoMalformedRequests)
        .with(lines)
        .try_init()
        .map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Whether a line can be relied on to hold nothing that no log may show.
fn may_be_shown(line: &Metadata<'_>) -> bool {
    let (target, level) = (line.target(), *line.level());
    // What the server of PostgreSQL has to remark comes at this level, and whatever is in its rows
    // may be in it.
    let remark = level == Level::INFO && target.starts_with("tokio_postgres");
    target.starts_with(OURS) || (level <= Level::INFO && !remark)
}

/// Drops the error that actix logs for each request that is not HTTP: it was the caller's, a 400 answered
/// it, and one needs no key to send any number of them.
struct NoMalformedRequests;

impl<S: Subscriber> Layer<S> for NoMalformedRequests {
    fn event_enabled(&self, event: &Event<'_>, _: LayerContext<'_, S>) -> bool {
        if event.metadata().target() != "actix_http::h1::dispatcher" {
            return true;
        }
        let mut message = Message::default();
        event.record(&mut message);
        !message.0.starts_with("stream error: request parse error")
    }
}

/// The message of a line.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// Logs where a panic was; and its words, if they stand in the code: what was put together may quote
/// what people wrote, as that of a text cut in the middle of a letter does.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let words = panic.payload().downcast_ref::<&'static str>();
    let place = panic.location().map(ToString::to_string);
    let thread = std::thread::current();
    tracing::error!(words, place, thread = thread.name(), "a panic");
}

fn usage(given: &str) -> String {
    format!(
        "--log (CONVERSATIONS_LOG) takes one of {}, also for a module, as in \
         info,conversations_http=debug, and not {given:?}",
        LEVELS.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const SECRET: &str = "ü-canary-of-a-panic";

    #[test]
    #[ignore = "it takes the hook of panics and the log of the process: the next one starts it as one"]
    fn panics() {
        start(
            "trace",
            #[cfg(feature = "otel")]
            None,
        )
        .expect("a log");
        let cut = std::hint::black_box(1);
        let inside = || assert!(SECRET[..cut].is_empty(), "not reached");
        for panic in [
            std::panic::catch_unwind(inside),
            std::panic::catch_unwind(|| panic!("told: {SECRET}")),
            std::panic::catch_unwind(|| panic!("words that stand in the code")),
        ] {
            assert!(panic.is_err());
        }
    }

    #[test]
    fn a_panic_is_logged_with_its_place_and_without_what_people_wrote() {
        let this = std::env::current_exe().expect("this program");
        let output = Command::new(this)
            .args(["--ignored", "--exact", "telemetry::tests::panics", "--nocapture"])
            .output()
            .expect("it runs");

        let log = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(output.status.success(), "{log}");
        let lines: Vec<_> = log.lines().filter(|line| line.contains("a panic")).collect();
        assert_eq!(lines.len(), 3, "{log}");
        assert!(lines.iter().all(|line| line.contains("telemetry.rs:")), "{log}");
        assert!(lines[2].contains("words that stand in the code"), "{log}");
        assert!(!log.contains("canary"), "{log}");
    }
}
