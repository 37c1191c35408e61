//! Taking in the write-ahead log.
//!
//! Whatever was written lies in the log, beside the file, until it is taken in: also text that was
//! deleted since. So the log is taken in and cut to nothing, every few seconds in which something
//! was written. When it grows it is taken in before, but not cut: to write over it is cheaper than
//! to let it grow again. Each time, the pages that it brings into the file are first wiped of what
//! deletions leave behind. The writer does it, between two writes: nothing is written in between.
//! SQLite's own habit of taking the log in is off.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use conversations_application::ports::RepositoryError;
use diesel::connection::SimpleConnection;
use diesel::sql_types::Integer;
use diesel::{QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};
use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::frames::{Mark, news_of};
use super::scrub::wipe;
use super::{Connection, Writer, errors};
use crate::OpenError;

/// How long text that was deleted may lie in the log.
const PERIOD: Duration = Duration::from_secs(5);

/// How often the log is looked at, lest it grows.
const PAUSE: Duration = Duration::from_millis(250);

/// From how many frames on the log is taken in at once: as many as SQLite itself lets come together.
const MANY: u64 = 1_000;

/// How soon it is tried again to cut the log when somebody was reading from it.
const BREATH: Duration = Duration::from_secs(1);

/// For how long the operator is not told that the log cannot be cut.
const PATIENCE: Duration = Duration::from_secs(30);

/// What looks at the log until it is stopped: a thread, because it outlives any runtime.
pub(super) struct LogTaker(Mutex<Option<Running>>);

struct Running {
    /// Dropped, it ends the thread.
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

#[derive(QueryableByName)]
struct Checkpoint {
    /// Whether somebody was in the way.
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

impl LogTaker {
    /// Starts to look at the log of a file, which this writer writes.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(path: &Path, writer: Writer) -> Result<Self, OpenError> {
        let failed = |source| OpenError::File { path: path.display().to_string(), source };
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("sqlite-log".to_owned())
            .spawn(move || runtime.block_on(look_after(log.into(), writer, stopped)))
            .map_err(failed)?;
        Ok(Self(Mutex::new(Some(Running { stop, thread }))))
    }

    /// Takes in the log a last time and ends the thread.
    pub(super) async fn stop(&self) {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { stop, thread }) = running else { return };
        drop(stop);
        let joined = tokio::task::spawn_blocking(move || thread.join());
        if !matches!(joined.await, Ok(Ok(()))) {
            tracing::error!("the thread that takes in the log had panicked");
        }
    }
}

async fn look_after(log: PathBuf, writer: Writer, mut stopped: oneshot::Receiver<()>) {
    let (mut cut, mut tried) = (Instant::now(), Instant::now());
    let mut told = false;
    // Up to here the pages of the log are wiped.
    let mut wiped = Mark::default();
    loop {
        let last = timeout(PAUSE, &mut stopped).await.is_ok();
        let cutting = last || (cut.elapsed() >= PERIOD && tried.elapsed() >= BREATH);
        if log.metadata().map_or(0, |metadata| metadata.len()) == 0 {
            (cut, told) = (Instant::now(), false);
        } else if cutting || has_grown(&log, wiped) {
            if cutting {
                tried = Instant::now();
            }
            let path = log.clone();
            match writer.alone(move |connection| on(connection, &path, wiped, cutting)).await {
                Ok(taken) => {
                    wiped = taken.wiped;
                    if taken.cut {
                        (cut, told) = (Instant::now(), false);
                    }
                }
                Err(error) => tracing::debug!(%error, "the log could not be taken in"),
            }
            if cut.elapsed() >= PATIENCE && !told {
                told = true;
                tracing::warn!(
                    "the write-ahead log cannot be cut, because somebody reads the database file \
                     without end: deleted text may still be in it"
                );
            }
        }
        if last {
            return;
        }
    }
}

fn has_grown(log: &Path, since: Mark) -> bool {
    news_of(log, since).is_ok_and(|news| news.count >= MANY)
}

/// What became of the log.
struct Taken {
    /// Up to where its pages are wiped.
    wiped: Mark,
    /// Whether it is cut, which it cannot be while somebody reads from it.
    cut: bool,
}

/// Takes in the log on the writer's connection.
fn on(
    connection: &mut Connection,
    log: &Path,
    wiped: Mark,
    cutting: bool,
) -> Result<Taken, RepositoryError> {
    let log = log.to_owned();
    let taken =
        connection.spawn_blocking(move |connection| take_in(connection, &log, wiped, cutting));
    match taken.now_or_never() {
        Some(taken) => taken.map_err(errors::classify),
        None => Err(RepositoryError::Backend("work on SQLite waited for something else".into())),
    }
}

/// Wipes the pages that came into the log since it was wiped, takes it in, and cuts it if that is
/// wanted.
fn take_in(
    connection: &mut SqliteConnection,
    log: &Path,
    wiped: Mark,
    cutting: bool,
) -> QueryResult<Taken> {
    let wiped = connection.immediate_transaction(|connection| {
        let news = news_of(log, wiped)
            .map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
        wipe(connection, &news.pages)?;
        QueryResult::Ok(news.end)
    })?;

    // First what hinders nobody, and then, if that was all, what waits for those who read.
    let Checkpoint { busy: _, log, checkpointed } =
        diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(connection)?;
    if log != checkpointed || !cutting {
        return Ok(Taken { wiped, cut: false });
    }
    let BusyTimeout { timeout } =
        diesel::sql_query("PRAGMA busy_timeout").get_result(connection)?;
    connection.batch_execute("PRAGMA busy_timeout = 100")?;
    let cut: QueryResult<Checkpoint> =
        diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(connection);
    connection.batch_execute(&format!("PRAGMA busy_timeout = {timeout}"))?;
    Ok(Taken { wiped, cut: cut?.busy == 0 })
}
