//! What was looked at beyond what queries rely on, and what is wrong with it.

/// What the examination of a database found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// How many migrations are applied.
    pub migrations: usize,
    /// What is not as it should be, a sentence each.
    pub findings: Vec<String>,
}
