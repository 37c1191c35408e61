//! Compiles the SQLite that `libsqlite3-sys` brings, with the options of this project.

use std::env;
use std::path::PathBuf;

/// What `libsqlite3-sys` compiles it with. Its bindings, and users of it beside this project, expect these.
const SHARED: [&str; 15] = [
    "SQLITE_CORE",
    "SQLITE_DEFAULT_FOREIGN_KEYS=1",
    "SQLITE_ENABLE_API_ARMOR",
    "SQLITE_ENABLE_COLUMN_METADATA",
    "SQLITE_ENABLE_DBSTAT_VTAB",
    "SQLITE_ENABLE_FTS3",
    "SQLITE_ENABLE_FTS3_PARENTHESIS",
    "SQLITE_ENABLE_FTS5",
    "SQLITE_ENABLE_JSON1",
    "SQLITE_ENABLE_LOAD_EXTENSION=1",
    "SQLITE_ENABLE_RTREE",
    "SQLITE_ENABLE_STAT4",
    "SQLITE_SOUNDEX",
    "SQLITE_USE_URI",
    "HAVE_USLEEP=1",
];

/// What this project adds.
///
/// - `SQLITE_ENABLE_DBPAGE_VTAB`: the table through which pages are wiped of deleted text.
/// - `SQLITE_ENABLE_QPSG`: a statement is planned once, not again for each value that is bound.
/// - `SQLITE_THREADSAFE=2`: a connection has no lock of its own, which each value of each row would take.
///   A connection is used by one thread at a time, as Rust sees to; one that is opened with
///   `SQLITE_OPEN_FULLMUTEX` still has the lock.
/// - `SQLITE_DEFAULT_MEMSTATUS=0`: no counting of memory, which takes a lock that all connections share.
///
/// `libsqlite3-sys` also sets `SQLITE_ENABLE_MEMORY_MANAGEMENT`, which makes all connections share one
/// cache of pages, behind a lock. It is left out.
const OWN: [&str; 4] = [
    "SQLITE_ENABLE_DBPAGE_VTAB",
    "SQLITE_ENABLE_QPSG",
    "SQLITE_THREADSAFE=2",
    "SQLITE_DEFAULT_MEMSTATUS=0",
];

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build.rs");
    // Cargo passes on what the build script of a dependency says of itself.
    let folder = env::var_os("DEP_SQLITE3_INCLUDE").map(PathBuf::from).unwrap_or_default();
    let source = folder.join("sqlite3.c");
    if !source.is_file() {
        return Err("libsqlite3-sys does not include the source of SQLite: unset \
            LIBSQLITE3_SYS_USE_PKG_CONFIG"
            .to_owned());
    }
    let mut build = cc::Build::new();
    build.file(source).warnings(false).define("HAVE_ISNAN", None);
    build.define("_POSIX_THREAD_SAFE_FUNCTIONS", None);
    for option in SHARED.iter().chain(&OWN) {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (*option, None),
        };
        build.define(name, value);
    }
    if env::var_os("CARGO_CFG_WINDOWS").is_none() {
        build.define("HAVE_LOCALTIME_R", None);
    }
    // All of it is linked, whether or not something asks for it yet. So the other copy, which
    // libsqlite3-sys has compiled, is asked for nothing and left out.
    build.link_lib_modifier("+whole-archive");
    build.try_compile("conversations_sqlite3").map_err(|error| error.to_string())
}
