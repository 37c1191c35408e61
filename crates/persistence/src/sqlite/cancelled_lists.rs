//! Every list that may read many rows checks at each of them whether the caller still waits, and a
//! page of a few rows does not.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use conversations_application::ports::RepositoryError;
use conversations_application::read_model::{
    AssigneeFilter, ConversationFilter, ConversationOrder, CustomerFilter, MessageFilter,
    UserFilter,
};
use conversations_application::{PageStart, PageWindow};
use conversations_domain::{Channel, ConversationId, InboxId, Status, UserId, WorkspaceId};
use diesel_async::SimpleAsyncConnection;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::files::DatabaseFiles;
use super::job_queue::QueueConfig;
use super::{Database, WorkerPool, Writer, interrupt, repositories, store};
use crate::list_indexes::ListIndexes;
use crate::task_tracker::TaskTracker;
use crate::timeout_budget::TimeoutBudget;
use crate::{Limits, Repositories, open};

/// The number of rows of each table.
const ROWS: u32 = 3_000;

/// This many are skipped before a far page.
const FAR: u32 = 2_900;

/// Everything is of the first of each: workspace, inbox, user. Messages and changes are of the second
/// conversation.
const DATA: &str = "
    CREATE TEMP TABLE seq AS
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 3000)
        SELECT n, unhex(printf('0193a5c2111170008000%012x', n)) AS id FROM numbers;
    CREATE TEMP TABLE one AS SELECT id FROM seq WHERE n = 1;
    CREATE TEMP TABLE two AS SELECT id FROM seq WHERE n = 2;
    INSERT INTO workspaces SELECT id, 'large' FROM one;
    INSERT INTO inboxes SELECT one.id, seq.id, 'Support ' || n, 'email', 0, 1 FROM seq, one;
    INSERT INTO api_keys (id, workspace_id, name, hash, hint, permissions, source)
        SELECT seq.id, one.id, 'key', unhex(printf('%064x', n)), 'abcd', 'read:inboxes', 'api'
        FROM seq, one;
    INSERT INTO users (workspace_id, id, name, email, email_folded, role, updated_at, version)
        SELECT one.id, seq.id, 'Ada', n || '@example.org', n || '@example.org', 'agent', 0, 1
        FROM seq, one;
    INSERT INTO customers (workspace_id, id, first_name, email, email_folded, tier, status, tags,
            custom_fields, updated_at, version, search_folded)
        SELECT one.id, seq.id, 'Bo', n || '@example.org', n || '@example.org', 'bronze', 'active', '[]',
            '{}', 0, 1, 'bo' FROM seq, one;
    INSERT INTO conversations (workspace_id, id, subject, status, priority, channel, source, inbox_id,
            customer_id, assignee_id, message_count, last_message_number, updated_at, version, labels)
        SELECT one.id, seq.id, 'Hello', 'open', 1, 'email', 'api', one.id, one.id, one.id, 3000, 3000,
            0, 1, '[]' FROM seq, one;
    INSERT INTO conversation_counts
            (workspace_id, inbox_id, assignee_id, status, priority, slot, n)
        SELECT one.id, inbox.id, user.id, 'open', 1, 0, 3000
        FROM one, (SELECT id FROM one UNION SELECT zeroblob(16)) AS inbox,
            (SELECT id FROM one UNION SELECT zeroblob(16)) AS user;
    INSERT INTO messages (workspace_id, id, conversation_id, number, author_kind, internal, body)
        SELECT one.id, seq.id, two.id, n, 'system', 0, 'Hello' FROM seq, one, two;
    INSERT INTO conversation_history
            (workspace_id, id, conversation_id, revision, field, from_value, to_value, actor_name)
        SELECT one.id, seq.id, two.id, n, 'subject', '\"a\"', '\"b\"', 'key' FROM seq, one, two;
    INSERT INTO audit_entries (workspace_id, id, action, target_id, actor_name)
        SELECT one.id, seq.id, 'key.created', one.id, 'key' FROM seq, one;
";

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0193_a5c2_1111_7000_8000_0000_0000_0000 | number)
}

fn workspace() -> WorkspaceId {
    WorkspaceId::from_uuid(id(1))
}

fn conversation() -> ConversationId {
    ConversationId::from_uuid(id(2))
}

fn window(offset: u32) -> PageWindow {
    PageWindow { start: PageStart::Offset(offset.into()), limit: 50 }
}

/// A large workspace, whose reads are all done by one thread.
struct Large {
    lane: WorkerPool,
    repositories: Repositories,
    _directory: tempfile::TempDir,
}

