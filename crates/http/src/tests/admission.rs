//! Requests are bounded in number and in time.

use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::rt::time::sleep;
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::{App, web};
use conversations_domain::Permissions;

use crate::request_permit::LongRunning;
use crate::testing::{Reply, Storage, allow, services};
use crate::{AdmissionControl, AdmissionLimits, boundary, configure};

const MOMENT: Duration = Duration::from_millis(50);

/// What `requests` are answered that are sent at once, to an application with two more routes:
/// `/slow` takes four moments, and `/at-length` as well, but may.
async fn replies(
    limits: AdmissionLimits,
    requests: Vec<TestRequest>,
) -> (Vec<Reply>, Arc<AdmissionControl>) {
    let mut storage = Storage { limits, ..Storage::default() };
    let secret = allow(&mut storage, Permissions::all());
    let services = services(storage);
    let admission = Arc::clone(&services.admission);
    let app = App::new()
        .wrap(from_fn(boundary))
        .configure(configure(services))
        .route(
            "/slow",
            web::get().to(|| async {
                sleep(MOMENT * 4).await;
                "slow"
            }),
        )
        .route(
            "/at-length",
            web::get().to(|_: LongRunning| async {
                sleep(MOMENT * 4).await;
                "long"
            }),
        );
    let app = init_service(app).await;

    let calls = requests.into_iter().map(|request| {
        let request = request.append_header(("x-api-key", secret.as_str())).to_request();
        let app = &app;
        async move {
            match try_call_service(app, request).await {
                Ok(response) => Reply::read(response.into_parts().1).await,
                Err(error) => Reply::read(error.as_response_error().error_response()).await,
            }
        }
    });
    (futures_util::future::join_all(calls).await, admission)
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

#[actix_web::test]
async fn slow_requests_get_a_503_unless_long_running() {
    let limits =
        AdmissionLimits { request: MOMENT, at_length: MOMENT * 20, ..AdmissionLimits::default() };

    let (replies, _) = replies(limits, vec![get("/slow"), get("/at-length")]).await;

    replies[0].refused(503, "SERVICE_UNAVAILABLE");
    assert_eq!(replies[0].header("retry-after"), "1");
    assert_eq!(replies[1].status, 200);
}

#[actix_web::test]
async fn the_longer_time_is_never_the_shorter_one() {
    let limits =
        AdmissionLimits { request: MOMENT * 20, at_length: MOMENT, ..AdmissionLimits::default() };

    let (replies, _) = replies(limits, vec![get("/at-length")]).await;

    assert_eq!(replies[0].status, 200);
}

#[actix_web::test]
async fn excess_requests_are_refused_before_authentication() {
    let limits = AdmissionLimits { requests: 2, waiting: 0, ..AdmissionLimits::default() };
    let requests = ["/slow", "/slow", "/slow", "/api/v1/inboxes", "/health/ready", "/health/live"];

    let (replies, admission) = replies(limits, requests.map(get).into()).await;

    assert_eq!([replies[0].status, replies[1].status], [200, 200]);
    for refused in &replies[2..4] {
        refused.refused(503, "SERVICE_UNAVAILABLE");
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(refused.header("x-content-type-options"), "nosniff");
        assert!(!refused.header("x-request-id").is_empty());
    }
    // Monitors learn how the process and its storage are, not how much there is to do.
    assert_eq!([replies[4].status, replies[5].status], [200, 200]);
    assert_eq!(admission.take_refused(), 2);
    assert_eq!(admission.requests(), (0, 6));
    let every_place_is_back = [admission.enter(), admission.enter()].iter().all(Result::is_ok);
    assert!(every_place_is_back);
}

#[actix_web::test]
async fn a_key_over_its_limit_is_refused_on_every_route() {
    let limits = AdmissionLimits { requests_per_key: 0, waiting: 0, ..AdmissionLimits::default() };
    let requests = [
        get("/api/v1/inboxes"),
        get("/api/v1/nothing"),
        TestRequest::post().uri("/api/v1/inboxes").set_payload("{"),
    ];

    let (replies, _) = replies(limits, requests.into()).await;

    for refused in &replies {
        refused.refused(503, "SERVICE_UNAVAILABLE");
        assert_eq!(refused.header("retry-after"), "1");
    }
}
