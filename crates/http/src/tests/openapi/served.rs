//! The description as it is served, printed and kept.

use actix_web::test::TestRequest;

use super::document;
use crate::PublicUrl;
use crate::testing::{Storage, send};

fn get() -> TestRequest {
    TestRequest::get().uri("/openapi.json")
}

#[actix_web::test]
async fn needs_no_key_and_is_revalidated_by_etag() {
    let reply = send(Storage::default(), get()).await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, document());
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "private, no-cache");
    let tag = reply.header("etag").to_owned();
    let again = send(Storage::default(), get().append_header(("if-none-match", tag.clone()))).await;
    assert_eq!(again.status, 304);
    assert_eq!(again.header("etag"), tag);
    let other = send(Storage::default(), get().append_header(("if-none-match", "\"1\""))).await;
    assert_eq!(other.status, 200);
}

#[test]
fn openapi_json_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let kept = std::fs::read_to_string(path).expect("docs/openapi.json");

    assert!(
        kept == crate::openapi(&PublicUrl::default()),
        "docs/openapi.json is out of date: make openapi"
    );
}

#[actix_web::test]
async fn it_names_the_url_that_clients_use() {
    let ask = |storage| async { send(storage, get()).await.body["servers"][0]["url"].clone() };
    assert_eq!(ask(Storage::default()).await, ".", "beside the description, below any prefix");

    let public_url = "https://desk.example.com/support/".parse().expect("a public URL");
    let storage = Storage { public_url, ..Storage::default() };
    assert_eq!(ask(storage).await, "https://desk.example.com/support");
}
