//! The use cases of the audit. Whatever deletes something or changes a key writes it.

mod list;

use std::sync::Arc;

use crate::ports::AuditRepository;

/// The use cases of the audit of a workspace.
#[derive(Clone)]
pub struct AuditService {
    audit: Arc<dyn AuditRepository>,
}

impl AuditService {
    /// The service over this port.
    #[must_use]
    pub fn new(audit: Arc<dyn AuditRepository>) -> Self {
        Self { audit }
    }
}
