//! The owner of work: the workspace and the key of a request.
//!
//! Storage is shared fairly between owners, and repositories need no argument for it:
//! authentication sets the owner around everything that a request does. Work that no request asked
//! for, such as that of the command line and of background tasks, has none.

use std::cell::RefCell;

use conversations_domain::{KeyId, WorkspaceId};

use crate::thread_scope::{self, Current};

/// For whom work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The key of the workspace.
    pub key: KeyId,
}

thread_local! {
    static CURRENT: Current<Owner> = const { RefCell::new(None) };
}

/// Does this for an owner. What it spawns as a task of its own has none.
pub async fn scope<F: Future>(owner: Owner, future: F) -> F::Output {
    thread_scope::scope(&CURRENT, owner, future).await
}

/// For whom the caller works; `None` outside of every [`scope`].
#[must_use]
pub fn current() -> Option<Owner> {
    CURRENT.with_borrow(|owner| *owner)
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use futures_util::FutureExt;
    use futures_util::future::join;
    use tokio::task::yield_now;
    use uuid::Uuid;

    use super::*;

    fn owner(number: u128) -> Owner {
        let id = Uuid::from_u128(number);
        Owner { workspace: WorkspaceId::from_uuid(id), key: KeyId::from_uuid(id) }
    }

    #[tokio::test]
    async fn each_future_keeps_its_owner_across_polls() {
        let work = |number| {
            scope(owner(number), async move {
                for _ in 0..3 {
                    assert_eq!(current(), Some(owner(number)));
                    yield_now().await;
                }
            })
        };

        join(work(1), work(2)).await;

        assert_eq!(current(), None);
    }

    #[tokio::test]
    async fn an_inner_scope_ends() {
        scope(owner(1), async {
            assert_eq!(scope(owner(2), async { current() }).await, Some(owner(2)));
            assert_eq!(current(), Some(owner(1)));
        })
        .await;
    }

    #[tokio::test]
    async fn a_panic_leaves_no_owner_behind() {
        let panics = AssertUnwindSafe(scope(owner(1), async { panic!("on purpose") }));

        assert!(panics.catch_unwind().await.is_err());
        assert_eq!(current(), None);
    }
}
