//! Pages and replies that are large: a page is capped by bytes, and a reply counts until it is read.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use conversations_testkit::{ApiClient, TestServer};
use serde_json::{Value, json};

use crate::support::{by_system, conversation, id};

on_both_databases! {
    a_page_by_number_that_is_too_large_says_how_many_fit,
    pages_by_cursor_are_as_long_as_fits,
    replies_that_nobody_reads_count_against_their_key,
}

/// How many of the longest messages fit on a page.
const FIT: usize = 16;

/// A conversation with this many messages of the greatest length.
async fn long_messages(server: &TestServer, client: &ApiClient, count: usize) -> String {
    let talk = id(&conversation(client, server.inbox(), json!({})).await);
    let body = by_system(&"😀".repeat(65_536));
    for _ in 0..count {
        let _made = client.create_message(&talk, &body).await.created();
    }
    talk
}

async fn a_page_by_number_that_is_too_large_says_how_many_fit(server: &TestServer) {
    let client = server.client();
    let talk = long_messages(server, &client, FIT + 1).await;

    for query in ["", "limit=100", "page=1&limit=17"] {
        let refused = client.list_messages(&talk, query).await.refused(422, "VALIDATION_ERROR");

        let problem = refused["details"]["limit"][0].as_str().expect("a problem").to_owned();
        assert!(problem.starts_with("must be at most 16 here: "), "{query}: {problem}");
        assert!(problem.contains("4194304 bytes"), "{query}: {problem}");
    }
    let (listed, pagination) = client.list_messages(&talk, "limit=16").await.listed();
    assert_eq!((listed.len(), &pagination["total"]), (FIT, &json!(FIT + 1)));
    let (listed, _) = client.list_messages(&talk, "limit=16&page=2").await.listed();
    assert_eq!(listed.len(), 1);
}

async fn pages_by_cursor_are_as_long_as_fits(server: &TestServer) {
    let client = server.client();
    let talk = long_messages(server, &client, FIT * 2 + 3).await;

    let mut reply = client.list_messages(&talk, "limit=1").await;
    let (mut numbers, mut lengths) = (Vec::new(), Vec::new());
    loop {
        let next = reply.cursor("nextCursor");
        let (listed, pagination) = reply.listed();
        numbers.extend(listed.iter().map(|message| message["number"].clone()));
        lengths.push((listed.len(), pagination["limit"].clone()));
        let Some(next) = next else { break };
        reply = client.list_messages(&talk, &format!("limit=100&cursor={next}")).await;
    }

    let expected: Vec<Value> = (1..=FIT * 2 + 3).map(|number| json!(number)).collect();
    assert_eq!(numbers, expected);
    let expected = [(1, json!(1)), (16, json!(100)), (16, json!(100)), (2, json!(100))];
    assert_eq!(lengths, expected);
}

async fn replies_that_nobody_reads_count_against_their_key(server: &TestServer) {
    let client = server.client();
    let talk = long_messages(server, &client, FIT).await;
    let key = client.key().expect("a key").to_owned();
    let ask = || {
        let mut stream = TcpStream::connect(server.address()).expect("a connection");
        // Otherwise much of the reply would lie in the system's buffers.
        socket2::SockRef::from(&stream).set_recv_buffer_size(4096).expect("a small buffer");
        let path = format!("/api/v1/conversations/{talk}/messages?limit=16");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n\r\n")
            .expect("a request");
        stream
    };

    // Each is about 4 MiB, and 64 are allowed.
    let mut unread: Vec<_> = (0..24).map(|_| ask()).collect();
    let refused = |client: ApiClient| async move {
        let reply = client.get("/api/v1/inboxes").await;
        (reply.status == 503).then(|| {
            assert_eq!(reply.headers["retry-after"], "1");
            reply.refused(503, "SERVICE_UNAVAILABLE")["message"].to_string()
        })
    };
    let mut message = None;
    for round in 1..=100 {
        message = refused(client.clone()).await;
        // At that time several large pages may be too much for the storage, too.
        if message.as_ref().is_some_and(|message| message.contains("is unread")) {
            break;
        }
        // On a slow machine the first connections are ended, unread, before the last reply is written.
        if round % 10 == 0 {
            unread.extend((0..8).map(|_| ask()));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let message = message.expect("the key holds as much as it may");
    assert!(message.contains("is unread"), "{message}");
    let other = server.client_of("another").await;
    let _listed = other.get("/api/v1/inboxes").await.listed();

    // A client that reads gets all of it, or was refused at once.
    let mut heads = unread.iter_mut().map(|stream| {
        let mut head = [0; 15];
        stream.read_exact(&mut head).expect("a head");
        String::from_utf8_lossy(&head).into_owned()
    });
    assert!(heads.any(|head| head == "HTTP/1.1 200 OK"), "all were refused");
    drop(unread);
    for _ in 0..100 {
        if refused(client.clone()).await.is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("an abandoned reply still counts");
}
