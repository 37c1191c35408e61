//! How searches go about it on PostgreSQL, as its own counts tell.

use std::time::{Duration, Instant};

use conversations_application::ports::{Commit, ConversationToCreate};
use conversations_application::read_model::{ConversationFilter, ConversationOrder};
use conversations_application::{PageStart, PageWindow};
use conversations_testkit::TestDatabase;
use conversations_testkit::fixtures::{a_conversation, a_workspace, an_inbox, an_origin};
use tokio::time::sleep;

/// Others in the workspace: each has a word that all have, and few have the one that is looked for.
const OTHERS: &str = "\
    WITH one AS (SELECT * FROM conversations), \
         mark AS (SELECT left((tsvector_to_array(words))[1], 5) AS mark FROM conversation_texts), \
         made AS ( \
             INSERT INTO conversations (workspace_id, id, subject, status, priority, channel, \
                 source, inbox_id, message_count, last_message_number, updated_at, version) \
             SELECT workspace_id, md5(number::text)::uuid, subject, status, priority, channel, \
                 source, inbox_id, message_count, last_message_number, updated_at, version \
             FROM one, generate_series(1, 20000) AS number) \
    INSERT INTO conversation_texts (workspace_id, conversation_id, text_id, part, words) \
    SELECT workspace_id, md5(number::text)::uuid, '00000000-0000-0000-0000-000000000000', 0, \
        array_to_tsvector(CASE WHEN number % 5000 = 0 THEN ARRAY[mark || 'all', mark || 'rare'] \
                          ELSE ARRAY[mark || 'all'] END) \
    FROM one, mark, generate_series(1, 20000) AS number; \
    ANALYZE conversations; ANALYZE conversation_texts";

#[tokio::test(flavor = "multi_thread")]
async fn a_search_uses_the_index_of_words_and_walks_through_no_texts() {
    const TABLE: (&str, &str) = ("conversation_texts", "conversation_texts_by_word");
    let database = TestDatabase::postgres().await;
    let repositories = database.repositories().await;
    let workspace = a_workspace("large");
    let id = workspace.id;
    repositories.workspaces.create(workspace).await.expect("a workspace is stored");
    let inbox = an_inbox();
    let conversation = a_conversation(inbox.id()).about("first").build();
    repositories
        .inboxes
        .create(id, Commit::of(an_origin(), inbox))
        .await
        .expect("an inbox is stored");
    let thread = ConversationToCreate { conversation, customer: None, message: None };
    let stored = repositories.conversations.create(id, Commit::of(an_origin(), thread)).await;
    stored.expect("a conversation is stored");
    database.execute(OTHERS).await;
    // What was counted so far is of the preparations.
    sleep(Duration::from_secs(2)).await;
    let (walks, looks) = database.uses_of(TABLE.0, TABLE.1).await.expect("counts");

    let started = Instant::now();
    loop {
        for (text, found) in [("rare", 4), ("rare all", 4), ("all -rare", 19_996), ("-all", 1)] {
            let text = Some(text.parse().expect("a query"));
            let filter = ConversationFilter { text, ..ConversationFilter::default() };
            let page = repositories
                .conversations
                .list(
                    id,
                    filter,
                    ConversationOrder::Newest,
                    PageWindow { start: PageStart::Offset(0), limit: 50 },
                )
                .await;
            assert_eq!(page.expect("a list").content.total, found);
        }
        let (walks_now, looks_now) = database.uses_of(TABLE.0, TABLE.1).await.expect("counts");
        assert_eq!(walks_now, walks);
        if looks_now > looks {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "the index was never used");
        sleep(Duration::from_millis(600)).await;
    }
}
