//! The feed of changes over HTTP.

mod body;
mod data;
mod list;
mod query;

pub(crate) use body::{EventBody, FeedBody, FeedPagination};
pub(crate) use list::list;
