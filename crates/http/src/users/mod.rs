//! Users over HTTP, a file per operation.

mod body;
pub(crate) mod create;
mod delete;
mod get;
mod list;
mod put;
pub(crate) mod update;

pub(crate) use body::UserBody;
pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use get::get;
pub(crate) use list::list;
pub(crate) use put::put;
pub(crate) use update::update;
