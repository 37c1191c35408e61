//! The envelope of a write: history, audit and the stored reply.
//!
//! The key of the request is taken before anything else is done, so that the same request waits for the
//! end of this one. History, audit and the reply that is kept come when it is known what became of it.

use conversations_application::ports::{
    Commit, OptionalResponse, RepositoryError, ResponseToStore,
};
use conversations_domain::{AuditEntry, HistoryEntry, NewEvent, Origin, WorkspaceId};

use super::history_and_audit::append_history_and_audit;
use super::stored_responses::{claim_key, release_key, store_response};
use super::totals::CountDeltas;
use super::{Connection, Database};
use crate::error::Failure;
use crate::work::Query;

/// A [`Commit`] without its write.
#[must_use = "what is not finished leaves no history, no audit and no reply behind"]
pub(super) struct Envelope<R> {
    workspace: WorkspaceId,
    origin: Origin,
    history: Vec<HistoryEntry>,
    audit: Vec<AuditEntry>,
    response: R,
}

/// The reply of a write that ends in `O`: one that may be kept, or none.
pub(super) trait ResponseOf<O>: Send + Sync + 'static {
    fn as_response(&self) -> Option<&ResponseToStore<O>>;

    fn into_response(self) -> OptionalResponse<O>;
}

impl<R> Envelope<R> {
    /// Takes a commit apart.
    pub(super) fn of<W>(workspace: WorkspaceId, commit: Commit<W, R>) -> (W, Self) {
        let Commit { write, origin, history, audit, response } = commit;
        (write, Self { workspace, origin, history, audit, response })
    }

    /// Who writes, for the events of the write.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Adds to the history what is found out in the transaction.
    pub(super) fn add_history(&mut self, entry: HistoryEntry) {
        self.history.push(entry);
    }

    /// Takes the history out, for a write that stores it in a way of its own.
    pub(super) fn take_history(&mut self) -> Vec<HistoryEntry> {
        std::mem::take(&mut self.history)
    }

    /// Whether nothing lands together with the write.
    pub(super) fn is_empty<O>(&self) -> bool
    where
        R: ResponseOf<O>,
    {
        let Self { workspace: _, origin: _, history, audit, response } = self;
        history.is_empty() && audit.is_empty() && response.as_response().is_none()
    }

    /// Does a write in a transaction, with all that lands together with it.
    pub(super) async fn commit<O, F>(
        self,
        database: &Database,
        work: F,
    ) -> Result<O, RepositoryError>
    where
        R: ResponseOf<O>,
        O: Send + Sync + 'static,
        F: Query<Connection, O>,
    {
        database
            .write(async move |connection: &mut Connection| {
                self.begin(connection).await?;
                let outcome = work(connection).await?;
                self.finish(connection, &outcome).await?;
                Ok(outcome)
            })
            .await
    }

    /// The same, for a write that creates one event unless it fails.
    pub(super) async fn commit_with_event<O, F>(
        self,
        database: &Database,
        event: NewEvent,
        work: F,
    ) -> Result<O, RepositoryError>
    where
        R: ResponseOf<O>,
        O: Send + Sync + 'static,
        F: Query<Connection, O>,
    {
        let (workspace, slot) = (self.workspace, database.slot());
        let mut deltas = CountDeltas::default();
        deltas.add_events(workspace, &self.origin, [event]);
        let landed = database
            .write(async move |connection: &mut Connection| {
                self.begin(connection).await?;
                let outcome = work(connection).await?;
                self.finish(connection, &outcome).await?;
                deltas.apply(connection, workspace, slot).await?;
                Ok(outcome)
            })
            .await;
        database.feed_notifier().notify(workspace);
        landed
    }

    /// Takes the key of the request: the first thing in the transaction.
    pub(super) async fn begin<O>(&self, connection: &mut Connection) -> Result<(), Failure>
    where
        R: ResponseOf<O>,
    {
        claim_key(connection, self.workspace, self.response.as_response()).await
    }

    /// Gives the key of the request back, because there was nothing to write to.
    pub(super) async fn release<O>(self, connection: &mut Connection) -> Result<(), Failure>
    where
        R: ResponseOf<O>,
    {
        release_key(connection, self.workspace, self.response.as_response()).await
    }

    /// Stores history, audit and the reply, now that the outcome is known.
    pub(super) async fn finish<O>(
        self,
        connection: &mut Connection,
        outcome: &O,
    ) -> Result<(), Failure>
    where
        R: ResponseOf<O>,
    {
        let Self { workspace, origin: _, history, audit, response } = self;
        append_history_and_audit(connection, workspace, history, audit).await?;
        store_response(connection, workspace, response.into_response(), outcome).await
    }
}

impl<O> ResponseOf<O> for () {
    fn as_response(&self) -> Option<&ResponseToStore<O>> {
        None
    }

    fn into_response(self) -> OptionalResponse<O> {
        None
    }
}

impl<O: 'static> ResponseOf<O> for OptionalResponse<O> {
    fn as_response(&self) -> Option<&ResponseToStore<O>> {
        self.as_ref()
    }

    fn into_response(self) -> Self {
        self
    }
}

/// Refuses a write that was based on a version that is no longer there: it changed this many rows.
pub(super) fn refuse_stale(rows: usize) -> Result<(), RepositoryError> {
    if rows == 0 { Err(RepositoryError::Stale) } else { Ok(()) }
}
