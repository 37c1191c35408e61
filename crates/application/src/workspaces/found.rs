//! Bootstrapping an empty database.

use conversations_domain::{
    AuditAction, Inbox, InboxId, Name, NewInbox, Permissions, Source, TextError, Workspace,
    WorkspaceId,
};

use super::WorkspaceService;
use crate::keys::{KeyOrder, KeySecret, prepare};
use crate::ports::Founding;
use crate::{Caller, Error, Moment};

/// What the first workspace is called.
pub const DEFAULT_WORKSPACE: &str = "default";

/// The first workspace and how to get in.
pub struct Founded {
    /// The workspace.
    pub workspace: Workspace,
    /// Its first inbox.
    pub inbox: Inbox,
    /// The secret of a key that may do everything: it is never shown again.
    pub secret: KeySecret,
}

impl WorkspaceService {
    /// Founds the workspace `default` with an inbox and an administrator's key, if there is no
    /// workspace yet. Of several processes that do so at once, one does, and the others are
    /// answered `None`.
    pub async fn found(&self) -> Result<Option<Founded>, Error> {
        let moment = self.moments.begin();
        let workspace = Workspace {
            id: WorkspaceId::from_uuid(moment.next_id()),
            name: name(DEFAULT_WORKSPACE)?,
        };
        let inbox = first_inbox(&moment)?;
        let order = KeyOrder {
            name: name("admin")?,
            permissions: Permissions::all(),
            source: Source::Api,
            expires_at: None,
            rate_limit: None,
        };
        let (key, secret) = prepare(workspace.id, order, &moment)?;
        let founder = Caller::at_the_command_line(workspace.id);
        let audit = founder.audit(&moment, AuditAction::KeyCreated, key.key.id, None);

        let founding = Founding { workspace: workspace.clone(), inbox: inbox.clone(), key, audit };
        let founded = self.workspaces.found(founding).await?;
        Ok(founded.then_some(Founded { workspace, inbox, secret }))
    }
}

/// The inbox that a workspace begins with: without one no conversation can be opened.
pub(super) fn first_inbox(moment: &Moment<'_>) -> Result<Inbox, Error> {
    let new = NewInbox { name: name("Support")?, channel: None };
    Ok(Inbox::new(InboxId::from_uuid(moment.next_id()), new))
}

fn name(text: &str) -> Result<Name, Error> {
    Name::parse(text).map_err(|error: TextError| Error::Internal(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use conversations_domain::Actor;

    use super::*;
    use crate::ports::MockWorkspaceRepository;
    use crate::testing::moments;

    /// Founds over a storage that answers this; gives back what it was asked to store as well.
    async fn found_when(first: bool) -> (Founding, Option<Founded>) {
        let asked = Arc::new(Mutex::new(None));
        let mut workspaces = MockWorkspaceRepository::new();
        let keep = Arc::clone(&asked);
        workspaces.expect_found().times(1).returning(move |founding| {
            *keep.lock().expect("not poisoned") = Some(founding);
            Ok(first)
        });

        let founded = WorkspaceService::new(Arc::new(workspaces), moments()).found().await;

        let founding = asked.lock().expect("not poisoned").take().expect("the storage was asked");
        (founding, founded.expect("founded"))
    }

    #[tokio::test]
    async fn the_shown_secret_opens_the_stored_key_which_may_do_everything() {
        let (founding, founded) = found_when(true).await;

        let founded = founded.expect("the first one founds");
        let key = founding.key.key;
        assert_eq!(founding.key.hash, founded.secret.hash());
        assert_eq!(key.workspace, founding.workspace.id);
        assert_eq!(key.permissions, Permissions::all());
        assert_eq!(key.expires_at, None);
    }

    #[tokio::test]
    async fn what_is_stored_is_what_is_shown() {
        let (founding, founded) = found_when(true).await;

        let founded = founded.expect("the first one founds");
        assert_eq!(founded.workspace, founding.workspace);
        assert_eq!(founded.inbox, founding.inbox);
        assert_eq!(founded.workspace.name.as_str(), DEFAULT_WORKSPACE);
    }

    #[tokio::test]
    async fn the_audit_tells_of_the_key() {
        let (founding, _) = found_when(true).await;

        assert_eq!(founding.audit.action, AuditAction::KeyCreated);
        assert_eq!(founding.audit.target, founding.key.key.id.as_uuid());
        assert_eq!(founding.audit.by, Actor::command_line());
    }

    #[tokio::test]
    async fn only_the_first_one_founds() {
        let (_, founded) = found_when(false).await;

        assert!(founded.is_none());
    }
}
