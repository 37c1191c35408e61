//! `conversations import`

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Subcommand;
use conversations_application::archives::ImportError;
use conversations_domain::Name;

use super::archive_files::ArchiveInput;
use super::export::counted;
use super::verify::{Verified, open, verify};
use super::{CommandRefused, Database, say};

#[derive(Subcommand)]
pub(super) enum Format {
    /// Import a file that `conversations export` wrote, whole or not at all
    Conversations(Arguments),
}

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file
    file: PathBuf,

    /// The workspace to fill, created if it does not exist; by default one of the exported workspace's
    /// name
    #[arg(long, value_name = "NAME")]
    workspace: Option<Name>,

    #[command(flatten)]
    database: Database,
}

pub(super) async fn run(format: Format) -> anyhow::Result<()> {
    match format {
        Format::Conversations(arguments) => import(arguments).await,
    }
}

async fn import(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { file, workspace, database } = arguments;
    // What is wrong with the file is told before a database is made or changed.
    let Verified { header, end, lines } = verify(&file)?;
    let name = workspace.unwrap_or(header.workspace);
    let (source, failure) = ArchiveInput::new(open(&file)?, lines);
    let (operators, _) = database.open().await?;
    let imported = operators.imports.import(name.clone(), source).await;
    operators.store.close().await;

    let nothing = || format!("nothing was imported into the workspace {:?}", name.as_str());
    if let Some(error) = failure.take() {
        // It was changed since it was verified.
        return Err(error)
            .with_context(|| format!("the file {}", file.display()))
            .with_context(nothing);
    }
    imported
        .map_err(|error| match error {
            // Another workspace or another file is needed.
            ImportError::NotEmpty => anyhow!(ImportError::NotEmpty),
            ImportError::Duplicate => CommandRefused(ImportError::Duplicate.to_string()).into(),
            ImportError::Failed(error) => error.into(),
        })
        .with_context(nothing)?;
    say(&format!(
        "Imported {} into the workspace {:?}: {}.\n",
        file.display(),
        name.as_str(),
        counted(&end.counts)
    ))
}
