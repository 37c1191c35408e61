//! `conversations verify`

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context;
use conversations_archive::{End, Header, ReadError, Reader};

use super::export::counted;
use super::{CommandRefused, say};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file that `conversations export` wrote
    file: PathBuf,
}

/// A whole file.
pub(super) struct Verified {
    pub(super) header: Header,
    pub(super) end: End,
    pub(super) lines: u64,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { file } = arguments;
    let Verified { header, end: End { counts, sha256 }, lines: _ } =
        verify(file).map_err(|error| match error.downcast_ref() {
            // The file was checked, and is not valid: that is an answer.
            Some(ReadError::Fault { .. }) => CommandRefused(format!("{error:#}")).into(),
            _ => error,
        })?;
    say(&format!(
        "The file {} is complete and unaltered. It is an export of the workspace {:?} at {}: {}. \
         SHA-256: {sha256}\n",
        file.display(),
        header.workspace.as_str(),
        header.exported_at,
        counted(&counts)
    ))
}

/// Reads a file to its end.
pub(super) fn verify(file: &Path) -> anyhow::Result<Verified> {
    let named = || format!("the file {}", file.display());
    let mut reader = open(file)?;
    while reader.next_record().with_context(named)?.is_some() {}
    let end = reader.end().cloned().context("the file has no end")?;
    Ok(Verified { header: reader.header().clone(), end, lines: reader.lines() })
}

/// Opens a file and reads its header.
pub(super) fn open(file: &Path) -> anyhow::Result<Reader<BufReader<File>>> {
    let named = || format!("the file {}", file.display());
    let opened = File::open(file).with_context(named)?;
    Reader::begin(BufReader::with_capacity(1 << 20, opened)).with_context(named)
}
