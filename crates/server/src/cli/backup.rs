//! `conversations backup`

use std::path::PathBuf;

use anyhow::Context;
use conversations_persistence::{Limits, open};
use tokio::signal::unix::{SignalKind, signal};

use super::{Database, PATIENCE, say};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file to write; it must not exist
    file: PathBuf,

    #[command(flatten)]
    database: Database,
}

/// Applies no migrations: a backup is what one makes before that.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { file, database } = arguments;
    let url = database.url()?;
    if let Some(missing) = url.missing_file() {
        anyhow::bail!("{}", super::absent(missing));
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let store = open(&url, Limits { request: PATIENCE, ..Limits::default() })?;
    let written = tokio::select! {
        written = store.back_up(&file) => written.context("no backup was written"),
        // A backup that is stopped leaves no part of a file behind.
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("stopped: no backup was written")),
        _ = terminate.recv() => Err(anyhow::anyhow!("stopped: no backup was written")),
    };
    store.close().await;

    let bytes = written?;
    say(&format!("Wrote and checked the backup {}: {bytes} bytes.\n", file.display()))
}
