//! What stands for certificates where the server is built without TLS: nothing that could be made.

use std::sync::Arc;

/// There is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFiles {}

/// There is none.
#[derive(Debug)]
pub enum Certificates {}

impl Certificates {
    pub(crate) fn read(files: TlsFiles) -> anyhow::Result<Arc<Self>> {
        match files {}
    }
}
