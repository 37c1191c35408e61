//! The audit, as callers see it.

use actix_web::test::TestRequest;
use conversations_domain::{Actor, AuditAction, AuditEntry, Permissions};
use serde_json::json;
use uuid::Uuid;

use crate::testing::{ID, ID_TIME, NEW_ID, NEW_TIME, Storage, call, key, window};

#[actix_web::test]
async fn every_entry_is_shown_whole() {
    let target = Uuid::from_u128(9);
    let entries = vec![
        AuditEntry {
            id: NEW_ID.parse().expect("an id"),
            action: AuditAction::ConversationDeleted,
            target,
            reason: "over & out".parse().ok(),
            message_count: Some(3),
            by: key(Permissions::all()).actor(),
            request_id: Some("mine-1".to_owned()),
        },
        AuditEntry {
            id: ID.parse().expect("an id"),
            action: AuditAction::KeyRevoked,
            target,
            reason: None,
            message_count: None,
            by: Actor::command_line(),
            request_id: None,
        },
    ];
    let mut storage = Storage::default();
    storage
        .audit
        .expect_list()
        .withf(|_, page| *page == window(2, 3))
        .returning(move |_, window| Ok(window.slice(entries.clone(), 5)));

    let reply = call(storage, TestRequest::get().uri("/api/v1/audit?page=2&limit=3")).await;

    assert_eq!(
        *reply.data(200),
        json!([
            {
                "_id": NEW_ID, "action": "conversation.deleted", "targetId": target.to_string(),
                "reason": "over & out", "messageCount": 3,
                "by": { "keyId": "00000000-0000-0000-0000-0000000000c8", "name": "robot" },
                "requestId": "mine-1", "createdAt": NEW_TIME,
            },
            {
                "_id": ID, "action": "key.revoked", "targetId": target.to_string(),
                "reason": null, "messageCount": null,
                "by": { "keyId": null, "name": "cli" },
                "requestId": null, "createdAt": ID_TIME,
            },
        ])
    );
    assert_eq!(reply.totals(), json!({ "total": 5, "page": 2, "limit": 3, "totalPages": 2 }));
}
