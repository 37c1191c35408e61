//! Stored replies: written in the transaction of their write, and kept until what they show is
//! erased or they expire.

use async_trait::async_trait;
use conversations_application::ports::{
    IdempotentRequest, PreviousRequest, RepositoryError, ResponseToStore, StoredResponse,
    StoredResponseRepository, Unchanged, stored_responses_expire_before,
};
use conversations_domain::{Timestamp, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::conversation_batch::ConversationBatch;
use super::version_checks::check_version;
use super::{Connection, Database, is_lock_timeout_error};
use crate::columns::{DbId, DbTime};
use crate::error::{Failure, column};
use crate::schema::{
    conversations, erasures, idempotent_requests, kept_replies, kept_reply_subjects,
};

pub(super) struct DieselStoredResponses(pub(super) Database);

#[async_trait]
impl StoredResponseRepository for DieselStoredResponses {
    async fn find(
        &self,
        workspace: WorkspaceId,
        key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<PreviousRequest>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let found: Option<(Vec<u8>, Option<String>)> = idempotent_requests::table
                    .left_join(
                        kept_replies::table.on(kept_replies::workspace_id
                            .eq(idempotent_requests::workspace_id)
                            .and(kept_replies::key_hash.eq(idempotent_requests::key_hash))),
                    )
                    .filter(idempotent_requests::workspace_id.eq(DbId::of(workspace)))
                    .filter(idempotent_requests::key_hash.eq(key.as_slice()))
                    .filter(
                        idempotent_requests::made_at
                            .gt(DbTime(stored_responses_expire_before(now))),
                    )
                    .select((idempotent_requests::fingerprint, kept_replies::content.nullable()))
                    .first(connection)
                    .await
                    .optional()?;
                let Some((fingerprint, mut content)) = found else { return Ok(None) };
                if content.is_some() && shows_erased_content(connection, workspace, key).await? {
                    content = None;
                }
                Ok(Some(previous_request((fingerprint, content))?))
            })
            .await
    }

    async fn store_unchanged(
        &self,
        workspace: WorkspaceId,
        unchanged: Unchanged,
        response: ResponseToStore<()>,
    ) -> Result<(), RepositoryError> {
        let Unchanged { conversation, loaded } = unchanged;
        self.0
            .write(async move |connection: &mut Connection| {
                let response = Some(response);
                claim_key(connection, workspace, response.as_ref()).await?;
                // A deletion of what the reply shows changes or deletes this row, and finds the
                // reply afterwards.
                let present: Option<i64> = for_update!(
                    conversations::table
                        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                        .filter(conversations::id.eq(DbId::of(conversation)))
                        .select(conversations::revision)
                )
                .first(connection)
                .await
                .optional()?;
                check_version(present.ok_or(RepositoryError::Stale)?, Some(loaded))?;
                store_response(connection, workspace, response, &()).await
            })
            .await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<bool, RepositoryError> {
        /// How many requests one transaction forgets: others wait for it.
        const STEP: i64 = 200;

        let end = DbTime(stored_responses_expire_before(now));
        self.0
            .write(async move |connection: &mut Connection| {
                let oldest: Option<DbId> = idempotent_requests::table
                    .filter(idempotent_requests::made_at.le(end))
                    .order(idempotent_requests::made_at)
                    .select(idempotent_requests::workspace_id)
                    .first(connection)
                    .await
                    .optional()?;
                let Some(workspace) = oldest else { return Ok(false) };
                let keys: Vec<Vec<u8>> = for_update!(
                    idempotent_requests::table
                        .filter(idempotent_requests::workspace_id.eq(workspace))
                        .filter(idempotent_requests::made_at.le(end))
                        .order(idempotent_requests::key_hash)
                        .limit(STEP)
                        .select(idempotent_requests::key_hash)
                )
                .load(connection)
                .await?;
                delete_requests(connection, workspace, &keys).await?;
                Ok(true)
            })
            .await
    }
}

