//! Carrying out deletions that take several transactions.
//!
//! The caller of a deletion waits for its end until a deadline. What is left then, or was left by a
//! process that died, is carried out in the background.

use std::sync::Arc;
use std::time::{Duration, Instant};

use conversations_domain::{EventId, WorkspaceId};
use uuid::Uuid;

use crate::ports::{ErasureProgress, ErasureRepository, PendingErasure, RepositoryError};
use crate::{ContextFactory, Error};

/// How often in a row a step may fail of a deletion that is to be carried out.
const ATTEMPTS: u32 = 10;

/// Carries out deletions.
#[derive(Clone)]
pub struct ErasureService {
    erasures: Arc<dyn ErasureRepository>,
    patience: Duration,
    contexts: ContextFactory,
}

impl ErasureService {
    /// The service over these ports. The caller of a deletion waits for its end no longer than
    /// `patience`.
    #[must_use]
    pub fn new(
        erasures: Arc<dyn ErasureRepository>,
        patience: Duration,
        contexts: ContextFactory,
    ) -> Self {
        Self { erasures, patience, contexts }
    }

    /// Every deletion that is not over, oldest first.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub async fn pending(&self) -> Result<Vec<PendingErasure>, Error> {
        Ok(self.erasures.pending().await?)
    }

    /// Carries out a deletion that was just asked for, as long as its caller waits for it. It does
    /// not fail: the target is gone for every caller, and what is left goes later.
    pub async fn finish(&self, workspace: WorkspaceId, target: impl Into<Uuid>) -> ErasureProgress {
        let (target, begun) = (target.into(), Instant::now());
        loop {
            match self.step(workspace, target).await {
                Ok(ErasureProgress::Pending) if begun.elapsed() < self.patience => {}
                Ok(progress) => return progress,
                Err(_) => return ErasureProgress::Pending,
            }
        }
    }

    /// Does a step of every deletion that is pending, so that a long one is in no other's way;
    /// `false` when there is none. One that fails is no obstacle to the others.
    ///
    /// # Errors
    /// When nothing could be done although there is something to do.
    pub async fn step_all(&self) -> Result<bool, Error> {
        let (mut done, mut failure) = (false, None);
        for PendingErasure { workspace, target, .. } in self.erasures.pending().await? {
            match self.step(workspace, target).await {
                Ok(_) => done = true,
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match failure {
            Some(error) if !done => Err(error.into()),
            _ => Ok(done),
        }
    }

    /// Carries out a deletion, however long it takes.
    ///
    /// # Errors
    /// When it cannot be carried out now. What was done stays done.
    pub async fn carry_out(
        &self,
        workspace: WorkspaceId,
        target: impl Into<Uuid>,
    ) -> Result<(), Error> {
        let target = target.into();
        let mut failures = 0;
        loop {
            match self.step(workspace, target).await {
                Ok(ErasureProgress::Complete) => return Ok(()),
                Ok(ErasureProgress::Pending) => failures = 0,
                // Others may be in the way for a while.
                Err(_) if failures < ATTEMPTS => failures += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn step(
        &self,
        workspace: WorkspaceId,
        target: Uuid,
    ) -> Result<ErasureProgress, RepositoryError> {
        let first = EventId::from_uuid(self.contexts.begin().next_id());
        self.erasures.step(workspace, target, first).await
    }

    /// Carries out all that is pending, however long it takes, and answers how many deletions that
    /// were.
    ///
    /// # Errors
    /// When one of them cannot be carried out.
    pub async fn finish_all(&self) -> Result<usize, Error> {
        let mut finished = 0;
        loop {
            let pending = self.erasures.pending().await?;
            if pending.is_empty() {
                return Ok(finished);
            }
            for PendingErasure { workspace, target, .. } in pending {
                self.carry_out(workspace, target).await?;
                finished += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
