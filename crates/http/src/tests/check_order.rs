//! The order of checks is the contract's: of several things that are wrong, the first one answers.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use conversations_domain::{Permission, Permissions};
use serde_json::json;

use crate::operations;
use crate::testing::{ID, Reply, Storage, call, call_with, send};

/// A request that is wrong in every way that the checks before do not find.
struct Wrong {
    method: Method,
    path: String,
    headers: Vec<(&'static str, &'static str)>,
    body: &'static str,
}

impl Wrong {
    fn request(&self) -> TestRequest {
        let request = TestRequest::with_uri(&self.path).method(self.method.clone());
        let request = request.set_payload(self.body);
        self.headers.iter().fold(request, |request, header| request.insert_header(*header))
    }

    async fn sent(&self, permissions: Permissions) -> Reply {
        call_with(permissions, Storage::default(), self.request()).await
    }
}

#[actix_web::test]
async fn each_check_comes_after_the_one_before() {
    let everything = Permissions::all;
    let mut wrong = Wrong {
        method: Method::TRACE,
        path: "/api/v1/nothing/nowhere?%zz".to_owned(),
        headers: vec![("content-length", "1048577"), ("content-type", "text/plain")],
        body: "{",
    };

    send(Storage::default(), wrong.request()).await.refused(413, "PAYLOAD_TOO_LARGE");
    wrong.headers.remove(0);
    send(Storage::default(), wrong.request()).await.refused(401, "AUTH_REQUIRED");
    wrong.sent(Permissions::default()).await.refused(404, "NOT_FOUND");
    wrong.path = "/api/v1/conversations/nowhere?%zz".to_owned();
    wrong.sent(Permissions::default()).await.refused(405, "METHOD_NOT_ALLOWED");
    wrong.method = Method::PUT;
    wrong.sent(Permissions::default()).await.refused(403, "INSUFFICIENT_PERMISSIONS");
    wrong.sent(everything()).await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
    wrong.headers = vec![("content-type", "application/json")];
    wrong.sent(everything()).await.refused(404, "NOT_FOUND");
    wrong.path = format!("/api/v1/conversations/{ID}?nonsense=1");
    wrong.sent(everything()).await.refused(400, "BAD_REQUEST");
    wrong.body = r#"{"status": "ajar"}"#;
    wrong.sent(everything()).await.refused(422, "VALIDATION_ERROR");
    wrong.path = format!("/api/v1/conversations/{ID}");
    wrong.sent(everything()).await.refused(422, "VALIDATION_ERROR");

    wrong.body = r#"{"status": "open"}"#;
    let mut storage = Storage::default();
    storage.conversations.expect_find().returning(|_, _| Ok(None));
    call(storage, wrong.request()).await.refused(404, "NOT_FOUND");
}

#[actix_web::test]
async fn the_query_and_the_body_are_refused_together() {
    let request = TestRequest::patch()
        .uri(&format!("/api/v1/conversations/{ID}?nonsense=1&a=b"))
        .set_json(json!({ "status": "ajar" }));

    let reply = call(Storage::default(), request).await;

    let details = reply.refused(422, "VALIDATION_ERROR");
    assert_eq!(
        *details,
        json!({
            "a": ["is not a known query parameter"],
            "nonsense": ["is not a known query parameter"],
            "status": ["must be one of open, pending, closed"],
        })
    );
}

/// Every operation that needs a key, its path filled in.
fn guarded() -> impl Iterator<Item = (Method, String, Option<Permission>)> {
    operations().into_iter().filter(|operation| operation.access.needs_key()).map(|operation| {
        let names = ["{id}", "{messageId}", "{deliveryId}", "{source}", "{externalId}"];
        let path = names.iter().fold(operation.path, |path, name| path.replace(name, ID));
        (operation.method, path, operation.access.permission())
    })
}

#[actix_web::test]
async fn every_operation_needs_a_key_and_its_permission() {
    for (method, path, permission) in guarded() {
        let request = || TestRequest::with_uri(&path).method(method.clone());

        let stranger = send(Storage::default(), request()).await;
        stranger.refused(401, "AUTH_REQUIRED");
        assert_eq!(stranger.header("www-authenticate"), "Bearer");
        let Some(permission) = permission else { continue };
        let grants =
            |other: Permission| other == permission || other.implied().contains(&permission);
        let others = Permission::ALL.iter().copied().filter(|&other| !grants(other));
        let reply = call_with(others.collect(), Storage::default(), request()).await;
        let details = reply.refused(403, "INSUFFICIENT_PERMISSIONS");
        assert_eq!(*details, json!({ "required": permission }), "{method} {path}");
    }
}

#[actix_web::test]
async fn every_operation_refuses_a_parameter_that_it_does_not_know() {
    for (method, path, permission) in guarded() {
        let request = TestRequest::with_uri(&format!("{path}?pgae=2")).method(method.clone());
        let request = match method {
            Method::GET | Method::DELETE => request,
            _ => request.set_json(json!({})),
        };

        let reply = call_with(permission.into_iter().collect(), Storage::default(), request).await;

        let details = reply.refused(422, "VALIDATION_ERROR");
        assert_eq!(details["pgae"], json!(["is not a known query parameter"]), "{method} {path}");
    }
}

#[actix_web::test]
async fn every_id_in_a_path_has_one_form() {
    let upper = ID.to_uppercase();
    let braces = format!("%7B{ID}%7D");
    let urn = format!("urn:uuid:{ID}");
    let slash = format!("{ID}%2F");
    let compact = ID.replace('-', "");

    for wrong in [&upper, &braces, &urn, &slash, &compact, "1", "%00", "%zz", "%ff", "%20"] {
        let is_of_ours = |path: &str| path.contains(ID) && !path.contains("/external/");
        for (method, path, _) in guarded().filter(|(_, path, _)| is_of_ours(path)) {
            let path = path.replacen(ID, wrong, 1);
            let request = TestRequest::with_uri(&path).method(method).set_json(json!({}));

            call(Storage::default(), request).await.refused(404, "NOT_FOUND");
        }
    }
}
