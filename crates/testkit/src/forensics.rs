//! Looking for text that should be gone.

use std::fs;
use std::path::Path;

use diesel::sql_types::Text;
use diesel::{QueryableByName, SqliteConnection};
use diesel_async::RunQueryDsl;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;

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
struct PageFinding {
    #[diesel(sql_type = Text)]
    finding: String,
}

/// What SQLite finds wrong with a file, rows that refer to what is not there included, or `ok`.
pub(crate) async fn integrity(file: &mut SyncConnectionWrapper<SqliteConnection>) -> String {
    let findings: Vec<PageFinding> = diesel::sql_query(
        "SELECT integrity_check AS finding FROM pragma_integrity_check UNION ALL \
         SELECT 'a row of ' || \"table\" || ' refers to nothing' FROM pragma_foreign_key_check",
    )
    .load(file)
    .await
    .expect("a check");
    let findings: Vec<_> = findings.into_iter().map(|PageFinding { finding }| finding).collect();
    findings.join(", ")
}
