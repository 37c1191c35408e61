//! The history of a conversation, as callers see it.

use actix_web::test::TestRequest;
use conversations_application::ports::RecordedChange;
use conversations_domain::{
    Actor, ConversationId, Field, FieldChange, FieldValue, HistoryEntry, Permissions, Status, Tags,
};
use serde_json::json;

use crate::testing::{ID, ID_TIME, NEW_ID, NEW_TIME, Storage, call, key, window};

fn entry(id: &str, change: FieldChange, by: Actor) -> HistoryEntry {
    let conversation = ConversationId::parse(ID).expect("an id");
    HistoryEntry { id: id.parse().expect("an id"), conversation, change, by }
}

fn get(query: &str) -> TestRequest {
    TestRequest::get().uri(&format!("/api/v1/conversations/{ID}/history{query}"))
}

#[actix_web::test]
async fn every_change_is_shown_with_who_made_it() {
    let labels = Tags::parse(&["refund", "vip"]).expect("labels");
    let entries = vec![
        entry(
            ID,
            FieldChange::of_status(Status::Open, Status::Closed),
            key(Permissions::all()).actor(),
        ),
        entry(
            NEW_ID,
            FieldChange { field: Field::Labels, from: None, to: Some(FieldValue::from(&labels)) },
            Actor::command_line(),
        ),
    ];
    let changes: Vec<_> =
        entries.into_iter().map(|entry| RecordedChange { entry, revision: 7 }).collect();
    let mut storage = Storage::default();
    storage
        .history
        .expect_list()
        .withf(|_, conversation, page| conversation.to_string() == ID && *page == window(2, 3))
        .returning(move |_, _, window| Ok(Some(window.slice(changes.clone(), 5))));

    let reply = call(storage, get("?page=2&limit=3")).await;

    assert_eq!(
        *reply.data(200),
        json!([
            {
                "_id": ID, "conversationId": ID,
                "field": "status", "from": "open", "to": "closed",
                "by": { "keyId": "00000000-0000-0000-0000-0000000000c8", "name": "robot" },
                "createdAt": ID_TIME,
            },
            {
                "_id": NEW_ID, "conversationId": ID,
                "field": "labels", "from": null, "to": ["refund", "vip"],
                "by": { "keyId": null, "name": "cli" },
                "createdAt": NEW_TIME,
            },
        ])
    );
    assert_eq!(reply.totals(), json!({ "total": 5, "page": 2, "limit": 3, "totalPages": 2 }));
}

#[actix_web::test]
async fn what_is_not_there_has_no_history() {
    let mut storage = Storage::default();
    storage.history.expect_list().returning(|_, _, _| Ok(None));

    call(storage, get("")).await.refused(404, "NOT_FOUND");
}
