//! Both databases have the same migrations, and the same tables with the same columns.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const DATABASES: [&str; 2] = ["sqlite", "postgres"];

/// Columns that one database needs by itself: FTS5 knows the rows that it indexes by numbers, and
/// PostgreSQL numbers events after their transactions.
const OF_ONE: [(&str, &str); 2] =
    [("conversation_texts", "row_number"), ("event_heads", "settled")];

/// Tables that one database needs by itself: on PostgreSQL events wait for their numbers.
pub(crate) const TABLES_OF_ONE: [(&str, &str); 1] = [("postgres", "events_waiting")];

#[test]
fn both_databases_have_the_same_migrations() {
    let names = DATABASES.map(|database| {
        let names: BTreeSet<_> = migrations(database)
            .into_iter()
            .map(|path| path.file_name().expect("a name").to_owned())
            .collect();
        names
    });

    assert!(!names[0].is_empty());
    assert_eq!(names[0], names[1]);
}

#[test]
fn every_migration_has_a_way_back() {
    for path in DATABASES.into_iter().flat_map(migrations) {
        assert!(path.join("up.sql").is_file(), "{}", path.display());
        assert!(path.join("down.sql").is_file(), "{}", path.display());
    }
}

#[test]
fn both_databases_have_the_same_columns() {
    let columns = DATABASES.map(|database| {
        migrations(database)
            .iter()
            .flat_map(|path| columns(&fs::read_to_string(path.join("up.sql")).expect("SQL")))
            .filter(|(table, column, _)| !OF_ONE.contains(&(table, column)))
            .filter(|(table, ..)| !TABLES_OF_ONE.contains(&(database, table)))
            .collect::<BTreeSet<_>>()
    });

    assert!(columns[0].len() > 50, "the columns are found: {:?}", columns[0]);
    assert_eq!(columns[0], columns[1]);
}

fn migrations(database: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(database);
    let entries = fs::read_dir(folder).expect("the folder of migrations");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// The lines that define columns, without their types: `table`, `column`, and whether it may be
/// empty.
fn columns(sql: &str) -> Vec<(String, String, bool)> {
    let mut table = String::new();
    let mut found = Vec::new();
    for line in sql.lines() {
        if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            rest.trim_end_matches(" (").clone_into(&mut table);
        } else if let Some((altered, column)) = added_column(line) {
            let name = column.split(' ').next().unwrap_or_default();
            found.push((altered.to_owned(), name.to_owned(), column.contains("NOT NULL")));
        } else if line.starts_with(')') {
            table.clear();
        } else if table.is_empty() {
            // Part of a statement that makes no table.
        } else if let Some(column) = line.strip_prefix("    ") {
            let name = column.split(' ').next().unwrap_or_default();
            if name.starts_with(|first: char| first.is_ascii_lowercase()) {
                found.push((table.clone(), name.to_owned(), column.contains("NOT NULL")));
            }
        }
    }
    found
}

/// The table and the column of a line that adds one.
fn added_column(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("ALTER TABLE ")?.split_once(" ADD COLUMN ")
}
