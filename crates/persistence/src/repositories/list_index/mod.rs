//! The list index of a workspace: how it is built, brought up to date and asked.
//!
//! It contains what the events up to a position of the feed did. A list reads, in its own transaction,
//! which conversations have later events, those without positions included, and how these
//! conversations are now. Each write has its events in its own transaction, so the index and these
//! conversations together are what the transaction sees.
//!
//! What makes lists differ from the stored rows without an event of each conversation is not
//! indexed: while something of a workspace is being erased, its lists read the database alone.

mod build;
mod changes;

pub(super) use build::{build, update};
pub(super) use changes::{Freshness, LaterChanges, changes_since};

use super::{Connection, Database};
