//! The queries of API keys.

use async_trait::async_trait;
use conversations_application::ports::{
    Commit, KeyRecord, KeyRepository, KeyRotation, KeyUse, KeyWithWorkspace, OptionalResponse,
    RepositoryError, SecretHash, Updated,
};
use conversations_application::read_model::KeyDetails;
use conversations_application::{PageSlice, PageWindow};
use conversations_domain::{ApiKey, KeyId, UserId, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::envelope::{Envelope, refuse_stale};
use super::paging::{is_far, newest_first};
use super::stored_responses::delete_responses_about;
use super::version_checks::lock_user_shared;
use super::workspaces::read_workspace;
use super::{Connection, Database, total};
use crate::columns::{DbId, DbTime};
use crate::error::Failure;
use crate::rows::{KeyRow, version_column, write_permissions, write_rate_limit};
use crate::schema::{api_keys, key_uses, retired_secrets, workspaces};

/// How many uses of keys are stored in one transaction.
const USES_AT_ONCE: usize = 128;

pub(super) struct DieselKeys(pub(super) Database);

/// Keys with the time of their last use.
macro_rules! with_use {
    () => {
        api_keys::table
            .left_join(
                key_uses::table.on(key_uses::workspace_id
                    .eq(api_keys::workspace_id)
                    .and(key_uses::key_id.eq(api_keys::id))),
            )
            .select((KeyRow::as_select(), key_uses::last_used_at.nullable()))
    };
}

#[async_trait]
impl KeyRepository for DieselKeys {
    async fn find_by_hash(&self, hash: SecretHash) -> Result<Option<ApiKey>, RepositoryError> {
        self.0
            .read_for_authentication(async move |connection: &mut Connection| {
                let row = api_keys::table
                    .filter(api_keys::hash.eq(hash.0.to_vec()))
                    .select(KeyRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                match row {
                    Some(row) => Ok(Some(row.try_into()?)),
                    None => find_by_retired(connection, hash).await,
                }
            })
            .await
    }

    async fn find_anywhere(&self, id: KeyId) -> Result<Option<ApiKey>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row = api_keys::table
                    .filter(api_keys::id.eq(DbId::of(id)))
                    .select(KeyRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(ApiKey::try_from).transpose()?)
            })
            .await
    }

    async fn find(
        &self,
        workspace: WorkspaceId,
        id: KeyId,
    ) -> Result<Option<KeyDetails>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row = with_use!()
                    .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
                    .filter(api_keys::id.eq(DbId::of(id)))
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(details).transpose()?)
            })
            .await
    }

    async fn find_with_workspace(
        &self,
        workspace: WorkspaceId,
        id: KeyId,
    ) -> Result<Option<KeyWithWorkspace>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row: Option<(KeyRow, (DbId, String))> = api_keys::table
                    .inner_join(workspaces::table.on(workspaces::id.eq(api_keys::workspace_id)))
                    .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
                    .filter(api_keys::id.eq(DbId::of(id)))
                    .select((KeyRow::as_select(), (workspaces::id, workspaces::name)))
                    .first(connection)
                    .await
                    .optional()?;
                let Some((key, of)) = row else { return Ok(None) };
                let (key, workspace) = (key.try_into()?, read_workspace(of)?);
                Ok(Some(KeyWithWorkspace { key, workspace }))
            })
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        window: PageWindow,
    ) -> Result<PageSlice<KeyDetails>, RepositoryError> {
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let all = api_keys::table.filter(api_keys::workspace_id.eq(DbId::of(workspace)));
                let count = cancellable!(all, api_keys::id).count();
                let count = count.get_result(connection).await?;
                let all =
                    with_use!().filter(api_keys::workspace_id.eq(DbId::of(workspace))).into_boxed();
                let all = cancellable_if!(is_far(window), all, api_keys::id);
                let rows = newest_first!(all, api_keys::id, window).load(connection).await?;
                Ok(window.slice(rows, total("api_keys", count)?).try_map(details)?)
            })
            .await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<KeyRecord, OptionalResponse>,
    ) -> Result<(), RepositoryError> {
        let (new, envelope) = Envelope::of(workspace, commit);
        let user = new.key.user;
        let row = KeyRow::new(new);
        envelope
            .commit(&self.0, async move |connection: &mut Connection| {
                hold_user(connection, workspace, user).await?;
                diesel::insert_into(api_keys::table).values(row).execute(connection).await?;
                Ok(())
            })
            .await
    }

    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Updated<ApiKey>>,
    ) -> Result<(), RepositoryError> {
        let (Updated { changed, loaded, fields: _ }, envelope) = Envelope::of(workspace, commit);
        let ApiKey {
            id,
            workspace: _,
            name,
            permissions,
            source: _,
            expires_at,
            rate_limit,
            user,
            hint: _,
            version,
        } = changed;
        envelope
            .commit(&self.0, async move |connection: &mut Connection| {
                hold_user(connection, workspace, user).await?;
                let updated = diesel::update(api_keys::table)
                    .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
                    .filter(api_keys::id.eq(DbId::of(id)))
                    .filter(api_keys::version.eq(version_column(loaded)))
                    .set((
                        api_keys::name.eq(name.into_string()),
                        api_keys::permissions.eq(write_permissions(&permissions)),
                        api_keys::expires_at.eq(expires_at.map(DbTime)),
                        api_keys::rate_limit.eq(write_rate_limit(rate_limit)),
                        api_keys::user_id.eq(user.map(DbId::of)),
                        api_keys::version.eq(version_column(version)),
                    ))
                    .execute(connection)
                    .await?;
                Ok(refuse_stale(updated)?)
            })
            .await
    }

    async fn rotate(
        &self,
        workspace: WorkspaceId,
        commit: Commit<KeyRotation>,
    ) -> Result<(), RepositoryError> {
        let (rotation, envelope) = Envelope::of(workspace, commit);
        envelope
            .commit(&self.0, async move |connection: &mut Connection| {
                replace_secret(connection, workspace, rotation).await
            })
            .await
    }

    async fn revoke(
        &self,
        workspace: WorkspaceId,
        commit: Commit<KeyId>,
    ) -> Result<bool, RepositoryError> {
        let (id, envelope) = Envelope::of(workspace, commit);
        self.0
            .write(async move |connection: &mut Connection| {
                let gone = diesel::delete(api_keys::table)
                    .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
                    .filter(api_keys::id.eq(DbId::of(id)))
                    .execute(connection)
                    .await?;
                if gone == 0 {
                    return Ok(false);
                }
                diesel::delete(key_uses::table)
                    .filter(key_uses::workspace_id.eq(DbId::of(workspace)))
                    .filter(key_uses::key_id.eq(DbId::of(id)))
                    .execute(connection)
                    .await?;
                diesel::delete(retired_secrets::table)
                    .filter(retired_secrets::workspace_id.eq(DbId::of(workspace)))
                    .filter(retired_secrets::key_id.eq(DbId::of(id)))
                    .execute(connection)
                    .await?;
                delete_responses_about(connection, workspace, id).await?;
                envelope.finish(connection, &()).await?;
                Ok(true)
            })
            .await
    }

    async fn remember_uses(&self, mut uses: Vec<KeyUse>) -> Result<(), RepositoryError> {
        // In one order: two who each held what the other wants would wait for ever.
        uses.sort_unstable_by_key(|each| (each.workspace, each.key));
        // Thousands of keys may have been used: others write in between.
        for some in uses.chunks(USES_AT_ONCE) {
            let some = some.to_vec();
            let write = async move |connection: &mut Connection| {
                for each in some {
                    remember_use(connection, each).await?;
                }
                Ok(())
            };
            self.0.write(write).await?;
        }
        Ok(())
    }
}

