//! Importing records into an empty workspace.

use std::sync::Arc;

use conversations_domain::{Actor, EventId, Name, Origin, Workspace, WorkspaceId};

use crate::ports::{ImportOutcome, ImportRepository, RecordSource, RepositoryError};
use crate::{ContextFactory, Error};

/// Imports workspaces.
#[derive(Clone)]
pub struct ImportService {
    imports: Arc<dyn ImportRepository>,
    contexts: ContextFactory,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The workspace has customers, users or conversations.
    #[error("the workspace is not empty: it has customers, users or conversations")]
    NotEmpty,
    /// A record is stored already, or two of the records have what only one may have.
    #[error(
        "an id, an external id or an e-mail address is used twice in the records, or an id is in the \
         workspace already"
    )]
    Duplicate,
    /// The records could not be stored, or the source has no valid record: it knows the reason.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl ImportService {
    /// The service over these ports.
    #[must_use]
    pub fn new(imports: Arc<dyn ImportRepository>, contexts: ContextFactory) -> Self {
        Self { imports, contexts }
    }

    /// Stores all records in the workspace of this name, which is created if there is none: all of them
    /// or nothing.
    ///
    /// # Errors
    /// When nothing was stored.
    pub async fn import(
        &self,
        workspace: Name,
        source: impl RecordSource,
    ) -> Result<(), ImportError> {
        let context = self.contexts.begin();
        let workspace =
            Workspace { id: WorkspaceId::from_uuid(context.next_id()), name: workspace };
        let first = EventId::from_uuid(context.next_id());
        let origin = Origin { first, by: Actor::command_line() };
        match self.imports.import(workspace, Box::new(source), origin).await {
            Ok(ImportOutcome::Imported) => Ok(()),
            Ok(ImportOutcome::NotEmpty) => Err(ImportError::NotEmpty),
            Err(RepositoryError::Duplicate | RepositoryError::ExternalIdTaken(_)) => {
                Err(ImportError::Duplicate)
            }
            Err(error) => Err(Error::from(error).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use conversations_domain::WorkspaceRecord;

    use super::*;
    use crate::ports::{ExternalIdOwner, MockImportRepository, TransferStopped};
    use crate::testing::{context_factory, name};

    struct Empty;

    impl RecordSource for Empty {
        fn next(&mut self) -> Result<Option<WorkspaceRecord>, TransferStopped> {
            Ok(None)
        }
    }

    async fn import(answer: Result<ImportOutcome, RepositoryError>) -> Result<(), ImportError> {
        let mut imports = MockImportRepository::new();
        imports
            .expect_import()
            .times(1)
            .withf(|workspace, _, origin| {
                workspace.name == name("acme") && origin.by == Actor::command_line()
            })
            .return_once(|_, _, _| answer);
        let service = ImportService::new(Arc::new(imports), context_factory());
        service.import(name("acme"), Empty).await
    }

    #[tokio::test]
    async fn an_import_says_why_nothing_was_stored() {
        assert!(import(Ok(ImportOutcome::Imported)).await.is_ok());
        let refused = import(Ok(ImportOutcome::NotEmpty)).await;
        assert!(matches!(refused, Err(ImportError::NotEmpty)), "{refused:?}");
        let taken = RepositoryError::ExternalIdTaken(ExternalIdOwner::Customer);
        for twice in [RepositoryError::Duplicate, taken] {
            let refused = import(Err(twice)).await;
            assert!(matches!(refused, Err(ImportError::Duplicate)), "{refused:?}");
        }
        let refused = import(Err(RepositoryError::StorageFull)).await;
        assert!(matches!(refused, Err(ImportError::Failed(_))), "{refused:?}");
    }
}
