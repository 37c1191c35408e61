//! Bootstrapping an empty database.

use conversations_domain::{
    AuditAction, Inbox, InboxId, KeyId, Name, NewInbox, Permissions, Source, TextError, Workspace,
    WorkspaceId,
};

use super::WorkspaceService;
use crate::keys::{KeySecret, NewApiKey, generate};
use crate::ports::Bootstrap;
use crate::{Caller, CommandContext, Error};

/// What the first workspace is called.
pub const DEFAULT_WORKSPACE: &str = "default";

/// The first workspace and how to get in.
pub struct BootstrappedWorkspace {
    /// The workspace.
    pub workspace: Workspace,
    /// Its first inbox.
    pub inbox: Inbox,
    /// A key that may do everything.
    pub key: KeyId,
    /// Its secret: it is never shown again.
    pub secret: KeySecret,
}

impl WorkspaceService {
    /// Founds the workspace `default` with an inbox and an administrator's key, if there is no
    /// workspace yet. Of several processes that do so at once, one does, and the others are
    /// answered `None`.
    pub async fn bootstrap(&self) -> Result<Option<BootstrappedWorkspace>, Error> {
        let context = self.contexts.begin();
        let workspace = Workspace {
            id: WorkspaceId::from_uuid(context.next_id()),
            name: name(DEFAULT_WORKSPACE)?,
        };
        let inbox = first_inbox(&context)?;
        let order = NewApiKey {
            name: name("admin")?,
            permissions: Permissions::all(),
            source: Source::Api,
            expires_at: None,
            rate_limit: None,
            user: None,
        };
        let (key, secret) = generate(workspace.id, order, &context)?;
        let key_id = key.key.id;
        let founder = Caller::at_the_command_line(workspace.id);
        let audit = founder.audit(&context, AuditAction::KeyCreated, key_id, None);

        let bootstrap =
            Bootstrap { workspace: workspace.clone(), inbox: inbox.clone(), key, audit };
        let bootstrapped = self.workspaces.bootstrap(bootstrap).await?;
        let made = BootstrappedWorkspace { workspace, inbox, key: key_id, secret };
        Ok(bootstrapped.then_some(made))
    }
}

/// The inbox that a workspace begins with: without one no conversation can be opened.
pub(super) fn first_inbox(context: &CommandContext<'_>) -> Result<Inbox, Error> {
    let new = NewInbox { name: name("Support")?, channel: None };
    Ok(Inbox::new(InboxId::from_uuid(context.next_id()), new))
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
    use crate::testing::context_factory;

    /// Founds over a storage that answers this; gives back what it was asked to store as well.
    async fn bootstrap_when(first: bool) -> (Bootstrap, Option<BootstrappedWorkspace>) {
        let asked = Arc::new(Mutex::new(None));
        let mut workspaces = MockWorkspaceRepository::new();
        let keep = Arc::clone(&asked);
        workspaces.expect_bootstrap().times(1).returning(move |bootstrap| {
            *keep.lock().expect("not poisoned") = Some(bootstrap);
            Ok(first)
        });

        let bootstrapped =
            WorkspaceService::new(Arc::new(workspaces), context_factory()).bootstrap().await;

        let bootstrap = asked.lock().expect("not poisoned").take().expect("the storage was asked");
        (bootstrap, bootstrapped.expect("founded"))
    }

    #[tokio::test]
    async fn the_shown_secret_opens_the_stored_admin_key() {
        let (bootstrap, bootstrapped) = bootstrap_when(true).await;

        let bootstrapped = bootstrapped.expect("the first one founds");
        let key = bootstrap.key.key;
        assert_eq!(bootstrap.key.hash, bootstrapped.secret.hash());
        assert_eq!(key.workspace, bootstrap.workspace.id);
        assert_eq!(key.permissions, Permissions::all());
        assert_eq!(key.expires_at, None);
    }

    #[tokio::test]
    async fn returns_what_it_stored() {
        let (bootstrap, bootstrapped) = bootstrap_when(true).await;

        let bootstrapped = bootstrapped.expect("the first one founds");
        assert_eq!(bootstrapped.workspace, bootstrap.workspace);
        assert_eq!(bootstrapped.inbox, bootstrap.inbox);
        assert_eq!(bootstrapped.workspace.name.as_str(), DEFAULT_WORKSPACE);
    }

    #[tokio::test]
    async fn the_audit_records_the_key() {
        let (bootstrap, _) = bootstrap_when(true).await;

        assert_eq!(bootstrap.audit.action, AuditAction::KeyCreated);
        assert_eq!(bootstrap.audit.target, bootstrap.key.key.id.as_uuid());
        assert_eq!(bootstrap.audit.by, Actor::command_line());
    }

    #[tokio::test]
    async fn only_the_first_process_bootstraps() {
        let (_, bootstrapped) = bootstrap_when(false).await;

        assert!(bootstrapped.is_none());
    }
}
