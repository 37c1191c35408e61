//! Customers over HTTP, a file per operation.

mod body;
pub(crate) mod create;
mod custom_fields;
mod delete;
mod get;
mod list;
mod profile;
mod put;
pub(crate) mod update;

pub(crate) use body::CustomerBody;
pub(crate) use create::{CreateBody, create};
pub(crate) use delete::delete;
pub(crate) use get::get;
pub(crate) use list::list;
pub(crate) use put::put;
pub(crate) use update::update;
