//! Listing the audit.

use conversations_domain::AuditEntry;

use super::AuditService;
use crate::page::Scope;
use crate::{Anchor, Caller, Error, Page, PageRequest};

impl AuditService {
    /// A page of the workspace's audit, newest first, with the exact total.
    pub async fn list(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, Error> {
        let asked = Scope::of(caller.workspace, "audit").asked(page)?;
        let found = self.audit.list(caller.workspace, asked.window).await?;
        Ok(asked.page(found, |entry| Anchor::of_id(entry.id)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::AuditAction;
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::{MockAuditRepository, RepositoryError};
    use crate::testing::{caller, inbox, moments, third_page, third_window, workspace};

    #[tokio::test]
    async fn shows_the_page_that_the_workspace_of_the_caller_has() {
        let moment = moments();
        let action = AuditAction::InboxDeleted;
        let entry = caller().audit(&moment.begin(), action, inbox().id(), None);
        let stored = third_window().slice(vec![entry], 15);
        let mut audit = MockAuditRepository::new();
        let answer = stored.clone();
        audit
            .expect_list()
            .times(1)
            .with(eq(workspace()), eq(third_window()))
            .returning(move |_, _| Ok(answer.clone()));

        let listed = AuditService::new(Arc::new(audit)).list(&caller(), third_page()).await;

        let listed = listed.expect("a page");
        assert_eq!((listed.items, listed.total, listed.page), (stored.items, 15, Some(3)));
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
