//! The result of an integrity check of the whole database.

/// What the examination of a database found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrityReport {
    /// How many migrations are applied.
    pub migrations: usize,
    /// What is not as it should be, a sentence each.
    pub findings: Vec<String>,
}