impl Large {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("large.db");
        let url = format!("sqlite://{}", path.display()).parse().expect("a URL");
        let migrated = open(&url, Limits::default()).expect("opened");
        migrated.migrate().await.expect("migrated");
        migrated.close().await;
        let mut connection =
            store::writing_connection(&path, Duration::ZERO).expect("a connection");
        connection.batch_execute(DATA).await.expect("data");
        let (database, lane) = read_by_one_thread(&path);
        let repositories = repositories::over(&database);
        Self { lane, repositories, _directory: directory }
    }

    /// At how many rows a list checks whether its caller waits.
    async fn asked_at<T>(&self, list: BoxFuture<'_, Result<T, RepositoryError>>) -> u32 {
        let before = self.so_far().await;
        list.await.map(drop).expect("a list");
        self.so_far().await - before
    }

    async fn so_far(&self) -> u32 {
        self.lane.run(|_| Ok(interrupt::rows_asked_at())).await.expect("a number")
    }

    async fn conversations(&self, filter: ConversationFilter, offset: u32) -> u32 {
        let (repository, newest) = (&self.repositories.conversations, ConversationOrder::Newest);
        self.asked_at(repository.list(workspace(), filter, newest, window(offset))).await
    }
}

fn read_by_one_thread(path: &Path) -> (Database, WorkerPool) {
    let limits = Limits::default();
    let timeouts = TimeoutBudget::of(limits.request);
    let files = Arc::new(DatabaseFiles::of(path));
    let rules = QueueConfig { timeouts, tasks: TaskTracker::default(), files: Arc::clone(&files) };
    let (reading, writing, lock) = (path.to_owned(), path.to_owned(), timeouts.lock());
    let reader = move || store::reading_connection(&reading, lock);
    let lane = WorkerPool::start_single("reader", rules.clone(), reader).expect("a reader");
    let writer = move || store::writing_connection(&writing, lock);
    let database = Database {
        lookups: lane.clone(),
        lists: lane.clone(),
        searches: lane.clone(),
        authentication: lane.clone(),
        writer: Writer::start("writer", rules, writer).expect("a writer"),
        files,
        bulk: Arc::new(Mutex::default()),
        erase_limit: limits.erase,
        step: limits.step,
        search_limits: limits.search,
        erasures: Arc::default(),
        feed_notifier: crate::feed_notifier::FeedNotifier::default(),
        list_indexes: ListIndexes::new(limits.list_index),
    };
    (database, lane)
}

#[tokio::test]
async fn abandoned_deep_pages_and_counts_are_cancelled() {
    let large = Large::new().await;
    let Repositories { inboxes, keys, users, customers, messages, history, audit, .. } =
        &large.repositories;
    let (id, far, both) = (workspace(), window(FAR), ROWS + FAR);

    assert!(large.asked_at(inboxes.list(id, far)).await >= both);
    assert!(large.asked_at(keys.list(id, far)).await >= both);
    assert!(large.asked_at(users.list(id, UserFilter::default(), far)).await >= both);
    assert!(large.asked_at(audit.list(id, far)).await >= both);
    assert!(large.asked_at(history.list(id, conversation(), far)).await >= both);
    // Messages are counted by their conversation.
    assert!(
        large.asked_at(messages.list(id, conversation(), MessageFilter::default(), far)).await
            >= FAR
    );
    let everybody = CustomerFilter::default();
    assert!(large.asked_at(customers.list(id, everybody, far)).await >= both);
    let some = CustomerFilter { search: "bo".parse().ok(), ..CustomerFilter::default() };
    assert!(large.asked_at(customers.list(id, some, far)).await >= both + ROWS);
}

#[tokio::test]
async fn abandoned_lists_without_an_index_are_cancelled() {
    let large = Large::new().await;
    let filter = |inbox, assignee| ConversationFilter {
        inbox: Some(InboxId::from_uuid(id(inbox))),
        assignee: Some(AssigneeFilter::User(UserId::from_uuid(id(assignee)))),
        ..ConversationFilter::default()
    };

    assert!(large.conversations(filter(1, 1), 0).await >= 50);
    assert!(large.conversations(filter(1, 1), ROWS / 2).await >= ROWS / 2);
    // All that the user has is looked at, to find that it is in another inbox.
    assert!(large.conversations(filter(2, 1), 0).await >= ROWS);
    let chat = ConversationFilter { channels: vec![Channel::Chat], ..filter(1, 1) };
    assert!(large.conversations(chat, 0).await >= ROWS);
}

#[tokio::test]
async fn an_ordinary_page_is_not_cancellable() {
    let large = Large::new().await;
    let all = ConversationFilter::default();
    let open = ConversationFilter { statuses: vec![Status::Open], ..all.clone() };
    let inbox = Some(InboxId::from_uuid(id(1)));
    let of_inbox = ConversationFilter { inbox, ..open.clone() };

    for filter in [all, open, of_inbox] {
        assert_eq!(large.conversations(filter.clone(), 0).await, 0, "{filter:?}");
        assert_eq!(large.conversations(filter.clone(), 900).await, 0, "{filter:?}");
    }
    let Repositories { messages, history, .. } = &large.repositories;
    let near = window(0);
    assert_eq!(
        large
            .asked_at(messages.list(workspace(), conversation(), MessageFilter::default(), near))
            .await,
        0
    );
    let asked = large.asked_at(history.list(workspace(), conversation(), near)).await;
    assert_eq!(asked, ROWS, "it is counted");
}