/// Whether a reply shows a conversation that is being erased with its customer: it goes when the
/// erasure comes to that conversation.
async fn shows_erased_content(
    connection: &mut Connection,
    workspace: WorkspaceId,
    key: [u8; 32],
) -> Result<bool, Failure> {
    let of_reply = kept_reply_subjects::table
        .filter(kept_reply_subjects::workspace_id.eq(DbId::of(workspace)))
        .filter(kept_reply_subjects::key_hash.eq(key.to_vec()))
        .select(kept_reply_subjects::subject_id);
    let customers = erasures::table
        .filter(erasures::workspace_id.eq(DbId::of(workspace)))
        .select(erasures::target_id.nullable());
    let guard = conversations::table
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .filter(conversations::id.eq_any(of_reply))
        .filter(conversations::customer_id.eq_any(customers));
    Ok(diesel::select(diesel::dsl::exists(guard)).get_result(connection).await?)
}

/// Takes the key of a request for this transaction, before anything else is done: the
/// same request waits meanwhile for the end of it.
pub(super) async fn claim_key<O>(
    connection: &mut Connection,
    workspace: WorkspaceId,
    response: Option<&ResponseToStore<O>>,
) -> Result<(), Failure> {
    let Some(response) = response else { return Ok(()) };
    if insert(connection, workspace, response.request(), response.at()).await? {
        return Ok(());
    }
    // The same request came before: perhaps too long ago to count.
    let end = DbTime(stored_responses_expire_before(response.at()));
    if delete_if_expired(connection, workspace, response.request(), end).await?
        && insert(connection, workspace, response.request(), response.at()).await?
    {
        return Ok(());
    }
    Err(RepositoryError::Repeated.into())
}

