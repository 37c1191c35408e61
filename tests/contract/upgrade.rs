//! What was stored by older versions is found after an upgrade.

use std::time::Duration;

use conversations_application::ports::{
    Commit, ConversationErasure, ConversationToCreate, NewMessage,
};
use conversations_application::read_model::{
    ConversationFilter, ConversationOrder, CustomerFilter,
};
use conversations_application::{PageStart, PageWindow};
use conversations_domain::{
    AuditAction, Author, ConversationId, HistoryId, InboxId, Profile, WorkspaceId,
};
use conversations_persistence::{Limits, Repositories, open};
use conversations_testkit::fixtures::{
    a_conversation, a_customer, a_message, a_workspace, an_actor, an_audit_entry, an_inbox,
    an_origin, at, next_id, profile_text,
};
use conversations_testkit::{Engine, TestDatabase};

const SEARCH: [&str; 2] = [
    include_str!("../../migrations/sqlite/2026-11-25-140000_search_conversations/down.sql"),
    include_str!("../../migrations/postgres/2026-11-25-140000_search_conversations/down.sql"),
];
const FORGET: &str = "DELETE FROM __diesel_schema_migrations WHERE version = '20261125140000'";
/// The folding of text by script.
const FORGET_FOLDING: &str =
    "DELETE FROM __diesel_schema_migrations WHERE version = '20261130100000'";
/// More than are taken at once.
const CONVERSATIONS: usize = 450;
/// Before all of them are done.
const STOPPED_AFTER: Duration = Duration::from_millis(100);

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
        let erasure = ConversationErasure { conversation: ids[4], observed: None, audit };
        repositories.conversations.erase(workspace, erasure).await.expect("it is erased");
        database.repositories().await;
        assert_eq!(found(&repositories, workspace, "refund").await, ids.len() - 1, "{engine:?}");
        assert_eq!(found(&repositories, workspace, "meanwhile refund").await, 1, "{engine:?}");
        assert_eq!(database.integrity().await, "ok", "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_folded_otherwise_is_found_after_an_upgrade_that_was_stopped() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let repositories = database.repositories().await;
        let (workspace, inbox) = a_place(&repositories).await;
        for _ in 0..CONVERSATIONS {
            open_about(&repositories, workspace, inbox, "ハハ 1042").await;
        }
        open_about(&repositories, workspace, inbox, "mother").await;
        let names = ["Ada", "Lovelace"].map(|name| Some(profile_text(name)));
        let [first_name, last_name] = names;
        let company = Some(profile_text("Jose\u{301}"));
        let ada = Profile { first_name, last_name, company, ..Profile::default() };
        let ada = a_customer().known_as(ada).build();
        repositories
            .customers
            .create(workspace, Commit::of(an_origin(), ada))
            .await
            .expect("it is stored");

        // As it was before: marks were taken off in all scripts, and names were two texts. What is of
        // ASCII needs nothing.
        for old in [
            "UPDATE conversations SET subject = 'パパ 1042' WHERE subject = 'ハハ 1042'",
            "UPDATE conversations SET subject = 'father' WHERE subject = 'mother'",
            "UPDATE customers SET search_folded = 'ada\u{1f}lovelace\u{1f}jose\u{301}'",
            FORGET_FOLDING,
        ] {
            database.execute(old).await;
        }
        assert_eq!(found(&repositories, workspace, "ハハ").await, CONVERSATIONS, "{engine:?}");

        let url = database.url().parse().expect("a database URL");
        let stopped = open(&url, Limits::default()).expect("an open database");
        let _elapsed = tokio::time::timeout(STOPPED_AFTER, stopped.migrate()).await;
        migrate_twice_at_once(&database).await;

        for (text, expected) in [
            ("パパ", CONVERSATIONS),
            ("パパ 1042", CONVERSATIONS),
            ("ハハ", 0),
            ("mother", 1),
            ("father", 0),
        ] {
            assert_eq!(found(&repositories, workspace, text).await, expected, "{engine:?}: {text}");
        }
        for (text, expected) in [("Ada Lovelace", 1), ("jos\u{e9}", 1), ("lovelace jose", 0)] {
            let search = Some(text.parse().expect("a search"));
            let filter = CustomerFilter { search, ..CustomerFilter::default() };
            let window = PageWindow { start: PageStart::Offset(0), limit: 50 };
            let page = repositories.customers.list(workspace, filter, window).await;
            let total = page.expect("customers are listed").total;
            assert_eq!(total, expected, "{engine:?}: {text}");
        }
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
    let (id, inbox) = a_place(repositories).await;
    let mut ids = Vec::with_capacity(CONVERSATIONS);
    for number in 0..CONVERSATIONS {
        ids.push(open_about(repositories, id, inbox, "Refund").await);
        say(repositories, id, ids[number], &format!("number {number}")).await;
    }
    (id, ids)
}

/// Stores a workspace with an inbox.
async fn a_place(repositories: &Repositories) -> (WorkspaceId, InboxId) {
    let workspace = a_workspace("upgraded");
    let id = workspace.id;
    repositories.workspaces.create(workspace).await.expect("a workspace is stored");
    let inbox = an_inbox();
    let inbox_id = inbox.id();
    repositories
        .inboxes
        .create(id, Commit::of(an_origin(), inbox))
        .await
        .expect("an inbox is stored");
    (id, inbox_id)
}

async fn open_about(
    repositories: &Repositories,
    workspace: WorkspaceId,
    inbox: InboxId,
    subject: &str,
) -> ConversationId {
    let conversation = a_conversation(inbox).about(subject).build();
    let id = conversation.id();
    let thread = ConversationToCreate { conversation, customer: None, message: None };
    let stored =
        repositories.conversations.create(workspace, Commit::of(an_origin(), thread)).await;
    stored.expect("a conversation is stored");
    id
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
    let stored = repositories.messages.append(workspace, Commit::of(an_origin(), message)).await;
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
            PageWindow { start: PageStart::Offset(0), limit: 50 },
        )
        .await;
    usize::try_from(page.expect("conversations are listed").content.total).expect("a number")
}
