//! Counting conversations.

use actix_web::test::TestRequest;
use conversations_application::read_model::{
    ConversationCount, ConversationFilter, CountedField, CountedFields, CountedValue,
};
use conversations_domain::{InboxId, Status};
use serde_json::json;

use crate::testing::{ID, Storage, call};

#[actix_web::test]
async fn what_is_counted_by_arrives_and_is_shown() {
    let mut storage = Storage::default();
    let inbox = InboxId::parse(ID).expect("an id");
    let by = CountedFields::new(&[CountedField::Inbox, CountedField::Assignee]);
    storage
        .conversations
        .expect_count()
        .withf(move |_, filter, fields, _| {
            let open = ConversationFilter { statuses: vec![Status::Open], ..Default::default() };
            *filter == open && Some(*fields) == by
        })
        .returning(move |_, _, _, _| {
            let values = vec![CountedValue::Inbox(inbox), CountedValue::Assignee(None)];
            Ok(vec![ConversationCount { values, count: 12 }])
        });

    let path = "/api/v1/conversations/counts?by=inboxId,assignedTo&status=open";
    let reply = call(storage, TestRequest::get().uri(path)).await;

    assert_eq!(reply.status, 200, "{}", reply.body);
    let data = json!([{ "inboxId": ID, "assignedTo": null, "count": 12 }]);
    assert_eq!(reply.body, json!({ "success": true, "data": data }));
    assert!(reply.headers.contains_key("etag"));
}

#[actix_web::test]
async fn names_what_is_wrong_with_the_fields() {
    let fields = "must be one of status, priority, inboxId, assignedTo, channel, source, label";
    let number = "must be one or two fields";
    for (query, problem) in [
        ("status=open", "is required"),
        ("by=", "must not be empty"),
        ("by=subject", fields),
        ("by=status,", fields),
        ("by=status,label,inboxId", number),
        ("by=status&by=label", "must be given only once"),
    ] {
        let path = format!("/api/v1/conversations/counts?{query}");
        let reply = call(Storage::default(), TestRequest::get().uri(&path)).await;

        assert_eq!(reply.status, 422, "{query}");
        assert_eq!(reply.body["error"]["details"], json!({ "by": [problem] }), "{query}");
    }
    let paged = "/api/v1/conversations/counts?by=status&page=2&sort=createdAt";
    let reply = call(Storage::default(), TestRequest::get().uri(paged)).await;
    let unknown = ["is not a known query parameter"];
    assert_eq!(reply.body["error"]["details"], json!({ "page": unknown, "sort": unknown }));
}
