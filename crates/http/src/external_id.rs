//! Ids in other systems, as callers send and see them: the same in every resource.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use conversations_application::read_model::ExternalIdFilter;
use conversations_domain::{Change, ExternalId, ExternalSource, ForeignId};

use futures_util::future::{Ready, ready};

use crate::body::{Field, Patch, request_body, response_body};
use crate::details::Details;
use crate::error::ApiError;
use crate::query::QueryReader;
use crate::schema::OperationDescription;

/// The names of the segments of a path that are an external id: its source, and the id there.
pub(crate) const EXTERNAL_SEGMENTS: [&str; 2] = ["source", "externalId"];

/// The external id in a path.
pub(crate) struct ExternalIdPath(pub(crate) ExternalId);

request_body! {
    /// The id in another system.
    #[body(name = "ExternalIdInput")]
    pub(crate) struct ExternalIdEntry {
        /// The other system: lower-case letters, digits, dots, underscores and hyphens.
        source: Field<ExternalSource>,
        /// The id there; compared exactly.
        #[serde(rename = "id")]
        foreign_id: Field<ForeignId>,
    }
}

response_body! {
    /// The id in another system.
    #[body(name = "ExternalId")]
    pub(crate) struct ExternalIdBody {
        /// The other system.
        source: ExternalSource,
        /// The id there.
        #[serde(rename = "id")]
        foreign_id: ForeignId,
    }
}

/// The external id of a new resource.
pub(crate) fn taken(field: Field<Option<ExternalIdEntry>>) -> Result<Option<ExternalId>, ApiError> {
    field.take()?.map(ExternalId::try_from).transpose()
}

/// What should become of the external id of a resource.
pub(crate) fn changed(
    field: Patch<Option<ExternalIdEntry>>,
) -> Result<Change<Option<ExternalId>>, ApiError> {
    Ok(match field.take()? {
        Change::Keep => Change::Keep,
        Change::To(entry) => Change::To(entry.map(ExternalId::try_from).transpose()?),
    })
}

/// What a list finds by an external id. Alone a source would be a list of anything, which no index finds.
pub(crate) fn external_id_filter(query: &mut QueryReader) -> Option<ExternalIdFilter> {
    if query.has("externalSource") && !query.has("externalId") {
        query.note("externalSource", "must be combined with externalId");
    }
    let (id, source) = (query.one("externalId"), query.one("externalSource"));
    id.map(|id| ExternalIdFilter { id, source })
}

/// Describes the same parameters.
pub(crate) fn describe_external_id_filter(operation: &mut OperationDescription) {
    let text = "With this id in another system, in any unless externalSource names one.";
    operation.takes_from_query::<ForeignId>("externalId", text);
    let text = "The system of externalId; only with it.";
    operation.takes_from_query::<ExternalSource>("externalSource", text);
}

/// The changes of an external id in a request whose path has one: what was read may be sent back.
pub(crate) fn same_as_in_path(
    change: &Change<Option<ExternalId>>,
    path: &ExternalId,
) -> Result<(), ApiError> {
    match change.new_value() {
        Some(other) if other.as_ref() != Some(path) => {
            Err(ApiError::field("externalId", "must be left out or be that of the path"))
        }
        _ => Ok(()),
    }
}

impl FromRequest for ExternalIdPath {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let path = web::Path::<(String, String)>::from_request(request, payload).into_inner();
        ready(path.map_err(|_| ApiError::NotFound).and_then(|path| {
            let (source, id) = path.into_inner();
            match (ExternalSource::parse(&source), ForeignId::parse(&id)) {
                (Ok(source), Ok(id)) => Ok(Self(ExternalId { source, id })),
                (source, id) => {
                    let mut details = Details::default();
                    if let Err(error) = source {
                        details.note("source", error.to_string());
                    }
                    if let Err(error) = id {
                        details.note("externalId", error.to_string());
                    }
                    Err(ApiError::Validation(details))
                }
            }
        }))
    }
}

impl TryFrom<ExternalIdEntry> for ExternalId {
    type Error = ApiError;

    fn try_from(entry: ExternalIdEntry) -> Result<Self, ApiError> {
        let ExternalIdEntry { source, foreign_id } = entry;
        Ok(Self { source: source.take()?, id: foreign_id.take()? })
    }
}

impl From<ExternalId> for ExternalIdBody {
    fn from(id: ExternalId) -> Self {
        let ExternalId { source, id: foreign_id } = id;
        Self { source, foreign_id }
    }
}
