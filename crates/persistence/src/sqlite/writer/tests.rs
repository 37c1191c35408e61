//! What shares a commit, and what becomes of it when something fails.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection};
use diesel::sql_types::BigInt;
use diesel::{Connection as _, QueryableByName, SqliteConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, yield_now};

use super::*;
use crate::sqlite::InThread;
use crate::sqlite::files::DatabaseFiles;
use crate::task_tracker::TaskTracker;
use crate::timeout_budget::TimeoutBudget;

mod turns;

type Outcome = Result<usize, RepositoryError>;

/// A writer of a file with one table of numbers, and the count of its commits.
struct Fixture {
    directory: TempDir,
    writer: Writer,
    commits: Arc<AtomicUsize>,
    rules: QueueConfig,
}

struct CommitCounter(Arc<AtomicUsize>);

impl Instrumentation for CommitCounter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::CommitTransaction { depth, .. } = event
            && depth.get() == 1
        {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn connect(file: &Path) -> SqliteConnection {
    let mut connection =
        SqliteConnection::establish(file.to_str().expect("UTF-8")).expect("a connection");
    connection
        .batch_execute(
            "PRAGMA busy_timeout = 20; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; \
             CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY)",
        )
        .expect("a table");
    connection
}

impl Fixture {
    fn new(request: Duration) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("numbers.db");
        let commits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&commits);
        let files = Arc::new(DatabaseFiles::of(&file));
        let rules = QueueConfig {
            timeouts: TimeoutBudget::of(request),
            tasks: TaskTracker::default(),
            files,
        };
        let writer = Writer::start("test-writer", rules.clone(), move || {
            let mut connection = connect(&file);
            connection.set_instrumentation(CommitCounter(Arc::clone(&counter)));
            Ok(SyncConnectionWrapper::with_runtime(connection, InThread))
        });
        Self { directory, writer: writer.expect("a writer"), commits, rules }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("numbers.db")
    }

    /// Keeps the writer from beginning anything else until the answer is dropped.
    async fn hold(&self) -> (mpsc::Sender<()>, JoinHandle<Result<(), RepositoryError>>) {
        let (release, held) = mpsc::channel::<()>();
        let (begins, begun) = oneshot::channel();
        let writer = self.writer.clone();
        let holding = tokio::spawn(async move {
            let wait = move |_: &mut Connection| {
                let _told = begins.send(());
                let _released = held.recv();
                Ok(())
            };
            writer.write_alone(wait).await
        });
        begun.await.expect("it begins");
        (release, holding)
    }

    /// Hands in statements, one after the other, as one unit.
    fn unit(&self, statements: &'static [&'static str]) -> JoinHandle<Outcome> {
        let writer = self.writer.clone();
        tokio::spawn(async move {
            let work =
                async move |connection: &mut Connection| execute(connection, statements).await;
            writer.write_shared(work, |_| {}).await
        })
    }

    /// What others see in the table.
    fn numbers(&self) -> Vec<i64> {
        use diesel::RunQueryDsl as _;

        let found = diesel::sql_query("SELECT number FROM numbers ORDER BY number")
            .load(&mut connect(&self.file()));
        found.expect("numbers").into_iter().map(|Number { number }| number).collect()
    }
}

async fn insert(connection: &mut Connection, number: i64) -> Result<usize, Failure> {
    use diesel_async::RunQueryDsl as _;

    let insert = diesel::sql_query("INSERT INTO numbers VALUES (?)");
    Ok(insert.bind::<BigInt, _>(number).execute(connection).await?)
}

async fn execute(connection: &mut Connection, statements: &[&str]) -> Result<usize, Failure> {
    use diesel_async::RunQueryDsl as _;

    for statement in statements {
        diesel::sql_query(*statement).execute(connection).await?;
    }
    Ok(statements.len())
}

/// Lets everything that was spawned reach the queue.
async fn queued() {
    for _ in 0..10 {
        yield_now().await;
    }
}

async fn outcome(unit: JoinHandle<Outcome>) -> Outcome {
    unit.await.expect("a task that ends")
}

