//! Wiping what deletions leave behind in the pages of the file.
//!
//! `secure_delete` overwrites a row where it lies when it is deleted. But SQLite also moves rows:
//! when a page overflows, it writes the rows of that page anew from its end, and the bytes between
//! the list of the rows and the first of them keep whatever lay there before. A deletion later on
//! does not know of these copies. They mean nothing to SQLite, so they can be zeroed at any time.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Binary, Integer};
use diesel::{OptionalExtension, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};

/// The kinds of pages that hold rows, by the first byte, and how long their headers are (SQLite's
/// file format, section 1.6). Any other page starts with the number of a page, or with zeros.
const LEAVES: [u8; 2] = [0x0a, 0x0d];
const LEAF_HEADER: usize = 8;
const INTERIORS: [u8; 2] = [0x02, 0x05];
const INTERIOR_HEADER: usize = 12;

/// From this number of a page on, a page that starts with the number of another one could look like
/// one that holds rows. Files of that size, 128 GiB, are left alone.
const TOO_MANY_PAGES: i64 = 0x0200_0000;

/// How many pages are wiped in one transaction.
const STEP: usize = 10_000;

#[derive(QueryableByName)]
struct Page {
    #[diesel(sql_type = Binary)]
    data: Vec<u8>,
}

#[derive(QueryableByName)]
struct PageCount {
    #[diesel(sql_type = Integer)]
    page_count: i32,
}

#[derive(QueryableByName)]
struct UserVersion {
    #[diesel(sql_type = Integer)]
    user_version: i32,
}

/// Whether this SQLite lets pages be read and written.
pub(super) fn can_wipe(connection: &mut SqliteConnection) -> bool {
    diesel::sql_query("SELECT pgno FROM sqlite_dbpage LIMIT 0").execute(connection).is_ok()
}

/// Wipes the pages with these numbers, inside a transaction that writes.
pub(super) fn wipe(connection: &mut SqliteConnection, numbers: &BTreeSet<u32>) -> QueryResult<()> {
    if page_count(connection)? >= TOO_MANY_PAGES {
        tracing::warn!("the database file is too large to be wiped of deleted text");
        return Ok(());
    }
    for &number in numbers {
        let page: Option<Page> =
            diesel::sql_query("SELECT data FROM sqlite_dbpage('main') WHERE pgno = ?")
                .bind::<BigInt, _>(i64::from(number))
                .get_result(connection)
                .optional()?;
        if let Some(wiped) = page.and_then(|page| wiped(page.data, number)) {
            diesel::sql_query("UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?")
                .bind::<Binary, _>(wiped)
                .bind::<BigInt, _>(i64::from(number))
                .execute(connection)?;
        }
    }
    Ok(())
}

/// Wipes every page of a file once in its life: the file may be older than the wiping. That it was
/// done is noted in the file.
pub(super) fn wipe_once(connection: &mut SqliteConnection) -> QueryResult<()> {
    let UserVersion { user_version } =
        diesel::sql_query("PRAGMA user_version").get_result(connection)?;
    if user_version > 0 {
        return Ok(());
    }
    let count = u32::try_from(page_count(connection)?).unwrap_or(u32::MAX);
    let numbers: Vec<u32> = (1..=count).collect();
    for step in numbers.chunks(STEP) {
        let step = step.iter().copied().collect();
        connection.immediate_transaction(|connection| wipe(connection, &step))?;
    }
    connection.batch_execute("PRAGMA user_version = 1")
}

fn page_count(connection: &mut SqliteConnection) -> QueryResult<i64> {
    let PageCount { page_count } = diesel::sql_query("PRAGMA page_count").get_result(connection)?;
    Ok(page_count.into())
}

/// The page without what lies between the list of its rows and the first of them; `None` when
/// there is nothing to wipe, or when it is a page of another kind.
fn wiped(mut page: Vec<u8>, number: u32) -> Option<Vec<u8>> {
    // The first page begins with the header of the file.
    let header = if number == 1 { 100 } else { 0 };
    let kind = page.get(header)?;
    let header_length = if LEAVES.contains(kind) {
        LEAF_HEADER
    } else if INTERIORS.contains(kind) {
        INTERIOR_HEADER
    } else {
        return None;
    };
    let number_at = |place: usize| {
        let bytes = page.get(place..place + 2)?;
        Some(usize::from(u16::from_be_bytes([bytes[0], bytes[1]])))
    };
    let rows = number_at(header + 3)?;
    // Two bytes do not hold the size of the largest page there is, so 0 stands for it.
    let content = match number_at(header + 5)? {
        0 => 1 << 16,
        start => start,
    };
    let gap = page.get_mut(header + header_length + 2 * rows..content)?;
    if gap.iter().all(|&byte| byte == 0) {
        return None;
    }
    gap.fill(0);
    Some(page)
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn other_pages_are_left_alone() {
        let overflow = [&[0, 0, 0, 9][..], &[b'x'; 60]].concat();
        let nonsense = page(0, 0x0d, &[b"row"]).into_iter().take(20).collect();

        for page in [overflow, nonsense, Vec::new(), vec![0; 64]] {
            assert_eq!(wiped(page, 2), None);
        }
    }
}
