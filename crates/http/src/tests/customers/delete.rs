//! Deleting and erasing customers.

use actix_web::test::TestRequest;
use conversations_application::ports::DeletionOutcome;
use conversations_domain::{AuditAction, Permission, Permissions};
use serde_json::json;

use crate::testing::{ID, Storage, call, call_with, is_audited};

fn delete(query: &str) -> TestRequest {
    TestRequest::delete().uri(&format!("/api/v1/customers/{ID}{query}"))
}

fn with_body(request: TestRequest, body: &'static str) -> TestRequest {
    let request = request.insert_header(("content-type", "application/json"));
    request.insert_header(("content-length", body.len())).set_payload(body)
}

/// A storage of which a deletion, and nothing else, is expected.
fn answering(removal: DeletionOutcome) -> Storage {
    let mut storage = Storage::default();
    storage.customers.expect_delete().returning(move |_, _| Ok(removal));
    storage
}

#[actix_web::test]
async fn a_customer_is_deleted_for_a_reason() {
    for query in ["?reason=over+%26+out", "?erase=false&reason=over+%26+out"] {
        let mut storage = Storage::default();
        storage
            .customers
            .expect_delete()
            .withf(|_, commit| {
                commit.write.id.to_string() == ID
                    && is_audited(commit, AuditAction::CustomerDeleted)
            })
            .returning(|_, _| Ok(DeletionOutcome::Done));

        let reply = call(storage, delete(query)).await;

        reply.data(200);
        assert_eq!(reply.body, json!({ "success": true, "message": "The customer was deleted." }));
    }
}

#[actix_web::test]
async fn a_person_is_erased_when_that_is_asked_for() {
    let storage = |there| {
        let mut storage = Storage::default();
        storage
            .customers
            .expect_erase()
            .withf(|_, commit| {
                commit.write.customer.to_string() == ID
                    && is_audited(commit, AuditAction::CustomerErased)
            })
            .returning(move |_, _| Ok(there));
        storage
    };
    let request = || with_body(delete("?erase=true"), r#"{"reason": "over & out"}"#);

    let reply = call(storage(true), request()).await;

    reply.data(200);
    let message = "The customer was erased, with every conversation with them.";
    assert_eq!(reply.body, json!({ "success": true, "message": message }));
    call(storage(false), request()).await.refused(404, "NOT_FOUND");
}

#[actix_web::test]
async fn an_erasure_needs_to_write_conversations_too() {
    let permissions: Permissions = [Permission::WriteCustomers].into_iter().collect();

    let refused = call_with(permissions.clone(), Storage::default(), delete("?erase=true")).await;
    let deleted = call_with(permissions, answering(DeletionOutcome::Done), delete("")).await;

    let details = refused.refused(403, "INSUFFICIENT_PERMISSIONS");
    assert_eq!(*details, json!({ "required": "write:conversations" }));
    deleted.data(200);
}

#[actix_web::test]
async fn a_customer_of_conversations_stays_and_the_conversations_are_counted() {
    let reply = call(answering(DeletionOutcome::InUse { conversations: 3 }), delete("")).await;
    assert_eq!(*reply.refused(409, "CONFLICT"), json!({ "conversations": 3 }));

    let reply = call(answering(DeletionOutcome::Absent), delete("")).await;
    reply.refused(404, "NOT_FOUND");
}

#[actix_web::test]
async fn reports_every_problem_of_a_deletion_at_once() {
    let flag = "must be true or false";
    let control =
        "must not contain control characters other than tab, line feed and carriage return";

    let reply = call(Storage::default(), delete("?erase=yes&reason=%00&resaon=a")).await;
    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "erase": [flag], "reason": [control], "resaon": ["is not a known query parameter"],
        })
    );

    let request = with_body(delete("?erase="), r#"{"reason": "\u0000"}"#);
    let reply = call(Storage::default(), request).await;
    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({ "erase": ["must not be empty"], "reason": [control] })
    );

    for wrong in ["1", "TRUE", "True", "t", "true,false", "+true"] {
        let reply = call(Storage::default(), delete(&format!("?erase={wrong}"))).await;
        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), json!({ "erase": [flag] }), "{wrong}");
    }
}

#[actix_web::test]
async fn only_customers_are_erased() {
    for path in ["conversations", "users", "inboxes", "keys"] {
        let request = TestRequest::delete().uri(&format!("/api/v1/{path}/{ID}?erase=true"));
        let reply = call(Storage::default(), request).await;

        let problem = json!({ "erase": ["is not a known query parameter"] });
        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), problem);
    }
}
