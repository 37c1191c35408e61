//! Starting and stopping.

use std::process::Command;

use conversations_testkit::{Engine, TestDatabase};

use serde_json::Value;

use crate::process::{
    Program, as_printed, bare, binary, command, exports_in, line_with, printed, run, secret_in,
};

async fn empty(engine: Engine) -> TestDatabase {
    match engine {
        Engine::Sqlite => TestDatabase::sqlite(),
        Engine::Postgres => TestDatabase::empty_postgres().await,
    }
}

#[tokio::test]
async fn the_first_start_prints_a_key_and_a_request_that_works_as_printed() {
    for engine in Engine::ALL {
        let database = empty(engine).await;
        let first = Program::serve(&database);
        let url = first.base_url();
        let (printed, status) = first.stop();
        assert!(status.success(), "{engine:?}: {status}");
        assert_eq!(printed.matches("curl").count(), 1, "{printed}");

        // The port of the first start is gone; the request is the same for the next one.
        let second = Program::serve(&database);
        let pasted = printed.replace(&url, &second.base_url());
        let request = &pasted[pasted.find("curl").expect("a request")..];
        let pasted = format!("{}{request}", exports_in(&pasted));
        let reply = Command::new("sh").args(["-c", &pasted]).output().expect("curl runs");
        let reply = crate::process::printed(&reply);
        assert!(reply.contains(r#""subject":"My first conversation""#), "{reply}");

        let key = secret_in(&printed).expect("a key");
        let (_, pagination) = second.client(&key).list_conversations("").await.listed();
        assert_eq!(pagination["total"], 1);
        let (printed, _) = second.stop();
        assert_eq!(printed, "", "the key is printed only once");
    }
}

#[tokio::test]
async fn for_programs_a_start_prints_one_object() {
    for engine in Engine::ALL {
        let database = empty(engine).await;
        let start = || {
            let arguments = ["serve", "--listen", "127.0.0.1:0", "--demo", "--json"];
            let server = Program::from_command(command(&database, &arguments));
            let url = server.base_url();
            let (printed, status) = server.stop();
            assert!(status.success(), "{engine:?}: {status}");
            let made: Value = serde_json::from_str(&printed).expect("one object");
            assert_eq!(made["url"], url);
            assert!(printed.ends_with("}\n"), "{printed}");
            made
        };

        let first = start();
        let server = Program::serve(&database);
        let client = server.client(first["key"].as_str().expect("a key"));
        let me = client.me().await.ok();
        assert_eq!(me["workspace"]["_id"], first["workspaceId"]);
        assert_eq!(me["workspace"]["name"], first["workspace"]);
        let inbox = first["inboxId"].as_str().expect("an inbox");
        let _inbox = client.get_inbox(inbox).await.ok();
        let again = start();
        assert_eq!(again.as_object().map(serde_json::Map::len), Some(1), "{again}");
    }
}

#[tokio::test]
async fn the_first_start_says_where_things_are_and_prints_commands_that_work() {
    for engine in Engine::ALL {
        let database = empty(engine).await;
        let server = Program::serve(&database);
        let page = format!("{}/docs", server.base_url());
        let (said, _) = server.stop();

        assert_eq!(line_with(&said, "/docs").split_whitespace().last(), Some(page.as_str()));
        let data = line_with(&said, "Data");
        if let Some(file) = database.url().strip_prefix("sqlite://") {
            assert!(data.ends_with(file), "{data}");
        } else {
            let name = database.url().rsplit('/').next().expect("a name");
            let name = name.split('?').next().expect("a name");
            assert!(data.contains("PostgreSQL at ") && data.contains(name), "{data}");
        }
        assert!(said.contains("never ship one in a page or an app"), "{said}");
        let listed = printed(&as_printed(line_with(&said, " keys list"), &database));
        assert!(listed.contains("admin") && listed.starts_with("ID"), "{listed}");
        let help = printed(&as_printed(line_with(&said, "--help"), &database));
        assert!(help.contains("Usage: conversations"), "{help}");
        // What may hold a password is not repeated.
        assert!(!said.contains("postgres://"), "{said}");
    }
}

#[test]
fn what_is_printed_names_the_program_and_its_folder_as_they_were_called() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("my tools");
    std::fs::create_dir(&copy).expect("a folder");
    std::os::unix::fs::symlink(binary(), copy.join("conversations")).expect("a link");
    let serve = |called: &str, path: &str| {
        let mut shell = Command::new("sh");
        let line = format!("exec {called} serve --listen 127.0.0.1:0");
        shell.args(["-c", &line]).current_dir(&folder).env("PATH", path);
        for (name, _) in bare(&[]).get_envs() {
            shell.env_remove(name);
        }
        let (said, _) = Program::from_command(shell).stop();
        std::fs::remove_dir_all(folder.path().join("data")).expect("what it made");
        said
    };

    let by_path = serve("'my tools/conversations'", "/usr/bin:/bin");
    assert_eq!(line_with(&by_path, " keys list"), "'my tools/conversations' keys list");
    assert!(by_path.contains("in another terminal in this folder:"), "{by_path}");
    let installed = serve("conversations", &format!("{}:/usr/bin:/bin", copy.display()));
    assert_eq!(line_with(&installed, " keys list"), "conversations keys list");
}

#[test]
fn help_fits_eighty_columns() {
    let help = |arguments: &[&str]| {
        let mut command = bare(arguments);
        // A terminal of a hundred and twenty would be one more reason.
        printed(&command.env("COLUMNS", "120").output().expect("the binary runs"))
    };
    let commands = [
        &[][..],
        &["serve"],
        &["migrate"],
        &["backup"],
        &["check"],
        &["export"],
        &["verify"],
        &["import"],
        &["import", "conversations"],
        &["seed"],
        &["keys"],
        &["keys", "create"],
        &["keys", "list"],
        &["keys", "rotate"],
        &["keys", "revoke"],
        &["workspaces"],
        &["workspaces", "create"],
        &["workspaces", "list"],
        &["workspaces", "delete"],
        &["healthcheck"],
        &["completions"],
        &["openapi"],
    ];
    for command in commands {
        for help in [help(&[command, &["--help"]].concat()), help(&[command, &["-h"]].concat())] {
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{command:?}: {line}");
            }
            assert!(help.lines().count() > 3, "{help}");
        }
    }
}

