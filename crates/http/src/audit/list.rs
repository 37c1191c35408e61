//! Listing what remains of deletions and of changes to keys.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::audit::AuditService;

use super::AuditBody;
use crate::caller::{Caller, ReadAudit};
use crate::error::ApiError;
use crate::page::ListBody;
use crate::query::ValidatedQuery;

pub(crate) async fn list(
    caller: Caller<ReadAudit>,
    service: Data<AuditService>,
    page: ValidatedQuery<PageRequest>,
) -> Result<ListBody<AuditBody>, ApiError> {
    let entries = service.list(&caller, page.0).await?;
    Ok(ListBody::new(page.0, entries))
}
