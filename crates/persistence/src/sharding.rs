//! Spreading a database over several machines: what came of it, and why it cannot be done.

/// Which tables lie where, after all were distributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distribution {
    /// Tables whose rows lie on the node of their workspace.
    pub distributed: usize,
    /// Tables that every node has a copy of.
    pub copied: usize,
    /// How many of both were not distributed before.
    pub new: usize,
    /// How many nodes hold rows of workspaces.
    pub nodes: usize,
}

/// Why a database cannot be distributed. Then nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// It is a file.
    #[error(
        "this command is for PostgreSQL with the extension citus; a SQLite database is one file"
    )]
    Elsewhere,
    /// The server cannot do it.
    #[error(
        "this PostgreSQL database does not have the extension citus; a database on one machine \
         needs neither it nor this command"
    )]
    NoExtension,
    /// Migrations are missing, or were made by a newer version.
    #[error("the schema is not that of this version; run `conversations migrate` first")]
    NotCurrent,
    /// Only one node may change the schema.
    #[error("this node is a worker; use the coordinator {0}")]
    Worker(String),
    /// A table is distributed in another way than this program does it.
    #[error(
        "the table {0} is distributed in another way; undo that first, by undistribute_table('{0}')"
    )]
    Otherwise(String),
    /// The database cannot be reached, or refuses.
    #[error("the database cannot be distributed: {0}")]
    Failed(String),
}
