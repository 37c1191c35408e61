//! The use cases of Conversations over ports.
//!
//! A service per resource holds its use cases, a file each; what they need from outside (storage,
//! time, ids) are the traits in [`ports`], which adapters fill. Nothing here knows of SQL or HTTP.
#![warn(missing_docs)]

mod caller;
mod error;
mod moment;
mod once;
mod page;
mod retry;
mod scoped;
mod tag;
#[cfg(test)]
mod testing;

pub mod audit;
pub mod conversations;
pub mod customers;
pub mod erasures;
pub mod events;
pub mod history;
pub mod inboxes;
pub mod keys;
pub mod messages;
pub mod metrics;
pub mod owner;
pub mod ports;
pub mod reply_budget;
pub mod search;
pub mod seed;
pub mod totals;
pub mod users;
pub mod workspaces;

pub use caller::Caller;
pub use error::{Conflict, Error, Invalid, InvalidReference, Reference, ReferenceProblem};
pub use moment::{Moment, Moments};
pub use once::{OnceService, Outcome, Remember, Shows};
pub use page::{
    Anchor, Cursor, InvalidCursor, Page, PageRequest, PageTooLarge, Slice, Start, Window,
};
pub use tag::{Precondition, Tag, Tagged};
