//! What a request leaves in the log, and what it must not.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use actix_web::test::TestRequest;
use conversations_application::ports::RepositoryError;

use crate::LoadLimits;
use crate::testing::{ID, Storage, call, details};

thread_local! {
    /// What the test on this thread has logged. A subscriber per test would be simpler, but
    /// `tracing` remembers for all threads that one of them had none.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the thread.
struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that a request leaves.
async fn log_of(storage: Storage, request: TestRequest) -> Vec<String> {
    static SUBSCRIBE: Once = Once::new();
    SUBSCRIBE.call_once(|| {
        tracing_subscriber::fmt().with_writer(|| ThreadLog).with_ansi(false).init();
    });

    call(storage, request.append_header(("x-request-id", "mine-1"))).await;

    let text = String::from_utf8(LOG.take()).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

#[actix_web::test]
async fn a_request_leaves_one_line_that_tells_no_tales() {
    let path = format!("/api/v1/conversations/{ID}?secret=1");
    let mut storage = Storage::default();
    storage.conversations.expect_find().returning(|_, _| Ok(Some(details())));

    let lines = log_of(storage, TestRequest::get().uri(&path)).await;

    let [line] = lines.as_slice() else { panic!("not one line: {lines:#?}") };
    for part in [
        "INFO",
        "request.id=\"mine-1\"",
        "workspace.id=00000000-0000-0000-0000-000000000064",
        "key.id=00000000-0000-0000-0000-0000000000c8",
        "method=\"GET\"",
        "route=\"/api/v1/conversations/{id}\"",
        "status=422",
        "milliseconds=",
    ] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    for secret in [ID, "secret", "sk_live", "Refund"] {
        assert!(!line.contains(secret), "{secret} is in {line}");
    }
}

#[actix_web::test]
async fn what_is_refused_for_its_number_leaves_no_line() {
    for limits in [
        LoadLimits { requests: 0, ..LoadLimits::default() },
        LoadLimits { requests_per_key: 0, ..LoadLimits::default() },
    ] {
        let storage = Storage { limits, ..Storage::default() };

        let lines = log_of(storage, TestRequest::get().uri("/api/v1/inboxes")).await;

        assert!(lines.is_empty(), "{lines:#?}");
    }
}

#[actix_web::test]
async fn a_panic_is_logged_with_its_words() {
    let lines = log_of(Storage::default(), TestRequest::get().uri("/api/v1/inboxes")).await;

    let [failure, line] = lines.as_slice() else { panic!("not two lines: {lines:#?}") };
    assert!(failure.contains("MockInboxRepository"), "{failure}");
    assert!(line.contains("route=\"/api/v1/inboxes\""), "{line}");
}

#[actix_web::test]
async fn a_failure_is_explained_to_the_log_alone() {
    let mut storage = Storage::default();
    storage
        .inboxes
        .expect_list()
        .returning(|_, _| Err(RepositoryError::Backend("table is on fire".into())));

    let lines = log_of(storage, TestRequest::get().uri("/api/v1/inboxes")).await;

    let [failure, line] = lines.as_slice() else { panic!("not two lines: {lines:#?}") };
    assert!(failure.contains("ERROR") && failure.contains("table is on fire"), "{failure}");
    assert!(failure.contains("request.id=\"mine-1\""), "{failure}");
    assert!(line.contains("status=500"), "{line}");
}
