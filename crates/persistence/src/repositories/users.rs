//! The queries of users.

use async_trait::async_trait;
use conversations_application::ports::{
    Commit, OptionalResponse, RepositoryError, Updated, UserDeletion, UserRepository,
};
use conversations_application::read_model::{ExternalIdFilter, UserFilter};
use conversations_application::{PageSlice, PageWindow};
use conversations_domain::{ExternalId, NewEvent, User, UserId, WorkspaceId};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::emails::key_of;
use super::envelope::{Envelope, refuse_stale};
use super::erasures::{hide_user, unassign_some};
use super::hidden::{Hidden, is_erasing};
use super::keys::forget_user;
use super::paging::{is_far, newest_first, slice};
use super::stored_responses::delete_responses_about;
use super::totals::{CountDeltas, drop_cells_of_user};
use super::version_checks::{check_version, lock_user};
use super::{Backend, BatchLoader, Connection, Database, LoadedRows, LookupKeys, in_keys};
use crate::columns::DbId;
use crate::rows::{UserRow, last_version, version_column};
use crate::schema::users;

pub(super) struct DieselUsers(Database, ById);

type Key = (WorkspaceId, UserId);
type ById = BatchLoader<Key, User>;

impl DieselUsers {
    pub(super) fn over(database: &Database) -> Self {
        Self(database.clone(), BatchLoader::new(database, find_all))
    }
}

#[async_trait]
impl UserRepository for DieselUsers {
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: UserId,
    ) -> Result<Option<User>, RepositoryError> {
        self.1.find((workspace, id)).await
    }

    async fn find_by_external_id(
        &self,
        workspace: WorkspaceId,
        id: ExternalId,
    ) -> Result<Option<User>, RepositoryError> {
        let ExternalId { source, id } = id;
        self.0
            .read(async move |connection: &mut Connection| {
                let row = users::table
                    .filter(users::workspace_id.eq(DbId::of(workspace)))
                    .filter(users::external_id.eq(id.as_str()))
                    .filter(users::external_source.eq(source.as_str()))
                    .select(UserRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(User::try_from).transpose()?)
            })
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: UserFilter,
        window: PageWindow,
    ) -> Result<PageSlice<User>, RepositoryError> {
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let all = || matching(workspace, &filter);
                let counted =
                    cancellable!(all(), users::id).select((count_star(), is_erasing(workspace)));
                let (mut count, is_erasing): (i64, bool) = counted.get_result(connection).await?;
                let all = all().select(UserRow::as_select());
                let mut all = cancellable_if!(is_far(window), all, users::id);
                let hidden = Hidden::load_if(connection, workspace, is_erasing).await?;
                // Hidden users still have a row, but no external id.
                if !hidden.users.is_empty() && filter.external_id.is_none() {
                    count -= i64::try_from(hidden.users.len()).unwrap_or(i64::MAX);
                    all = all.filter(users::id.ne_all(hidden.users));
                }
                let rows: Vec<UserRow> =
                    newest_first!(all, users::id, window).load(connection).await?;
                Ok(slice(window, rows, "users", count)?)
            })
            .await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<User, OptionalResponse>,
    ) -> Result<(), RepositoryError> {
        let (new, envelope) = Envelope::of(workspace, commit);
        let event = NewEvent::of_new_user(&new);
        let row = UserRow::new(workspace, new);
        envelope
            .commit_with_event(&self.0, event, async move |connection: &mut Connection| {
                diesel::insert_into(users::table).values(row).execute(connection).await?;
                Ok(())
            })
            .await
    }

    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Updated<User>>,
    ) -> Result<(), RepositoryError> {
        let (Updated { changed, loaded, fields }, envelope) = Envelope::of(workspace, commit);
        let (id, event) = (changed.id(), NewEvent::of_changed_user(&changed, fields));
        let row = UserRow::new(workspace, changed);
        envelope
            .commit_with_event(&self.0, event, async move |connection: &mut Connection| {
                let updated = diesel::update(users::table)
                    .filter(users::workspace_id.eq(DbId::of(workspace)))
                    .filter(users::id.eq(DbId::of(id)))
                    .filter(users::version.eq(version_column(loaded)))
                    .set((key_of!(users, row), row))
                    .execute(connection)
                    .await?;
                Ok(refuse_stale(updated)?)
            })
            .await
    }

    async fn delete(
        &self,
        workspace: WorkspaceId,
        commit: Commit<UserDeletion>,
    ) -> Result<bool, RepositoryError> {
        let (deletion, envelope) = Envelope::of(workspace, commit);
        let UserDeletion { user, observed, history: entry, by } = deletion;
        let (slot, size) = (self.0.slot(), self.0.step_size());
        let origin = envelope.origin().clone();
        let deleted = self
            .0
            .write(async move |connection: &mut Connection| {
                // Nothing more is assigned to the user while this runs.
                let Some(version) = lock_user(connection, workspace, user).await? else {
                    return Ok(false);
                };
                check_version(version, observed)?;
                forget_user(connection, workspace, user).await?;
                let mut deltas = CountDeltas::default();
                let is_all =
                    unassign_some(connection, workspace, user, (entry, &origin), &mut deltas, size)
                        .await?;
                let gone = NewEvent::of_deleted_user(user, last_version(version)?);
                deltas.add_events(workspace, &origin, [gone]);
                if is_all {
                    diesel::delete(users::table)
                        .filter(users::workspace_id.eq(DbId::of(workspace)))
                        .filter(users::id.eq(DbId::of(user)))
                        .execute(connection)
                        .await?;
                    delete_responses_about(connection, workspace, user).await?;
                } else {
                    hide_user(connection, workspace, user, entry, by).await?;
                }
                envelope.finish(connection, &()).await?;
                deltas.apply(connection, workspace, slot).await?;
                if is_all {
                    drop_cells_of_user(connection, workspace, user).await?;
                }
                Ok(true)
            })
            .await;
        self.0.feed_notifier().notify_of_deletion(workspace);
        deleted
    }
}

/// The users that a filter allows, hidden ones among them: one place for the list and for its total.
fn matching(workspace: WorkspaceId, filter: &UserFilter) -> users::BoxedQuery<'static, Backend> {
    let UserFilter { external_id } = filter;
    let mut query = users::table.filter(users::workspace_id.eq(DbId::of(workspace))).into_boxed();
    if let Some(ExternalIdFilter { id, source }) = external_id {
        query = query.filter(users::external_id.eq(id.as_str().to_owned()));
        if let Some(source) = source {
            query = query.filter(users::external_source.eq(source.as_str().to_owned()));
        }
    }
    query
}

fn find_all(
    connection: &mut Connection,
    keys: LookupKeys<Key>,
) -> BoxFuture<'_, LoadedRows<Key, User>> {
    async move {
        let rows: Vec<UserRow> = users::table
            .filter(in_keys(users::workspace_id, users::id, keys))
            .select(UserRow::as_select())
            .load(connection)
            .await?;
        let found = rows.into_iter().filter(|row| !row.erasing).map(|row| {
            let workspace = WorkspaceId::from_uuid(row.workspace_id.0);
            let found = User::try_from(row)?;
            Ok(((workspace, found.id()), found))
        });
        Ok(found.collect::<Result<_, RepositoryError>>()?)
    }
    .boxed()
}
