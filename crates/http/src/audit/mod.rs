//! The audit over HTTP, a file per operation.

mod body;
mod list;

pub(crate) use body::AuditBody;
pub(crate) use list::list;
