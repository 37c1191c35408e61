//! Conversations: what is sent arrives in the storage, and what is stored is shown.

mod count;
mod create;
mod delete;
mod get;
mod list;
mod update;