#[tokio::test]
async fn of_two_first_starts_at_once_one_prints() {
    for engine in Engine::ALL {
        let database = empty(engine).await;

        let starting: Vec<_> = (0..2)
            .map(|_| {
                let serve = command(&database, &["serve", "--listen", "127.0.0.1:0"]);
                std::thread::spawn(move || Program::from_command(serve))
            })
            .collect();
        let programs: Vec<_> =
            starting.into_iter().map(|each| each.join().expect("both start")).collect();
        let printed: Vec<_> = programs.into_iter().map(|program| program.stop().0).collect();

        let keys = printed.iter().filter(|text| secret_in(text).is_some()).count();
        assert_eq!(keys, 1, "{engine:?}: {printed:?}");
    }
}

#[tokio::test]
async fn migrations_are_applied_once_and_named() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of migrations")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    let applied: String =
        names.iter().flat_map(|name| ["Applied ", name.as_str(), ".\n"]).collect();

    for engine in Engine::ALL {
        let database = empty(engine).await;

        assert_eq!(printed(&run(&database, &["migrate"])), applied);
        assert_eq!(printed(&run(&database, &["migrate"])), "The database is up to date.\n");
    }
}

#[tokio::test]
async fn a_log_that_nobody_reads_any_more_disturbs_no_request() {
    let database = TestDatabase::sqlite();
    let (program, log) =
        Program::with_log(command(&database, &["serve", "--listen", "127.0.0.1:0"]));
    drop(log);

    for _ in 0..3 {
        let client = program.client("sk_live_nonsense");
        let _error = client.list_conversations("").await.refused(401, "API_KEY_INVALID");
    }

    let (_, status) = program.stop();
    assert!(status.success(), "{status}");
}

#[cfg(unix)]
#[test]
fn the_default_database_is_made_for_nobody_elses_eyes() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().expect("a directory");
    let mut serve = bare(&["serve", "--listen", "127.0.0.1:0"]);
    serve.current_dir(&directory);

    let program = Program::from_command(serve);

    let data = directory.path().join("data");
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!(mode(&data), 0o700);
    for entry in std::fs::read_dir(&data).expect("a directory") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let (_, status) = program.stop();
    assert!(status.success());
}

#[tokio::test]
async fn as_many_files_are_open_as_the_system_allows() {
    let database = TestDatabase::sqlite();
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -Sn 64 && exec \"$0\" serve --listen 127.0.0.1:0"])
        .arg(env!("CARGO_BIN_EXE_conversations"))
        .env("DATABASE_URL", database.url());

    let program = Program::from_command(limited);

    let limits = std::fs::read_to_string(format!("/proc/{}/limits", program.id())).expect("Linux");
    let files = limits.lines().find(|line| line.starts_with("Max open files")).expect("a limit");
    let [soft, hard] = files.split_whitespace().skip(3).take(2).collect::<Vec<_>>()[..] else {
        panic!("{files}")
    };
    assert_eq!(soft, hard);
}

#[test]
fn what_cannot_start_says_why_in_one_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    std::fs::write(&file, "no directory").expect("a file");
    let below_a_file = format!("sqlite://{}/x.db", file.display());
    let no_database = format!("sqlite://{}", file.display());

    for (url, part) in [
        (below_a_file.as_str(), "cannot be opened"),
        (no_database.as_str(), "not a database"),
        ("postgres://user:hush@127.0.0.1:1/none", "cannot be reached"),
    ] {
        // Any port: another server may have the usual one.
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--database-url", url];
        let output = bare(&arguments).output().expect("the binary runs");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(part), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!said.contains("hush"), "{said}");
    }
    let output = bare(&["serve", "--database-url", "mysql://user:hush@host/db"]).output();
    let output = output.expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("postgres://user:password@host/database"), "{said}");
    assert!(!said.contains("hush"), "{said}");
}

#[tokio::test]
async fn where_nothing_is_to_be_migrated_no_right_to_make_tables_is_needed() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let _migrated = printed(&run(&database, &["migrate"]));
    let role = format!("runtime_{}", std::process::id());
    database
        .execute(&format!(
            "CREATE ROLE {role} LOGIN; \
             REVOKE CREATE ON SCHEMA public FROM PUBLIC; \
             GRANT USAGE ON SCHEMA public TO {role}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
        ))
        .await;
    let url = database.url().replacen("postgres@", &format!("{role}@"), 1);
    assert!(url.contains(&role), "the tests' server lets everybody in");

    let create = ["keys", "create", "--workspace", "acme", "--name", "a", "--role", "admin"];
    for arguments in [&["migrate"][..], &create, &["keys", "list"], &["check"]] {
        let output = bare(arguments).env("DATABASE_URL", &url).output().expect("the binary runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
    let mut serve = bare(&["serve", "--listen", "127.0.0.1:0"]);
    serve.env("DATABASE_URL", &url);
    Program::from_command(serve).kill();

    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}
