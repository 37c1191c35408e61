//! The queries of the audit.

use async_trait::async_trait;
use conversations_application::ports::{AuditRepository, RepositoryError};
use conversations_application::{Page, PageRequest};
use conversations_domain::{AuditEntry, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Connection, Database, bounds, entities, total};
use crate::columns::DbId;
use crate::rows::AuditRow;
use crate::schema::audit_entries;

pub(super) struct DieselAudit(pub(super) Database);

#[async_trait]
impl AuditRepository for DieselAudit {
    async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, RepositoryError> {
        let (limit, offset) = bounds(page);
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let count = audit_entries::table
                    .filter(audit_entries::workspace_id.eq(DbId::of(workspace)))
                    .count()
                    .get_result(connection)
                    .await?;
                let rows = audit_entries::table
                    .filter(audit_entries::workspace_id.eq(DbId::of(workspace)))
                    .order(audit_entries::id.desc())
                    .limit(limit)
                    .offset(offset)
                    .select(AuditRow::as_select())
                    .load(connection)
                    .await?;
                Ok(Page { items: entities(rows)?, total: total("audit_entries", count)? })
            })
            .await
    }
}
