//! Exporting a workspace.

use std::sync::Arc;

use conversations_domain::{Name, Timestamp};

use crate::ports::{ExportRepository, RecordSink, WorkspaceRepository};
use crate::{ContextFactory, Error};

/// Exports workspaces.
#[derive(Clone)]
pub struct ExportService {
    exports: Arc<dyn ExportRepository>,
    workspaces: Arc<dyn WorkspaceRepository>,
    contexts: ContextFactory,
}

impl ExportService {
    /// The service over these ports.
    #[must_use]
    pub fn new(
        exports: Arc<dyn ExportRepository>,
        workspaces: Arc<dyn WorkspaceRepository>,
        contexts: ContextFactory,
    ) -> Self {
        Self { exports, workspaces, contexts }
    }

    /// Writes all records of the workspace of this name, as they are at one moment. `sink` is given the
    /// time, and makes what the records are written to; it is not called when there is no such workspace.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such workspace; any error of the storage, and of a sink that
    /// takes no more: it knows the reason.
    pub async fn export<S: RecordSink>(
        &self,
        workspace: Name,
        sink: impl FnOnce(Timestamp) -> S,
    ) -> Result<(), Error> {
        let found = self.workspaces.find_by_name(workspace).await?.ok_or(Error::NotFound)?;
        let sink = sink(self.contexts.begin().now());
        Ok(self.exports.export(found.id, Box::new(sink)).await?)
    }
}

#[cfg(test)]
mod tests {
    use conversations_domain::{Workspace, WorkspaceId, WorkspaceRecord};
    use uuid::Uuid;

    use super::*;
    use crate::ports::{MockExportRepository, MockWorkspaceRepository, TransferStopped};
    use crate::testing::{context_factory, name};

    struct Nowhere;

    impl RecordSink for Nowhere {
        fn write(&mut self, _: WorkspaceRecord) -> Result<(), TransferStopped> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_workspace_of_that_name_is_exported() {
        let id = WorkspaceId::from_uuid(Uuid::from_u128(7));
        let mut workspaces = MockWorkspaceRepository::new();
        workspaces
            .expect_find_by_name()
            .withf(|asked| *asked == name("acme"))
            .returning(move |name| Ok(Some(Workspace { id, name })));
        let mut exports = MockExportRepository::new();
        exports.expect_export().times(1).withf(move |of, _| *of == id).returning(|_, _| Ok(()));
        let service =
            ExportService::new(Arc::new(exports), Arc::new(workspaces), context_factory());

        assert!(service.export(name("acme"), |_| Nowhere).await.is_ok());
    }

    #[tokio::test]
    async fn without_the_workspace_there_is_no_output() {
        let mut workspaces = MockWorkspaceRepository::new();
        workspaces.expect_find_by_name().returning(|_| Ok(None));
        let exports = Arc::new(MockExportRepository::new());
        let service = ExportService::new(exports, Arc::new(workspaces), context_factory());

        let exported = service.export::<Nowhere>(name("acme"), |_| unreachable!("a sink")).await;

        assert!(matches!(exported, Err(Error::NotFound)), "{exported:?}");
    }
}
