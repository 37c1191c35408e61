//! That FTS5 takes the words as they are, whatever Unicode it knows.

use std::collections::BTreeSet;

use conversations_application::search::words;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

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
    let all: String = ('\0'..=char::MAX).flat_map(|character| [character, ' ']).collect();
    let words: BTreeSet<String> =
        words(&all).into_iter().map(|word| format!("mark{word}")).collect();
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
