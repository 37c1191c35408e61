//! Generating conversations, for tests and benchmarks.
//!
//! The n-th conversation of a workspace is the same whenever it is made, so an interrupted run can
//! resume and find out what is stored already: conversations are stored in batches, whole or not at
//! all, and a batch is there if its first conversation is. What is to be made is noted before
//! ([`SeedRun`]), with the time at which the simulated two years end.
#![warn(missing_docs)]

mod conversations;
mod demo;
mod distribution;
mod people;
mod random;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod texts;

use std::sync::Arc;

use conversations_application::ports::{
    RepositoryError, SeedPeople, SeedRepository, SeedRun, SeedShape,
};
use conversations_application::{ContextFactory, Error, retry_on_conflict};
use conversations_domain::{Actor, Customer, EventId, Origin, WorkspaceId};
use futures_util::{StreamExt, TryStreamExt, stream};

use conversations::{ConversationGenerator, earlier};
pub use demo::{DemoDesk, DemoSummary, DeskServices};
use people::people;
use random::Random;

/// The simulated time, in milliseconds: two years.
const SPAN: i64 = 730 * DAY;

/// Milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// How many customers are stored together.
const TOGETHER: usize = 1_000;

/// What is to be made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedRequest {
    /// The number of conversations in the end.
    pub conversations: u64,
    /// How they look.
    pub shape: SeedShape,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedProgress {
    /// Conversations that were there before.
    pub found: u64,
    /// Conversations that were made now.
    pub made: u64,
}

/// Why conversations were not made up.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The workspace has made-up conversations that look otherwise, or more of them.
    #[error(
        "the workspace was seeded before with more conversations, or with other customers, users, \
         inboxes or messages per conversation: only the number of conversations may grow"
    )]
    Other,
    /// They could not be stored.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Makes up conversations.
#[derive(Clone)]
pub struct SeedService {
    storage: Arc<dyn SeedRepository>,
    contexts: ContextFactory,
}

impl SeedService {
    /// The service over these ports.
    #[must_use]
    pub fn new(storage: Arc<dyn SeedRepository>, contexts: ContextFactory) -> Self {
        Self { storage, contexts }
    }

    /// Fills a workspace with conversations until it has as many made-up ones as are wanted, and
    /// tells after each batch how far it is. After an interruption it resumes where it stopped, and
    /// it can be asked for more later.
    ///
    /// # Errors
    /// [`SeedError::Other`] when the workspace was filled otherwise before, or with more.
    pub async fn fill(
        &self,
        workspace: WorkspaceId,
        order: SeedRequest,
        mut told: impl FnMut(SeedProgress),
    ) -> Result<SeedProgress, SeedError> {
        let plan = retry_on_conflict(async || self.plan(workspace, order).await).await?;
        let plan = plan.ok_or(SeedError::Other)?;
        let Some(first) = plan.first() else { return Ok(SeedProgress { found: 0, made: 0 }) };
        let settled_at = earlier(first.ends_at, SPAN + DAY);
        let people = people(workspace, order.shape, settled_at)?;
        self.insert_people(workspace, &people).await?;

        let mut progress = SeedProgress { found: 0, made: 0 };
        for run in plan {
            let generator = ConversationGenerator::new(workspace, run, &people);
            let batches = (0..run.conversations.div_ceil(run.batch.max(1)))
                .map(|batch| self.store(workspace, &generator, run, batch));
            let mut stored =
                stream::iter(batches).buffer_unordered(self.storage.batching().concurrency.max(1));
            while let Some((count, new)) = stored.try_next().await? {
                if new {
                    progress.made += count;
                } else {
                    progress.found += count;
                }
                told(progress);
            }
        }
        if progress.made > 0 {
            self.storage.analyze().await.map_err(Error::from)?;
        }
        Ok(progress)
    }

    /// Sees to it that everybody is there whom conversations refer to.
    async fn insert_people(
        &self,
        workspace: WorkspaceId,
        people: &SeedPeople,
    ) -> Result<(), Error> {
        let SeedPeople { inboxes, users, customers } = people.clone();
        let others = SeedPeople { inboxes, users, customers: Vec::new() };
        let some = |customers: &[Customer]| SeedPeople {
            customers: customers.to_vec(),
            ..SeedPeople::default()
        };
        for people in std::iter::once(others).chain(customers.chunks(TOGETHER).map(some)) {
            retry_on_conflict(async || {
                let settled =
                    self.storage.insert_people(workspace, people.clone(), self.origin()).await;
                settled.map_err(|error| match error {
                    // Another process inserted them concurrently.
                    RepositoryError::Duplicate => Error::WriteConflict,
                    error => error.into(),
                })
            })
            .await?;
        }
        Ok(())
    }

    /// What was begun, and what is to be added to it; `None` when that does not fit.
    async fn plan(
        &self,
        workspace: WorkspaceId,
        order: SeedRequest,
    ) -> Result<Option<Vec<SeedRun>>, Error> {
        let SeedRequest { conversations, shape } = order;
        let mut plan = self.storage.runs(workspace).await?;
        let first = plan.iter().map(|run| run.conversations).sum();
        if conversations < first || plan.iter().any(|run| run.shape != shape) {
            return Ok(None);
        }
        if conversations > first {
            let rows = self.storage.batching().rows / (1 + u64::from(shape.messages_per));
            let run = SeedRun {
                first,
                conversations: conversations - first,
                batch: rows.max(1),
                shape,
                ends_at: self.contexts.begin().now(),
            };
            match self.storage.record_run(workspace, run).await {
                Ok(()) => plan.push(run),
                // Another process started concurrently: the next attempt joins it.
                Err(RepositoryError::Duplicate) => return Err(Error::WriteConflict),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(plan))
    }

    /// Sees to a batch; answers how many conversations it has, and whether they are new.
    async fn store(
        &self,
        workspace: WorkspaceId,
        generator: &ConversationGenerator,
        run: SeedRun,
        batch: u64,
    ) -> Result<(u64, bool), Error> {
        let SeedRun { first, conversations, batch: size, .. } = run;
        let start = batch * size;
        let count = size.min(conversations - start);
        let numbers = first + start..first + start + count;
        if self.storage.contains(workspace, generator.id(numbers.start)).await? {
            return Ok((count, false));
        }
        retry_on_conflict(async || {
            let made = numbers.clone().map(|number| generator.make(number));
            let made = made.collect::<Result<_, _>>()?;
            match self.storage.store(workspace, made, self.origin()).await {
                Ok(()) => Ok((count, true)),
                // Another process has stored it, or its first conversation was deleted since.
                Err(RepositoryError::Duplicate) => Ok((count, false)),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }
}

impl SeedService {
    /// The origin of the events of a write.
    fn origin(&self) -> Origin {
        let first = EventId::from_uuid(self.contexts.begin().next_id());
        Origin { first, by: Actor::command_line() }
    }
}

/// What is made up keeps the rules; if it does not, that is a defect.
fn made<T, E: std::error::Error + Send + Sync + 'static>(made: Result<T, E>) -> Result<T, Error> {
    made.map_err(|error| Error::Internal(Box::new(error)))
}
