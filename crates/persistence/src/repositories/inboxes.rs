//! The queries of inboxes.

use async_trait::async_trait;
use conversations_application::ports::{
    Commit, Deletion, DeletionOutcome, InboxRepository, OptionalResponse, RepositoryError, Updated,
};
use conversations_application::{PageSlice, PageWindow};
use conversations_domain::{Inbox, InboxId, NewEvent, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::envelope::{Envelope, refuse_stale};
use super::paging::{is_far, newest_first, slice};
use super::stored_responses::delete_responses_about;
use super::totals::{CountDeltas, Total, drop_cells_of_inbox, non_negative};
use super::version_checks::{check_version, lock_inbox};
use super::{BatchLoader, Connection, Database, LoadedRows, LookupKeys, in_keys};
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{InboxRow, last_version, version_column};
use crate::schema::{conversations, erasures, inboxes};

pub(super) struct DieselInboxes(Database, ById);

type Key = (WorkspaceId, InboxId);
type ById = BatchLoader<Key, Inbox>;

impl DieselInboxes {
    pub(super) fn over(database: &Database) -> Self {
        Self(database.clone(), BatchLoader::new(database, find_all))
    }
}

#[async_trait]
impl InboxRepository for DieselInboxes {
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: InboxId,
    ) -> Result<Option<Inbox>, RepositoryError> {
        self.1.find((workspace, id)).await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        window: PageWindow,
    ) -> Result<PageSlice<Inbox>, RepositoryError> {
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let all = inboxes::table.filter(inboxes::workspace_id.eq(DbId::of(workspace)));
                let count = cancellable!(all, inboxes::id).count();
                let count = count.get_result(connection).await?;
                let all = all.select(InboxRow::as_select()).into_boxed();
                let all = cancellable_if!(is_far(window), all, inboxes::id);
                let rows: Vec<InboxRow> =
                    newest_first!(all, inboxes::id, window).load(connection).await?;
                Ok(slice(window, rows, "inboxes", count)?)
            })
            .await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Inbox, OptionalResponse>,
    ) -> Result<(), RepositoryError> {
        let (new, envelope) = Envelope::of(workspace, commit);
        let event = NewEvent::of_new_inbox(&new);
        let row = InboxRow::new(workspace, new);
        envelope
            .commit_with_event(&self.0, event, async move |connection: &mut Connection| {
                diesel::insert_into(inboxes::table).values(row).execute(connection).await?;
                Ok(())
            })
            .await
    }

    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Updated<Inbox>>,
    ) -> Result<(), RepositoryError> {
        let (Updated { changed, loaded, fields }, envelope) = Envelope::of(workspace, commit);
        let (id, event) = (changed.id(), NewEvent::of_changed_inbox(&changed, fields));
        let row = InboxRow::new(workspace, changed);
        envelope
            .commit_with_event(&self.0, event, async move |connection: &mut Connection| {
                let updated = diesel::update(inboxes::table)
                    .filter(inboxes::workspace_id.eq(DbId::of(workspace)))
                    .filter(inboxes::id.eq(DbId::of(id)))
                    .filter(inboxes::version.eq(version_column(loaded)))
                    .set(row)
                    .execute(connection)
                    .await?;
                Ok(refuse_stale(updated)?)
            })
            .await
    }

    async fn delete(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Deletion<InboxId>>,
    ) -> Result<DeletionOutcome, RepositoryError> {
        let (Deletion { id, observed }, envelope) = Envelope::of(workspace, commit);
        let (origin, slot) = (envelope.origin().clone(), self.0.slot());
        let deadline = self.0.erase_deadline();
        let removed = self
            .0
            .write_long(deadline, async move |connection: &mut Connection| {
                let Some(version) = lock_inbox(connection, workspace, id).await? else {
                    return Ok(DeletionOutcome::Absent);
                };
                check_version(version, observed)?;
                let used: Option<DbId> = conversations::table
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::inbox_id.eq(DbId::of(id)))
                    .select(conversations::id)
                    .first(connection)
                    .await
                    .optional()?;
                if used.is_some() {
                    return in_use(connection, workspace, id).await;
                }
                diesel::delete(inboxes::table)
                    .filter(inboxes::workspace_id.eq(DbId::of(workspace)))
                    .filter(inboxes::id.eq(DbId::of(id)))
                    .execute(connection)
                    .await?;
                delete_responses_about(connection, workspace, id).await?;
                envelope.finish(connection, &()).await?;
                drop_cells_of_inbox(connection, workspace, id).await?;
                let mut deltas = CountDeltas::default();
                let gone = NewEvent::of_deleted_inbox(id, last_version(version)?);
                deltas.add_events(workspace, &origin, [gone]);
                deltas.apply(connection, workspace, slot).await?;
                Ok(DeletionOutcome::Done)
            })
            .await;
        self.0.feed_notifier().notify_of_deletion(workspace);
        removed
    }
}

/// What is told of an inbox in which there are conversations. Those that are being erased are
/// hidden, but the inbox cannot be deleted before them. They are not counted one by one: there may
/// be millions, and others wait to write.
async fn in_use(
    connection: &mut Connection,
    workspace: WorkspaceId,
    inbox: InboxId,
) -> Result<DeletionOutcome, Failure> {
    let kept = Total::of_inbox(workspace, inbox);
    let count: i64 = diesel::select(kept).get_result(connection).await?;
    let customers = erasures::table
        .filter(erasures::workspace_id.eq(DbId::of(workspace)))
        .select(erasures::target_id.nullable());
    let guard: i64 = conversations::table
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .filter(conversations::inbox_id.eq(DbId::of(inbox)))
        .filter(conversations::customer_id.eq_any(customers))
        .count()
        .get_result(connection)
        .await?;
    if guard > 0 && guard >= count {
        let error = "the conversations of the inbox are still being deleted";
        return Err(RepositoryError::Unavailable(error.into()).into());
    }
    Ok(DeletionOutcome::InUse { conversations: non_negative(count - guard).max(1) })
}

fn find_all(
    connection: &mut Connection,
    keys: LookupKeys<Key>,
) -> BoxFuture<'_, LoadedRows<Key, Inbox>> {
    async move {
        let rows: Vec<InboxRow> = inboxes::table
            .filter(in_keys(inboxes::workspace_id, inboxes::id, keys))
            .select(InboxRow::as_select())
            .load(connection)
            .await?;
        let found = rows.into_iter().map(|row| {
            let workspace = WorkspaceId::from_uuid(row.workspace_id.0);
            let found = Inbox::try_from(row)?;
            Ok(((workspace, found.id()), found))
        });
        Ok(found.collect::<Result<_, RepositoryError>>()?)
    }
    .boxed()
}
