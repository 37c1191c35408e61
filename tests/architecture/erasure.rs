//! What is said of erasing names every table.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::migrations::TABLES_OF_ONE;

#[test]
fn the_page_on_erasure_names_every_table_as_one_with_or_without_content() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/erasure.md")).expect("the page");
    let (_, others) = page.split_once("The other tables have").expect("the tables without content");
    let (others, _) = others.split_once(".\n").expect("the end of the sentence");
    let with_content: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("VACUUM FULL ")?.strip_suffix(';'))
        .filter(|table| *table != "pg_statistic")
        .map(str::to_owned)
        .collect();
    let without: BTreeSet<_> = others.split('`').skip(1).step_by(2).map(str::to_owned).collect();

    assert_eq!(with_content.intersection(&without).next(), None);
    let named: BTreeSet<_> = with_content.union(&without).cloned().collect();
    for database in ["sqlite", "postgres"] {
        let mut tables = tables(&root.join("migrations").join(database));
        tables.extend(TABLES_OF_ONE.map(|(_, table)| table.to_owned()));
        assert_eq!(named, tables, "{database}");
    }
}

/// The tables that migrations make and that are still there, without those that a database makes for
/// its own index.
fn tables(folder: &Path) -> BTreeSet<String> {
    let mut folders: Vec<_> =
        fs::read_dir(folder).expect("migrations").map(|entry| entry.expect("one").path()).collect();
    folders.sort();
    let mut tables = BTreeSet::new();
    for folder in folders {
        let sql = fs::read_to_string(folder.join("up.sql")).expect("SQL");
        for line in sql.lines() {
            if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                tables.insert(rest.split(' ').next().expect("a name").to_owned());
            }
        }
    }
    tables
}
