//! Sends webhooks over HTTP. The receivers are addresses that callers chose, so this crate trusts neither
//! where they lead nor what they answer.

mod connector;
mod guard;
mod retry_after;
mod sender;
mod signature;
mod tls;
mod transport;

pub use sender::{AllowedAddresses, HttpWebhookSender, SenderSettings};
