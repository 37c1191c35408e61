//! Webhooks over HTTP, a file per operation.

mod body;
pub(crate) mod create;
mod delete;
mod deliveries;
mod delivery_body;
mod get;
mod input;
mod list;
mod redeliver;
pub(crate) mod replay;
pub(crate) mod rotate_secret;
mod test;
pub(crate) mod update;

pub(crate) use body::WebhookBody;
pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use deliveries::list_deliveries;
pub(crate) use get::get;
pub(crate) use list::list;
pub(crate) use redeliver::redeliver;
pub(crate) use replay::replay;
pub(crate) use rotate_secret::rotate_secret;
pub(crate) use test::test;
pub(crate) use update::update;
