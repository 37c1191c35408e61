//! A look into a SQLite file with another library than the server's.

use std::process::Command;

const CHECK: &str = "
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=20)
for pragma in 'integrity_check', 'foreign_key_check':
    for row in connection.execute('PRAGMA ' + pragma):
        print(*row)
";

/// Makes sure that the file is whole, and that no row refers to one that is not there.
#[track_caller]
pub(crate) fn assert_whole(url: &str) {
    let Some(file) = url.strip_prefix("sqlite://") else { return };
    let output = Command::new("python3").args(["-c", CHECK, file]).output().expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(said.trim(), "ok", "{file}");
}
