//! The server of Conversations: where the adapters, the use cases and the settings come together.
//!
//! The binary `conversations` is `main`; tests start an [`Application`] in their own process, and need
//! not build what only the binary needs: the feature `program`.

mod application;
mod background;
#[cfg(not(feature = "program"))]
#[path = "no_certificates.rs"]
mod certificates;
#[cfg(feature = "program")]
mod certificates;
#[cfg(feature = "program")]
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
#[cfg(feature = "program")]
mod telemetry;
#[cfg(feature = "otel")]
mod traces;
mod unix_socket;

pub use application::Application;
pub use certificates::{Certificates, TlsFiles};
#[cfg(feature = "program")]
pub use cli::main;
pub use settings::Settings;
pub use system::{RandomIds, SystemClock};
