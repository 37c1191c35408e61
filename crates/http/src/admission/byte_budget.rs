//! Budgets of memory: the bodies that are on their way to the process, and the replies that are on their
//! way from it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use conversations_application::owner::Owner;

use super::RefusalReason;
use super::quota::{Ledger, Quota};

const MEBIBYTE: usize = 1 << 20;

/// How many bytes of each there may be. A caller who sends slowly or does not read holds no more.
pub(super) const QUOTA: Quota =
    Quota { process: 256 * MEBIBYTE, workspace: 128 * MEBIBYTE, key: 64 * MEBIBYTE };

/// Bytes, and whose they are.
#[derive(Debug)]
pub(super) struct ByteBudget(Mutex<Ledger>);

/// Some bytes of a budget, until this value is dropped.
#[derive(Debug)]
pub(crate) struct ReservedBytes {
    budget: Arc<ByteBudget>,
    owner: Owner,
    bytes: usize,
}

impl ByteBudget {
    pub(super) fn new(quota: Quota) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Ledger::new(quota))))
    }

    pub(super) fn held(&self) -> usize {
        self.ledger().held()
    }

    /// Whether this owner may hold as much more as the largest page has.
    pub(super) fn check(&self, owner: Owner) -> Result<(), RefusalReason> {
        let ledger = self.ledger();
        ledger.check(owner, (ledger.quota.key / 8).max(1))
    }

    /// Takes this many bytes, if they are left.
    pub(super) fn take(
        self: &Arc<Self>,
        owner: Owner,
        bytes: usize,
    ) -> Result<ReservedBytes, RefusalReason> {
        self.ledger().take(owner, bytes)?;
        Ok(ReservedBytes { budget: Arc::clone(self), owner, bytes })
    }

    /// Takes this many bytes, whether or not they are left.
    pub(super) fn add(self: &Arc<Self>, owner: Owner, bytes: usize) -> ReservedBytes {
        self.ledger().add(owner, bytes);
        ReservedBytes { budget: Arc::clone(self), owner, bytes }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReservedBytes {
    /// Takes this many more bytes, if they are left.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), RefusalReason> {
        self.budget.ledger().take(self.owner, bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Holds this many bytes instead; more than before only if they are left, unless they must be
    /// taken anyway.
    pub(super) fn resize(&mut self, bytes: usize, anyway: bool) -> Result<(), RefusalReason> {
        let mut ledger = self.budget.ledger();
        match bytes.checked_sub(self.bytes) {
            None => ledger.give_back(self.owner, self.bytes - bytes),
            Some(more) if anyway => ledger.add(self.owner, more),
            Some(more) => ledger.take(self.owner, more)?,
        }
        drop(ledger);
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for ReservedBytes {
    fn drop(&mut self) {
        self.budget.ledger().give_back(self.owner, self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::super::quota::tests::owner;
    use super::*;

    #[test]
    fn bytes_count_as_long_as_they_are_held() {
        let budget = ByteBudget::new(Quota { process: 10, workspace: 8, key: 6 });

        let mut held = budget.take(owner(1, 1), 5).expect("five bytes");
        assert_eq!(held.grow(1), Ok(()));
        assert_eq!(held.grow(1), Err(RefusalReason::Key));
        assert_eq!(budget.check(owner(1, 1)), Err(RefusalReason::Key));
        assert_eq!(budget.take(owner(1, 2), 3).err(), Some(RefusalReason::Workspace));
        let more = budget.add(owner(1, 1), 100);
        assert_eq!(budget.held(), 106);
        drop((held, more));

        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn an_estimate_is_corrected() {
        let budget = ByteBudget::new(Quota { process: 16, workspace: 16, key: 12 });
        let mut held = budget.take(owner(1, 1), 8).expect("eight bytes");

        assert_eq!(held.resize(3, false), Ok(()));
        assert_eq!(budget.held(), 3);
        assert_eq!(held.resize(12, false), Ok(()));
        assert_eq!(held.resize(13, false), Err(RefusalReason::Key));
        assert_eq!(budget.held(), 12);
        assert_eq!(held.resize(13, true), Ok(()));
        assert_eq!(budget.held(), 13);
        drop(held);
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn four_keys_of_a_workspace_leave_room_for_the_next_one() {
        let budget = ByteBudget::new(QUOTA);
        let mut held = Vec::new();
        for key in 0..4 {
            while let Ok(more) = budget.take(owner(1, key), MEBIBYTE) {
                held.push(more);
            }
        }

        assert_eq!(budget.held(), QUOTA.workspace);
        for workspace in 2..4 {
            while let Ok(more) = budget.take(owner(workspace, workspace + 10), MEBIBYTE) {
                held.push(more);
            }
        }
        assert!(budget.take(owner(4, 40), MEBIBYTE).is_ok(), "who holds nothing has the reserve");
    }
}
