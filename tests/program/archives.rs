//! `conversations export`, `verify` and `import`: a workspace moves whole, between any two databases.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use conversations_testkit::{Engine, TestDatabase};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Program, bare, command, printed, run, secret_in};

/// A folder for files, which goes with the test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The file with this content.
    fn with(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.file(name);
        fs::write(&file, content).expect("a file is written");
        file
    }
}

fn text(file: &Path) -> &str {
    file.to_str().expect("UTF-8")
}

fn export(database: &TestDatabase, workspace: &str, file: &Path) -> String {
    let arguments = ["export", "--workspace", workspace, "--output", text(file)];
    printed(&run(database, &arguments))
}

fn import(database: &TestDatabase, file: &Path) -> Output {
    run(database, &["import", "conversations", text(file)])
}

fn verify(file: &Path) -> Output {
    bare(&["verify", text(file)]).output().expect("the binary runs")
}

/// What a command that is refused with this code prints: one line.
#[track_caller]
fn refused(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Before it there may be lines of the log, which are JSON.
    let lines: Vec<_> = said.lines().filter(|line| !line.starts_with('{')).collect();
    assert_eq!(lines.len(), 1, "{said}");
    lines[0].to_owned()
}

/// The lines after the header.
fn records(file: &Path) -> Vec<String> {
    let content = fs::read_to_string(file).expect("an export");
    let lines: Vec<_> = content.lines().skip(1).map(str::to_owned).collect();
    // The sum is that of the header too.
    let (end, others) = lines.split_last().expect("an end");
    let (counts, _) = end.split_once(r#","sha256""#).expect("a sum");
    others.iter().cloned().chain([counts.to_owned()]).collect()
}

/// Fills the workspace `acme` over the API and by `seed`.
async fn fill(database: &TestDatabase) {
    let seed = ["seed", "--workspace", "acme", "--conversations", "120", "--messages-per", "3"];
    printed(&run(database, &[&seed[..], &["--customers", "40"]].concat()));
    let may = ["read:conversations", "write:conversations", "write:customers", "write:inboxes"];
    let more = ["write:users", "read:inboxes"];
    let mut create = vec!["keys", "create", "--workspace", "acme", "--name", "robot"];
    create.extend(may.iter().chain(&more).flat_map(|each| ["--permission", *each]));
    let key = secret_in(&printed(&run(database, &create))).expect("a key");
    let server = Program::serve(database);
    let client = server.client(&key);
    let inbox = client.post("/api/v1/inboxes", &json!({ "name": "Größe \"7\"" })).await.created();
    let new = json!({
        "subject": "Refund <b> \\ \u{1f600}",
        "inboxId": inbox["_id"],
        "labels": ["a", "Z", "ä"],
        "customer": { "profile": { "email": "Ada@Example.org" },
            "customFields": { "n": 0.1, "i": -7, "b": true, "t": "x\"y" } },
        "message": { "body": " \u{1b}[1m\r\n\t\u{2028}" },
    });
    let made = client.create_conversation(&new).await.created();
    let path = format!("/api/v1/conversations/{}", made["_id"].as_str().expect("an id"));
    let messages = format!("{path}/messages");
    let say = |body: &str| json!({ "body": body, "author": { "type": "system" } });
    let second = client.post(&messages, &say("second")).await.created();
    let gone = format!("{messages}/{}", second["_id"].as_str().expect("an id"));
    let _deleted = client.delete(&gone).await;
    let _third = client.post(&messages, &say("third")).await.created();
    let closed = json!({ "status": "closed", "labels": ["a"] });
    let _closed = client.patch(&path, &closed).await.ok();
    server.stop();
}

/// `conversations check` finds nothing.
fn assert_sound(database: &TestDatabase) {
    let said = printed(&run(database, &["check"]));
    assert!(said.contains(": no problems found.\n") && said.contains(": all agree.\n"), "{said}");
}

#[tokio::test]
async fn a_workspace_moves_between_all_databases_byte_by_byte() {
    let folder = Folder::new();
    for from in Engine::ALL {
        let source = TestDatabase::new(from).await;
        fill(&source).await;
        let first = folder.file(&format!("{from:?}.ndjson"));
        let said = export(&source, "acme", &first);
        assert!(said.contains("121 conversations, 362 messages"), "{said}");
        let mode = fs::metadata(&first).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(printed(&verify(&first)).contains("is complete and unaltered"));

        for to in Engine::ALL {
            let target = TestDatabase::new(to).await;
            let said = printed(&import(&target, &first));
            assert!(said.contains("into the workspace \"acme\": 11 inboxes"), "{said}");
            let second = folder.file(&format!("{from:?}-{to:?}.ndjson"));
            export(&target, "acme", &second);

            assert_eq!(records(&second), records(&first), "{from:?} to {to:?}");
            assert_sound(&target);
        }
    }
}

#[tokio::test]
async fn what_was_imported_is_served_as_it_was() {
    let folder = Folder::new();
    for engine in Engine::ALL {
        let (source, target) = (TestDatabase::new(engine).await, TestDatabase::new(engine).await);
        fill(&source).await;
        let file = folder.file(&format!("{engine:?}.ndjson"));
        export(&source, "acme", &file);
        printed(&import(&target, &file));

        let mut shown: Vec<Vec<Value>> = Vec::new();
        for database in [&source, &target] {
            let may = ["--permission", "read:conversations", "--permission", "read:customers"];
            let create = ["keys", "create", "--workspace", "acme", "--name", "reader"];
            let key = secret_in(&printed(&run(database, &[&create[..], &may].concat())));
            let server = Program::serve(database);
            let client = server.client(&key.expect("a key"));
            let mut replies = Vec::new();
            for query in ["limit=100", "limit=100&page=2", "q=third", "label=a", "status=closed"] {
                let (items, pagination) = client.list_conversations(query).await.listed();
                replies.push(json!([items, pagination["total"]]));
            }
            let (customers, _) = client.get("/api/v1/customers?limit=100").await.listed();
            replies.push(json!(customers));
            shown.push(replies);
        }
        assert_eq!(shown[0], shown[1], "{engine:?}");
        assert_ne!(shown[0][2][1], 0, "{engine:?}: something is found");
    }
}

#[tokio::test]
async fn an_import_that_is_killed_leaves_nothing_and_can_be_repeated() {
    let folder = Folder::new();
    let database = TestDatabase::sqlite();
    let seed = ["seed", "--workspace", "acme", "--conversations", "4000", "--messages-per", "3"];
    printed(&run(&database, &seed));
    let file = folder.file("acme.ndjson");
    export(&database, "acme", &file);
    for engine in Engine::ALL {
        let target = TestDatabase::new(engine).await;
        printed(&run(&target, &["migrate"]));
        for millis in [50, 300, 600, 1_200] {
            let mut child = command(&target, &["import", "conversations", text(&file)])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the binary starts");
            tokio::time::sleep(Duration::from_millis(millis)).await;
            // It may have ended already, on a machine that is fast.
            let is_over = child.try_wait().expect("a child").is_some();
            child.kill().expect("a process that can be killed");
            child.wait().expect("the end of the process");
            let listed = printed(&run(&target, &["workspaces", "list"]));
            if is_over {
                break;
            }
            assert!(!listed.contains("acme"), "{engine:?}: {listed}");
        }

        let listed = printed(&run(&target, &["workspaces", "list"]));
        if !listed.contains("acme") {
            printed(&import(&target, &file));
        }
        let again = folder.file(&format!("{engine:?}.ndjson"));
        export(&target, "acme", &again);
        assert_eq!(records(&again), records(&file));
        assert_sound(&target);
    }
}

#[tokio::test]
async fn bad_files_and_targets_change_nothing() {
    let folder = Folder::new();
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        fill(&database).await;
        let file = folder.file(&format!("{engine:?}.ndjson"));
        export(&database, "acme", &file);
        let whole = fs::read_to_string(&file).expect("an export");
        let lines: Vec<_> = whole.lines().collect();
        let cut = whole[..whole.len() / 2].to_owned();
        let without_end: String =
            lines[..lines.len() - 1].iter().flat_map(|line| [line, "\n"]).collect();
        let last = lines.len();
        let newer = whole.replacen(r#""version":1"#, r#""version":2"#, 1);
        for (name, content, said) in [
            ("empty", String::new(), "line 1: this is not an export".to_owned()),
            ("mail", "From: ada@example.org\n\n".to_owned(), "line 1: this is not".to_owned()),
            ("newer", newer, "line 1: the file has version 2".to_owned()),
            ("cut", cut, "the file is cut off".to_owned()),
            ("end", without_end, format!("line {last}: the file is cut off")),
            ("altered", whole.replacen("third", "thirt", 1), format!("line {last}: sha256: must")),
            ("status", whole.replacen(r#""closed""#, r#""shut""#, 1), "status: must be".to_owned()),
        ] {
            let bad = folder.with(name, content);
            for refused in [refused(&verify(&bad), 1), refused(&import(&database, &bad), 2)] {
                assert!(refused.contains(&said) && refused.contains(name), "{name}: {refused}");
            }
        }
        assert_eq!(verify(&folder.file("absent")).status.code(), Some(2));
        let refused = refused(&import(&database, &file), 2);
        assert!(refused.contains("the workspace is not empty"), "{refused}");
        let again = folder.file(&format!("{engine:?}-again.ndjson"));
        export(&database, "acme", &again);
        assert_eq!(records(&again), records(&file), "{engine:?}");
    }
}

#[tokio::test]
async fn an_export_names_what_it_lacks_and_overwrites_nothing() {
    let folder = Folder::new();
    let database = TestDatabase::sqlite();
    let absent = run(&database, &["export"]);
    assert!(refused(&absent, 2).contains("no database file"), "{absent:?}");
    printed(&run(&database, &["migrate"]));
    assert!(refused(&run(&database, &["export"]), 1).contains("there is no workspace"));
    printed(&run(&database, &["workspaces", "create", "acme"]));

    let only = printed(&run(&database, &["export"]));
    let kinds: Vec<_> = only.lines().map(|line| line.split('"').nth(3)).collect();
    assert_eq!(kinds, [Some("header"), Some("inbox"), Some("end")], "{only}");

    printed(&run(&database, &["workspaces", "create", "other"]));
    assert!(refused(&run(&database, &["export"]), 1).contains("choose one with --workspace"));
    let unknown = run(&database, &["export", "--workspace", "nowhere"]);
    assert!(refused(&unknown, 1).contains("no workspace \"nowhere\""));
    let file = folder.with("mine.txt", "mine");
    let taken = run(&database, &["export", "--workspace", "acme", "--output", text(&file)]);
    assert!(refused(&taken, 1).contains("mine.txt cannot be written"));
    assert_eq!(fs::read_to_string(&file).expect("the file"), "mine");
    let nowhere = folder.file("no/such/folder");
    let nowhere = run(&database, &["export", "--workspace", "acme", "--output", text(&nowhere)]);
    assert!(refused(&nowhere, 2).contains("cannot be written"));
}

#[test]
fn the_schema_of_the_format_is_printed() {
    let schema = printed(&bare(&["export", "--schema"]).output().expect("the binary runs"));
    let schema: Value = serde_json::from_str(&schema).expect("JSON");

    assert_eq!(schema["oneOf"].as_array().map(Vec::len), Some(9));
}
