//! The queries of the audit.

use async_trait::async_trait;
use conversations_application::ports::{AuditRepository, RepositoryError};
use conversations_application::{PageSlice, PageWindow};
use conversations_domain::{AuditEntry, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::paging::{is_far, newest_first, slice};
use super::{Connection, Database};
use crate::columns::DbId;
use crate::rows::AuditRow;
use crate::schema::audit_entries;

pub(super) struct DieselAudit(pub(super) Database);

#[async_trait]
impl AuditRepository for DieselAudit {
    async fn list(
        &self,
        workspace: WorkspaceId,
        window: PageWindow,
    ) -> Result<PageSlice<AuditEntry>, RepositoryError> {
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let all = audit_entries::table
                    .filter(audit_entries::workspace_id.eq(DbId::of(workspace)));
                let count = cancellable!(all, audit_entries::id).count();
                let count = count.get_result(connection).await?;
                let all = all.select(AuditRow::as_select()).into_boxed();
                let all = cancellable_if!(is_far(window), all, audit_entries::id);
                let rows: Vec<AuditRow> =
                    newest_first!(all, audit_entries::id, window).load(connection).await?;
                Ok(slice(window, rows, "audit_entries", count)?)
            })
            .await
    }
}
