//! Erasing conversations.

use actix_web::test::TestRequest;
use serde_json::json;

use crate::testing::{ID, Reply, Storage, call};

/// A DELETE with this query and this body, and the reason that arrived.
async fn delete(query: &str, body: Option<&str>) -> Reply {
    let mut storage = Storage::default();
    storage
        .conversations
        .expect_erase()
        .withf(|_, erasure| {
            erasure.audit.reason.as_ref().is_none_or(|reason| reason.as_str() == "over & out")
        })
        .returning(|_, erasure| Ok(erasure.audit.reason.map(|_| 3)));
    let path = format!("/api/v1/conversations/{ID}{query}");
    let request = TestRequest::delete().uri(&path);
    let request = match body {
        Some(body) => request
            .insert_header(("content-type", "application/json"))
            .insert_header(("content-length", body.len()))
            .set_payload(body.to_owned()),
        None => request,
    };
    call(storage, request).await
}

#[actix_web::test]
async fn a_reason_comes_in_the_body_or_in_the_query() {
    for (query, body) in [
        ("?reason=over+%26%20out", None),
        ("?reason=over+%26%20out", Some("{}")),
        ("?reason=over+%26%20out", Some(r#"{"reason": null}"#)),
        ("", Some(r#"{"reason": "over & out"}"#)),
    ] {
        let reply = delete(query, body).await;

        reply.data(200);
        assert_eq!(
            reply.body,
            json!({ "success": true, "message": "The conversation was deleted." })
        );
    }
    // Without a reason the mocked storage knows of no conversation.
    delete("", None).await.refused(404, "NOT_FOUND");
}

#[actix_web::test]
async fn a_reason_that_is_none_is_refused() {
    let long = format!("?reason={}", "x".repeat(1001));

    for (query, body) in [
        ("?reason=a", Some(r#"{"reason": "a"}"#)),
        ("?reason=", None),
        ("?reason=a&reason=a", None),
        ("?reason=%00", None),
        (long.as_str(), None),
        ("", Some(r#"{"reason": 5}"#)),
        ("", Some(r#"{"reason": "\u0000"}"#)),
    ] {
        let details = delete(query, body).await;
        assert!(details.refused(422, "VALIDATION_ERROR")["reason"].is_array(), "{query}");
    }
    delete("", Some("[]")).await.refused(400, "BAD_REQUEST");
    delete("?reason=%zz", None).await.refused(400, "BAD_REQUEST");
}

#[actix_web::test]
async fn what_takes_long_is_accepted() {
    for path in
        [format!("conversations/{ID}"), format!("customers/{ID}?erase=true"), format!("users/{ID}")]
    {
        let mut storage = Storage { erases_slowly: true, ..Storage::default() };
        storage.conversations.expect_erase().returning(|_, _| Ok(Some(3)));
        storage.customers.expect_erase().returning(|_, _| Ok(true));
        storage.users.expect_delete().returning(|_, _| Ok(true));

        let reply = call(storage, TestRequest::delete().uri(&format!("/api/v1/{path}"))).await;

        reply.data(202);
        assert_eq!(reply.body["success"], true);
        let message = reply.body["message"].as_str().unwrap_or_default();
        assert!(message.contains("deleted") || message.contains("erased"), "{message}");
        assert!(message.contains("still being"), "{message}");
    }
}
