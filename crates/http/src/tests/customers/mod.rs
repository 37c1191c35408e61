//! Customers: what is sent arrives in the storage, and what is stored is shown.

mod create;
mod delete;
mod list;
mod update;
