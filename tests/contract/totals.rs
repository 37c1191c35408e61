//! Totals that some error made wrong, and their repair.

use std::sync::Arc;

use conversations_application::ports::{Commit, ConversationToCreate};
use conversations_testkit::fixtures::{a_conversation, a_workspace, an_inbox, an_origin};
use conversations_testkit::{Engine, TestDatabase};

/// Cells and days that are wrong are found, and repaired while others write, by two at once.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_totals_are_repaired_while_others_write() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let repositories = database.repositories().await;
        let (workspace, inbox) = (a_workspace("acme"), an_inbox());
        let (id, inbox_id) = (workspace.id, inbox.id());
        repositories.workspaces.create(workspace).await.expect("a workspace");
        repositories.inboxes.create(id, Commit::of(an_origin(), inbox)).await.expect("an inbox");
        let open = move || ConversationToCreate {
            conversation: a_conversation(inbox_id).build(),
            customer: None,
            message: None,
        };
        for _ in 0..10 {
            repositories
                .conversations
                .create(id, Commit::of(an_origin(), open()))
                .await
                .expect("stored");
        }
        for turn in 0..5 {
            // As if a write had not been counted, and another one twice.
            database
                .execute(
                    "UPDATE conversation_counts SET n = n + 3 \
                     WHERE inbox_id = (SELECT id FROM inboxes); \
                     UPDATE conversation_days SET n = n - 2",
                )
                .await;
            let found = repositories.totals.check(id).await.expect("a comparison");
            assert_eq!(found.differences.len(), 3, "{engine:?}: {:?}", found.differences);

            let conversations = Arc::clone(&repositories.conversations);
            let writing = tokio::spawn(async move {
                for _ in 0..40 {
                    conversations
                        .create(id, Commit::of(an_origin(), open()))
                        .await
                        .expect("stored");
                }
            });
            let (one, other) = tokio::join!(
                repositories.totals.repair(id, an_origin()),
                repositories.totals.repair(id, an_origin())
            );
            let repaired = one.expect("repaired").differences.len()
                + other.expect("repaired").differences.len();
            assert_eq!(repaired, 3, "{engine:?}, turn {turn}: each is repaired once");
            writing.await.expect("no task panics");

            let found = repositories.totals.check(id).await.expect("a comparison");
            assert_eq!(found.differences, [], "{engine:?}, turn {turn}");
            assert_eq!(found.conversations, 10 + 40 * (turn + 1));
        }
    }
}
