//! Listing API keys.

use super::KeyService;
use crate::ports::KeyDetails;
use crate::{Caller, Error, Page, PageRequest};

impl KeyService {
    /// A page of the workspace's keys, newest first, with the exact total; never their secrets.
    pub async fn list(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<KeyDetails>, Error> {
        Ok(self.keys.list(caller.workspace, page).await?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::MockKeyRepository;
    use crate::testing::{NOW, caller, key, key_service, third_page, time, workspace};

    #[tokio::test]
    async fn shows_the_page_that_the_workspace_of_the_caller_has() {
        let details = KeyDetails { key: key(&[]), last_used_at: Some(time(NOW - 1)) };
        let stored = Page { items: vec![details], total: 15 };
        let mut keys = MockKeyRepository::new();
        let answer = stored.clone();
        keys.expect_list()
            .times(1)
            .with(eq(workspace()), eq(third_page()))
            .returning(move |_, _| Ok(answer.clone()));

        let listed = key_service(keys).list(&caller(), third_page()).await;

        assert_eq!(listed.ok(), Some(stored));
    }
}