const PATIENT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn waiting_writes_share_a_commit() {
    let fixture = Fixture::new(PATIENT);
    let (release, _holding) = fixture.hold().await;
    let writer = &fixture.writer;

    let writes: Vec<_> = (0..100)
        .map(|number| {
            let writer = writer.clone();
            tokio::spawn(async move {
                let work =
                    async move |connection: &mut Connection| insert(connection, number).await;
                writer.write_shared(work, |_| {}).await
            })
        })
        .collect();
    queued().await;
    drop(release);

    for write in writes {
        assert!(matches!(outcome(write).await, Ok(1)));
    }
    assert_eq!(fixture.commits.load(Ordering::SeqCst), 1);
    assert_eq!(fixture.numbers(), (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_failed_write_is_undone_alone() {
    let fixture = Fixture::new(PATIENT);
    let (release, _holding) = fixture.hold().await;

    let first = fixture.unit(&["INSERT INTO numbers VALUES (1)"]);
    let refused =
        fixture.unit(&["INSERT INTO numbers VALUES (2)", "INSERT INTO numbers VALUES (1)"]);
    let last = fixture.unit(&["INSERT INTO numbers VALUES (3)"]);
    queued().await;
    drop(release);

    assert!(matches!(outcome(refused).await, Err(RepositoryError::Duplicate)));
    assert!(matches!((outcome(first).await, outcome(last).await), (Ok(1), Ok(1))));
    assert_eq!(fixture.numbers(), [1, 3]);
    assert_eq!(fixture.commits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nobody_is_answered_before_the_commit() {
    let fixture = Fixture::new(PATIENT);
    let (release, _holding) = fixture.hold().await;
    let written = fixture.unit(&["INSERT INTO numbers VALUES (1)"]);
    let refused = fixture.unit(&["INSERT INTO numbers VALUES (1)"]);
    let (begun, begins) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let writer = fixture.writer.clone();
    let slow = tokio::spawn(async move {
        let work = async move |connection: &mut Connection| {
            let _told = begun.send(());
            let _told = may_go_on.recv();
            execute(connection, &["INSERT INTO numbers VALUES (2)"]).await
        };
        writer.write_shared(work, |_| {}).await
    });
    queued().await;
    drop(release);

    // The last of the batch has begun, so the others are done.
    let begins = tokio::task::spawn_blocking(move || begins.recv());
    begins.await.expect("a thread").expect("the slow unit begins");
    queued().await;
    assert!(!written.is_finished() && !refused.is_finished());
    assert!(fixture.numbers().is_empty());
    drop(go_on);

    assert!(matches!(outcome(written).await, Ok(1)));
    assert!(matches!(outcome(refused).await, Err(RepositoryError::Duplicate)));
    assert!(matches!(outcome(slow).await, Ok(1)));
    assert_eq!(fixture.numbers(), [1, 2]);
}

#[tokio::test]
async fn a_rollback_by_sqlite_fails_the_batch_and_not_the_next_one() {
    let fixture = Fixture::new(PATIENT);
    let (release, _holding) = fixture.hold().await;

    let first = fixture.unit(&["INSERT INTO numbers VALUES (1)"]);
    // What a full disk does, too.
    let undoing = fixture.unit(&["INSERT OR ROLLBACK INTO numbers VALUES (1)"]);
    let last = fixture.unit(&["INSERT INTO numbers VALUES (3)"]);
    queued().await;
    drop(release);

    for unit in [first, undoing, last] {
        assert!(matches!(outcome(unit).await, Err(RepositoryError::Unavailable(_))));
    }
    assert!(fixture.numbers().is_empty());
    let next = fixture.unit(&["INSERT INTO numbers VALUES (4)"]);
    assert!(matches!(outcome(next).await, Ok(1)));
    assert_eq!(fixture.numbers(), [4]);
}

#[tokio::test]
async fn a_full_file_fails_the_whole_batch() {
    let fixture = Fixture::new(PATIENT);
    let limit = fixture.unit(&["PRAGMA max_page_count = 20"]);
    assert!(outcome(limit).await.is_ok());
    let (release, _holding) = fixture.hold().await;

    let small = fixture.unit(&["INSERT INTO numbers VALUES (1)"]);
    let large = fixture
        .unit(&["CREATE TABLE large (text TEXT)", "INSERT INTO large VALUES (zeroblob(1000000))"]);
    queued().await;
    drop(release);

    assert!(matches!(outcome(large).await, Err(RepositoryError::StorageFull)));
    match outcome(small).await {
        Ok(_) => assert_eq!(fixture.numbers(), [1]),
        Err(error) => {
            assert!(matches!(error, RepositoryError::StorageFull), "{error:?}");
            assert!(fixture.numbers().is_empty());
        }
    }
    let next = fixture.unit(&["INSERT INTO numbers VALUES (2)"]);
    assert!(matches!(outcome(next).await, Ok(1)));
}

#[tokio::test]
async fn a_failed_commit_fails_the_whole_batch() {
    let fixture = Fixture::new(PATIENT);
    let tables = fixture.unit(&[
        "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
        "CREATE TABLE children (parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)",
    ]);
    assert!(outcome(tables).await.is_ok());
    let (release, _holding) = fixture.hold().await;

    let orphan = fixture.unit(&["INSERT INTO children VALUES (1)"]);
    let written = fixture.unit(&["INSERT INTO numbers VALUES (1)"]);
    let refused = fixture.unit(&["INSERT INTO numbers VALUES (1)"]);
    queued().await;
    drop(release);

    for unit in [orphan, written, refused] {
        assert!(matches!(outcome(unit).await, Err(RepositoryError::Backend(_))));
    }
    assert!(fixture.numbers().is_empty());
    let next = fixture.unit(&["INSERT INTO numbers VALUES (2)"]);
    assert!(matches!(outcome(next).await, Ok(1)));
}

#[tokio::test]
async fn a_panicking_write_fails_only_its_batch() {
    let fixture = Fixture::new(PATIENT);
    let (release, _holding) = fixture.hold().await;

    let first = fixture.unit(&["INSERT INTO numbers VALUES (1)"]);
    let writer = fixture.writer.clone();
    let panicking = tokio::spawn(async move {
        let work = async move |connection: &mut Connection| {
            execute(connection, &["INSERT INTO numbers VALUES (2)"]).await?;
            panic!("on purpose");
        };
        writer.write_shared::<usize, _, _>(work, |_| {}).await
    });
    let last = fixture.unit(&["INSERT INTO numbers VALUES (3)"]);
    queued().await;
    drop(release);

    assert!(matches!(outcome(panicking).await, Err(RepositoryError::Backend(_))));
    for unit in [first, last] {
        assert!(matches!(outcome(unit).await, Err(RepositoryError::Unavailable(_))));
    }
    assert!(fixture.numbers().is_empty());
    let next = fixture.unit(&["INSERT INTO numbers VALUES (4)"]);
    assert!(matches!(outcome(next).await, Ok(1)));
    assert_eq!(fixture.numbers(), [4]);
}

#[tokio::test]
async fn an_abandoned_write_is_skipped() {
    let fixture = Fixture::new(PATIENT);
    let (release, _holding) = fixture.hold().await;

    let canceled = fixture.unit(&["INSERT INTO numbers VALUES (1)"]);
    let other = fixture.unit(&["INSERT INTO numbers VALUES (2)"]);
    queued().await;
    canceled.abort();
    queued().await;
    drop(release);

    assert!(matches!(outcome(other).await, Ok(1)));
    assert_eq!(fixture.numbers(), [2]);
}

#[tokio::test]
async fn a_write_that_does_not_begin_in_time_is_refused() {
    let fixture = Fixture::new(Duration::from_millis(100));
    let (release, _holding) = fixture.hold().await;

    let late = fixture.unit(&["INSERT INTO numbers VALUES (1)"]);
    assert!(matches!(outcome(late).await, Err(RepositoryError::Unavailable(_))));
    drop(release);

    let next = fixture.unit(&["INSERT INTO numbers VALUES (2)"]);
    assert!(matches!(outcome(next).await, Ok(1)));
    assert_eq!(fixture.numbers(), [2]);
}

#[tokio::test]
async fn while_another_process_writes_the_whole_batch_is_refused() {
    let fixture = Fixture::new(PATIENT);
    let mut other = connect(&fixture.file());
    other.batch_execute("BEGIN IMMEDIATE").expect("a transaction");
    let (release, _holding) = fixture.hold().await;

    let one = fixture.unit(&["INSERT INTO numbers VALUES (1)"]);
    let two = fixture.unit(&["INSERT INTO numbers VALUES (2)"]);
    queued().await;
    drop(release);

    for unit in [one, two] {
        assert!(matches!(outcome(unit).await, Err(RepositoryError::Unavailable(_))));
    }
    other.batch_execute("ROLLBACK").expect("the end of it");
    let next = fixture.unit(&["INSERT INTO numbers VALUES (3)"]);
    assert!(matches!(outcome(next).await, Ok(1)));
    assert_eq!(fixture.numbers(), [3]);
}

#[tokio::test]
async fn abandoned_work_is_drained() {
    let fixture = Fixture::new(PATIENT);
    let (release, holding) = fixture.hold().await;
    holding.abort();
    queued().await;

    assert_eq!(fixture.rules.tasks.drained().now_or_never(), None);
    drop(release);
    fixture.rules.tasks.drained().await;
}
