//! Cursors and links: what leads from one page of a list to those beside it.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use actix_web::test::TestRequest;
use conversations_application::ports::{AtPosition, FeedPosition};
use conversations_application::{PageStart, PageWindow, SortKey};
use conversations_domain::{EventCursor, EventId, Sequence, User, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::testing::{Reply, Storage, call, details, position, user, window};

/// The user with this number.
fn numbered(number: u128) -> User {
    user(UserId::from_uuid(Uuid::from_u128(number)))
}

/// Asks for a stretch of a list of users, of which storage finds those with these numbers.
async fn ask(query: &str, expected: PageWindow, found: &[u128], total: u64) -> Reply {
    let found: Vec<_> = found.iter().copied().map(numbered).collect();
    let mut storage = Storage::default();
    storage
        .users
        .expect_list()
        .withf(move |_, _, window| *window == expected)
        .returning(move |_, _, window| Ok(window.slice(found.clone(), total)));
    let path = format!("/api/v1/users{query}");
    let reply = call(storage, TestRequest::get().uri(&path)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

fn cursor<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply.body["pagination"][name].as_str().expect("a cursor")
}

#[actix_web::test]
async fn cursors_lead_on_and_back() {
    let place = |number| SortKey::of_id(Uuid::from_u128(number));
    let second = ask("?page=2&limit=2", window(2, 2), &[7, 6], 5).await;

    let query = format!("?limit=2&cursor={}", cursor(&second, "nextCursor"));
    let after = PageWindow { start: PageStart::After(place(6)), limit: 2 };
    let last = ask(&query, after, &[5], 5).await;
    assert_eq!(
        last.body["pagination"],
        json!({
            "total": 5, "page": null, "limit": 2, "totalPages": 3,
            "nextCursor": null, "prevCursor": cursor(&last, "prevCursor"), "asOf": "0-00000064",
        })
    );

    // The size of the pages may change on the way.
    let query = format!("?limit=9&cursor={}", cursor(&last, "prevCursor"));
    let before = PageWindow { start: PageStart::Before(place(5)), limit: 9 };
    let first = ask(&query, before, &[6, 7, 8], 5).await;
    assert_eq!(first.body["pagination"]["prevCursor"], json!(null));
    assert_eq!(first.body["data"][0]["_id"], numbered(8).id().to_string());
    let query = format!("?cursor={}", cursor(&first, "nextCursor"));
    ask(&query, PageWindow { start: PageStart::After(place(6)), limit: 50 }, &[], 5).await;
}

#[actix_web::test]
async fn links_say_what_the_cursors_say() {
    let reply = ask("?page=2&limit=2", window(2, 2), &[7, 6], 5).await;
    let (next, previous) = (cursor(&reply, "nextCursor"), cursor(&reply, "prevCursor"));
    let link = |place: &str, rel| format!("<users?limit=2{place}>; rel=\"{rel}\"");
    let links = [
        link(&format!("&cursor={next}"), "next"),
        link(&format!("&cursor={previous}"), "prev"),
        link("", "first"),
        link("&page=3", "last"),
    ];
    assert_eq!(reply.header("link"), links.join(", "));

    let query = format!("?cursor={next}&limit=2");
    let after =
        PageWindow { start: PageStart::After(SortKey::of_id(Uuid::from_u128(6))), limit: 2 };
    let reply = ask(&query, after, &[5], 5).await;
    let links =
        [link(&format!("&cursor={}", cursor(&reply, "prevCursor")), "prev"), link("", "first")];
    assert_eq!(reply.header("link"), links.join(", "));
}

#[actix_web::test]
async fn a_list_on_one_page_leads_to_itself_only() {
    let reply = ask("", window(1, 50), &[1], 1).await;
    let all = "<users>; rel=\"first\", <users?page=1>; rel=\"last\"";
    assert_eq!(reply.header("link"), all);

    let reply = ask("", window(1, 50), &[], 0).await;
    assert_eq!(reply.header("link"), "<users>; rel=\"first\"");
    let reply = ask("?page=9", window(9, 50), &[], 3).await;
    let all = "<users>; rel=\"first\", <users?page=1>; rel=\"last\"";
    assert_eq!(reply.header("link"), all);
    for name in ["nextCursor", "prevCursor"] {
        assert_eq!(reply.body["pagination"][name], json!(null));
    }
}

/// Asks for customers with this query, and answers where the first page is said to be.
async fn first_of_customers(query: &str) -> Option<String> {
    let mut storage = Storage::default();
    storage.customers.expect_list().returning(|_, _, window| Ok(window.slice(Vec::new(), 0)));
    let path = format!("/api/v1/customers?{query}");
    let reply = call(storage, TestRequest::get().uri(&path)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let links = reply.headers.get("link").map(|links| links.to_str().expect("ASCII").to_owned());
    links.map(|links| links.replace("<customers?", "").replace(">; rel=\"first\"", ""))
}

#[actix_web::test]
async fn links_keep_the_query_as_it_was_written_and_safe() {
    for (query, kept) in [
        ("search=a%20b+c&p%61ge=2&t%69er=gold", "search=a%20b+c&t%69er=gold"),
        ("&&tier=gold,silver&&", "tier=gold,silver"),
        ("search=%3C%3E%22", "search=%3C%3E%22"),
        ("search='a|b'{c}", "search='a%7Cb'%7Bc%7D"),
    ] {
        assert_eq!(first_of_customers(query).await.as_deref(), Some(kept), "{query}");
    }
}

#[actix_web::test]
async fn very_long_queries_are_not_repeated() {
    let long = |pieces| format!("tier={}", vec!["gold"; pieces].join(","));

    assert!(first_of_customers(&long(200)).await.is_some());
    assert_eq!(first_of_customers(&long(300)).await, None);
}

#[actix_web::test]
async fn wrong_cursors_are_named() {
    let of_users = ask("?limit=1", window(1, 1), &[2], 5).await;
    let of_users = cursor(&of_users, "nextCursor");
    let strange = "must be a cursor of this list with the same filter and order";
    let garbage = "x".repeat(56);

    for (query, problem) in [
        ("cursor=", "must not be empty"),
        ("cursor", "must not be empty"),
        ("cursor=1", strange),
        (&format!("cursor={garbage}"), strange),
        (&format!("cursor={}", "A".repeat(5_000)), strange),
        (&format!("cursor={of_users}"), strange),
        (&format!("cursor={of_users}&cursor={of_users}"), "must be given only once"),
    ] {
        let path = format!("/api/v1/inboxes?{query}");
        let reply = call(Storage::default(), TestRequest::get().uri(&path)).await;
        let details = reply.refused(422, "VALIDATION_ERROR");
        assert_eq!(*details, json!({ "cursor": [problem] }), "{query}");
    }

    let path = format!("/api/v1/users?page=1&cursor={of_users}");
    let reply = call(Storage::default(), TestRequest::get().uri(&path)).await;
    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "page": ["must not be combined with cursor"],
            "cursor": ["must not be combined with page"],
        })
    );
}

