//! The queries of exports: tables in the order of their keys, some rows at a time.

mod rows_of_conversations;

use async_trait::async_trait;
use conversations_application::ports::{
    ExportRepository, RecordSink, RecordedChange, RepositoryError, TransferStopped,
};
use conversations_domain::{WorkspaceId, WorkspaceRecord};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::hidden::Hidden;
use super::{Connection, Database, offload_if_large};
use crate::columns::DbId;
use crate::error::{Failure, column};
use crate::rows::{AuditRow, ConversationRow, CustomerRow, InboxRow, UserRow};
use crate::schema::{audit_entries, conversations, customers, inboxes, users};
use rows_of_conversations::{HistoryRows, MessageRows};

/// How many rows are loaded at once. They may all be as long as a row can be.
const ROWS: i64 = 200;

/// How many records are handed over at once.
const RECORDS: usize = 200;

pub(super) struct DieselExports(pub(super) Database);

#[async_trait]
impl ExportRepository for DieselExports {
    async fn export(
        &self,
        workspace: WorkspaceId,
        sink: Box<dyn RecordSink>,
    ) -> Result<(), RepositoryError> {
        self.0
            .snapshot_without_limit(async move |connection: &mut Connection| {
                let mut output = Output { sink: Some(sink), pending: Vec::new() };
                export(connection, workspace, &mut output).await?;
                output.flush().await
            })
            .await
    }
}

/// Where records go: some at once, because the sink may block.
struct Output {
    /// Away while it writes.
    sink: Option<Box<dyn RecordSink>>,
    pending: Vec<WorkspaceRecord>,
}

impl Output {
    async fn write(&mut self, record: WorkspaceRecord) -> Result<(), Failure> {
        self.pending.push(record);
        if self.pending.len() < RECORDS { Ok(()) } else { self.flush().await }
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        let records = std::mem::take(&mut self.pending);
        let mut sink = self.sink.take().ok_or_else(stopped)?;
        let (sink, written) = offload_if_large(usize::MAX, move || {
            let written = records.into_iter().try_for_each(|record| sink.write(record));
            (sink, written)
        })
        .await;
        self.sink = Some(sink);
        written.map_err(|TransferStopped| stopped())
    }
}

/// The failure of a transfer whose other side stopped.
pub(super) fn stopped() -> Failure {
    RepositoryError::Backend(Box::new(TransferStopped)).into()
}

/// Writes each row of a table as a record, in the order of the ids.
macro_rules! write_each {
    ($connection:expr, $output:expr, $rows:expr, $id:expr, $row:ty, $record:expr) => {{
        let mut after = DbId(Uuid::nil());
        loop {
            let rows: Vec<$row> = $rows
                .filter($id.gt(after))
                .order($id)
                .limit(ROWS)
                .select(<$row>::as_select())
                .load($connection)
                .await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows {
                $output.write($record(row.try_into()?)).await?;
            }
        }
    }};
}

async fn export(
    connection: &mut Connection,
    workspace: WorkspaceId,
    output: &mut Output,
) -> Result<(), Failure> {
    let id = DbId::of(workspace);
    let rows = inboxes::table.filter(inboxes::workspace_id.eq(id));
    write_each!(connection, output, rows, inboxes::id, InboxRow, WorkspaceRecord::Inbox);
    let rows = users::table.filter(users::workspace_id.eq(id)).filter(users::erasing.eq(false));
    write_each!(connection, output, rows, users::id, UserRow, WorkspaceRecord::User);
    let rows = customers::table
        .filter(customers::workspace_id.eq(id))
        .filter(customers::erasing.eq(false));
    write_each!(connection, output, rows, customers::id, CustomerRow, WorkspaceRecord::Customer);
    export_conversations(connection, workspace, output).await?;
    let rows = audit_entries::table.filter(audit_entries::workspace_id.eq(id));
    write_each!(connection, output, rows, audit_entries::id, AuditRow, WorkspaceRecord::Audit);
    Ok(())
}

async fn export_conversations(
    connection: &mut Connection,
    workspace: WorkspaceId,
    output: &mut Output,
) -> Result<(), Failure> {
    let hidden = Hidden::load(connection, workspace).await?;
    let is_among = |ids: &[DbId], id: Option<DbId>| id.is_some_and(|id| ids.contains(&id));
    let (mut messages, mut history) = (MessageRows::default(), HistoryRows::default());
    let mut after = DbId(Uuid::nil());
    loop {
        let rows: Vec<ConversationRow> = conversations::table
            .filter(conversations::workspace_id.eq(DbId::of(workspace)))
            .filter(conversations::id.gt(after))
            .order(conversations::id)
            .limit(ROWS)
            .select(ConversationRow::as_select())
            .load(connection)
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for mut row in rows {
            if is_among(&hidden.customers, row.customer_id) {
                continue;
            }
            if is_among(&hidden.users, row.assignee_id) {
                row.assignee_id = None;
            }
            let id = row.id;
            output.write(WorkspaceRecord::Conversation(row.try_into()?)).await?;
            while let Some(row) = messages.next_of(connection, workspace, id).await? {
                output.write(WorkspaceRecord::Message(row.try_into()?)).await?;
            }
            while let Some(row) = history.next_of(connection, workspace, id).await? {
                let RecordedChange { entry, revision } = row.try_into()?;
                let revision = column("conversation_history", "revision", u64::try_from(revision))?;
                output.write(WorkspaceRecord::Change { entry, revision }).await?;
            }
        }
    }
}
