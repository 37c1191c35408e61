//! Room for the reply to one request, taken while the reply is made.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use conversations_application::owner::Owner;
use conversations_application::reply_budget::{BudgetExhausted, ReplyBudget};

use super::{HeldBytes, Load};

/// What one request holds of the budget for replies before its reply is there. Who reads for it has a
/// share in this, so that nothing is given back while a read goes on for which no caller is
/// waiting.
pub(crate) struct ReplyReservation {
    load: Arc<Load>,
    owner: Owner,
    held: Mutex<Option<HeldBytes>>,
}

impl ReplyReservation {
    /// Nothing yet.
    pub(crate) fn of(load: &Arc<Load>, owner: Owner) -> Arc<Self> {
        Arc::new(Self { load: Arc::clone(load), owner, held: Mutex::default() })
    }

    /// What was taken, for the reply itself.
    pub(crate) fn take(&self) -> Option<HeldBytes> {
        self.held().take()
    }

    fn held(&self) -> MutexGuard<'_, Option<HeldBytes>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReplyBudget for ReplyReservation {
    fn reserve(&self, bytes: usize) -> Result<(), BudgetExhausted> {
        let mut held = self.held();
        let reserved = match &mut *held {
            Some(held) => self.load.more_reply(held, bytes),
            None => self.load.reply(self.owner, bytes).map(|first| *held = Some(first)),
        };
        reserved.map_err(|_| BudgetExhausted)
    }
}
