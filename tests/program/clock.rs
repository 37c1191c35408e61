//! A machine whose clock is before 1970: no date of HTTP can say that, so the server does not start.

use std::path::Path;

use conversations_testkit::{Engine, TestDatabase};

use crate::process::command;

const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

#[tokio::test]
async fn a_clock_before_1970_is_refused() {
    if !Path::new(FAKETIME).exists() {
        eprintln!("NOT RUN: a_clock_before_1970_is_refused: libfaketime is not installed");
        return;
    }
    let database = TestDatabase::new(Engine::Sqlite).await;
    let mut serve = command(&database, &["serve", "--listen", "127.0.0.1:0"]);
    serve.env("LD_PRELOAD", FAKETIME).env("FAKETIME", "@1969-12-01 00:00:00");
    serve.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");

    let output = serve.output().expect("the binary runs");

    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("before 1970"), "{said}");
}