/// Makes sure that the user whom a key speaks for is not deleted until the transaction ends. The user
/// comes before the key, as when they are deleted.
async fn hold_user(
    connection: &mut Connection,
    workspace: WorkspaceId,
    user: Option<UserId>,
) -> Result<(), Failure> {
    let Some(user) = user else { return Ok(()) };
    let present = lock_user_shared(connection, workspace, user).await?;
    present.map(|_| ()).ok_or_else(|| RepositoryError::Stale.into())
}

/// Takes a user, who is held, from the keys that speak for them. The keys change, so that a change
/// that is based on them as they were does not bring the user back.
pub(super) async fn forget_user(
    connection: &mut Connection,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<(), Failure> {
    diesel::update(api_keys::table)
        .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
        .filter(api_keys::user_id.eq(DbId::of(user)))
        .set((api_keys::user_id.eq(None::<DbId>), api_keys::version.eq(api_keys::version + 1)))
        .execute(connection)
        .await?;
    Ok(())
}

/// The key that a secret opens for a while that it had before.
async fn find_by_retired(
    connection: &mut Connection,
    hash: SecretHash,
) -> Result<Option<ApiKey>, Failure> {
    let row: Option<(KeyRow, DbTime)> = retired_secrets::table
        .inner_join(
            api_keys::table.on(api_keys::workspace_id
                .eq(retired_secrets::workspace_id)
                .and(api_keys::id.eq(retired_secrets::key_id))),
        )
        .filter(retired_secrets::hash.eq(hash.0.to_vec()))
        .select((KeyRow::as_select(), retired_secrets::ends_at))
        .first(connection)
        .await
        .optional()?;
    let Some((row, DbTime(end))) = row else { return Ok(None) };
    Ok(Some(ApiKey::try_from(row)?.until(end)))
}

async fn replace_secret(
    connection: &mut Connection,
    workspace: WorkspaceId,
    rotation: KeyRotation,
) -> Result<(), Failure> {
    let KeyRotation { revision: Updated { changed, loaded, fields: _ }, hash, old_ends_at, now } =
        rotation;
    let ApiKey { id, hint, version, .. } = changed;
    let old: Option<Vec<u8>> = api_keys::table
        .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
        .filter(api_keys::id.eq(DbId::of(id)))
        .filter(api_keys::version.eq(version_column(loaded)))
        .select(api_keys::hash)
        .first(connection)
        .await
        .optional()?;
    let updated = diesel::update(api_keys::table)
        .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
        .filter(api_keys::id.eq(DbId::of(id)))
        .filter(api_keys::version.eq(version_column(loaded)))
        .set((
            api_keys::hash.eq(hash.0.to_vec()),
            api_keys::hint.eq(hint),
            api_keys::version.eq(version_column(version)),
        ))
        .execute(connection)
        .await?;
    // Each change of the secret changes the version, so that what was read is what is replaced.
    let (Some(old), 1) = (old, updated) else { return Err(RepositoryError::Stale.into()) };

    let retired = diesel::delete(retired_secrets::table)
        .filter(retired_secrets::workspace_id.eq(DbId::of(workspace)))
        .filter(retired_secrets::key_id.eq(DbId::of(id)));
    let Some(end) = old_ends_at else {
        retired.execute(connection).await?;
        return Ok(());
    };
    retired.filter(retired_secrets::ends_at.le(DbTime(now))).execute(connection).await?;
    diesel::insert_into(retired_secrets::table)
        .values((
            retired_secrets::hash.eq(old),
            retired_secrets::workspace_id.eq(DbId::of(workspace)),
            retired_secrets::key_id.eq(DbId::of(id)),
            retired_secrets::ends_at.eq(DbTime(end)),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

async fn remember_use(connection: &mut Connection, used: KeyUse) -> Result<(), Failure> {
    let KeyUse { workspace, key, at } = used;
    let present: Option<DbId> = api_keys::table
        .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
        .filter(api_keys::id.eq(DbId::of(key)))
        .select(api_keys::id)
        .first(connection)
        .await
        .optional()?;
    if present.is_none() {
        return Ok(());
    }
    diesel::insert_into(key_uses::table)
        .values((
            key_uses::workspace_id.eq(DbId::of(workspace)),
            key_uses::key_id.eq(DbId::of(key)),
            key_uses::last_used_at.eq(DbTime(at)),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    diesel::update(key_uses::table)
        .filter(key_uses::workspace_id.eq(DbId::of(workspace)))
        .filter(key_uses::key_id.eq(DbId::of(key)))
        .filter(key_uses::last_used_at.lt(DbTime(at)))
        .set(key_uses::last_used_at.eq(DbTime(at)))
        .execute(connection)
        .await?;
    Ok(())
}

fn details((key, used): (KeyRow, Option<DbTime>)) -> Result<KeyDetails, RepositoryError> {
    Ok(KeyDetails { key: key.try_into()?, last_used_at: used.map(|time| time.0) })
}
