//! The command line: one file per command.

mod archive_files;
mod argument_error;
mod backup;
mod check;
mod completions;
mod database;
mod distribute;
mod duration;
mod export;
mod healthcheck;
mod import;
mod insecure_tls;
mod invocation;
mod key_user;
mod keys;
mod migrate;
mod openapi;
#[cfg(test)]
mod reference;
mod role;
mod seed;
mod serve;
mod signals;
mod start_message;
mod streams;
mod table;
mod verify;
mod webhooks;
mod workspaces;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};
use database::Database;

use crate::telemetry;

/// How long a step of a command may take: an operator waits longer than a request.
const PATIENCE: Duration = Duration::from_secs(30);

/// Customer support conversations over a REST API, on SQLite or PostgreSQL.
#[derive(Parser)]
#[command(name = "conversations", version, max_term_width = 80)]
struct Arguments {
    /// Log level: off, error, warn, info, debug or trace; also per module, as in
    /// `info,conversations_http=debug`
    #[arg(long, env = "CONVERSATIONS_LOG", default_value = "info", global = true)]
    log: String,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API; on an empty database, create a workspace, an inbox and an admin key first
    Serve(Box<serve::Arguments>),
    /// Apply pending migrations, and print their names
    Migrate(Database),
    /// Spread the workspaces over the nodes of a cluster of PostgreSQL with Citus; servers may keep
    /// running
    Distribute(Database),
    /// Write a backup of a SQLite database to a file; the server may keep running
    Backup(backup::Arguments),
    /// Check the schema, the integrity of the database and the stored totals
    Check(check::Arguments),
    /// Write a workspace to a file, as lines of JSON; the server may keep running
    Export(export::Arguments),
    /// Check that a file of `export` is complete and unaltered; needs no database
    Verify(verify::Arguments),
    /// Fill an empty workspace from a file
    #[command(subcommand)]
    Import(import::Format),
    /// Fill a workspace with generated conversations, for tests and benchmarks
    Seed(seed::Arguments),
    /// Create, list, rotate and revoke API keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// Create, list and delete workspaces
    #[command(subcommand)]
    Workspaces(workspaces::Command),
    /// Check whether a running server is ready. Exits with 0 if ready, otherwise 1
    Healthcheck(healthcheck::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
    /// Print the OpenAPI description of the API
    Openapi,
}

/// What was asked for cannot be done, and nothing was changed.
#[derive(Debug)]
struct CommandRefused(String);

impl std::fmt::Display for CommandRefused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for CommandRefused {}

/// What is said where there is no database.
fn absent(file: &Path) -> String {
    format!(
        "no database file {}; `serve`, `migrate`, `seed`, `import`, `keys create` and \
         `workspaces create` create one",
        file.display()
    )
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if argument_error::is_help(&error) => error.exit(),
        Err(error) => {
            eprintln!("conversations: {}", argument_error::line(&error));
            return ExitCode::from(2);
        }
    };
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            // One line, also for errors that quote several.
            let line = format!("{error:#}").replace('\n', " ");
            eprintln!("conversations: {line}");
            // What was asked for cannot be done: 1. The program cannot work as it was started: 2.
            let refused = error.is::<CommandRefused>()
                || error.is::<conversations_application::Error>()
                || error.is::<conversations_seed::SeedError>()
                || error.is::<conversations_persistence::BackupError>();
            ExitCode::from(if refused { 1 } else { 2 })
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { log, command } = arguments;
    #[cfg(feature = "otel")]
    let traces = match &command {
        Command::Serve(arguments) => arguments.traces()?,
        _ => None,
    };
    telemetry::start(
        &log,
        #[cfg(feature = "otel")]
        traces.as_ref().map(crate::traces::Traces::layer),
    )?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let done = runtime.block_on(async {
        match command {
            Command::Check(arguments) => return check::run(arguments).await,
            Command::Healthcheck(arguments) => return healthcheck::run(&arguments),
            Command::Completions(arguments) => completions::run(&arguments),
            Command::Serve(arguments) => serve::run(*arguments).await,
            Command::Backup(arguments) => backup::run(arguments).await,
            Command::Export(arguments) => export::run(arguments).await,
            Command::Verify(arguments) => verify::run(&arguments),
            Command::Import(format) => import::run(format).await,
            Command::Migrate(database) => migrate::run(&database).await,
            Command::Distribute(database) => distribute::run(&database).await,
            Command::Seed(arguments) => seed::run(arguments).await,
            Command::Keys(command) => keys::run(command).await,
            Command::Workspaces(command) => workspaces::run(command).await,
            Command::Openapi => openapi::run(),
        }
        .map(|()| ExitCode::SUCCESS)
    });
    // Work that still goes on had its time; no request waits for it.
    runtime.shutdown_background();
    #[cfg(feature = "otel")]
    if let Some(traces) = traces {
        traces.stop();
    }
    done
}

/// Prints to standard output, which may be closed or full: that is an error, not a panic.
fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}
