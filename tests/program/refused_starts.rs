//! What the program does not start on, and what it says then: one line, and nothing is touched.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use conversations_testkit::{Engine, TestDatabase};

use crate::process::{bare, command, printed, run};

/// The future, as a migration.
const FROM_THE_FUTURE: &str =
    "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')";

/// The one line with which a start was refused.
#[track_caller]
fn refusal(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("conversations: "), "{said}");
    assert!(output.stdout.is_empty());
    said
}

/// Every file of a directory with what is in it.
fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut contents: Vec<_> =
        paths.map(|path| (path.clone(), std::fs::read(path).expect("a file"))).collect();
    contents.sort();
    contents
}

fn file_of(database: &TestDatabase) -> PathBuf {
    database.url().strip_prefix("sqlite://").expect("a file").into()
}

/// Every command refuses this file with a line that says this, and leaves everything as it is.
#[track_caller]
fn refused_and_untouched(database: &TestDatabase, part: &str) {
    let directory = file_of(database).parent().expect("a directory").to_owned();
    let before = contents(&directory);
    for arguments in [
        vec!["serve", "--listen", "127.0.0.1:0"],
        vec!["migrate"],
        vec!["keys", "list"],
        vec!["workspaces", "list"],
    ] {
        let said = refusal(&run(database, &arguments));
        assert!(said.contains(part), "{arguments:?}: {said}");
        assert!(contents(&directory) == before, "{arguments:?} changed something");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_untouched() {
    let database = TestDatabase::sqlite();
    std::fs::write(file_of(&database), "Dear diary, today").expect("a file");

    refused_and_untouched(&database, "is not a database; choose another file");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_untouched() {
    for mode in ["DELETE", "WAL"] {
        let database = TestDatabase::sqlite();
        let songs = format!("PRAGMA journal_mode = {mode}; CREATE TABLE songs (title TEXT)");
        database.execute(&songs).await;

        refused_and_untouched(&database, "is the database of another program");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_untouched() {
    let database = TestDatabase::sqlite();
    assert!(printed(&run(&database, &["migrate"])).starts_with("Applied"));
    database.execute(FROM_THE_FUTURE).await;
    refused_and_untouched(&database, "was created by a newer version");

    let database = TestDatabase::new(Engine::Postgres).await;
    database.execute(FROM_THE_FUTURE).await;
    for arguments in [vec!["serve", "--listen", "127.0.0.1:0"], vec!["migrate"]] {
        let said = refusal(&run(&database, &arguments));
        assert!(said.contains("was created by a newer version"), "{said}");
        assert!(said.contains("99991231000000"), "{said}");
    }
}

/// The binary as a user who may not write everywhere: root becomes another user.
#[cfg(unix)]
fn unprivileged(directory: &Path, arguments: &[&str]) -> Command {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    let privileged = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !privileged {
        return bare(arguments);
    }
    // Where it was built may be closed to others.
    let copy = directory.join("conversations");
    std::fs::copy(env!("CARGO_BIN_EXE_conversations"), &copy).expect("a copy of the binary");
    std::fs::set_permissions(directory, PermissionsExt::from_mode(0o755)).expect("permissions");
    let bare = bare(arguments);
    let mut command = Command::new(copy);
    command.args(bare.get_args()).env_clear().uid(65_534).gid(65_534).current_dir("/");
    command
}

#[cfg(unix)]
#[test]
fn a_read_only_database_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let programs = tempfile::tempdir().expect("a directory");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("conversations.db");
    let url = format!("sqlite://{}", file.display());
    let migrated = bare(&["migrate", "--database-url", &url]).output().expect("the binary runs");
    assert!(migrated.status.success());
    let permit = |path: &Path, mode| {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("permissions");
    };
    let absent = format!("sqlite://{}", directory.path().join("absent.db").display());
    let absent_below = format!("sqlite://{}", directory.path().join("new/absent.db").display());
    let before = contents(directory.path());

    for (file_mode, directory_mode, url) in [
        (0o444, 0o777, &url),
        (0o666, 0o555, &url),
        (0o666, 0o555, &absent),
        (0o666, 0o555, &absent_below),
    ] {
        permit(&file, file_mode);
        permit(directory.path(), directory_mode);

        let serve = ["serve", "--listen", "127.0.0.1:0", "--database-url", url];
        let output = unprivileged(programs.path(), &serve).output().expect("the binary runs");

        let said = refusal(&output);
        assert!(said.contains("must be writable"), "{said}");
        assert!(contents(directory.path()) == before, "something was changed: {said}");
    }
    permit(directory.path(), 0o700);
}

#[test]
fn commands_that_only_read_create_no_database() {
    let id = "0193a5c2-1111-7abc-8def-0123456789ab";
    for arguments in [
        vec!["check"],
        vec!["keys", "list"],
        vec!["keys", "rotate", id],
        vec!["keys", "revoke", id],
        vec!["workspaces", "list"],
        vec!["workspaces", "delete", "acme", "--yes"],
        vec!["backup", "copy.db"],
        vec!["export"],
        vec!["export", "--output", "acme.ndjson"],
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let output = bare(&arguments)
            .current_dir(&directory)
            .env("DATABASE_URL", "sqlite://data/absent.db")
            .output()
            .expect("the binary runs");

        let said = refusal(&output);
        assert!(said.contains("data/absent.db") && said.contains("migrate"), "{said}");
        assert!(contents(directory.path()).is_empty(), "{arguments:?} made something");
    }
}

#[test]
fn says_when_it_creates_a_database() {
    for arguments in [
        vec!["migrate"],
        vec!["seed", "--workspace", "acme", "--conversations", "1"],
        vec!["keys", "create", "--workspace", "acme", "--name", "a", "--role", "admin"],
        vec!["workspaces", "create", "acme"],
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("new.db");
        let url = format!("sqlite://{}", file.display());
        let made = || bare(&arguments).env("DATABASE_URL", &url).output().expect("the binary runs");

        let output = made();

        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && file.exists(), "{arguments:?}: {said}");
        let line = said.lines().find(|line| line.contains("created a new database file"));
        assert!(line.is_some_and(|line| line.contains("new.db")), "{arguments:?}: {said}");
        assert!(
            !String::from_utf8_lossy(&made().stderr).contains("created a new"),
            "{arguments:?}"
        );
    }
}

#[test]
fn what_is_no_part_of_a_path_makes_no_file() {
    for (rest, part) in [
        ("x.db\n", "must not contain"),
        ("x.db\"", "must not contain"),
        ("x.db ", "white space"),
        ("x.db?mode=ro", "without parameters"),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}/{rest}", directory.path().display());

        let output = bare(&["migrate"]).env("DATABASE_URL", &url).output().expect("it runs");

        let said = refusal(&output);
        assert!(said.contains(part), "{rest:?}: {said}");
        assert!(contents(directory.path()).is_empty(), "{rest:?} made a file");
    }
}

#[test]
fn an_address_that_is_taken_is_told_with_its_setting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("its address").to_string();
    let free = "127.0.0.1:0";
    for (arguments, part) in [
        (["--listen", &address, "--metrics-listen", free], "(--listen, CONVERSATIONS_LISTEN)"),
        (["--listen", free, "--metrics-listen", &address], "(--metrics-listen, "),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let mut serve = bare(&["serve"]);
        let output =
            serve.args(arguments).current_dir(&directory).output().expect("the binary runs");

        let said = refusal(&output);

        assert!(said.contains(part) && said.contains(&address), "{said}");
        assert_eq!(std::fs::read_dir(&directory).expect("it is there").count(), 0);
    }
}

#[test]
fn a_wrong_setting_is_named_in_one_line() {
    for (arguments, part) in [
        (vec!["serve", "--request-timeout", "0"], "--request-timeout <SECONDS>"),
        (vec!["serve", "--request-timeout", "soon"], "must be a whole number"),
        (vec!["serve", "--no-such-setting"], "unknown flag --no-such-setting"),
        (vec!["serve", "--databse-url=postgres://u:hush@h/d"], "--database-url"),
        (vec!["serve", "postgres://u:hush@h/d"], "unexpected argument"),
        (vec!["keys", "create", "--name", "x"], "--workspace <NAME>"),
        (vec!["serve", "--database-url", "mysql://u:hush@h/d"], "--database-url is not valid"),
        (vec!["serve", "--listen", "nowhere"], "cannot listen on nowhere"),
        (vec!["serve", "--log", "a=b=c"], "--log"),
        (vec!["serve", "--log", "verbose"], "off, error, warn, info, debug, trace"),
        (vec!["serve", "--log", ""], "CONVERSATIONS_LOG"),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let output = bare(&arguments).current_dir(&directory).output().expect("the binary runs");

        let said = refusal(&output);

        assert!(said.contains(part), "{arguments:?}: {said}");
        assert!(!said.contains("hush"), "{said}");
    }
    let variable = bare(&["serve"]).env("CONVERSATIONS_REQUEST_TIMEOUT", "never").output();
    let said = refusal(&variable.expect("the binary runs"));
    assert!(said.contains("CONVERSATIONS_REQUEST_TIMEOUT"), "{said}");
}

#[tokio::test]
async fn serve_prints_help_and_version() {
    for flag in ["--help", "--version"] {
        assert!(!printed(&bare(&[flag]).output().expect("the binary runs")).is_empty());
    }
    let database = TestDatabase::sqlite();
    let help = command(&database, &["serve", "--help"]).output().expect("the binary runs");
    assert!(printed(&help).contains("--request-timeout <SECONDS>"));
    assert!(!file_of(&database).exists());
}
