//! Whether the versions that a caller has seen are still current when its write is stored.

use conversations_application::ports::RepositoryError;
use conversations_application::read_model::Seen;
use conversations_domain::{CustomerId, InboxId, UserId, Version, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Connection;
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::version_column;
use crate::schema::{customers, inboxes, users};

/// Makes sure that the version that is there is the one that must be, if one must.
pub(super) fn check_version(present: i64, seen: Option<Version>) -> Result<(), RepositoryError> {
    if seen.is_none_or(|seen| version_column(seen) == present) {
        Ok(())
    } else {
        Err(RepositoryError::Stale)
    }
}

macro_rules! hold_version {
    ($(#[$doc:meta])* $name:ident, $table:ident, $id:ty, $hold:ident $(, $erasing:ident)?) => {
        $(#[$doc])*
        pub(super) async fn $name(
            connection: &mut Connection,
            workspace: WorkspaceId,
            id: $id,
        ) -> Result<Option<i64>, Failure> {
            let present = $hold!(
                $table::table
                    .filter($table::workspace_id.eq(DbId::of(workspace)))
                    .filter($table::id.eq(DbId::of(id)))
                    $(.filter($table::$erasing.eq(false)))?
                    .select($table::version)
            );
            Ok(present.first(connection).await.optional()?)
        }
    };
}

hold_version! {
    /// The version of a customer, which no other transaction changes, deletes or starts to refer
    /// to.
    hold_customer, customers, CustomerId, hold, erasing
}

hold_version! {
    /// The version of a user, whom no other transaction changes, deletes or starts to refer to.
    hold_user, users, UserId, hold, erasing
}

hold_version! {
    /// The version of an inbox, which no other transaction changes, deletes or starts to refer to.
    hold_inbox, inboxes, InboxId, hold
}

hold_version! {
    /// The version of a customer, which no other transaction changes or deletes.
    keep_customer, customers, CustomerId, hold_unchanged, erasing
}

hold_version! {
    /// The version of a user, whom no other transaction changes or deletes.
    keep_user, users, UserId, hold_unchanged, erasing
}

/// Holds the people that a caller saw with a conversation, if a certain state must be there, and
/// makes sure that they are as they were. They come before their conversation, as they do when they
/// are deleted: two who each held what the other wants would wait for ever.
pub(super) async fn hold_people(
    connection: &mut Connection,
    workspace: WorkspaceId,
    seen: Option<Seen>,
) -> Result<(), Failure> {
    let Some(Seen { conversation: _, customer, assignee }) = seen else { return Ok(()) };
    if let Some((id, version)) = customer {
        let present = keep_customer(connection, workspace, id).await?;
        check_version(present.ok_or(RepositoryError::Stale)?, Some(version))?;
    }
    if let Some((id, version)) = assignee {
        let present = keep_user(connection, workspace, id).await?;
        check_version(present.ok_or(RepositoryError::Stale)?, Some(version))?;
    }
    Ok(())
}
