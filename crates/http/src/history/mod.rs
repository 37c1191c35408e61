//! The history of conversations over HTTP, a file per operation.

mod body;
mod list;

pub(crate) use body::HistoryBody;
pub(crate) use list::list;
