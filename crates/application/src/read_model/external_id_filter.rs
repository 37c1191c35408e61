//! What lists find by an id in another system.

use conversations_domain::{ExternalId, ExternalSource, ForeignId};

/// With this id in another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalIdFilter {
    /// The id.
    pub id: ForeignId,
    /// The system, if only one is meant.
    pub source: Option<ExternalSource>,
}

impl ExternalIdFilter {
    /// Whether something with this external id is meant.
    #[must_use]
    pub fn allows(&self, found: Option<&ExternalId>) -> bool {
        let Self { id, source } = self;
        found.is_some_and(|found| {
            found.id == *id && source.as_ref().is_none_or(|source| found.source == *source)
        })
    }

    /// Its values as text: what cursors of a list with this filter belong to.
    pub(crate) fn values(&self) -> [String; 2] {
        let Self { id, source } = self;
        let source = source.as_ref().map_or("", ExternalSource::as_str);
        // In front of each what it is: the order is lost where values are compared.
        [format!("id {id}"), format!("source {source}")]
    }
}
