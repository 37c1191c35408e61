//! A store that is held up, and its end.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use conversations_application::ports::RepositoryError;
use conversations_application::read_model::{
    ConversationFilter, ConversationOrder, CustomerFilter, MessageFilter, UserFilter,
};
use conversations_application::{PageStart, PageWindow};
use conversations_persistence::{Limits, Repositories, Store, open};
use conversations_testkit::fixtures::{a_conversation, a_workspace, an_inbox};
use conversations_testkit::{Engine, LockedTable, TestDatabase};
use tokio::time::{sleep, timeout};

async fn opened(database: &TestDatabase, limits: Limits) -> Arc<dyn Store> {
    let url = database.url().parse().expect("a database URL");
    let store = open(&url, limits).expect("an open database");
    store.migrate().await.expect("the schema");
    store
}

#[tokio::test]
async fn abandoned_work_is_drained_before_the_store_closes() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let store = opened(&database, Limits::default()).await;
        let workspaces = store.repositories().expect("repositories").workspaces;
        let held = LockedTable::take(&database, "workspaces").await;
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
async fn migrations_ignore_the_timeouts_of_the_role() {
    let database = TestDatabase::empty_postgres().await;
    let mark = if database.url().contains('?') { '&' } else { '?' };
    let hurried = format!("{}{mark}options=-c%20statement_timeout%3D4", database.url());
    let store = open(&hurried.parse().expect("a URL"), Limits::default()).expect("a store");

    let migrated = store.migrate().await;

    assert!(migrated.is_ok_and(|applied| !applied.is_empty()));
    store.close().await;
}

#[tokio::test]
async fn a_ping_passes_all_waiting_work() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let store = opened(&database, Limits::default()).await;
        let repositories = store.repositories().expect("repositories");
        let _held = LockedTable::take(&database, "conversations").await;
        for _ in 0..12 {
            let conversations = Arc::clone(&repositories.conversations);
            let workspace = a_workspace("any").id;
            tokio::spawn(async move {
                let (filter, order) = (ConversationFilter::default(), ConversationOrder::default());
                let window = PageWindow { start: PageStart::Offset(0), limit: 50 };
                conversations.list(workspace, filter, order, window).await.is_ok()
            });
        }
        sleep(Duration::from_millis(200)).await;

        let asked = Instant::now();
        assert!(repositories.readiness.check().await.is_ok(), "{engine:?}");
        assert!(asked.elapsed() < Duration::from_millis(900), "{engine:?}: {:?}", asked.elapsed());
    }
}

/// A list that is asked for, and what it answered.
type Asked = Pin<Box<dyn Future<Output = Result<(), RepositoryError>> + Send>>;

/// Asks for a list.
type List = Box<dyn Fn() -> Asked + Send + Sync>;

/// Every list there is, each with a table that it reads.
fn lists(repositories: &Repositories) -> Vec<(&'static str, List)> {
    const FIRST: PageWindow = PageWindow { start: PageStart::Offset(0), limit: 50 };

    macro_rules! list {
        ($table:literal, $port:ident, $($argument:expr),*) => {{
            let (port, workspace) = (Arc::clone(&repositories.$port), a_workspace("any").id);
            let list = move || -> Asked {
                let port = Arc::clone(&port);
                Box::pin(async move { port.list(workspace, $($argument),*).await.map(drop) })
            };
            ($table, Box::new(list) as List)
        }};
    }

    let conversation = a_conversation(an_inbox().id()).build().id();
    let searched = || ConversationFilter {
        text: Some("refund".parse().expect("a query")),
        ..ConversationFilter::default()
    };
    let newest = ConversationOrder::Newest;
    vec![
        list!("conversations", conversations, ConversationFilter::default(), newest, FIRST),
        list!("conversation_texts", conversations, searched(), newest, FIRST),
        list!("customers", customers, CustomerFilter::default(), FIRST),
        list!("inboxes", inboxes, FIRST),
        list!("users", users, UserFilter::default(), FIRST),
        list!("api_keys", keys, FIRST),
        list!("audit_entries", audit, FIRST),
        list!("conversations", history, conversation, FIRST),
        list!("conversations", messages, conversation, MessageFilter::default(), FIRST),
    ]
}

#[tokio::test]
async fn an_abandoned_read_is_cancelled_and_its_connection_is_reused() {
    let database = TestDatabase::postgres().await;
    let store = opened(&database, Limits::default()).await;
    let repositories = store.repositories().expect("repositories");
    for (table, list) in lists(&repositories) {
        let held = LockedTable::take(&database, table).await;
        let reading: Vec<_> = (0..12).map(|_| tokio::spawn(list())).collect();
        sleep(Duration::from_millis(300)).await;

        for each in reading {
            each.abort();
        }

        // Long before anybody gives up waiting for the table.
        let over = timeout(Duration::from_millis(400), store.drain()).await;
        over.unwrap_or_else(|_| panic!("{table}: something goes on"));
        held.release().await;
        for _ in 0..6 {
            let listed = list().await;
            assert!(listed.is_ok(), "{table}: {listed:?}");
        }
    }
}

#[tokio::test]
async fn a_blocked_write_is_refused_before_the_request_ends() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let request = Duration::from_secs(1);
        let store = opened(&database, Limits { request, ..Limits::default() }).await;
        let workspaces = store.repositories().expect("repositories").workspaces;
        let held = LockedTable::take(&database, "workspaces").await;

        let asked = Instant::now();
        let refused = workspaces.create(a_workspace("held up")).await;
        assert!(matches!(refused, Err(RepositoryError::Unavailable(_))), "{engine:?}: {refused:?}");
        assert!(asked.elapsed() < request, "{engine:?}: {:?}", asked.elapsed());
        drop(held);

        sleep(Duration::from_millis(100)).await;
        assert!(workspaces.create(a_workspace("on time")).await.is_ok(), "{engine:?}");
    }
}
