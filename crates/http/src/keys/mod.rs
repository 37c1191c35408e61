//! API keys over HTTP, a file per operation.

mod body;
pub(crate) mod create;
mod current;
mod get;
mod list;
mod permissions;
mod revoke;
pub(crate) mod update;

pub(crate) use body::KeyBody;
pub(crate) use create::create;
pub(crate) use current::current;
pub(crate) use get::get;
pub(crate) use list::list;
pub(crate) use revoke::revoke;
pub(crate) use update::update;
