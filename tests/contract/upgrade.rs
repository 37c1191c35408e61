//! What was stored by older versions is found after an upgrade.

use conversations_application::ports::{
    Commit, ConversationFilter, ConversationOrder, Erasure, NewMessage, NewThread,
};
use conversations_application::{Start, Window};
use conversations_domain::{AuditAction, Author, ConversationId, HistoryId, WorkspaceId};
use conversations_persistence::{Limits, Repositories, open};
use conversations_testkit::fixtures::{
    a_conversation, a_message, a_workspace, an_actor, an_audit_entry, an_inbox, at, next_id,
};
use conversations_testkit::{Engine, TestDatabase};

const SEARCH: [&str; 2] = [
    include_str!("../../migrations/sqlite/2026-11-25-140000_search_conversations/down.sql"),
    include_str!("../../migrations/postgres/2026-11-25-140000_search_conversations/down.sql"),
];
const FORGET: &str = "DELETE FROM __diesel_schema_migrations WHERE version = '20261125140000'";
/// More than are taken at once.
const CONVERSATIONS: usize = 450;

#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_found_that_were_there_before_there_was_a_search() {
    for (engine, undo) in Engine::ALL.into_iter().zip(SEARCH) {
        let database = TestDatabase::new(engine).await;
        let repositories = database.repositories().await;
        let (workspace, ids) = fill(&repositories).await;

        // As it was before.
        database.execute(undo).await;
        database.execute(FORGET).await;
        migrate_twice_at_once(&database).await;
        assert_eq!(found(&repositories, workspace, "refund").await, ids.len(), "{engine:?}");
        assert_eq!(found(&repositories, workspace, "\"number 7\"").await, 1, "{engine:?}");
        assert_eq!(found(&repositories, workspace, "-refund").await, 0, "{engine:?}");

        // Stopped in the middle, or done once more: nothing is there twice.
        let again = "INSERT INTO conversations_without_texts (workspace_id, conversation_id) \
                     SELECT workspace_id, id FROM conversations";
        database.execute(again).await;
        say(&repositories, workspace, ids[3], "said meanwhile").await;
        let audit = an_audit_entry(AuditAction::ConversationDeleted, ids[4].as_uuid());
        let erasure = Erasure { conversation: ids[4], seen: None, audit };
        repositories.conversations.erase(workspace, erasure).await.expect("it is erased");
        database.repositories().await;
        assert_eq!(found(&repositories, workspace, "refund").await, ids.len() - 1, "{engine:?}");
        assert_eq!(found(&repositories, workspace, "meanwhile refund").await, 1, "{engine:?}");
        assert_eq!(database.integrity().await, "ok", "{engine:?}");
    }
}

async fn migrate_twice_at_once(database: &TestDatabase) {
    let url = database.url().parse().expect("a database URL");
    let stores = [0, 1].map(|_| open(&url, Limits::default()).expect("an open database"));
    let (one, other) = tokio::join!(stores[0].migrate(), stores[1].migrate());
    one.expect("the words are found");
    other.expect("the words are found");
}

/// Stores a workspace of conversations, each with a message.
async fn fill(repositories: &Repositories) -> (WorkspaceId, Vec<ConversationId>) {
    let workspace = a_workspace("upgraded");
    let id = workspace.id;
    repositories.workspaces.create(workspace).await.expect("a workspace is stored");
    let inbox = an_inbox();
    let inbox_id = inbox.id();
    repositories.inboxes.create(id, Commit::of(inbox)).await.expect("an inbox is stored");
    let mut ids = Vec::with_capacity(CONVERSATIONS);
    for number in 0..CONVERSATIONS {
        let conversation = a_conversation(inbox_id).about("Refund").build();
        ids.push(conversation.id());
        let thread = NewThread { conversation, customer: None, message: None };
        let stored = repositories.conversations.create(id, Commit::of(thread)).await;
        stored.expect("a conversation is stored");
        say(repositories, id, ids[number], &format!("number {number}")).await;
    }
    (id, ids)
}

async fn say(
    repositories: &Repositories,
    workspace: WorkspaceId,
    conversation: ConversationId,
    body: &str,
) {
    let draft = a_message().by(Author::System).saying(body).build();
    let history = HistoryId::from_uuid(next_id(at(0)));
    let message = NewMessage { conversation, draft, history, by: an_actor() };
    let stored = repositories.messages.append(workspace, Commit::of(message)).await;
    stored.expect("a message is stored");
}

async fn found(repositories: &Repositories, workspace: WorkspaceId, text: &str) -> usize {
    let text = Some(text.parse().expect("a query"));
    let filter = ConversationFilter { text, ..ConversationFilter::default() };
    let page = repositories
        .conversations
        .list(
            workspace,
            filter,
            ConversationOrder::Newest,
            Window { start: Start::Offset(0), limit: 50 },
        )
        .await;
    usize::try_from(page.expect("conversations are listed").total).expect("a number")
}
