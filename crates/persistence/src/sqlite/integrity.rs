//! Looking at the whole file: whether it is intact, whether what is referred to is there, and whether
//! the schema is what the migrations make.

use std::collections::BTreeMap;
use std::path::Path;

use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};

use super::connect::{MIGRATING, establish};
use crate::integrity_report::IntegrityReport;
use crate::migrations::{self, apply};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct DanglingReference {
    #[diesel(sql_type = Text)]
    child: String,
    #[diesel(sql_type = Text)]
    parent: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Object {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    made_by: String,
}

/// Examines a file while others read and write it, for as long as there is data.
///
/// # Errors
/// What SQLite says when it cannot look.
pub(super) fn check_integrity(path: &Path) -> Result<IntegrityReport, String> {
    let mut connection = establish(path, MIGRATING).map_err(|error| error.to_string())?;
    inspect_schema(&mut connection).map_err(|error| error.to_string())
}

fn inspect_schema(
    connection: &mut SqliteConnection,
) -> Result<IntegrityReport, Box<dyn std::error::Error>> {
    let mut findings = damage(connection)?;
    findings.extend(dangling_references(connection)?);

    let mut blank = SqliteConnection::establish(":memory:")?;
    let migrations = apply(&mut blank, migrations::SQLITE)?;
    let (expected, present) = (objects(&mut blank)?, objects(connection)?);
    for (name, made_by) in &expected {
        match present.get(name) {
            None => findings.push(format!("the schema has no {name}")),
            Some(other) if other != made_by => {
                findings.push(format!("the {name} differs from what the migrations create"));
            }
            Some(_) => {}
        }
    }
    Ok(IntegrityReport { migrations: migrations.len(), findings })
}

/// What is wrong with the file itself: pages, indexes, the index of the search.
pub(super) fn damage(connection: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let lines: Vec<Line> =
        diesel::sql_query("SELECT integrity_check AS line FROM pragma_integrity_check")
            .load(connection)?;
    let damaged = lines.into_iter().map(|Line { line }| line).filter(|line| line != "ok");
    Ok(damaged.map(|line| format!("the file is damaged: {}", line.replace('\n', " "))).collect())
}

/// Rows that refer to rows which are not there.
pub(super) fn dangling_references(connection: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let dangling: Vec<DanglingReference> = diesel::sql_query(
        "SELECT \"table\" AS child, parent, count(*) AS count FROM pragma_foreign_key_check \
         GROUP BY 1, 2 ORDER BY 1, 2",
    )
    .load(connection)?;
    let told = dangling.into_iter().map(|DanglingReference { child, parent, count }| {
        format!("rows of {child} that refer to missing rows of {parent}: {count}")
    });
    Ok(told.collect())
}

/// Tables and indexes by their names, with the statements that make them.
fn objects(connection: &mut SqliteConnection) -> QueryResult<BTreeMap<String, String>> {
    let objects: Vec<Object> = diesel::sql_query(
        "SELECT type || ' ' || name AS name, sql AS made_by FROM sqlite_schema \
         WHERE sql IS NOT NULL",
    )
    .load(connection)?;
    Ok(objects.into_iter().map(|Object { name, made_by }| (name, made_by)).collect())
}
