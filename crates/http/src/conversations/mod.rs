//! Conversations over HTTP, a file per operation.

mod body;
pub(crate) mod claim;
pub(crate) mod count;
pub(crate) mod create;
mod delete;
mod get;
pub(crate) mod list;
mod put;
pub(crate) mod update;

pub(crate) use body::{ConversationBody, example_conversation};
pub(crate) use claim::claim;
pub(crate) use count::count;
pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use get::get;
pub(crate) use list::list;
pub(crate) use put::put;
pub(crate) use update::update;
