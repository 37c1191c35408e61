//! Customers, users and inboxes are read alike.

use actix_web::test::TestRequest;
use conversations_domain::{CustomerId, InboxId, UserId};
use serde_json::json;
use uuid::Uuid;

use crate::testing::{ID, Storage, call, customer, inbox, user};

/// A storage in which every id leads somewhere.
fn stored() -> Storage {
    let id = Uuid::parse_str(ID).expect("an id");

    let mut storage = Storage::default();
    storage.customers.expect_find().returning(|_, id| Ok(Some(customer(id))));
    storage.customers.expect_list().returning(move |_, _, window| {
        Ok(window.slice(vec![customer(CustomerId::from_uuid(id))], 4))
    });
    storage.users.expect_find().returning(|_, id| Ok(Some(user(id))));
    storage
        .users
        .expect_list()
        .returning(move |_, _, window| Ok(window.slice(vec![user(UserId::from_uuid(id))], 4)));
    storage.inboxes.expect_find().returning(|_, id| Ok(Some(inbox(id))));
    storage
        .inboxes
        .expect_list()
        .returning(move |_, window| Ok(window.slice(vec![inbox(InboxId::from_uuid(id))], 4)));
    storage
}

#[actix_web::test]
async fn customers_users_and_inboxes_are_read_one_by_one_and_in_pages() {
    for kind in ["customers", "users", "inboxes"] {
        let one = format!("/api/v1/{kind}/{ID}");
        let reply = call(stored(), TestRequest::get().uri(&one)).await;
        assert_eq!(reply.data(200)["_id"], ID, "{kind}");
        let all = format!("/api/v1/{kind}?page=2&limit=3");
        let reply = call(stored(), TestRequest::get().uri(&all)).await;
        assert_eq!(reply.data(200)[0]["_id"], ID, "{kind}");
        assert_eq!(reply.totals(), json!({ "total": 4, "page": 2, "limit": 3, "totalPages": 2 }));
    }
}
