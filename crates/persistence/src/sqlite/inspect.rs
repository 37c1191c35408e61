//! Inspects a file before it is opened, so that a foreign file is not changed.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel::{Connection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};

use super::connect::{address, refused};
use crate::OpenError;
use crate::migrations::{self, not_among};

/// What every file of SQLite begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How often a file is read until it is refused: another process that changes it may be in the way.
const ATTEMPTS: u32 = 25;
const PAUSE: Duration = Duration::from_millis(20);

#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = BigInt)]
    ours: i64,
    #[diesel(sql_type = BigInt)]
    others: i64,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Refuses a file that is not a database, or one of another program or of a newer version. Nothing is
/// written, not even beside it.
pub(super) fn inspect(path: &Path) -> Result<(), OpenError> {
    if !begins_as_a_database(path)? {
        return Ok(());
    }
    let mut seen = read_schema(path);
    for _ in 1..ATTEMPTS {
        if seen.is_ok() {
            break;
        }
        std::thread::sleep(PAUSE);
        seen = read_schema(path);
    }
    let (tables, applied) = seen.map_err(|reason| refused(path, reason))?;
    if tables.ours == 0 && tables.others > 0 {
        return Err(OpenError::Foreign { path: shown(path) });
    }
    let applied = applied.into_iter().map(|Applied { version }| version);
    match not_among::<Sqlite>(&migrations::SQLITE, applied) {
        Some(migration) => Err(OpenError::Newer { path: shown(path), migration }),
        None => Ok(()),
    }
}

/// Whether the file exists and is not empty. One that does not begin as a database is refused.
fn begins_as_a_database(path: &Path) -> Result<bool, OpenError> {
    let failed = |source| OpenError::File { path: shown(path), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    let mut start = Vec::with_capacity(MAGIC.len());
    file.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(failed)?;
    if start.is_empty() {
        return Ok(false);
    }
    if start == MAGIC { Ok(true) } else { Err(OpenError::NoDatabase { path: shown(path) }) }
}

/// How many tables exist, and which migrations were applied.
fn read_schema(path: &Path) -> Result<(Tables, Vec<Applied>), String> {
    let mut connection =
        SqliteConnection::establish(&address(path)).map_err(|error| error.to_string())?;
    read(&mut connection).map_err(|error| error.to_string())
}

fn read(connection: &mut SqliteConnection) -> QueryResult<(Tables, Vec<Applied>)> {
    let tables: Tables = diesel::sql_query(
        "SELECT count(*) FILTER (WHERE name = '__diesel_schema_migrations') AS ours, \
         count(*) FILTER (WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND name <> '__diesel_schema_migrations') AS others \
         FROM sqlite_master WHERE type = 'table'",
    )
    .get_result(connection)?;
    if tables.ours == 0 {
        return Ok((tables, Vec::new()));
    }
    let applied = diesel::sql_query("SELECT version FROM __diesel_schema_migrations");
    Ok((tables, applied.load(connection)?))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use diesel::connection::SimpleConnection;

    use super::*;

    /// What is found of a database that these statements made, in a directory that must stay as it is.
    fn inspected(statements: &str) -> Result<(), OpenError> {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("a file?with #odd %20name.db");
        let mut connection =
            SqliteConnection::establish(file.to_str().expect("UTF-8")).expect("a database");
        connection.batch_execute(statements).expect("statements");
        drop(connection);
        let before = contents(directory.path());

        let inspected = inspect(&file);

        assert!(before == contents(directory.path()), "something was changed");
        inspected
    }

    fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(directory).expect("a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut contents: Vec<_> =
            paths.map(|path| (path.clone(), std::fs::read(path).expect("a file"))).collect();
        contents.sort();
        contents
    }

    const MIGRATIONS: &str = "PRAGMA journal_mode = WAL; \
        CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL);";

    #[test]
    fn an_empty_database_and_one_of_ours_are_let_in() {
        for statements in ["", "PRAGMA journal_mode = WAL; VACUUM", MIGRATIONS] {
            assert!(inspected(statements).is_ok(), "{statements}");
        }
    }

    #[test]
    fn a_database_of_something_else_is_refused() {
        for statements in
            ["CREATE TABLE songs (title)", "PRAGMA journal_mode = WAL; CREATE TABLE songs (title)"]
        {
            assert!(matches!(inspected(statements), Err(OpenError::Foreign { .. })));
        }
    }

    #[test]
    fn a_schema_from_the_future_is_refused() {
        let statements =
            format!("{MIGRATIONS} INSERT INTO __diesel_schema_migrations VALUES ('99991231')");

        let refused = inspected(&statements);

        assert!(
            matches!(refused, Err(OpenError::Newer { migration, .. }) if migration == "99991231")
        );
    }

    #[test]
    fn a_log_that_was_left_behind_is_read_too() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("live.db");
        let mut connection =
            SqliteConnection::establish(file.to_str().expect("UTF-8")).expect("a database");
        connection
            .batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE songs (title)")
            .expect("a database that is open");

        assert!(matches!(inspect(&file), Err(OpenError::Foreign { .. })));
    }
}
