//! Listing conversations.

use actix_web::test::TestRequest;
use conversations_application::ports::{AssigneeFilter, ConversationFilter};
use conversations_application::{Page, PageRequest};
use conversations_domain::{CustomerId, InboxId, Priority, Status, Tags};
use serde_json::json;
use uuid::Uuid;

use crate::testing::{ID, Storage, call, details};

#[actix_web::test]
async fn every_filter_arrives() {
    let mut storage = Storage::default();
    let id = Uuid::parse_str(ID).expect("an id");
    storage
        .conversations
        .expect_list()
        .withf(move |_, filter, page| {
            *filter
                == ConversationFilter {
                    statuses: vec![Status::Open, Status::Closed],
                    priorities: vec![Priority::Urgent],
                    assignee: Some(AssigneeFilter::Nobody),
                    inbox: Some(InboxId::from_uuid(id)),
                    customer: Some(CustomerId::from_uuid(id)),
                    labels: Tags::parse(&["refund", "Größe 5"]).expect("labels"),
                }
                && *page == window(3, 2)
        })
        .returning(|_, _, _| Ok(slice(vec![details()], 5)));
    let query = format!(
        "status=open,closed&priority=urgent&assignedTo=none&inboxId={ID}&customerId={ID}\
         &label=refund,Gr%C3%B6%C3%9Fe+5&page=3&limit=2"
    );

    let path = format!("/api/v1/conversations?{query}");
    let reply = call(storage, TestRequest::get().uri(&path)).await;

    assert_eq!(reply.data(200)[0]["_id"], ID);
    assert_eq!(
        reply.body["pagination"],
        json!({ "total": 5, "page": 3, "limit": 2, "totalPages": 3 })
    );
}

#[actix_web::test]
async fn every_wrong_filter_is_named() {
    let path = "/api/v1/conversations?status=open,ajar&priority=&assignedTo=None&inboxId=1\
                &customerId=a&customerId=a&label=a,,b&page=0&limit=101&sort=up";
    let reply = call(Storage::default(), TestRequest::get().uri(path)).await;

    let details = reply.refused(422, "VALIDATION_ERROR");
    assert_eq!(
        *details,
        json!({
            "status": ["must be one of open, pending, closed"],
            "priority": ["must not be empty"],
            "assignedTo": ["must be \"none\" or the id of a user"],
            "inboxId": ["must be an id: a UUID in lower case with hyphens"],
            "customerId": ["must come only once"],
            "label": ["must not be empty"],
            "page": ["must be a whole number from 1 to 9007199254740991"],
            "limit": ["must be a whole number from 1 to 100"],
            "sort": ["is not a known query parameter"],
        })
    );
}

#[actix_web::test]
async fn labels_are_asked_for_by_the_rules_of_labels() {
    let many = ["x"; 21].join(",");

    for (labels, problem) in [
        ("a,a", "must not have an entry twice"),
        (many.as_str(), "must have at most 20 entries"),
        (",", "must not be empty"),
    ] {
        let path = format!("/api/v1/conversations?label={labels}");
        let reply = call(Storage::default(), TestRequest::get().uri(&path)).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), json!({ "label": [problem] }));
    }
}
