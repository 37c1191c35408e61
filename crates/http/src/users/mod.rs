//! Users over HTTP, a file per operation.

mod body;
mod create;
mod get;
mod list;

pub(crate) use body::UserBody;
pub(crate) use create::create;
pub(crate) use get::get;
pub(crate) use list::list;
