//! The files of a SQLite database are removed or replaced under the server: that is noticed within a
//! second, nothing that would be lost is acknowledged, and what was acknowledged before is kept where
//! that is possible.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::client::{Call, Client};
use crate::load::MARGIN;
use crate::process::bare;
use crate::serial_stories::story;
use crate::server::{Server, eventually};
use crate::sqlite::assert_whole;

/// In what time it has to be noticed.
const NOTICED: Duration = Duration::from_secs(1);

/// A server on its own file, and a client that writes all the time.
struct Scene {
    directory: TempDir,
    url: String,
    server: Server,
    writer: Writer,
}

/// Opens conversations one after the other, and remembers which were acknowledged, and when.
struct Writer {
    stop: Arc<AtomicBool>,
    acknowledged: JoinHandle<Vec<(String, Instant)>>,
}

impl Writer {
    fn start(client: Client, inbox: &str) -> Self {
        let (stop, inbox) = (Arc::new(AtomicBool::new(false)), inbox.to_owned());
        let stopped = Arc::clone(&stop);
        let acknowledged = tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            while !stopped.load(Ordering::SeqCst) {
                let customer = json!({ "profile": { "firstName": "Ada" } });
                let body = json!({ "subject": "Kept?", "inboxId": inbox, "customer": customer });
                let asked = Instant::now();
                let answer = client.answer(&Call::post("/api/v1/conversations", body)).await;
                match answer.status {
                    201 => acknowledged.push((answer.id(), asked)),
                    status => assert_eq!(status, 503, "{answer:?}"),
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            acknowledged
        });
        Self { stop, acknowledged }
    }

    async fn stop(self) -> Vec<(String, Instant)> {
        self.stop.store(true, Ordering::SeqCst);
        self.acknowledged.await.expect("a writer that was always answered")
    }
}

impl Scene {
    async fn new(random: &mut conversations_testkit::Random) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        fs::create_dir(directory.path().join("data")).expect("a directory");
        let url = format!("sqlite://{}/data/a.db", directory.path().display());
        let server = Server::start(&url, random).await;
        let writer = Writer::start(server.client(), server.inbox());
        tokio::time::sleep(Duration::from_millis(500)).await;
        Self { directory, url, server, writer }
    }

    fn file(&self, suffix: &str) -> PathBuf {
        self.directory.path().join(format!("data/a.db{suffix}"))
    }

    /// Lets something happen to the files, and makes sure that it is noticed; answers the ids of
    /// what was acknowledged.
    async fn notices(self, happens: impl FnOnce(&Path)) -> (TempDir, String, Server, Vec<String>) {
        let Self { directory, url, server, writer } = self;
        let client = server.client();
        assert_eq!(client.answer(&Call::get("/health/ready")).await.status, 200);

        happens(directory.path());
        let happened = Instant::now();
        let unready = async || client.answer(&Call::get("/health/ready")).await.status == 503;
        let took = eventually("readiness says so", NOTICED + MARGIN, unready).await;
        let told = async || server.complained("was replaced or removed") > 0;
        eventually("the log says so", NOTICED + MARGIN, told).await;
        tokio::time::sleep(Duration::from_millis(500)).await;

        let acknowledged = writer.stop().await;
        println!("noticed after {took:?}, {} acknowledged before", acknowledged.len());
        assert!(acknowledged.len() > 3, "something was written before");
        let late = acknowledged.iter().filter(|(_, asked)| *asked > happened).count();
        assert_eq!(late, 0, "nothing is acknowledged that would be lost");
        assert_eq!(server.complained("was replaced or removed"), 1, "it is told once");
        assert_eq!(client.answer(&Call::get("/health/live")).await.status, 200);
        assert_eq!(client.answer(&Call::get("/health/ready")).await.status, 503);
        server.assert_alive();
        (directory, url, server, acknowledged.into_iter().map(|(id, _)| id).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_removed_or_moved_is_missed() {
    let mut story = story("lost_files").await;
    let data = |directory: &Path| directory.join("data");

    let scene = Scene::new(&mut story.random).await;
    let remove_all = |directory: &Path| {
        for suffix in ["", "-wal", "-shm"] {
            fs::remove_file(data(directory).join(format!("a.db{suffix}"))).expect("a file");
        }
    };
    let _lost = scene.notices(remove_all).await;

    let scene = Scene::new(&mut story.random).await;
    let elsewhere = |directory: &Path| {
        fs::rename(data(directory), directory.join("elsewhere")).expect("a directory");
    };
    let (directory, _, server, acknowledged) = scene.notices(elsewhere).await;
    // It comes back, and the next start finds everything.
    server.kill();
    fs::rename(directory.path().join("elsewhere"), data(directory.path())).expect("a directory");
    server.restart();
    all_are_there(&server.client(), &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_removed_costs_nothing_that_was_acknowledged() {
    let mut story = story("lost_logs").await;
    for suffixes in [&["-wal", "-shm"][..], &["-wal"], &["-shm"]] {
        let scene = Scene::new(&mut story.random).await;
        let remove = |directory: &Path| {
            for suffix in suffixes {
                fs::remove_file(directory.join(format!("data/a.db{suffix}"))).expect("a file");
            }
        };
        let (_directory, url, server, acknowledged) = scene.notices(remove).await;

        server.kill();
        assert_whole(&url);
        server.restart();
        all_are_there(&server.client(), &acknowledged).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_moved_over_the_file_is_noticed_and_whole() {
    let mut story = story("replaced_files").await;
    let scene = Scene::new(&mut story.random).await;
    let backup = scene.directory.path().join("backup.db");
    let mut order = bare(&["backup", backup.to_str().expect("UTF-8")]);
    let made = order.env("DATABASE_URL", &scene.url).output().expect("the binary runs");
    assert!(made.status.success(), "{made:?}");
    assert!(scene.file("-wal").exists());
    tokio::time::sleep(Duration::from_millis(300)).await;

    let replace = |directory: &Path| {
        fs::rename(directory.join("backup.db"), directory.join("data/a.db")).expect("a file");
    };
    let (_directory, url, server, acknowledged) = scene.notices(replace).await;

    // The log of the former file is not taken for the new one's.
    server.kill();
    assert_whole(&url);
    server.restart();
    let found = server.client().everything("/api/v1/conversations").await.len();
    assert!((1..acknowledged.len()).contains(&found), "{found} of {}", acknowledged.len());
    assert_whole(&url);
}

async fn all_are_there(client: &Client, acknowledged: &[String]) {
    let found = client.everything("/api/v1/conversations").await;
    let lost = acknowledged
        .iter()
        .filter(|id| !found.iter().any(|each| each["_id"].as_str() == Some(id.as_str())));
    assert_eq!(lost.count(), 0, "of {} that were acknowledged", acknowledged.len());
}
