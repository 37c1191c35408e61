//! Checkpointing the write-ahead log.
//!
//! All writes stay in the log, next to the file, until a checkpoint: also text that was deleted
//! since. So the log is checkpointed and truncated every few seconds in which there were writes.
//! When it grows it is checkpointed earlier, but not truncated: overwriting it is cheaper than
//! growing it again. Each time, the pages that go into the file are first scrubbed of deleted text.
//! The writer does this between two writes. SQLite's automatic checkpoints are off.
//!
//! Wiping needs room in the log itself. When the disk is full, the log is taken in first, which makes
//! room, and the pages are wiped after that.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use conversations_application::ports::RepositoryError;
use diesel::connection::SimpleConnection;
use diesel::sql_types::Integer;
use diesel::{QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};
use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::files::DatabaseFiles;
use super::scrub::{mark_scrubbed, mark_unscrubbed, scrub_pages, write_the_least};
use super::wal_frames::{WalPosition, new_frames};
use super::{Connection, Writer, errors};
use crate::OpenError;

/// How long text that was deleted may lie in the log.
const PERIOD: Duration = Duration::from_secs(5);

/// How often the log is looked at, so that it does not grow.
const PAUSE: Duration = Duration::from_millis(250);

/// From how many frames on the log is taken in at once: as many as SQLite itself lets come together.
const MANY: u64 = 1_000;

/// How soon truncating the log is tried again after a reader blocked it.
const BREATH: Duration = Duration::from_secs(1);

/// For how long the operator is not told that the log cannot be cut, nor again that the disk is full.
const WARN_AFTER: Duration = Duration::from_secs(30);

/// For how long the log is still taken in after a file was found to be gone: later, others may have
/// written to the new file.
const RESCUE_WINDOW: Duration = Duration::from_secs(2);

/// What looks at the log until it is stopped: a thread, because it outlives any runtime.
pub(super) struct WalCheckpointer(Mutex<Option<CheckpointThread>>);

struct CheckpointThread {
    /// Dropped, it ends the thread.
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

#[derive(QueryableByName)]
struct Checkpoint {
    /// Whether a reader blocked it.
    #[diesel(sql_type = Integer)]
    busy: i32,
    /// How many frames the log has.
    #[diesel(sql_type = Integer)]
    log: i32,
    /// How many of them are in the file now.
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

#[derive(QueryableByName)]
struct BusyTimeout {
    #[diesel(sql_type = Integer)]
    timeout: i32,
}

impl WalCheckpointer {
    /// Starts to look at the log of a file, which this writer writes.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(
        path: &Path,
        files: Arc<DatabaseFiles>,
        writer: Writer,
    ) -> Result<Self, OpenError> {
        let failed = |source| OpenError::File { path: path.display().to_string(), source };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("sqlite-log".to_owned())
            .spawn(move || runtime.block_on(run(files, writer, stopped)))
            .map_err(failed)?;
        Ok(Self(Mutex::new(Some(CheckpointThread { stop, thread }))))
    }

