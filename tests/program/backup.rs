//! `conversations backup`, beside a running server.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use conversations_testkit::{ApiClient, Engine, TestDatabase};
use serde_json::{Value, json};

use crate::process::{Program, bare, command, printed, run, secret_in};

/// A text that was written and then deleted.
const GONE: &str = "zzxwvutsq";

/// A server on SQLite with a key that may do everything, in the workspace of the first start.
fn serve(database: &TestDatabase) -> (Program, String) {
    let first = Program::serve(database);
    let (printed, _) = first.stop();
    let key = secret_in(&printed).expect("a key");
    (Program::serve(database), key)
}

async fn inbox(client: &ApiClient) -> Value {
    let (inboxes, _) = client.get("/api/v1/inboxes").await.listed();
    inboxes[0]["_id"].clone()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("an entry").file_name().into_string().expect("UTF-8")
    };
    entries.map(name).collect()
}

#[tokio::test]
async fn a_backup_beside_a_running_server_has_all_there_is_and_nothing_that_was_deleted() {
    let database = TestDatabase::sqlite();
    let (server, key) = serve(&database);
    let client = server.client(&key);
    let inbox = inbox(&client).await;
    for subject in ["Refund", "Return", GONE] {
        let message = json!({ "body": format!("{subject}, says {subject}") });
        let new = json!({ "subject": subject, "inboxId": inbox, "message": message });
        let made = client.create_conversation(&new).await.created();
        if subject == GONE {
            let path = format!("/api/v1/conversations/{}", made["_id"].as_str().expect("an id"));
            let _deleted = client.delete(&path).await;
        }
    }
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("backup.db");

    let said = printed(&run(&database, &["backup", file.to_str().expect("UTF-8")]));

    let bytes = std::fs::read(&file).expect("the backup");
    assert_eq!(
        said,
        format!("Wrote and checked the backup {}: {} bytes.\n", file.display(), bytes.len())
    );
    assert_eq!(names(directory.path()), ["backup.db"], "nothing is left beside it");
    let mode = std::fs::metadata(&file).expect("the backup").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("Refund, says Refund"));
    assert!(!holds(GONE), "what was deleted is in the backup");

    // It is a database like the one that it was made of.
    let url = format!("sqlite://{}", file.display());
    let checked = printed(&bare(&["check", "--database-url", &url]).output().expect("it runs"));
    assert!(checked.contains(": no problems found.\n") && checked.contains("2 conversations"));
    let mut serve = bare(&["serve", "--listen", "127.0.0.1:0"]);
    serve.env("DATABASE_URL", &url);
    let restored = Program::from_command(serve);
    let (conversations, _) = restored.client(&key).list_conversations("").await.listed();
    let subjects: Vec<_> = conversations.iter().map(|each| each["subject"].clone()).collect();
    assert_eq!(subjects, ["Return", "Refund"]);
}

#[tokio::test]
async fn what_is_there_is_never_overwritten_and_what_fails_leaves_nothing() {
    let database = TestDatabase::sqlite();
    let _migrated = printed(&run(&database, &["migrate"]));
    let directory = tempfile::tempdir().expect("a directory");
    let taken = directory.path().join("taken.db");
    std::fs::write(&taken, "mine").expect("a file");
    let dangling = directory.path().join("dangling.db");
    std::os::unix::fs::symlink("/nowhere/at/all", &dangling).expect("a link");
    let nowhere = directory.path().join("absent/backup.db");

    for (file, part) in
        [(&taken, "already exists"), (&dangling, "already exists"), (&nowhere, "cannot be written")]
    {
        let output = run(&database, &["backup", file.to_str().expect("UTF-8")]);

        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(part) && said.contains(file.to_str().expect("UTF-8")), "{said}");
    }
    assert_eq!(std::fs::read(&taken).expect("a file"), b"mine");
    let mut left = names(directory.path());
    left.sort();
    assert_eq!(left, ["dangling.db", "taken.db"]);
}

#[tokio::test]
async fn a_damaged_database_is_not_backed_up_as_if_it_were_whole() {
    let database = TestDatabase::sqlite();
    let _migrated = printed(&run(&database, &["migrate"]));
    database
        .execute(
            "PRAGMA foreign_keys = OFF; \
             INSERT INTO inboxes (workspace_id, id, name, channel, updated_at, version) \
             VALUES (x'01', x'02', 'Lost', 'email', 0, 1)",
        )
        .await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("backup.db");

    let output = run(&database, &["backup", file.to_str().expect("UTF-8")]);

    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("refer to missing rows of workspaces"), "{said}");
    assert!(names(directory.path()).is_empty());
}

#[tokio::test]
async fn a_backup_migrates_nothing_and_makes_no_database() {
    let directory = tempfile::tempdir().expect("a directory");
    let absent = directory.path().join("absent.db");
    let url = format!("sqlite://{}", absent.display());
    let file = directory.path().join("backup.db");
    let file = file.to_str().expect("UTF-8");
    let output = bare(&["backup", file, "--database-url", &url]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no database file"));
    assert!(names(directory.path()).is_empty());

    // A database of an older version is copied as it is.
    let database = TestDatabase::sqlite();
    database
        .execute(
            "CREATE TABLE __diesel_schema_migrations \
             (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP); \
             CREATE TABLE ours (id INTEGER)",
        )
        .await;
    let _backup = printed(&run(&database, &["backup", file]));
    let bytes = std::fs::read(file).expect("the backup");
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("CREATE TABLE ours") && !holds("CREATE TABLE workspaces"));
}

#[tokio::test]
async fn postgres_is_backed_up_by_its_own_tool() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("backup.dump");

    let output =
        command(&database, &["backup", file.to_str().expect("UTF-8")]).output().expect("it runs");

    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    let advice = format!("pg_dump --format=custom --file={} \"$DATABASE_URL\"", file.display());
    assert!(said.contains(&advice), "{said}");
    assert!(!file.exists());
}
