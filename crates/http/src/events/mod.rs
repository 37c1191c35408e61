//! The feed of changes over HTTP.

mod ascii_json;
mod body;
mod data;
mod filter;
mod list;
mod query;
mod renderer;
pub(crate) mod stream;

pub use body::event_json;
pub(crate) use body::{EventBody, FeedBody, FeedPagination};
pub(crate) use list::list;
pub use renderer::JsonEventRenderer;
