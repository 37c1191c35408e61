//! Moving workspaces in and out as a whole, for operators.

mod export;
mod import;

pub use export::ExportService;
pub use import::{ImportError, ImportService};