    /// Takes in the log a last time and ends the thread.
    pub(super) async fn stop(&self) {
        let thread = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(CheckpointThread { stop, thread }) = thread else { return };
        drop(stop);
        let joined = tokio::task::spawn_blocking(move || thread.join());
        if !matches!(joined.await, Ok(Ok(()))) {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}

async fn run(files: Arc<DatabaseFiles>, writer: Writer, mut stopped: oneshot::Receiver<()>) {
    let mut state = CheckpointLoop::new(files, writer);
    loop {
        let last = timeout(PAUSE, &mut stopped).await.is_ok();
        state.look(last).await;
        if last {
            return;
        }
    }
}

/// What is known of the log, and what the operator was told of it.
struct CheckpointLoop {
    files: Arc<DatabaseFiles>,
    writer: Writer,
    scrubbing: ScrubState,
    /// When the log was cut, or had nothing in it.
    cut: Instant,
    /// When it was tried to cut it.
    tried: Instant,
    told_uncut: bool,
    full: bool,
    told_full: Option<Instant>,
    /// When a file was found to be gone.
    lost: Option<Instant>,
    /// Whether the log was taken in after that.
    rescued: bool,
}

/// What is to be wiped.
#[derive(Debug, Default, Clone)]
struct ScrubState {
    /// Up to here the pages of the log are wiped, or are owed.
    mark: WalPosition,
    /// The pages for which there was no room.
    owed: BTreeSet<u32>,
    /// Whether the file says that some of its pages are not wiped.
    noted: bool,
}

impl CheckpointLoop {
    fn new(files: Arc<DatabaseFiles>, writer: Writer) -> Self {
        let now = Instant::now();
        Self {
            files,
            writer,
            scrubbing: ScrubState::default(),
            cut: now,
            tried: now,
            told_uncut: false,
            full: false,
            told_full: None,
            lost: None,
            rescued: false,
        }
    }

    /// Looks at the files once, and does what is to be done.
    async fn look(&mut self, last: bool) {
        // What cannot be looked at is no loss yet, and readiness says so.
        let _unknown = self.files.check();
        if self.files.lost().is_some() {
            return self.rescue().await;
        }
        let log = self.files.log().metadata().map_or(0, |metadata| metadata.len());
        let rested = self.tried.elapsed() >= BREATH;
        let pressing = self.files.are_full() || !self.scrubbing.owed.is_empty();
        let cutting = last || (rested && (pressing || self.cut.elapsed() >= PERIOD));
        if log == 0 && self.scrubbing.owed.is_empty() {
            (self.cut, self.told_uncut) = (Instant::now(), false);
            if self.files.are_full() && rested {
                self.probe_free_space().await;
            }
        } else if cutting || self.has_grown() {
            self.scrub_and_checkpoint(cutting).await;
        }
        self.log_changes();
    }

    fn has_grown(&self) -> bool {
        new_frames(self.files.log(), self.scrubbing.mark).is_ok_and(|news| news.count >= MANY)
    }

    /// Finds out whether there is space again, also without writes.
    async fn probe_free_space(&mut self) {
        self.tried = Instant::now();
        let write = |connection: &mut Connection| at_once(connection, write_the_least);
        if self.writer.write_alone(write).await.is_ok() {
            self.files.note_full(false);
        }
    }

    async fn scrub_and_checkpoint(&mut self, cutting: bool) {
        if cutting {
            self.tried = Instant::now();
        }
        let (files, mut scrubbing) = (Arc::clone(&self.files), self.scrubbing.clone());
        let work = move |connection: &mut Connection| {
            let taken = at_once(connection, move |connection| {
                let cut = scrub_and_checkpoint(connection, files.log(), &mut scrubbing, cutting);
                Ok((cut, scrubbing))
            });
            taken.map(|(cut, scrubbing)| (cut.map_err(errors::classify), scrubbing))
        };
        let cut = self.writer.write_alone(work).await.and_then(|(cut, scrubbing)| {
            self.scrubbing = scrubbing;
            cut
        });
        match cut {
            Ok(cut) => {
                if cut {
                    (self.cut, self.told_uncut) = (Instant::now(), false);
                }
                if self.scrubbing.owed.is_empty() {
                    self.files.note_full(false);
                }
            }
            Err(error) => {
                if matches!(error, RepositoryError::StorageFull) {
                    self.files.note_full(true);
                }
                tracing::debug!(%error, "could not checkpoint the write-ahead log");
            }
        }
    }

    /// Brings what was acknowledged into the file that is still open, once: it may be the log alone
    /// that has lost its name.
    async fn rescue(&mut self) {
        let lost = *self.lost.get_or_insert_with(|| {
            let reason = self.files.lost().unwrap_or_default();
            tracing::error!(
                reason,
                "the database file was replaced or removed: writes are refused until the server \
                 is restarted"
            );
            Instant::now()
        });
        if self.rescued || lost.elapsed() > RESCUE_WINDOW {
            return;
        }
        let rescued = self.writer.write_alone(|connection| {
            at_once(connection, |connection| {
                // It can no longer be found out which pages the log holds.
                let _noted = mark_unscrubbed(connection);
                checkpoint(connection)?;
                truncate(connection)
            })
        });
        match rescued.await {
            Ok(rescued) => self.rescued = rescued,
            Err(error) => tracing::debug!(%error, "could not checkpoint the write-ahead log"),
        }
    }

    /// Tells the operator what has become otherwise.
    fn log_changes(&mut self) {
        if self.cut.elapsed() >= WARN_AFTER && !self.told_uncut && !self.files.are_full() {
            self.told_uncut = true;
            tracing::warn!(
                "the write-ahead log cannot be truncated while another process keeps reading the \
                 database file: it may still contain deleted text"
            );
        }
        let (full, was_full) = (self.files.are_full(), self.full);
        self.full = full;
        if full && self.told_full.is_none_or(|told| told.elapsed() >= WARN_AFTER) {
            self.told_full = Some(Instant::now());
            tracing::warn!(
                "no disk space for the database: writes that need space are refused until there \
                 is some; until then its files may contain deleted text"
            );
        } else if !full && was_full {
            tracing::info!("the database has disk space again");
        }
    }
}

/// Does work on SQLite's connection itself, which is done when it is first looked at.
fn at_once<T: Send + 'static>(
    connection: &mut Connection,
    work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
) -> Result<T, RepositoryError> {
    match connection.spawn_blocking(work).now_or_never() {
        Some(done) => done.map_err(errors::classify),
        None => Err(RepositoryError::Backend("work on SQLite awaited something else".into())),
    }
}

/// Wipes the pages that came into the log since it was wiped, takes it in, and cuts it if that is
/// wanted: whether it was truncated, which is not possible while a reader uses it.
fn scrub_and_checkpoint(
    connection: &mut SqliteConnection,
    log: &Path,
    scrubbing: &mut ScrubState,
    mut cutting: bool,
) -> QueryResult<bool> {
    if !scrub_if_there_is_room(connection, log, scrubbing)? {
        // If nothing can be noted either, a crash in the next moments leaves pages as they are.
        scrubbing.noted |= mark_unscrubbed(connection).unwrap_or(false);
        checkpoint(connection)?;
        // What is in the file now need not stay in the log: there is as much room as that took.
        scrub_if_there_is_room(connection, log, scrubbing)?;
        cutting = true;
    }
    // First the part that blocks no reader, and then, if that was all, the part that waits for
    // readers.
    let whole = checkpoint(connection)?;
    if whole && cutting { truncate(connection) } else { Ok(false) }
}

/// Wipes the pages that came into the log, and those that are owed; without room for it, they are
/// owed.
fn scrub_if_there_is_room(
    connection: &mut SqliteConnection,
    log: &Path,
    scrubbing: &mut ScrubState,
) -> QueryResult<bool> {
    connection.batch_execute("BEGIN IMMEDIATE")?;
    let scrubbed = scrub_new_frames(connection, log, scrubbing)
        .and_then(|()| connection.batch_execute("COMMIT"));
    match scrubbed {
        Ok(()) => {
            scrubbing.owed.clear();
            scrubbing.noted = false;
            Ok(true)
        }
        Err(error) => {
            // SQLite may have done that itself.
            let _rolled_back = connection.batch_execute("ROLLBACK");
            if errors::is_full(&error) { Ok(false) } else { Err(error) }
        }
    }
}

fn scrub_new_frames(
    connection: &mut SqliteConnection,
    log: &Path,
    scrubbing: &mut ScrubState,
) -> QueryResult<()> {
    let news = new_frames(log, scrubbing.mark)
        .map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
    scrubbing.owed.extend(news.pages);
    scrubbing.mark = news.end;
    scrub_pages(connection, &scrubbing.owed)?;
    if scrubbing.noted { mark_scrubbed(connection) } else { Ok(()) }
}

/// Checkpoints what no reader blocks; whether that was all.
fn checkpoint(connection: &mut SqliteConnection) -> QueryResult<bool> {
    let Checkpoint { busy: _, log, checkpointed } =
        diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(connection)?;
    Ok(log == checkpointed)
}

/// Cuts a log that was taken in; whether no reader blocked it.
fn truncate(connection: &mut SqliteConnection) -> QueryResult<bool> {
    let BusyTimeout { timeout } =
        diesel::sql_query("PRAGMA busy_timeout").get_result(connection)?;
    connection.batch_execute("PRAGMA busy_timeout = 100")?;
    let cut: QueryResult<Checkpoint> =
        diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(connection);
    connection.batch_execute(&format!("PRAGMA busy_timeout = {timeout}"))?;
    Ok(cut?.busy == 0)
}
