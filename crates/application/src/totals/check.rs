//! Compares the stored totals with a recount.

use conversations_domain::{Actor, EventId, Name, Origin, Workspace};

use super::TotalsService;
use crate::Error;
use crate::ports::TotalsReport;

/// A workspace whose numbers were compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedWorkspace {
    /// The workspace.
    pub workspace: Workspace,
    /// What was found.
    pub found: TotalsReport,
}

impl TotalsService {
    /// Compares what is kept of one workspace, or of all, with their conversations, and repairs
    /// what differs if `repair` says so. Where nothing differs nothing is written.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no workspace of this name.
    pub async fn check(
        &self,
        name: Option<Name>,
        repair: bool,
    ) -> Result<Vec<CheckedWorkspace>, Error> {
        let workspaces = match name {
            Some(name) => {
                vec![self.workspaces.find_by_name(name).await?.ok_or(Error::NotFound)?]
            }
            None => self.workspaces.list().await?,
        };
        let mut checked = Vec::with_capacity(workspaces.len());
        for workspace in workspaces {
            let mut found = self.totals.check(workspace.id).await?;
            if repair && !found.differences.is_empty() {
                let first = EventId::from_uuid(self.contexts.begin().next_id());
                let origin = Origin { first, by: Actor::command_line() };
                found = self.totals.repair(workspace.id, origin).await?;
            }
            checked.push(CheckedWorkspace { workspace, found });
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::WorkspaceId;
    use uuid::Uuid;

    use super::*;
    use crate::ports::{
        Counter, Mismatch, MockTotalsRepository, MockWorkspaceRepository, TotalsRepository,
        WorkspaceRepository,
    };
    use crate::testing::context_factory;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    fn workspace(number: u128) -> Workspace {
        let id = WorkspaceId::from_uuid(Uuid::from_u128(number));
        Workspace { id, name: name(&format!("w{number}")) }
    }

    fn wrong() -> TotalsReport {
        let of = Counter::Day { day: 1, status: "open".to_owned() };
        let differences = vec![Mismatch { of, kept: 1, counted: 2 }];
        TotalsReport { conversations: 2, numbers: 5, differences }
    }

    fn service(totals: MockTotalsRepository) -> TotalsService {
        let mut workspaces = MockWorkspaceRepository::new();
        workspaces.expect_list().returning(|| Ok(vec![workspace(1), workspace(2)]));
        workspaces
            .expect_find_by_name()
            .returning(|asked| Ok((asked == workspace(2).name).then(|| workspace(2))));
        let totals: Arc<dyn TotalsRepository> = Arc::new(totals);
        let workspaces: Arc<dyn WorkspaceRepository> = Arc::new(workspaces);
        TotalsService::new(totals, workspaces, context_factory())
    }

    #[tokio::test]
    async fn repairs_only_what_differs() {
        let mut totals = MockTotalsRepository::new();
        totals.expect_check().times(2).returning(|id| {
            Ok(if id == workspace(1).id { TotalsReport::default() } else { wrong() })
        });
        totals
            .expect_repair()
            .times(1)
            .withf(|id, _| *id == workspace(2).id)
            .returning(|_, _| Ok(wrong()));

        let checked = service(totals).check(None, true).await.expect("a comparison");

        let found: Vec<_> = checked.into_iter().map(|checked| checked.found).collect();
        assert_eq!(found, [TotalsReport::default(), wrong()]);
    }

    #[tokio::test]
    async fn a_check_changes_nothing() {
        let mut totals = MockTotalsRepository::new();
        totals.expect_check().times(1).returning(|_| Ok(wrong()));

        let checked = service(totals).check(Some(name("w2")), false).await;

        let expected = CheckedWorkspace { workspace: workspace(2), found: wrong() };
        assert_eq!(checked.ok(), Some(vec![expected]));
    }

    #[tokio::test]
    async fn a_workspace_that_is_not_there_is_not_found() {
        let checked = service(MockTotalsRepository::new()).check(Some(name("w3")), true).await;

        assert!(matches!(checked, Err(Error::NotFound)), "{checked:?}");
    }
}
