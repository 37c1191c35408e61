//! External ids: two columns that are both set or both empty.

use conversations_application::ports::RepositoryError;
use conversations_domain::{ExternalId, ExternalSource, ForeignId};

use crate::error::column;

/// The columns `external_source` and `external_id` of an entity.
pub(super) fn write_external_id(id: Option<ExternalId>) -> (Option<String>, Option<String>) {
    id.map(|ExternalId { source, id }| (source.into_string(), id.into_string())).unzip()
}

/// What these columns hold.
pub(super) fn read_external_id(
    table: &'static str,
    source: Option<&str>,
    id: Option<&str>,
) -> Result<Option<ExternalId>, RepositoryError> {
    match (source, id) {
        (None, None) => Ok(None),
        (source, id) => Ok(Some(ExternalId {
            source: column(
                table,
                "external_source",
                ExternalSource::parse(source.unwrap_or_default()),
            )?,
            id: column(table, "external_id", ForeignId::parse(id.unwrap_or_default()))?,
        })),
    }
}
