//! Where the URL of the database comes from, and that errors say so.

use std::process::Output;

use conversations_testkit::{Engine, TestDatabase};

use crate::process::{bare, printed};

fn said(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[tokio::test]
async fn the_url_may_come_from_a_file() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = TestDatabase::new(engine).await;
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("url");
        for end in ["", "\n", "\r\n"] {
            std::fs::write(&file, format!("{}{end}", database.url())).expect("a file");
            let mut migrate = bare(&["migrate"]);
            migrate.env("DATABASE_URL_FILE", &file).env("DATABASE_URL", "sqlite:///nowhere/at.all");
            let _migrated = printed(&migrate.output().expect("the binary runs"));
        }
        let path = file.to_str().expect("UTF-8");
        let checked = bare(&["check", "--database-url-file", path]).output();
        let _in_order = printed(&checked.expect("the binary runs"));
    }
}

#[test]
fn errors_name_the_server_and_where_its_url_came_from() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("url");
    let url = "postgres://user:hush@127.0.0.1:1/none";
    std::fs::write(&file, url).expect("a file");
    let by_file = format!("--database-url-file ({})", file.display());
    let path = file.to_str().expect("UTF-8");

    let asked = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = bare(arguments);
        command.envs(variables.iter().copied());
        said(&command.output().expect("the binary runs"))
    };
    for (line, source) in [
        (
            asked(&["serve", "--listen", "127.0.0.1:0", "--database-url", url], &[]),
            "--database-url:",
        ),
        (asked(&["keys", "list"], &[("DATABASE_URL", url)]), "--database-url (DATABASE_URL):"),
        (asked(&["migrate"], &[("DATABASE_URL_FILE", path)]), by_file.as_str()),
        (asked(&["check", "--database-url-file", path], &[]), by_file.as_str()),
    ] {
        assert!(line.contains(source) && line.contains("127.0.0.1:1"), "{line}");
        assert!(line.contains("cannot be reached") && !line.contains("hush"), "{line}");
    }
    let both = asked(&["migrate", "--database-url", url, "--database-url-file", path], &[]);
    assert!(both.contains("cannot both be given"), "{both}");
    let missing = asked(&["migrate", "--database-url-file", "/no/such/file"], &[]);
    assert!(missing.contains("/no/such/file) cannot be read"), "{missing}");
    std::fs::write(&file, "mysql://user:hush@host/db").expect("a file");
    let wrong = asked(&["migrate"], &[("DATABASE_URL_FILE", path)]);
    assert!(wrong.contains("is not valid") && !wrong.contains("hush"), "{wrong}");
}
