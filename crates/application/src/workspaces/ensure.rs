//! Finding a workspace by name, or making it.

use conversations_domain::{Inbox, Name, Workspace, WorkspaceId};

use super::WorkspaceService;
use super::bootstrap::first_inbox;
use crate::Error;
use crate::ports::RepositoryError;
use crate::retry::retry_on_conflict;

/// A workspace that was there, or was made with an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnsuredWorkspace {
    /// The workspace.
    pub workspace: Workspace,
    /// Its first inbox, if it was made now.
    pub new_inbox: Option<Inbox>,
}

impl WorkspaceService {
    /// The workspace of this name, made with an inbox if it is not there.
    pub async fn ensure_with_inbox(&self, name: Name) -> Result<EnsuredWorkspace, Error> {
        retry_on_conflict(async || self.try_ensure_with_inbox(name.clone()).await).await
    }

    async fn try_ensure_with_inbox(&self, name: Name) -> Result<EnsuredWorkspace, Error> {
        if let Some(workspace) = self.workspaces.find_by_name(name.clone()).await? {
            return Ok(EnsuredWorkspace { workspace, new_inbox: None });
        }
        let context = self.contexts.begin();
        let workspace = Workspace { id: WorkspaceId::from_uuid(context.next_id()), name };
        let inbox = first_inbox(&context)?;
        match self.workspaces.create_with_inbox(workspace.clone(), inbox.clone()).await {
            Ok(()) => Ok(EnsuredWorkspace { workspace, new_inbox: Some(inbox) }),
            // Another caller created it concurrently: the next attempt finds it.
            Err(RepositoryError::Duplicate) => Err(Error::WriteConflict),
            Err(error) => Err(error.into()),
        }
    }

    /// The workspace of this name, made if it is not there.
    pub async fn ensure(&self, name: Name) -> Result<Workspace, Error> {
        retry_on_conflict(async || self.try_ensure(name.clone()).await).await
    }

    async fn try_ensure(&self, name: Name) -> Result<Workspace, Error> {
        if let Some(workspace) = self.workspaces.find_by_name(name.clone()).await? {
            return Ok(workspace);
        }
        let id = WorkspaceId::from_uuid(self.contexts.begin().next_id());
        let workspace = Workspace { id, name };
        match self.workspaces.create(workspace.clone()).await {
            Ok(()) => Ok(workspace),
            // Another caller created it concurrently: the next attempt finds it.
            Err(RepositoryError::Duplicate) => Err(Error::WriteConflict),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::ports::MockWorkspaceRepository;
    use crate::retry::ATTEMPTS;
    use crate::testing::{context_factory, name};

    fn theirs() -> Workspace {
        Workspace { id: WorkspaceId::from_uuid(Uuid::from_u128(1)), name: name("acme") }
    }

    async fn ensure(workspaces: MockWorkspaceRepository) -> Result<Workspace, Error> {
        WorkspaceService::new(Arc::new(workspaces), context_factory()).ensure(name("acme")).await
    }

    #[tokio::test]
    async fn existing_things_are_not_created_again() {
        let mut workspaces = MockWorkspaceRepository::new();
        workspaces.expect_find_by_name().with(eq(name("acme"))).returning(|_| Ok(Some(theirs())));

        assert_eq!(ensure(workspaces).await.ok(), Some(theirs()));
    }

    #[tokio::test]
    async fn missing_things_are_created() {
        let mut workspaces = MockWorkspaceRepository::new();
        workspaces.expect_find_by_name().returning(|_| Ok(None));
        workspaces
            .expect_create()
            .times(1)
            .withf(|workspace| workspace.name == name("acme"))
            .returning(|_| Ok(()));

        let made = ensure(workspaces).await;

        assert_eq!(made.ok().map(|workspace| workspace.name), Some(name("acme")));
    }

    #[tokio::test]
    async fn a_new_workspace_has_an_inbox_and_one_that_is_there_stays_as_it_is() {
        let mut workspaces = MockWorkspaceRepository::new();
        workspaces.expect_find_by_name().times(1).returning(|_| Ok(None));
        workspaces.expect_create_with_inbox().times(1).returning(|_, _| Ok(()));
        workspaces.expect_find_by_name().times(1).returning(|_| Ok(Some(theirs())));
        let service = WorkspaceService::new(Arc::new(workspaces), context_factory());

        let made = service.ensure_with_inbox(name("acme")).await.expect("made");
        let found = service.ensure_with_inbox(name("acme")).await.expect("found");

        assert!(made.new_inbox.is_some());
        assert_eq!(found, EnsuredWorkspace { workspace: theirs(), new_inbox: None });
    }

    #[tokio::test]
    async fn uses_the_one_created_concurrently() {
        let mut workspaces = MockWorkspaceRepository::new();
        workspaces.expect_find_by_name().times(1).returning(|_| Ok(None));
        workspaces.expect_create().times(1).returning(|_| Err(RepositoryError::Duplicate));
        workspaces.expect_find_by_name().times(1).returning(|_| Ok(Some(theirs())));

        assert_eq!(ensure(workspaces).await.ok(), Some(theirs()));
    }

    #[tokio::test]
    async fn gives_up_after_the_last_attempt() {
        let mut workspaces = MockWorkspaceRepository::new();
        workspaces.expect_find_by_name().returning(|_| Ok(None));
        workspaces
            .expect_create()
            .times(ATTEMPTS as usize)
            .returning(|_| Err(RepositoryError::Duplicate));

        assert!(matches!(ensure(workspaces).await, Err(Error::WriteConflict)));
    }
}
