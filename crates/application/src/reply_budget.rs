//! Memory for replies, reserved before their content is read.
//!
//! Storage finds out how large a page is before it loads what is long of it; how much may be held for
//! whom is known to what answers the request. So the budget of a request is set around it, like its
//! owner ([`crate::owner`]), and repositories need no argument for it. What no request asks for, such as
//! the work of the command line, has no budget and takes what it needs.

use std::cell::RefCell;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use crate::thread_scope::{self, Current};

/// What may be held for the reply to a request.
pub trait ReplyBudget: Send + Sync {
    /// Reserves this many more bytes, until the request is over.
    ///
    /// # Errors
    /// When not enough are left.
    fn reserve(&self, bytes: usize) -> Result<(), BudgetExhausted>;
}

/// There is no room for what was to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no space is left for the reply")]
pub struct BudgetExhausted;

/// The budget of the request that a page is read for.
#[derive(Clone, Default)]
pub struct PageBudget(Option<Arc<dyn ReplyBudget>>);

/// Pages with less content are not counted while they are read: there are no more of them than threads
/// and connections that read, and they are short-lived.
const SMALL: usize = 64 << 10;

/// A page is there twice for a moment: as rows, and as the JSON that is made of them.
const COPIES: usize = 2;

impl PageBudget {
    /// That of the caller; none outside of every [`scope`].
    #[must_use]
    pub fn current() -> Self {
        Self(CURRENT.with_borrow(Clone::clone))
    }

    /// Makes room for a page with this many bytes of content. It is to be asked before what is long
    /// is loaded.
    ///
    /// # Errors
    /// When there is none.
    pub fn reserve(&self, content: usize) -> Result<(), BudgetExhausted> {
        match &self.0 {
            Some(budget) if content > SMALL => budget.reserve(content.saturating_mul(COPIES)),
            _ => Ok(()),
        }
    }
}

impl Debug for PageBudget {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("PageBudget").field(&self.0.is_some()).finish()
    }
}

thread_local! {
    static CURRENT: Current<Arc<dyn ReplyBudget>> = const { RefCell::new(None) };
}

/// Does this within a budget. What it spawns as a task of its own has none.
pub async fn scope<F: Future>(budget: Arc<dyn ReplyBudget>, future: F) -> F::Output {
    thread_scope::scope(&CURRENT, budget, future).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct FixedBudget(AtomicUsize);

    impl ReplyBudget for FixedBudget {
        fn reserve(&self, bytes: usize) -> Result<(), BudgetExhausted> {
            let spent = self.0.fetch_add(bytes, Ordering::Relaxed);
            if spent + bytes > 10 * SMALL { Err(BudgetExhausted) } else { Ok(()) }
        }
    }

    #[tokio::test]
    async fn a_large_page_takes_room_for_its_rows_and_for_what_is_made_of_them() {
        let purse = Arc::new(FixedBudget::default());

        scope(Arc::clone(&purse) as _, async {
            let budget = PageBudget::current();
            assert_eq!(budget.reserve(SMALL), Ok(()));
            assert_eq!(purse.0.load(Ordering::Relaxed), 0, "small ones take none");
            assert_eq!(budget.reserve(SMALL + 1), Ok(()));
            assert_eq!(purse.0.load(Ordering::Relaxed), COPIES * (SMALL + 1));
            assert_eq!(budget.reserve(9 * SMALL), Err(BudgetExhausted));
        })
        .await;

        assert_eq!(
            PageBudget::current().reserve(usize::MAX),
            Ok(()),
            "without an owner there is no limit"
        );
    }
}
