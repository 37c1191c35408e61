//! Reading one conversation.

use actix_web::test::TestRequest;
use serde_json::json;

use crate::testing::{ID, Storage, call, customer, details, user};

#[actix_web::test]
async fn people_are_shown_in_full() {
    let mut storage = Storage::default();
    storage.conversations.expect_find().returning(|_, _| {
        let mut details = details();
        details.customer = Some(customer(ID.parse().expect("an id")));
        details.assignee = Some(user(ID.parse().expect("an id")));
        Ok(Some(details))
    });

    let path = format!("/api/v1/conversations/{ID}");
    let reply = call(storage, TestRequest::get().uri(&path)).await;

    // All of them have the same id, and so were made at the same time.
    let data = reply.data(200);
    let (created, updated) = (&data["createdAt"], &data["updatedAt"]);
    assert_eq!(
        data["customerId"],
        json!({
            "_id": ID,
            "externalId": null,
            "profile": {
                "firstName": null, "lastName": null, "email": "ada@example.org",
                "phone": null, "company": null, "jobTitle": null,
            },
            "tier": "bronze", "status": "active", "tags": [], "customFields": {},
            "createdAt": created, "updatedAt": updated,
        })
    );
    assert_eq!(
        data["assignedTo"],
        json!({
            "_id": ID, "externalId": null, "name": "Grace", "email": "grace@example.org",
            "role": "agent",
            "createdAt": created, "updatedAt": updated,
        })
    );
}
