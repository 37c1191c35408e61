//! The messages of a conversation over HTTP, a file per operation.

mod body;
pub(crate) mod create;
mod delete;
mod get;
mod list;

pub(crate) use body::MessageBody;
pub(crate) use create::{FirstMessageBody, create};
pub(crate) use delete::delete;
pub(crate) use get::get;
pub(crate) use list::list;
