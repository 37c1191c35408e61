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
mod deliveries;
mod demo;
mod graceful_shutdown;
mod listeners;
mod metrics;
mod operator_services;
mod services;
mod settings;
mod system_clock;
#[cfg(feature = "program")]
mod telemetry;
#[cfg(feature = "otel")]
mod traces;
mod unix_socket;
mod worker_barrier;

pub use application::{Application, DemoOutcome};
pub use certificates::{Certificates, TlsFiles};
#[cfg(feature = "program")]
pub use cli::main;
pub use settings::{Settings, WebhookSettings};
pub use system_clock::{RandomIds, SystemClock};
