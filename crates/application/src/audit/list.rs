//! Listing what remains of deletions and of changes to keys.

use conversations_domain::AuditEntry;

use super::AuditService;
use crate::{Caller, Error, Page, PageRequest};

impl AuditService {
    /// A page of the workspace's audit, newest first, with the exact total.
    pub async fn list(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, Error> {
        Ok(self.audit.list(caller.workspace, page).await?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::AuditAction;
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::{MockAuditRepository, RepositoryError};
    use crate::testing::{caller, inbox, moments, third_page, workspace};

    #[tokio::test]
    async fn shows_the_page_that_the_workspace_of_the_caller_has() {
        let moment = moments();
        let action = AuditAction::InboxDeleted;
        let entry = caller().audit(&moment.begin(), action, inbox().id(), None);
        let stored = Page { items: vec![entry], total: 15 };
        let mut audit = MockAuditRepository::new();
        let answer = stored.clone();
        audit
            .expect_list()
            .times(1)
            .with(eq(workspace()), eq(third_page()))
            .returning(move |_, _| Ok(answer.clone()));

        let listed = AuditService::new(Arc::new(audit)).list(&caller(), third_page()).await;

        assert_eq!(listed.ok(), Some(stored));
    }

    #[tokio::test]
    async fn a_storage_that_cannot_answer_is_no_empty_audit() {
        let mut audit = MockAuditRepository::new();
        audit
            .expect_list()
            .times(1)
            .returning(|_, _| Err(RepositoryError::Unavailable("gone".into())));

        let listed = AuditService::new(Arc::new(audit)).list(&caller(), third_page()).await;

        assert!(matches!(listed, Err(Error::Unavailable(_))));
    }
}
