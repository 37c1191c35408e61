//! The format in which a workspace leaves and enters: `conversations-ndjson`, version 1.
//!
//! A file has a line of JSON for each record, in a fixed order: the header, inboxes, users, customers,
//! each conversation followed by its messages and its changes, the audit, and the end, which counts
//! the records and has the SHA-256 of all bytes before it. Within a kind, records are in the order of
//! their ids. So the same data gives the same bytes, and a file that was cut off or altered is noticed.
//!
//! The crate knows neither databases nor HTTP: [`Writer`] takes [records](conversations_domain::WorkspaceRecord), and [`Reader`] gives
//! them back, within bounds, and names the line and the rule of the first fault.
#![warn(missing_docs)]

mod fault;
mod field;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod kind;
mod object;
mod order;
mod reader;
pub mod records;
mod schema;
#[cfg(test)]
mod tests;
mod values;
mod writer;

pub use fault::{ReadError, Rule};
pub use field::{Address, AnyId, Digest, Number, PlainText};
pub use kind::Kind;
pub use reader::Reader;
pub use records::{Counts, End, Header};
pub use schema::json_schema;
pub use writer::Writer;

/// What the header calls the format.
pub const FORMAT: &str = "conversations-ndjson";

/// The version of the format.
pub const VERSION: u64 = 1;

/// The longest line, in bytes, with its line feed. The longest text in its longest spelling is shorter.
pub const MAX_LINE: usize = 1 << 20;
