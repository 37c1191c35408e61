//! Looking for text that should be gone.

use std::fs;
use std::path::Path;

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, SqliteConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

/// The names of the files of a directory that hold this text, in plain or as part of anything.
pub(crate) fn files_with(directory: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("the directory of the database") {
        let path = entry.expect("an entry").path();
        // A log may be gone between the look at the directory and the look at the file.
        let Ok(bytes) = fs::read(&path) else { continue };
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            let name = path.file_name().unwrap_or_default();
            found.push(name.to_string_lossy().into_owned());
        }
    }
    found
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    finding: String,
}

/// What SQLite finds wrong with a file, rows that refer to what is not there included, or `ok`.
pub(crate) async fn integrity(file: &mut SyncConnectionWrapper<SqliteConnection>) -> String {
    let findings: Vec<Finding> = diesel::sql_query(
        "SELECT integrity_check AS finding FROM pragma_integrity_check UNION ALL \
         SELECT 'a row of ' || \"table\" || ' refers to nothing' FROM pragma_foreign_key_check",
    )
    .load(file)
    .await
    .expect("a check");
    let findings: Vec<_> = findings.into_iter().map(|Finding { finding }| finding).collect();
    findings.join(", ")
}

#[derive(QueryableByName)]
struct Uses {
    #[diesel(sql_type = BigInt)]
    walks: i64,
    #[diesel(sql_type = BigInt)]
    looks: i64,
}

/// How often a table of PostgreSQL was walked through, and an index of it was used.
pub(crate) async fn uses_of(url: &str, table: &str, index: &str) -> (i64, i64) {
    let mut connection = AsyncPgConnection::establish(url).await.expect("a connection");
    let Uses { walks, looks } = diesel::sql_query(
        "SELECT seq_scan AS walks, idx.idx_scan AS looks FROM pg_stat_user_tables AS tab \
         JOIN pg_stat_user_indexes AS idx USING (relid) \
         WHERE tab.relname = $1 AND idx.indexrelname = $2",
    )
    .bind::<Text, _>(table)
    .bind::<Text, _>(index)
    .get_result(&mut connection)
    .await
    .expect("a table with an index");
    (walks, looks)
}

/// The names of the tables of a PostgreSQL database that have a row with this text, also in the
/// hexadecimal form in which binary columns are shown.
pub(crate) async fn tables_with(url: &str, text: &str) -> Vec<String> {
    let mut connection = AsyncPgConnection::establish(url).await.expect("a connection");
    let tables: Vec<Table> = diesel::sql_query(
        "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
    )
    .load(&mut connection)
    .await
    .expect("the names of the tables");

    let mut found = Vec::new();
    for Table { name } in tables {
        let count: Count = diesel::sql_query(format!(
            "SELECT count(*) AS count FROM {name} AS row \
             WHERE strpos(row::text, $1) > 0 \
             OR strpos(row::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0"
        ))
        .bind::<Text, _>(text)
        .get_result(&mut connection)
        .await
        .expect("a table that can be read");
        if count.count > 0 {
            found.push(name);
        }
    }
    found
}
