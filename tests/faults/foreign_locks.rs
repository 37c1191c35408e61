//! PostgreSQL speaks another language than English, and may not be asked for that: errors mean the
//! same as in English.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::client::Call;
use crate::postgres::{self, Postgres};
use crate::proxy::{Mode, Proxy};
use crate::serial_stories::{Story, not_run, story};
use crate::server::Server;

struct Stage {
    _story: Story,
    postgres: Postgres,
    _proxy: Option<Proxy>,
    server: Server,
    /// The path of a conversation.
    path: String,
    id: String,
}

/// How the server gets to PostgreSQL.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Through a proxy that makes other words of the messages of errors.
    Garbled,
    /// Through a socket in the file system.
    Socket,
}

async fn stage(name: &str, way: Way) -> Option<Stage> {
    let mut story = story(name).await;
    let postgres = match Postgres::start(&mut story.random) {
        Ok(postgres) => postgres,
        Err(why) => {
            not_run(name, &why);
            return None;
        }
    };
    let proxy = (way == Way::Garbled).then(|| {
        let proxy = Proxy::before(postgres.port(), story.random.number());
        proxy.set(Mode::Foreign);
        proxy
    });
    let url = proxy.as_ref().map_or_else(|| postgres.socket_url(), |to| postgres::url(to.port()));
    let server = Server::start(&url, &mut story.random).await;
    let new = json!({ "subject": "Refund", "inboxId": server.inbox() });
    let made = server.client().data(Call::post("/api/v1/conversations", new)).await;
    let id = made["_id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/conversations/{id}");
    Some(Stage { _story: story, postgres, _proxy: proxy, server, path, id })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_waited_for_too_long_is_unavailable() {
    for (name, way) in [("foreign_lock", Way::Garbled), ("lock_by_socket", Way::Socket)] {
        let Some(stage) = stage(name, way).await else { return };
        a_lock_is_waited_for(&stage).await;
    }
}

async fn a_lock_is_waited_for(stage: &Stage) {
    let held = format!("SELECT 1 FROM conversations WHERE id = '{}' FOR UPDATE", stage.id);
    let session = stage.postgres.hold(&held);
    tokio::time::sleep(Duration::from_millis(500)).await;

    let change = Call::patch(&stage.path, json!({ "subject": "Refund for order 7" }));
    let answer = stage.server.client().answer(&change).await;

    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
    session.end(&stage.postgres);
    assert_eq!(stage.server.client().answer(&change).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_tried_again() {
    let Some(stage) = stage("foreign_deadlock", Way::Garbled).await.map(Arc::new) else { return };
    // It has what the change takes last, and waits for what the change has: the change gives way,
    // because PostgreSQL looks for a deadlock earlier for it.
    let other = format!(
        "SET deadlock_timeout = '20s'; BEGIN; \
         LOCK TABLE conversation_history IN EXCLUSIVE MODE; SELECT pg_sleep(0.8); \
         SELECT 1 FROM conversations WHERE id = '{}' FOR UPDATE; COMMIT",
        stage.id
    );
    let change = Call::patch(&stage.path, json!({ "subject": "Refund for order 7" }));
    let client = stage.server.client();

    let asked = Arc::clone(&stage);
    let other = tokio::task::spawn_blocking(move || asked.postgres.sql(&other));
    tokio::time::sleep(Duration::from_millis(400)).await;
    let answer = client.answer(&change).await;
    other.await.expect("the other one goes on");

    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.took > Duration::from_millis(900), "there was no deadlock: {answer:?}");
    let met = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_ne!(stage.postgres.sql(met), "0", "there was no deadlock");
}
