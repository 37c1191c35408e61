//! Scrubbing deleted text from the pages of the file.
//!
//! `secure_delete` overwrites a row where it lies when it is deleted. But SQLite also moves rows:
//! when a page overflows, it rewrites the rows of that page from its end, and the bytes between
//! the list of the rows and the first of them keep whatever lay there before. A deletion later on
//! does not know of these copies. They mean nothing to SQLite, so they can be zeroed at any time.

use std::collections::BTreeSet;
use std::sync::Once;

use diesel::connection::SimpleConnection;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Integer};
use diesel::sqlite::Sqlite;
use diesel::{OptionalExtension, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};

/// The kinds of pages that hold rows, by the first byte, and how long their headers are (SQLite's
/// file format, section 1.6). Any other page starts with the number of a page, or with zeros, in a
/// file that [`tells_kinds_apart`].
const LEAVES: [u8; 2] = [0x0a, 0x0d];
const LEAF_HEADER: usize = 8;
const INTERIORS: [u8; 2] = [0x02, 0x05];
const INTERIOR_HEADER: usize = 12;

/// From this number of a page on, a page that starts with the number of another one could look like
/// one that holds rows. Files of that size, 128 GiB, are left alone.
const TOO_MANY_PAGES: i64 = 0x0200_0000;

/// How many pages are wiped in one transaction.
const STEP: usize = 10_000;

/// Reads a page. There are many of them, so that its statement is prepared once and kept, which that of
/// `sql_query` is not.
#[derive(QueryId)]
struct ReadPage {
    number: i64,
}

impl QueryFragment<Sqlite> for ReadPage {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("SELECT data FROM sqlite_dbpage('main') WHERE pgno = ");
        out.push_bind_param::<BigInt, _>(&self.number)
    }
}

impl Query for ReadPage {
    type SqlType = Binary;
}

impl RunQueryDsl<SqliteConnection> for ReadPage {}

/// Writes a page, in the same way.
#[derive(QueryId)]
struct WritePage {
    number: i64,
    data: Vec<u8>,
}

impl QueryFragment<Sqlite> for WritePage {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE sqlite_dbpage SET data = ");
        out.push_bind_param::<Binary, _>(&self.data)?;
        out.push_sql(" WHERE pgno = ");
        out.push_bind_param::<BigInt, _>(&self.number)
    }
}

impl RunQueryDsl<SqliteConnection> for WritePage {}

#[derive(QueryableByName)]
struct PageCount {
    #[diesel(sql_type = Integer)]
    page_count: i32,
}

#[derive(QueryableByName)]
struct AutoVacuum {
    #[diesel(sql_type = Integer)]
    auto_vacuum: i32,
}

#[derive(QueryableByName)]
struct UserVersion {
    #[diesel(sql_type = Integer)]
    user_version: i32,
}

/// Wipes the pages with these numbers, inside a transaction that writes.
pub(super) fn scrub_pages(
    connection: &mut SqliteConnection,
    numbers: &BTreeSet<u32>,
) -> QueryResult<()> {
    if !tells_kinds_apart(connection)? {
        return Ok(());
    }
    for &number in numbers {
        let place = i64::from(number);
        let page: Option<Vec<u8>> = ReadPage { number: place }.get_result(connection).optional()?;
        if let Some(data) = page.and_then(|page| wiped(page, number)) {
            WritePage { number: place, data }.execute(connection)?;
        }
    }
    Ok(())
}

/// Notes in the file that pages of it are not wiped, unless that is noted already: what wipes them
/// may be cut off, and then the next start does. Whether it was noted now.
pub(super) fn mark_unscrubbed(connection: &mut SqliteConnection) -> QueryResult<bool> {
    let UserVersion { user_version } =
        diesel::sql_query("PRAGMA user_version").get_result(connection)?;
    if user_version > 0 {
        connection.batch_execute("PRAGMA user_version = 0")?;
    }
    Ok(user_version > 0)
}

/// Writes the least that can be written, to see whether there is room for it.
pub(super) fn write_the_least(connection: &mut SqliteConnection) -> QueryResult<()> {
    let UserVersion { user_version } =
        diesel::sql_query("PRAGMA user_version").get_result(connection)?;
    connection.batch_execute(&format!("PRAGMA user_version = {user_version}"))
}

/// Notes in the file that all of its pages are wiped.
pub(super) fn mark_scrubbed(connection: &mut SqliteConnection) -> QueryResult<()> {
    connection.batch_execute("PRAGMA user_version = 1")
}

/// Wipes every page of a file once in its life: the file may be older than the wiping. That it was
/// done is noted in the file.
pub(super) fn scrub_once(connection: &mut SqliteConnection) -> QueryResult<()> {
    let UserVersion { user_version } =
        diesel::sql_query("PRAGMA user_version").get_result(connection)?;
    if user_version > 0 {
        return Ok(());
    }
    let count = u32::try_from(page_count(connection)?).unwrap_or(u32::MAX);
    let numbers: Vec<u32> = (1..=count).collect();
    for step in numbers.chunks(STEP) {
        let step = step.iter().copied().collect();
        connection.immediate_transaction(|connection| scrub_pages(connection, &step))?;
        // The next step writes over it, so that the log does not become as large as the file.
        connection.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")?;
    }
    mark_scrubbed(connection)
}

/// Whether the first byte of a page tells its kind in this file: not in a huge one, and not in one
/// with `auto_vacuum`, which has pages that map others and may begin with any small number.
fn tells_kinds_apart(connection: &mut SqliteConnection) -> QueryResult<bool> {
    let AutoVacuum { auto_vacuum } =
        diesel::sql_query("PRAGMA auto_vacuum").get_result(connection)?;
    let apart = auto_vacuum == 0 && page_count(connection)? < TOO_MANY_PAGES;
    if !apart {
        static TOLD: Once = Once::new();
        TOLD.call_once(|| {
            tracing::warn!(
                "the database file is larger than 128 GiB or has auto_vacuum: deleted text is not \
                 scrubbed from its pages"
            );
        });
    }
    Ok(apart)
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
    let list = header + header_length..header + header_length + 2 * rows;
    // Two bytes do not hold the size of the largest page there is, so 0 stands for it.
    let content = match number_at(header + 5)? {
        0 => 1 << 16,
        start => start,
    };
    // A page that holds rows says of each where it is, and that is behind the gap.
    let mut starts = list.clone().step_by(2).map(number_at);
    if !starts.all(|start| start.is_some_and(|start| start >= content)) {
        return None;
    }
    let gap = page.get_mut(list.end..content)?;
    if gap.iter().all(|&byte| byte == 0) {
        return None;
    }
    gap.fill(0);
    Some(page)
}

#[cfg(test)]
mod tests;
