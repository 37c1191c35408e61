//! Quotas: how much of something the process has, and how much of that one workspace and one key may
//! hold, with a reserve for those who hold little.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use conversations_application::owner::Owner;
use conversations_domain::{KeyId, WorkspaceId};

use super::RefusalReason;

/// How much may be held at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quota {
    pub(super) process: usize,
    pub(super) workspace: usize,
    pub(super) key: usize,
}

impl Quota {
    /// The last part of what the process has is for workspaces that hold little, so that those that
    /// hold much, however many keys they have, never keep the others out.
    fn reserve(&self) -> usize {
        self.process / 8
    }

    /// A workspace with less than this holds little.
    fn little(&self) -> usize {
        (self.process / 64).max(1)
    }
}

/// Who holds how much of something.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) quota: Quota,
    process: usize,
    // Owners that hold nothing are in neither, so that the maps do not grow.
    workspaces: HashMap<WorkspaceId, usize>,
    keys: HashMap<KeyId, usize>,
}

impl Ledger {
    pub(super) fn new(quota: Quota) -> Self {
        Self { quota, process: 0, workspaces: HashMap::new(), keys: HashMap::new() }
    }

    /// How much all owners hold together.
    pub(super) fn held(&self) -> usize {
        self.process
    }

    /// Whether this owner may hold this much more; if not, whose quota is used up.
    pub(super) fn check(&self, owner: Owner, amount: usize) -> Result<(), RefusalReason> {
        let of_key = self.keys.get(&owner.key).copied().unwrap_or(0);
        let of_workspace = self.workspaces.get(&owner.workspace).copied().unwrap_or(0);
        if of_key.saturating_add(amount) > self.quota.key {
            return Err(RefusalReason::Key);
        }
        if of_workspace.saturating_add(amount) > self.quota.workspace {
            return Err(RefusalReason::Workspace);
        }
        let reserve = if of_workspace < self.quota.little() { 0 } else { self.quota.reserve() };
        if self.process.saturating_add(amount).saturating_add(reserve) > self.quota.process {
            return Err(RefusalReason::Process);
        }
        Ok(())
    }

    /// Takes this much, if the owner may hold it.
    pub(super) fn take(&mut self, owner: Owner, amount: usize) -> Result<(), RefusalReason> {
        self.check(owner, amount)?;
        self.add(owner, amount);
        Ok(())
    }

    /// Takes this much, even beyond the quotas.
    pub(super) fn add(&mut self, owner: Owner, amount: usize) {
        self.process += amount;
        *self.workspaces.entry(owner.workspace).or_default() += amount;
        *self.keys.entry(owner.key).or_default() += amount;
    }

    pub(super) fn give_back(&mut self, owner: Owner, amount: usize) {
        self.process -= amount;
        subtract(&mut self.workspaces, owner.workspace, amount);
        subtract(&mut self.keys, owner.key, amount);
    }
}

fn subtract<K: Eq + Hash>(held: &mut HashMap<K, usize>, by: K, amount: usize) {
    if let Entry::Occupied(mut held) = held.entry(by) {
        *held.get_mut() -= amount;
        if *held.get() == 0 {
            held.remove();
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use uuid::Uuid;

    pub(in crate::admission) fn owner(workspace: u128, key: u128) -> Owner {
        Owner {
            workspace: WorkspaceId::from_uuid(Uuid::from_u128(workspace)),
            key: KeyId::from_uuid(Uuid::from_u128(key)),
        }
    }

    fn ledger(process: usize, workspace: usize, key: usize) -> Ledger {
        Ledger::new(Quota { process, workspace, key })
    }

    #[test]
    fn a_key_and_a_workspace_hold_no_more_than_they_may() {
        let mut ledger = ledger(100, 5, 3);

        assert_eq!(ledger.take(owner(1, 1), 3), Ok(()));
        assert_eq!(ledger.take(owner(1, 1), 1), Err(RefusalReason::Key));
        assert_eq!(ledger.take(owner(1, 2), 3), Err(RefusalReason::Workspace));
        assert_eq!(ledger.take(owner(1, 2), 2), Ok(()));
        assert_eq!(ledger.take(owner(2, 3), 3), Ok(()));
    }

    #[test]
    fn workspaces_that_hold_much_leave_the_reserve_to_those_that_hold_little() {
        let mut ledger = ledger(64, 64, 64);
        for workspace in 1..=4 {
            assert_eq!(ledger.take(owner(workspace, workspace), 14), Ok(()));
        }

        for workspace in 1..=4 {
            assert_eq!(ledger.take(owner(workspace, 9), 1), Err(RefusalReason::Process));
        }
        assert_eq!(ledger.take(owner(5, 5), 1), Ok(()));
        assert_eq!(
            ledger.take(owner(5, 5), 1),
            Err(RefusalReason::Process),
            "it has something now"
        );
        assert_eq!(
            ledger.take(owner(6, 6), 8),
            Err(RefusalReason::Process),
            "there are seven left"
        );
        for workspace in 6..=12 {
            assert_eq!(ledger.take(owner(workspace, workspace), 1), Ok(()));
        }
        assert_eq!(ledger.take(owner(13, 13), 1), Err(RefusalReason::Process));
    }

    #[test]
    fn released_amounts_leave_no_entry() {
        let mut ledger = ledger(4, 4, 4);

        ledger.add(owner(1, 1), 7);
        assert_eq!(ledger.held(), 7);
        assert_eq!(ledger.check(owner(2, 2), 1), Err(RefusalReason::Process));
        ledger.give_back(owner(1, 1), 7);

        assert_eq!(ledger.held(), 0);
        assert!(ledger.workspaces.is_empty() && ledger.keys.is_empty());
    }
}
