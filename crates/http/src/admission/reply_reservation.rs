//! Room for the reply to one request, taken while the reply is made.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use conversations_application::owner::Owner;
use conversations_application::reply_budget::{BudgetExhausted, ReplyBudget};

use super::{AdmissionControl, ReservedBytes};

/// What one request holds of the budget for replies before its reply exists. The work that reads for the
/// request shares it, so that nothing is given back while a read goes on after its caller has gone.
pub(crate) struct ReplyReservation {
    admission: Arc<AdmissionControl>,
    owner: Owner,
    held: Mutex<Option<ReservedBytes>>,
}

impl ReplyReservation {
    /// A reservation that holds nothing yet.
    pub(crate) fn of(admission: &Arc<AdmissionControl>, owner: Owner) -> Arc<Self> {
        Arc::new(Self { admission: Arc::clone(admission), owner, held: Mutex::default() })
    }

    /// Hands over what is held, to the reply.
    pub(crate) fn take(&self) -> Option<ReservedBytes> {
        self.held().take()
    }

    fn held(&self) -> MutexGuard<'_, Option<ReservedBytes>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReplyBudget for ReplyReservation {
    fn reserve(&self, bytes: usize) -> Result<(), BudgetExhausted> {
        let mut held = self.held();
        let reserved = match &mut *held {
            Some(held) => self.admission.grow_reply(held, bytes),
            None => self.admission.reply(self.owner, bytes).map(|first| *held = Some(first)),
        };
        reserved.map_err(|_| BudgetExhausted)
    }
}
