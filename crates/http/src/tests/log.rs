//! What a request leaves in the log, and what it must not.

use std::cell::RefCell;
use std::io;
use std::sync::Once;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::rt::time::sleep;
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::{App, web};
use conversations_application::ports::RepositoryError;

use crate::testing::{ID, Storage, call, details, services};
use crate::{AdmissionLimits, boundary, configure};

/// What must not be in a log.
const SECRET: &str = "a secret";

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

fn subscribe() {
    static SUBSCRIBE: Once = Once::new();
    SUBSCRIBE.call_once(|| {
        tracing_subscriber::fmt().with_writer(|| ThreadLog).with_ansi(false).init();
    });
}

/// The lines that a request leaves.
async fn log_of(storage: Storage, request: TestRequest) -> Vec<String> {
    subscribe();

    call(storage, request.append_header(("x-request-id", "mine-1"))).await;

    let text = String::from_utf8(LOG.take()).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

#[actix_web::test]
async fn a_request_leaves_one_line_without_content() {
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
        AdmissionLimits { requests: 0, waiting: 0, ..AdmissionLimits::default() },
        AdmissionLimits { requests_per_key: 0, waiting: 0, ..AdmissionLimits::default() },
    ] {
        let storage = Storage { limits, ..Storage::default() };

        let lines = log_of(storage, TestRequest::get().uri("/api/v1/inboxes")).await;

        assert!(lines.is_empty(), "{lines:#?}");
    }
}

#[actix_web::test]
async fn a_panic_is_logged_with_words_that_stand_in_the_code_and_no_others() {
    let get = || TestRequest::get().uri("/api/v1/inboxes");
    let mut plain = Storage::default();
    plain.inboxes.expect_list().returning(|_, _| panic!("as it stands"));
    let mut made = Storage::default();
    made.inboxes.expect_list().returning(|_, _| panic!("put together of {SECRET}"));

    for (storage, words) in [(plain, "a panic: as it stands"), (made, "a panic: ")] {
        let lines = log_of(storage, get()).await;

        let [failure, line] = lines.as_slice() else { panic!("not two lines: {lines:#?}") };
        assert!(failure.contains("ERROR") && failure.contains(words), "{failure}");
        assert!(!failure.contains(SECRET), "{failure}");
        assert!(line.contains("route=\"/api/v1/inboxes\""), "{line}");
        assert!(line.contains("status=500"), "{line}");
    }
}

#[actix_web::test]
async fn every_reply_leaves_one_line_with_all_that_is_known() {
    let known = "key.id=00000000-0000-0000-0000-0000000000c8 \
                 workspace.id=00000000-0000-0000-0000-000000000064";
    let large =
        TestRequest::post().uri("/api/v1/users").append_header(("content-length", 9_999_999));
    let options = [("origin", "https://a.example"), ("access-control-request-method", "GET")];
    let asked = options.iter().fold(TestRequest::default(), |request, &header| {
        request.method(Method::OPTIONS).uri("/api/v1/users").append_header(header)
    });
    let brew = TestRequest::default().method(Method::from_bytes(b"SECRET").expect("a method"));
    for (request, parts) in [
        (TestRequest::get().uri("/secret"), ["none", "GET", "404", ""]),
        (TestRequest::get().uri("/api/v1/secret"), ["none", "GET", "404", known]),
        (TestRequest::patch().uri("/api/v1/users"), ["/api/v1/users", "PATCH", "405", known]),
        (brew.uri("/api/v1/users"), ["/api/v1/users", "other", "405", known]),
        (large, ["/api/v1/users", "POST", "413", ""]),
        (asked, ["/api/v1/users", "OPTIONS", "405", known]),
    ] {
        let lines = log_of(Storage::default(), request).await;

        let [route, method, status, of] = parts;
        let answered: Vec<_> = lines.iter().filter(|line| line.contains("answered")).collect();
        let [line] = answered.as_slice() else { panic!("not one line: {lines:#?}") };
        for part in [
            "request.id=\"mine-1\"".to_owned(),
            format!("method=\"{method}\""),
            format!("route=\"{route}\""),
            format!("status={status}"),
            "milliseconds=".to_owned(),
            of.to_owned(),
        ] {
            assert!(line.contains(&part), "{part} is missing in {line}");
        }
        assert!(!lines.concat().to_lowercase().contains("secret"), "{lines:#?}");
    }
}

#[actix_web::test]
async fn a_request_without_a_key_and_one_that_is_late_leave_their_line_too() {
    subscribe();
    let request = Duration::from_millis(20);
    let limits = AdmissionLimits { request, ..AdmissionLimits::default() };
    let slow = web::get().to(|| async {
        sleep(Duration::from_secs(5)).await;
        "slow"
    });
    let app = App::new()
        .wrap(from_fn(boundary))
        .configure(configure(services(Storage { limits, ..Storage::default() })))
        .route("/slow", slow);
    let app = init_service(app).await;

    for (path, parts) in [
        ("/api/v1/users", ["status=401", "route=\"/api/v1/users\""]),
        ("/slow", ["status=503", "route=\"none\""]),
    ] {
        let _replied = try_call_service(&app, TestRequest::get().uri(path).to_request()).await;

        let log = String::from_utf8(LOG.take()).expect("UTF-8");
        let answered: Vec<_> = log.lines().filter(|line| line.contains("answered")).collect();
        let [line] = answered.as_slice() else { panic!("not one line: {log}") };
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
        assert!(line.contains("request.id=") && line.contains("milliseconds="), "{line}");
        assert!(!line.contains("key.id") && !line.contains("workspace.id"), "{line}");
    }
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