/// Keeps the reply to a request whose key was [reserved](claim_key), now that the outcome is known.
pub(super) async fn store_response<O>(
    connection: &mut Connection,
    workspace: WorkspaceId,
    response: Option<ResponseToStore<O>>,
    outcome: &O,
) -> Result<(), Failure> {
    let Some(response) = response else { return Ok(()) };
    let StoredResponse { request, at: _, content, about } = response.of(outcome)?;
    diesel::insert_into(kept_replies::table)
        .values((
            kept_replies::workspace_id.eq(DbId::of(workspace)),
            kept_replies::key_hash.eq(request.key.as_slice()),
            kept_replies::content.eq(content),
        ))
        .execute(connection)
        .await?;
    for subject in about {
        diesel::insert_into(kept_reply_subjects::table)
            .values((
                kept_reply_subjects::workspace_id.eq(DbId::of(workspace)),
                kept_reply_subjects::subject_id.eq(DbId(subject)),
                kept_reply_subjects::key_hash.eq(request.key.as_slice()),
            ))
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Gives a key back that was reserved for something that is not there.
pub(super) async fn release_key<O>(
    connection: &mut Connection,
    workspace: WorkspaceId,
    response: Option<&ResponseToStore<O>>,
) -> Result<(), Failure> {
    match response {
        Some(response) => {
            delete_requests(connection, DbId::of(workspace), &[response.request().key.to_vec()])
                .await
        }
        None => Ok(()),
    }
}

/// Drops every reply that shows this. It comes after whatever keeps others from showing it once
/// more, such as its deletion.
pub(super) async fn delete_responses_about(
    connection: &mut Connection,
    workspace: WorkspaceId,
    subject: impl Into<Uuid>,
) -> Result<(), Failure> {
    let subject = DbId::of(subject);
    let theirs = kept_reply_subjects::table
        .filter(kept_reply_subjects::workspace_id.eq(DbId::of(workspace)))
        .filter(kept_reply_subjects::subject_id.eq(subject));
    diesel::delete(kept_replies::table)
        .filter(kept_replies::workspace_id.eq(DbId::of(workspace)))
        .filter(kept_replies::key_hash.eq_any(theirs.select(kept_reply_subjects::key_hash)))
        .execute(connection)
        .await?;
    diesel::delete(theirs).execute(connection).await?;
    Ok(())
}

/// Drops every reply that shows one of these conversations, which are held.
pub(super) async fn delete_responses_about_batch(
    connection: &mut Connection,
    workspace: WorkspaceId,
    batch: &ConversationBatch,
) -> Result<(), Failure> {
    let theirs = kept_reply_subjects::table
        .filter(kept_reply_subjects::workspace_id.eq(DbId::of(workspace)))
        .filter(kept_reply_subjects::subject_id.eq_any(batch.ids()))
        .select(kept_reply_subjects::key_hash);
    diesel::delete(kept_replies::table)
        .filter(kept_replies::workspace_id.eq(DbId::of(workspace)))
        .filter(kept_replies::key_hash.eq_any(theirs))
        .execute(connection)
        .await?;
    diesel::delete(kept_reply_subjects::table)
        .filter(kept_reply_subjects::workspace_id.eq(DbId::of(workspace)))
        .filter(kept_reply_subjects::subject_id.eq_any(batch.ids()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes a request; `false` when the same one was noted before. On PostgreSQL it waits for a
/// transaction that is noting it, but not for long.
async fn insert(
    connection: &mut Connection,
    workspace: WorkspaceId,
    request: IdempotentRequest,
    at: Timestamp,
) -> Result<bool, Failure> {
    let IdempotentRequest { key, fingerprint } = request;
    let noted = diesel::insert_into(idempotent_requests::table)
        .values((
            idempotent_requests::workspace_id.eq(DbId::of(workspace)),
            idempotent_requests::key_hash.eq(key.as_slice()),
            idempotent_requests::fingerprint.eq(fingerprint.as_slice()),
            idempotent_requests::made_at.eq(DbTime(at)),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await;
    match noted {
        Err(error) if is_lock_timeout_error(&error) => Err(RepositoryError::Repeated.into()),
        noted => Ok(noted? > 0),
    }
}

/// Forgets a request if it was made no later than this; `false` when there is none.
async fn delete_if_expired(
    connection: &mut Connection,
    workspace: WorkspaceId,
    request: IdempotentRequest,
    end: DbTime,
) -> Result<bool, Failure> {
    let workspace = DbId::of(workspace);
    // Locked: another transaction may be about to delete it, and to insert it again.
    let old = for_update!(
        idempotent_requests::table
            .filter(idempotent_requests::workspace_id.eq(workspace))
            .filter(idempotent_requests::key_hash.eq(request.key.as_slice()))
            .filter(idempotent_requests::made_at.le(end))
            .select(idempotent_requests::key_hash)
    );
    let old: Option<Vec<u8>> = match old.first(connection).await.optional() {
        Err(error) if is_lock_timeout_error(&error) => return Ok(false),
        old => old?,
    };
    let Some(key) = old else { return Ok(false) };
    delete_requests(connection, workspace, &[key]).await?;
    Ok(true)
}

/// Forgets requests that are held, with their replies.
async fn delete_requests(
    connection: &mut Connection,
    workspace: DbId,
    keys: &[Vec<u8>],
) -> Result<(), Failure> {
    macro_rules! delete_from_all {
        ($($table:ident),*) => {
            $(diesel::delete($table::table)
                .filter($table::workspace_id.eq(workspace))
                .filter($table::key_hash.eq_any(keys.to_vec()))
                .execute(connection)
                .await?;)*
        };
    }

    // In the order in which replies are dropped, and what refers to a request before it.
    delete_from_all!(kept_replies, kept_reply_subjects, idempotent_requests);
    Ok(())
}

fn previous_request(
    (fingerprint, content): (Vec<u8>, Option<String>),
) -> Result<PreviousRequest, RepositoryError> {
    let fingerprint = fingerprint.try_into().map_err(|_| "not 32 bytes");
    let fingerprint = column("idempotent_requests", "fingerprint", fingerprint)?;
    Ok(PreviousRequest { fingerprint, content })
}
