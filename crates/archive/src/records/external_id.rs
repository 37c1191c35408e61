//! The id of something in another system.

use conversations_domain::{ExternalId, ExternalSource, ForeignId};

use crate::object::object;

object! {
    /// The id in another system, unique among records of the kind.
    ExternalIdRecord {
        /// The other system.
        source: ExternalSource = "source",
        /// The id that it has there.
        id: ForeignId = "id",
    }
}

impl From<ExternalId> for ExternalIdRecord {
    fn from(ExternalId { source, id }: ExternalId) -> Self {
        Self { source, id }
    }
}

impl From<ExternalIdRecord> for ExternalId {
    fn from(ExternalIdRecord { source, id }: ExternalIdRecord) -> Self {
        Self { source, id }
    }
}
