//! That FTS5 takes the words as they are, whatever Unicode it knows, and that searches use it.

use std::collections::BTreeSet;

use conversations_application::read_model::ConversationFilter;
use conversations_application::search::tokenize;
use conversations_domain::WorkspaceId;
use diesel::connection::SimpleConnection;
use diesel::debug_query;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use uuid::Uuid;

use crate::schema::conversations;
use crate::sqlite::plan_fixture::PlanFixture;
use crate::sqlite::repositories::conversations::filter::matching;
use crate::sqlite::repositories::conversations::search_planner::plan_search;
use crate::sqlite::repositories::hidden::Hidden;

const SCHEMA: &str =
    include_str!("../../../../../migrations/sqlite/2026-11-25-140000_search_conversations/up.sql");

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    term: String,
}

#[test]
fn every_word_is_one_to_the_index() {
    let mut connection = SqliteConnection::establish(":memory:").expect("a database");
    connection
        .batch_execute("CREATE TABLE conversations (workspace_id BLOB, id BLOB)")
        .expect("what the migration looks into");
    connection.batch_execute(SCHEMA).expect("the migration");
    connection
        .batch_execute("CREATE VIRTUAL TABLE terms USING fts5vocab (conversation_words, 'row')")
        .expect("a look into the index");
    let texts = ('\0'..=char::MAX).flat_map(|character| {
        // Some marks are part of a word only after a letter.
        [character.to_string(), format!("क{character}")]
    });
    let words = texts.flat_map(|text| tokenize(&text));
    let words: BTreeSet<String> = words.map(|word| format!("mark{word}")).collect();
    assert!(words.len() > 100_000);

    let text: Vec<_> = words.iter().map(String::as_str).collect();
    diesel::sql_query("INSERT INTO conversation_words (rowid, words) VALUES (1, ?)")
        .bind::<Text, _>(text.join(" "))
        .execute(&mut connection)
        .expect("a row of all words");
    let terms: Vec<Row> =
        diesel::sql_query("SELECT term FROM terms").load(&mut connection).expect("the terms");

    let terms: BTreeSet<_> = terms.into_iter().map(|row| row.term).collect();
    let other: Vec<_> = words.symmetric_difference(&terms).collect();
    assert!(other.is_empty(), "{other:?}");
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[tokio::test]
async fn a_search_asks_the_index_for_one_word_and_scans_nothing() {
    let mut fixture = PlanFixture::new().await;
    let workspace = WorkspaceId::from_uuid(Uuid::nil());
    let text = "refund \"order 1042\" -spam".parse().expect("a query");
    let filter = ConversationFilter { text: Some(text), ..ConversationFilter::default() };
    let search = plan_search(&mut fixture.connection, workspace, &filter, 1_000).await;
    let search = search.expect("it is not too broad");
    let query = matching(workspace, &filter, search.as_ref(), &Hidden::default())
        .order(conversations::id.desc());
    let query = debug_query::<Sqlite, _>(&query.limit(50)).to_string();
    let (query, _values) = query.split_once(" -- binds").expect("a query with its values");

    let explain = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}"));
    let plan: Vec<Step> =
        diesel_async::RunQueryDsl::load(explain, &mut fixture.connection).await.expect("a plan");

    let plan: Vec<_> = plan.into_iter().map(|step| step.detail).collect();
    let of = |part: &str| plan.iter().filter(|step| step.contains(part)).count();
    assert_eq!(of("SCAN conversation_words VIRTUAL TABLE INDEX 0:M"), 1, "{plan:#?}");
    assert_eq!(of("SEARCH conversation_texts USING INTEGER PRIMARY KEY (rowid=?)"), 1, "{plan:#?}");
    let by_conversation = "_conversation_texts_1 (workspace_id=? AND conversation_id=?)";
    assert_eq!(of(by_conversation), 1, "{plan:#?}");
    let by_id = "SEARCH conversations USING PRIMARY KEY (workspace_id=? AND id=?)";
    assert_eq!(of(by_id), 1, "{plan:#?}");
    assert_eq!(of("SCAN"), 1, "{plan:#?}");
}
