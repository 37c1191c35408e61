//! Listing the audit.

use conversations_domain::AuditEntry;

use super::AuditService;
use crate::page::ListScope;
use crate::{Caller, Error, Page, PageRequest, SortKey};

impl AuditService {
    /// A page of the workspace's audit, newest first, with the exact total.
    pub async fn list(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, Error> {
        let resolved = ListScope::of(caller.workspace, "audit").resolve(page)?;
        let found = self.audit.list(caller.workspace, resolved.window).await?;
        Ok(resolved.page(found, |entry| SortKey::of_id(entry.id)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::AuditAction;
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::{MockAuditRepository, RepositoryError};
    use crate::testing::{caller, context_factory, inbox, third_page, third_window, workspace};

    #[tokio::test]
    async fn lists_a_page_of_the_callers_workspace() {
        let context = context_factory();
        let action = AuditAction::InboxDeleted;
        let entry = caller().audit(&context.begin(), action, inbox().id(), None);
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
    async fn an_unavailable_storage_is_an_error_and_no_empty_audit() {
        let mut audit = MockAuditRepository::new();
        audit
            .expect_list()
            .times(1)
            .returning(|_, _| Err(RepositoryError::Unavailable("gone".into())));

        let listed = AuditService::new(Arc::new(audit)).list(&caller(), third_page()).await;

        assert!(matches!(listed, Err(Error::Unavailable(_))));
    }
}
