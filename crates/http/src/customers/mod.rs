//! Customers over HTTP, a file per operation.

mod body;
mod create;
mod extras;
mod get;
mod list;

pub(crate) use body::CustomerBody;
pub(crate) use create::{CreateBody, create};
pub(crate) use get::get;
pub(crate) use list::list;
