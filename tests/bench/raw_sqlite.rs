//! What SQLite itself does in one thread, with one connection and prepared statements, on the data
//! that a server has: `raw-sqlite FILE get|list|create SECONDS WORKSPACE ID…`. Prints how often it
//! did so in a second.
//!
//! `get` reads the conversations of these ids with their people, `list` the newest fifty that are
//! open, with how many there are. `create` makes conversations in the inbox and of the customer that
//! the two ids name, without counting them, each in a durable transaction of its own.

use std::error::Error;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

// The same SQLite as the server's.
use conversations_sqlite as _;
use rusqlite::{CachedStatement, Connection, Params, params};
use uuid::Uuid;

/// The pragmas of a server, except those that scrub deleted text.
const SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
                        PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

const PEOPLE: &str = "LEFT JOIN customers p ON p.workspace_id = c.workspace_id AND p.id = c.customer_id \
                      LEFT JOIN users u ON u.workspace_id = c.workspace_id AND u.id = c.assignee_id";

const TOTAL: &str = "SELECT coalesce(sum(n), 0) FROM conversation_counts WHERE workspace_id = ?1 \
                     AND inbox_id = ?3 AND assignee_id = ?3 AND status = ?2";

const CREATE: &str = "INSERT INTO conversations (workspace_id, id, subject, status, priority, channel, \
                      source, inbox_id, customer_id, assignee_id, message_count, last_message_number, \
                      last_message_at, closed_at, updated_at, version, revision, labels) VALUES \
                      (?1, ?2, ?3, 'open', 1, 'email', 'api', ?4, ?5, NULL, 0, 0, NULL, NULL, ?6, 1, 1, '[]')";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, what, seconds, workspace, ids @ ..] = &arguments[..] else {
        return Err("usage: raw-sqlite FILE get|list|create SECONDS WORKSPACE ID…".into());
    };
    let connection = Connection::open(file)?;
    connection.execute_batch(SETTINGS)?;
    let time = Duration::from_secs_f64(seconds.parse()?);
    let workspace = Uuid::parse_str(workspace)?;
    let ids: Vec<Uuid> = ids.iter().map(|id| Uuid::parse_str(id)).collect::<Result<_, _>>()?;
    let rate = match what.as_str() {
        "get" => get(&connection, time, workspace, &ids)?,
        "list" => list(&connection, time, workspace)?,
        "create" => create(&connection, time, workspace, &ids)?,
        _ => return Err("get, list or create".into()),
    };
    println!("{rate:.1}");
    Ok(())
}

fn get(connection: &Connection, time: Duration, workspace: Uuid, ids: &[Uuid]) -> Outcome<f64> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT * FROM conversations c {PEOPLE} WHERE c.workspace_id = ?1 AND c.id = ?2"
    ))?;
    let mut ids = ids.iter().cycle();
    often(time, || {
        let id = ids.next().ok_or("no ids")?;
        read(&mut statement, params![workspace.as_bytes().as_slice(), id.as_bytes().as_slice()])
    })
}

fn list(connection: &Connection, time: Duration, workspace: Uuid) -> Outcome<f64> {
    let mut page = connection.prepare_cached(&format!(
        "SELECT * FROM (SELECT * FROM conversations WHERE workspace_id = ?1 AND status = ?2 \
         ORDER BY id DESC LIMIT 50) c {PEOPLE} ORDER BY c.id DESC"
    ))?;
    let mut total = connection.prepare_cached(TOTAL)?;
    let (workspace, all) = (workspace.as_bytes().as_slice(), [0xff_u8; 16]);
    often(time, || {
        connection.execute_batch("BEGIN")?;
        read(&mut page, params![workspace, "open"])?;
        read(&mut total, params![workspace, "open", all.as_slice()])?;
        connection.execute_batch("COMMIT")?;
        Ok(())
    })
}

fn create(connection: &Connection, time: Duration, workspace: Uuid, ids: &[Uuid]) -> Outcome<f64> {
    let [inbox, customer] = ids else { return Err("an inbox and a customer are wanted".into()) };
    let mut statement = connection.prepare_cached(CREATE)?;
    let mut number: u128 = 0;
    often(time, || {
        number += 1;
        let millis = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        let id = Uuid::from_u128(millis << 80 | 0x7000_8000 << 48 | number);
        statement.execute(params![
            workspace.as_bytes().as_slice(),
            id.as_bytes().as_slice(),
            format!("Refund for order {number}"),
            inbox.as_bytes().as_slice(),
            customer.as_bytes().as_slice(),
            i64::try_from(millis)?,
        ])?;
        Ok(())
    })
}

/// Reads every column of every row.
fn read(statement: &mut CachedStatement<'_>, parameters: impl Params) -> Outcome<()> {
    let columns = statement.column_count();
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            std::hint::black_box(row.get_ref(column)?);
        }
    }
    Ok(())
}

/// How often something can be done in a second.
fn often(time: Duration, mut it: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let (begun, mut times) = (Instant::now(), 0_u32);
    while begun.elapsed() < time {
        it()?;
        times += 1;
    }
    Ok(f64::from(times) / begun.elapsed().as_secs_f64())
}
