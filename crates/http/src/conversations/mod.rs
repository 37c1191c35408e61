//! Conversations over HTTP, a file per operation.

mod body;
mod claim;
mod create;
mod delete;
mod get;
mod list;
mod update;

pub(crate) use body::ConversationBody;
pub(crate) use claim::claim;
pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use get::get;
pub(crate) use list::list;
pub(crate) use update::update;
