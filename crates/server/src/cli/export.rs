//! `conversations export`

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use conversations_application::Error;
use conversations_archive::{Counts, End, Header, json_schema};
use conversations_domain::Name;
use tokio::signal::unix::{SignalKind, signal};

use super::archive_files::ArchiveOutput;
use super::{CommandRefused, Database, say};
use crate::operator_services::OperatorServices;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The workspace to export; may be left out if there is only one
    #[arg(long, value_name = "NAME")]
    workspace: Option<Name>,

    /// The file to write, which must not exist; by default standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print the JSON Schema of a line of the format instead
    #[arg(long, conflicts_with_all = ["workspace", "output"])]
    schema: bool,

    #[command(flatten)]
    database: Database,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { workspace, output, schema, database } = arguments;
    if schema {
        return say(&format!("{:#}\n", json_schema()));
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let operators = database.open_present().await?;
    let archive = ArchiveOutput::default();
    let exported = tokio::select! {
        exported = export(&operators, workspace, output.as_deref(), &archive) => exported,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("stopped: the export is not complete")),
        _ = terminate.recv() => Err(anyhow::anyhow!("stopped: the export is not complete")),
    };
    archive.stop();
    operators.store.close().await;

    let (name, End { counts, sha256 }) = exported?;
    let Some(file) = output else { return Ok(()) };
    say(&format!(
        "Exported the workspace {:?} to {}: {}. SHA-256: {sha256}\n",
        name.as_str(),
        file.display(),
        counted(&counts)
    ))
}

async fn export(
    operators: &OperatorServices,
    workspace: Option<Name>,
    output: Option<&Path>,
    archive: &ArchiveOutput,
) -> anyhow::Result<(Name, End)> {
    let name = match workspace {
        Some(name) => name,
        None => only_workspace(operators).await?,
    };
    let mut partial = PartialFile(None);
    let exported = operators
        .exports
        .export(name.clone(), |now| {
            let generator = format!("conversations {}", env!("CARGO_PKG_VERSION"));
            let header = Header::new(name.clone(), generator, now);
            archive.begin(open(output, &mut partial), &header);
            archive.clone()
        })
        .await;
    let unwritten = || match output {
        Some(file) => format!("the file {} cannot be written", file.display()),
        None => "cannot write to standard output".to_owned(),
    };
    if let Some(error) = archive.failure() {
        let exists = error.kind() == io::ErrorKind::AlreadyExists;
        let error = anyhow::Error::from(error).context(unwritten());
        return Err(if exists { CommandRefused(format!("{error:#}")).into() } else { error });
    }
    match exported {
        Err(Error::NotFound) => {
            let name = name.as_str();
            return Err(
                anyhow::Error::from(Error::NotFound).context(format!("no workspace {name:?}"))
            );
        }
        exported => exported?,
    }
    let end = archive.finish().with_context(unwritten)?;
    partial.keep();
    Ok((name, end))
}

/// The only workspace that there is.
async fn only_workspace(operators: &OperatorServices) -> anyhow::Result<Name> {
    let mut workspaces = operators.workspaces.list().await?;
    match (workspaces.pop(), workspaces.is_empty()) {
        (Some(only), true) => Ok(only.name),
        (None, _) => Err(CommandRefused("there is no workspace".to_owned()).into()),
        (Some(_), false) => {
            let many = "there are several workspaces; choose one with --workspace";
            Err(CommandRefused(many.to_owned()).into())
        }
    }
}

/// Opens what is written to. A file is readable only by its owner, and is none that was there.
fn open(output: Option<&Path>, partial: &mut PartialFile) -> io::Result<Box<dyn Write + Send>> {
    let Some(file) = output else { return Ok(Box::new(BufWriter::new(io::stdout()))) };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file)?;
    partial.0 = Some(file.to_owned());
    Ok(Box::new(SyncedFile(BufWriter::with_capacity(1 << 20, opened))))
}

/// A file that is on the disk when it is flushed.
struct SyncedFile(BufWriter<std::fs::File>);

impl Write for SyncedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()?;
        self.0.get_ref().sync_all()
    }
}

/// A file that is removed unless it is kept: a part of an export is of no use.
struct PartialFile(Option<PathBuf>);

impl PartialFile {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if let Some(file) = &self.0
            && let Err(error) = std::fs::remove_file(file)
        {
            tracing::warn!(%error, "a part of an export cannot be removed");
        }
    }
}

/// How many records there are, for people.
pub(super) fn counted(counts: &Counts) -> String {
    let Counts { inboxes, users, customers, conversations, messages, changes, audit } = counts;
    let of = |count: u64, one: &str, many: &str| {
        format!("{count} {}", if count == 1 { one } else { many })
    };
    [
        of(inboxes.0, "inbox", "inboxes"),
        of(users.0, "user", "users"),
        of(customers.0, "customer", "customers"),
        of(conversations.0, "conversation", "conversations"),
        of(messages.0, "message", "messages"),
        of(changes.0, "change", "changes"),
        of(audit.0, "audit entry", "audit entries"),
    ]
    .join(", ")
}
