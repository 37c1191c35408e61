//! Trying again what failed because somebody else was faster.

use crate::Error;

/// How often a command is tried before its caller is told to come back later.
pub(crate) const ATTEMPTS: u32 = 5;

/// Runs an attempt, which loads afresh each time, until it is not contended.
pub(crate) async fn until_settled<T>(
    attempt: impl AsyncFn() -> Result<T, Error>,
) -> Result<T, Error> {
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(Error::Contended) => {}
            settled => return settled,
        }
    }
    attempt().await
}
