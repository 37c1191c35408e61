//! `conversations distribute` where there is no cluster.

use std::process::Output;

use conversations_testkit::{Engine, TestDatabase};

use crate::process::command;

fn refused(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(output.stdout.is_empty());
    said
}

#[tokio::test]
async fn sqlite_is_not_distributed() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let migrated = command(&database, &["migrate"]).output().expect("it runs");
    assert!(migrated.status.success());

    let said = refused(&command(&database, &["distribute"]).output().expect("it runs"));

    assert!(said.contains("a SQLite database is one file"), "{said}");
}

#[tokio::test]
async fn postgres_without_the_extension_is_not_distributed() {
    let database = TestDatabase::new(Engine::Postgres).await;

    let said = refused(&command(&database, &["distribute"]).output().expect("it runs"));

    assert!(said.contains("does not have the extension citus"), "{said}");
}
