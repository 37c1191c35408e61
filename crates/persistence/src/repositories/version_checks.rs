//! Whether the versions that a caller has seen are still current when its write is stored.

use conversations_application::ports::RepositoryError;
use conversations_application::read_model::ObservedVersions;
use conversations_domain::{CustomerId, InboxId, UserId, Version, WebhookId, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Connection;
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::version_column;
use crate::schema::{customers, inboxes, users, webhooks};

/// Makes sure that the version that is there is the one that must be, if one must.
pub(super) fn check_version(
    present: i64,
    observed: Option<Version>,
) -> Result<(), RepositoryError> {
    if observed.is_none_or(|observed| version_column(observed) == present) {
        Ok(())
    } else {
        Err(RepositoryError::Stale)
    }
}

macro_rules! lock_version {
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

lock_version! {
    /// The version of a customer, which no other transaction changes, deletes or starts to refer
    /// to.
    lock_customer, customers, CustomerId, for_update, erasing
}

lock_version! {
    /// The version of a user, whom no other transaction changes, deletes or starts to refer to.
    lock_user, users, UserId, for_update, erasing
}

lock_version! {
    /// The version of an inbox, which no other transaction changes, deletes or starts to refer to.
    lock_inbox, inboxes, InboxId, for_update
}

lock_version! {
    /// The version of a webhook, which no other transaction changes or deletes.
    lock_webhook, webhooks, WebhookId, for_update
}

lock_version! {
    /// The version of a customer, which no other transaction changes or deletes.
    lock_customer_shared, customers, CustomerId, for_share, erasing
}

lock_version! {
    /// The version of a user, whom no other transaction changes or deletes.
    lock_user_shared, users, UserId, for_share, erasing
}

/// Holds the people that a caller saw with a conversation, if a certain state must be there, and
/// makes sure that they are as they were. They come before their conversation, as they do when they
/// are deleted: two who each held what the other wants would wait for ever.
pub(super) async fn lock_people(
    connection: &mut Connection,
    workspace: WorkspaceId,
    observed: Option<ObservedVersions>,
) -> Result<(), Failure> {
    let Some(ObservedVersions { conversation: _, customer, assignee }) = observed else {
        return Ok(());
    };
    if let Some((id, version)) = customer {
        let present = lock_customer_shared(connection, workspace, id).await?;
        check_version(present.ok_or(RepositoryError::Stale)?, Some(version))?;
    }
    if let Some((id, version)) = assignee {
        let present = lock_user_shared(connection, workspace, id).await?;
        check_version(present.ok_or(RepositoryError::Stale)?, Some(version))?;
    }
    Ok(())
}
