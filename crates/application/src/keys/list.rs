//! Listing API keys.

use super::KeyService;
use crate::page::ListScope;
use crate::read_model::KeyDetails;
use crate::{Caller, Error, Page, PageRequest, SortKey};

impl KeyService {
    /// A page of the workspace's keys, newest first, with the exact total; never their secrets.
    pub async fn list(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<KeyDetails>, Error> {
        let resolved = ListScope::of(caller.workspace, "keys").resolve(page)?;
        let found = self.keys.list(caller.workspace, resolved.window).await?;
        Ok(resolved.page(found, |details| SortKey::of_id(details.key.id)))
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::MockKeyRepository;
    use crate::testing::{
        NOW, caller, key, key_service, third_page, third_window, time, workspace,
    };

    #[tokio::test]
    async fn lists_a_page_of_the_callers_workspace() {
        let details = KeyDetails { key: key(&[]), last_used_at: Some(time(NOW - 1)) };
        let stored = third_window().slice(vec![details], 15);
        let mut keys = MockKeyRepository::new();
        let answer = stored.clone();
        keys.expect_list()
            .times(1)
            .with(eq(workspace()), eq(third_window()))
            .returning(move |_, _| Ok(answer.clone()));

        let listed = key_service(keys).list(&caller(), third_page()).await;

        let listed = listed.expect("a page");
        assert_eq!((listed.items, listed.total, listed.page), (stored.items, 15, Some(3)));
    }
}
