//! A store that is held up, and its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use conversations_application::ports::{ConversationFilter, ConversationOrder, RepositoryError};
use conversations_application::{Start, Window};
use conversations_persistence::{Limits, Store, open};
use conversations_testkit::fixtures::a_workspace;
use conversations_testkit::{Engine, HeldTable, TestDatabase};
use tokio::time::{sleep, timeout};

async fn opened(database: &TestDatabase, limits: Limits) -> Arc<dyn Store> {
    let url = database.url().parse().expect("a database URL");
    let store = open(&url, limits).expect("an open database");
    store.migrate().await.expect("the schema");
    store
}

#[tokio::test]
async fn work_that_nobody_waits_for_is_drained_and_then_the_store_closes() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let store = opened(&database, Limits::default()).await;
        let workspaces = store.repositories().expect("repositories").workspaces;
        let held = HeldTable::take(&database, "workspaces").await;
        let late = a_workspace("late");

        let (creating, created) = (Arc::clone(&workspaces), late.clone());
        let creating = tokio::spawn(async move { creating.create(created).await.is_ok() });
        sleep(Duration::from_millis(300)).await;
        creating.abort();
        let waiting = timeout(Duration::from_millis(200), store.drain()).await;
        assert!(waiting.is_err(), "{engine:?}: a write goes on");
        drop(held);

        timeout(Duration::from_secs(5), store.close()).await.expect("the end of the write");
        let closed = workspaces.list().await;
        assert!(matches!(closed, Err(RepositoryError::Unavailable(_))), "{engine:?}: {closed:?}");
        let store = opened(&database, Limits::default()).await;
        let stored = store.repositories().expect("repositories").workspaces.list().await;
        assert_eq!(stored.ok(), Some(vec![late]), "{engine:?}");
    }
}

#[tokio::test]
async fn migrations_take_their_time_whatever_is_set_for_the_role() {
    let database = TestDatabase::empty_postgres().await;
    let mark = if database.url().contains('?') { '&' } else { '?' };
    let hurried = format!("{}{mark}options=-c%20statement_timeout%3D4", database.url());
    let store = open(&hurried.parse().expect("a URL"), Limits::default()).expect("a store");

    let migrated = store.migrate().await;

    assert!(migrated.is_ok_and(|applied| !applied.is_empty()));
    store.close().await;
}

#[tokio::test]
async fn a_sign_of_life_comes_past_everything_that_waits() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let store = opened(&database, Limits::default()).await;
        let repositories = store.repositories().expect("repositories");
        let _held = HeldTable::take(&database, "conversations").await;
        for _ in 0..12 {
            let conversations = Arc::clone(&repositories.conversations);
            let workspace = a_workspace("any").id;
            tokio::spawn(async move {
                let (filter, order) = (ConversationFilter::default(), ConversationOrder::default());
                let window = Window { start: Start::Offset(0), limit: 50 };
                conversations.list(workspace, filter, order, window).await.is_ok()
            });
        }
        sleep(Duration::from_millis(200)).await;

        let asked = Instant::now();
        assert!(repositories.readiness.check().await.is_ok(), "{engine:?}");
        assert!(asked.elapsed() < Duration::from_millis(900), "{engine:?}: {:?}", asked.elapsed());
    }
}

#[tokio::test]
async fn a_read_that_nobody_waits_for_is_cancelled_and_its_connection_serves_the_next() {
    let database = TestDatabase::postgres().await;
    let store = opened(&database, Limits::default()).await;
    let conversations = store.repositories().expect("repositories").conversations;
    let list = move || {
        let conversations = Arc::clone(&conversations);
        let workspace = a_workspace("any").id;
        let (filter, order) = (ConversationFilter::default(), ConversationOrder::default());
        let window = Window { start: Start::Offset(0), limit: 50 };
        async move { conversations.list(workspace, filter, order, window).await.map(drop) }
    };
    for _ in 0..5 {
        let held = HeldTable::take(&database, "conversations").await;
        let reading: Vec<_> = (0..12).map(|_| tokio::spawn(list())).collect();
        sleep(Duration::from_millis(300)).await;

        for each in reading {
            each.abort();
        }

        // Long before anybody gives up waiting for the table.
        timeout(Duration::from_millis(400), store.drain()).await.expect("nothing goes on");
        held.release().await;
        for _ in 0..6 {
            let listed = list().await;
            assert!(listed.is_ok(), "{listed:?}");
        }
    }
}

#[tokio::test]
async fn a_write_behind_a_lock_is_refused_before_the_request_is_over() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let request = Duration::from_secs(1);
        let store = opened(&database, Limits { request, ..Limits::default() }).await;
        let workspaces = store.repositories().expect("repositories").workspaces;
        let held = HeldTable::take(&database, "workspaces").await;

        let asked = Instant::now();
        let refused = workspaces.create(a_workspace("held up")).await;
        assert!(matches!(refused, Err(RepositoryError::Unavailable(_))), "{engine:?}: {refused:?}");
        assert!(asked.elapsed() < request, "{engine:?}: {:?}", asked.elapsed());
        drop(held);

        sleep(Duration::from_millis(100)).await;
        assert!(workspaces.create(a_workspace("on time")).await.is_ok(), "{engine:?}");
    }
}
