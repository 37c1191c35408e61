//! The use cases of Conversations over ports.
//!
//! A service per resource holds its use cases, a file each; what they need from outside (storage,
//! time, ids) are the traits in [`ports`], which adapters fill. Nothing here knows of SQL or HTTP.
#![warn(missing_docs)]

mod caller;
mod command_context;
mod error;
mod etag;
mod idempotency;
mod page;
mod retry;
#[cfg(test)]
mod testing;
mod thread_scope;
mod upsert;

pub mod archives;
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
pub mod read_model;
pub mod reply_budget;
pub mod search;
pub mod totals;
pub mod users;
pub mod webhooks;
pub mod workspaces;

pub use caller::Caller;
pub use command_context::{CommandContext, ContextFactory};
pub use error::{Conflict, Error, Invalid, InvalidReference, Reference, ReferenceProblem};
pub use etag::{ETag, HasETag, Precondition};
pub use idempotency::{IdempotencyService, IdempotentOutcome, ResponseRecorder, ResponseSubjects};
pub use page::{
    Cursor, InvalidCursor, Page, PageRequest, PageSlice, PageStart, PageTooLarge, PageWindow,
    SortKey,
};
pub use retry::retry_on_conflict;
pub use upsert::{Upsert, Upserted};
