//! Backfills: what a migration leaves to do, because SQL alone cannot.

use conversations_application::ports::RepositoryError;

use super::{Connection, Database};
use crate::work::{Deadline, Query};

/// Does `step` until nothing is left, as `is_left` finds out. Each step is a transaction, for some rows,
/// and answers for how many: what was done stays done when this is stopped, and others may write between
/// two of them. `what` is what the log says of it.
pub(super) async fn backfill<L, S>(
    database: &Database,
    what: &'static str,
    is_left: L,
    step: S,
) -> Result<(), RepositoryError>
where
    L: Query<Connection, bool> + Copy,
    S: Query<Connection, usize> + Copy,
{
    let mut done: usize = 0;
    // Mostly there is nothing to do, and then one read is enough: a long write may be going on.
    while database.read(is_left).await? {
        // A row may have very much to do.
        done += database.write_long(Deadline::NEVER, step).await?;
        tracing::info!(done, "{what}");
    }
    Ok(())
}
