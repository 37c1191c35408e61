//! Webhooks: what they deliver, and how.

mod deliver;

pub use deliver::{DeliveryEnd, DeliveryMetrics, DeliveryPorts, DeliveryService, Lease};
