//! Wiping pages, by hand and in a database.

use super::*;

/// A page of 64 bytes with these rows at its end, and text that was forgotten before them.
fn page(header: usize, kind: u8, rows: &[&[u8]]) -> Vec<u8> {
    let mut page = vec![b'x'; 64 + header];
    let content: usize = rows.iter().map(|row| row.len()).sum();
    let start = page.len() - content;
    page[header] = kind;
    for (place, number) in [(3, rows.len()), (5, start)] {
        let number = u16::try_from(number).expect("a small page");
        page[header + place..header + place + 2].copy_from_slice(&number.to_be_bytes());
    }
    page[start..].copy_from_slice(&rows.concat());
    let length = if LEAVES.contains(&kind) { LEAF_HEADER } else { INTERIOR_HEADER };
    for (number, _) in rows.iter().enumerate() {
        let start = u16::try_from(start).expect("a small page");
        let place = header + length + 2 * number;
        page[place..place + 2].copy_from_slice(&start.to_be_bytes());
    }
    page
}

#[test]
fn only_the_gap_is_wiped() {
    for (number, header) in [(1, 100), (2, 0)] {
        for (kind, length) in [(0x0d, 8), (0x0a, 8), (0x05, 12), (0x02, 12)] {
            let before = page(header, kind, &[b"one row", b"another"]);

            let after = wiped(before.clone(), number).expect("something to wipe");

            let gap = header + length + 4..before.len() - 14;
            assert!(after[gap.clone()].iter().all(|&byte| byte == 0));
            assert_eq!(after[..gap.start], before[..gap.start]);
            assert_eq!(after[gap.end..], before[gap.end..]);
            assert_eq!(wiped(after, number), None, "nothing is left to wipe");
        }
    }
}

#[derive(QueryableByName)]
struct Integrity {
    #[diesel(sql_type = diesel::sql_types::Text)]
    integrity_check: String,
}

/// A file of some megabytes whose rows have grown, so that its pages were split.
fn grown(settings: &str) -> SqliteConnection {
    use diesel::Connection as _;

    let mut connection = SqliteConnection::establish(":memory:").expect("a database");
    connection
        .batch_execute(&format!(
            "{settings}; PRAGMA secure_delete = ON; \
             CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL); \
             CREATE INDEX texts_by_text ON texts (text); \
             WITH RECURSIVE numbers (id) AS \
             (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < 6000) \
             INSERT INTO texts SELECT id * 7919 % 6007, \
             iif(id % 5 = 0, 'kept', 'needle') || hex(randomblob(150)) \
             FROM numbers; \
             UPDATE texts SET text = text || text WHERE id % 3 = 0; \
             DELETE FROM texts WHERE text LIKE 'needle%';"
        ))
        .expect("a database that grew");
    connection
}

fn scrub_all(connection: &mut SqliteConnection) -> String {
    let count = u32::try_from(page_count(connection).expect("a count")).expect("few pages");
    scrub_pages(connection, &(1..=count).collect()).expect("a wiped database");
    let checked = diesel::sql_query("PRAGMA integrity_check").get_result(connection);
    checked.map(|Integrity { integrity_check }| integrity_check).expect("a check")
}

fn pages_with_needles(connection: &mut SqliteConnection) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let count = diesel::sql_query(
        "SELECT count(*) AS count FROM sqlite_dbpage WHERE instr(data, CAST('needle' AS BLOB)) > 0 \
         AND pgno > 1",
    );
    count.get_result(connection).map(|Count { count }| count).expect("a count")
}

#[test]
fn what_was_deleted_is_gone_and_the_file_is_whole() {
    let mut connection = grown("PRAGMA auto_vacuum = NONE");

    assert!(pages_with_needles(&mut connection) > 0, "SQLite leaves some behind");
    assert_eq!(scrub_all(&mut connection), "ok");
    assert_eq!(pages_with_needles(&mut connection), 0);
}

#[test]
fn a_file_that_maps_its_pages_is_left_whole() {
    let mut connection = grown("PRAGMA auto_vacuum = INCREMENTAL");

    assert_eq!(scrub_all(&mut connection), "ok");
}

/// Wherever this is built from: nothing in the environment or in Cargo's settings says so.
#[test]
fn sqlite_is_the_one_that_is_compiled_for_this_project() {
    use diesel::Connection as _;

    #[derive(QueryableByName)]
    struct CompileOption {
        #[diesel(sql_type = diesel::sql_types::Text)]
        compile_options: String,
    }
    let mut connection = SqliteConnection::establish(":memory:").expect("a database");
    let options: Vec<CompileOption> =
        diesel::sql_query("PRAGMA compile_options").load(&mut connection).expect("the options");
    let has = |name: &str| options.iter().any(|option| option.compile_options == name);

    for option in ["ENABLE_DBPAGE_VTAB", "ENABLE_QPSG", "DEFAULT_MEMSTATUS=0", "ENABLE_FTS5"] {
        assert!(has(option), "{option}");
    }
    assert!(!has("ENABLE_MEMORY_MANAGEMENT"));
}

#[test]
fn other_pages_are_left_alone() {
    let overflow = [&[0, 0, 0, 9][..], &[b'x'; 60]].concat();
    let nonsense = page(0, 0x0d, &[b"row"]).into_iter().take(20).collect();

    // A row that is said to lie in the gap: no page of rows.
    let mut contradictory = page(0, 0x0d, &[b"one row"]);
    contradictory[8..10].copy_from_slice(&20_u16.to_be_bytes());

    for page in [overflow, nonsense, contradictory, Vec::new(), vec![0; 64]] {
        assert_eq!(wiped(page, 2), None);
    }
}
