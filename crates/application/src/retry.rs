//! Retries optimistic-concurrency conflicts.

use crate::Error;

/// How often a command is tried before its caller is told to come back later. Of those who change one
/// thing at once, one comes through in each round: this is how many may meet.
pub(crate) const ATTEMPTS: u32 = 64;

/// Runs an attempt, which loads afresh each time, until it is not contended.
///
/// # Errors
/// What the last attempt failed with: [`Error::WriteConflict`] only when that one met with others as well.
pub async fn retry_on_conflict<T>(attempt: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(Error::WriteConflict) => {}
            settled => return settled,
        }
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Runs an attempt that fails until the given one, and answers how often it ran.
    async fn settle_at(attempt: u32, failure: fn() -> Error) -> (u32, Result<u32, Error>) {
        let attempts = Cell::new(0);
        let settled = retry_on_conflict(async || {
            attempts.set(attempts.get() + 1);
            if attempts.get() < attempt { Err(failure()) } else { Ok(attempts.get()) }
        })
        .await;
        (attempts.get(), settled)
    }

    #[tokio::test]
    async fn what_succeeds_is_not_tried_again() {
        assert!(matches!(settle_at(1, || Error::WriteConflict).await, (1, Ok(1))));
    }

    #[tokio::test]
    async fn the_last_attempt_may_still_succeed() {
        let (attempts, settled) = settle_at(ATTEMPTS, || Error::WriteConflict).await;

        assert_eq!(attempts, ATTEMPTS);
        assert!(matches!(settled, Ok(ATTEMPTS)));
    }

    #[tokio::test]
    async fn gives_up_after_the_last_attempt() {
        let (attempts, settled) = settle_at(ATTEMPTS + 1, || Error::WriteConflict).await;

        assert_eq!(attempts, ATTEMPTS);
        assert!(matches!(settled, Err(Error::WriteConflict)));
    }

    #[tokio::test]
    async fn another_failure_is_not_tried_again() {
        let (attempts, settled) = settle_at(2, || Error::StorageFull).await;

        assert_eq!(attempts, 1);
        assert!(matches!(settled, Err(Error::StorageFull)));
    }
}
