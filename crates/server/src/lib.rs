//! The server of Conversations: where the adapters, the use cases and the settings come together.
//!
//! The binary `conversations` is [`main`]; tests start an [`Application`] in their own process.

mod application;
mod background;
mod certificates;
mod cli;
mod connections;
mod exit;
mod listeners;
mod metrics;
mod operator_services;
mod roll_call;
mod services;
mod settings;
mod system;
mod telemetry;
#[cfg(feature = "otel")]
mod traces;
mod unix_socket;

pub use application::Application;
pub use certificates::{Certificates, TlsFiles};
pub use cli::main;
pub use settings::Settings;
pub use system::{RandomIds, SystemClock};