/// A feed whose last event has this number and this id.
fn at(number: u64, id: u128) -> FeedPosition {
    let id = EventId::from_uuid(Uuid::from_u128(id));
    position(EventCursor::at(Sequence::new(number), id))
}

/// Asks for a list of users that has `users`, when the feed is there, with this `If-None-Match`.
async fn ask_unless(path: &str, feed: FeedPosition, known: &str, users: usize) -> Reply {
    let mut storage = Storage::default();
    storage.feed.expect_position().returning(move |_| Ok(feed));
    let found: Vec<_> = (1..).map(numbered).take(users).collect();
    if users > 0 {
        let total = found.len() as u64;
        storage
            .users
            .expect_list()
            .returning(move |_, _, window| Ok(window.slice(found.clone(), total)));
    }
    let request = TestRequest::get().uri(path).insert_header(("If-None-Match", known));
    call(storage, request).await
}

#[actix_web::test]
async fn a_list_is_not_read_again_while_the_feed_stands() {
    let first = ask_unless("/api/v1/users?limit=5", at(7, 1), "\"other\"", 1).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.body["pagination"]["asOf"], "7-00000001");
    let etag = first.header("etag").to_owned();

    // Without users, storage is not expected to be asked for any.
    let again = ask_unless("/api/v1/users?limit=5", at(7, 1), &etag, 0).await;
    assert_eq!((again.status.as_u16(), again.header("etag")), (304, &*etag));

    let waiting = FeedPosition { waiting: 1, last_ticket: 9, ..at(7, 1) };
    let other_ticket = FeedPosition { last_ticket: 10, ..waiting };
    for (path, feed) in [
        ("/api/v1/users?limit=5", at(8, 1)),
        ("/api/v1/users?limit=5", at(7, 2)),
        ("/api/v1/users?limit=5", waiting),
        ("/api/v1/users?limit=5", other_ticket),
        ("/api/v1/users?limit=6", at(7, 1)),
        ("/api/v1/users", at(7, 1)),
    ] {
        let reply = ask_unless(path, feed, &etag, 1).await;
        assert_eq!(reply.status, 200, "{path} {feed:?}");
        assert_ne!(reply.header("etag"), etag, "{path} {feed:?}");
    }
}

/// Asks for a list of conversations of which storage says that the feed was there. Returns `asOf`, and how
/// often storage was asked for the list, and for the position of the feed.
async fn ask_at(was: Option<FeedPosition>) -> (Value, usize, usize) {
    let mut storage = Storage::default();
    let (lists, positions) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&positions);
    storage.feed.expect_position().returning(move |_| {
        counted.fetch_add(1, Relaxed);
        Ok(at(9, 1))
    });
    let counted = Arc::clone(&lists);
    storage.conversations.expect_list().returning(move |_, _, _, window| {
        counted.fetch_add(1, Relaxed);
        Ok(AtPosition { content: window.slice(vec![details()], 1), position: was })
    });
    let mut reply = call(storage, TestRequest::get().uri("/api/v1/conversations")).await;
    let as_of = reply.body["pagination"]["asOf"].take();
    (as_of, lists.load(Relaxed), positions.load(Relaxed))
}

#[actix_web::test]
async fn conversations_are_read_together_with_the_position() {
    assert_eq!(ask_at(Some(at(7, 1))).await, (json!("7-00000001"), 1, 0));

    // One more question numbers what waits; the list stays that of its own position.
    let waiting = FeedPosition { waiting: FeedPosition::MANY_WAITING, ..at(7, 1) };
    assert_eq!(ask_at(Some(waiting)).await, (json!("7-00000001"), 1, 1));

    // A position that comes after its list would hide a change: the list is read again after it.
    assert_eq!(ask_at(None).await, (json!("9-00000001"), 2, 1));
}
