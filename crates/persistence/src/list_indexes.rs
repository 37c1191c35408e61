//! The list indexes of the process, by workspace, within a bound of memory.
//!
//! An index is never changed: what brings it up to date replaces it. A list takes the index before its
//! transaction begins, so the transaction sees all that the index contains.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use conversations_domain::{ConversationId, EventCursor, WorkspaceId};
use conversations_list_index::ListIndex;
use tokio::time::Instant;

use crate::ListIndexLimits;
use crate::metrics::ListIndexMetrics;

/// An index of a workspace, and where in the feed of the workspace it stands.
#[derive(Debug)]
pub(crate) struct IndexSnapshot {
    pub(crate) index: ListIndex,
    /// It contains what all events up to this position did.
    pub(crate) position: i64,
    /// The end of the feed when it was last read. A database whose feed does not contain it was restored.
    pub(crate) seen: EventCursor,
    /// Conversations whose latest events had no positions yet. If the database is restored, their
    /// changes may be undone without an event.
    pub(crate) unsettled: BTreeSet<ConversationId>,
}

/// How long it takes until a workspace is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Postponement {
    /// Something of it is being erased, or the database did not answer.
    Shortly,
    /// It is small.
    Small,
    /// Its index takes more memory than there is for all.
    Large,
}

impl Postponement {
    fn duration(self) -> Duration {
        Duration::from_secs(match self {
            Self::Shortly => 5,
            Self::Small => 60,
            Self::Large => 3_600,
        })
    }
}

#[derive(Debug)]
pub(crate) struct ListIndexes {
    limits: ListIndexLimits,
    workspaces: Mutex<Workspaces>,
    answers: AtomicU64,
    fallbacks: AtomicU64,
    builds: AtomicU64,
    failures: AtomicU64,
    /// Whether a failure was logged.
    logged: AtomicBool,
}

#[derive(Debug, Default)]
struct Workspaces {
    entries: HashMap<WorkspaceId, Entry>,
    /// Counts the uses of indexes.
    uses: u64,
}

#[derive(Debug)]
enum Entry {
    Building,
    Ready(Ready),
    Postponed(Instant),
}

#[derive(Debug)]
struct Ready {
    snapshot: Arc<IndexSnapshot>,
    bytes: u64,
    last_use: u64,
    is_updating: bool,
}

/// The task that builds the index of a workspace, or brings it up to date.
#[derive(Debug)]
pub(crate) struct IndexTask {
    indexes: Arc<ListIndexes>,
    workspace: WorkspaceId,
    postponement: Postponement,
}

impl ListIndexes {
    pub(crate) fn new(limits: ListIndexLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            workspaces: Mutex::default(),
            answers: AtomicU64::new(0),
            fallbacks: AtomicU64::new(0),
            builds: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            logged: AtomicBool::new(false),
        })
    }

    pub(crate) fn limits(&self) -> &ListIndexLimits {
        &self.limits
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.limits.memory > 0
    }

    /// The index of a workspace.
    pub(crate) fn find(&self, workspace: WorkspaceId) -> Option<Arc<IndexSnapshot>> {
        let mut workspaces = self.lock();
        workspaces.uses += 1;
        let uses = workspaces.uses;
        match workspaces.entries.get_mut(&workspace) {
            Some(Entry::Ready(ready)) => {
                ready.last_use = uses;
                Some(Arc::clone(&ready.snapshot))
            }
            Some(Entry::Building | Entry::Postponed(_)) | None => None,
        }
    }

    /// Begins to build the index of a workspace, unless there is one, or it is too early.
    pub(crate) fn begin_build(self: &Arc<Self>, workspace: WorkspaceId) -> Option<IndexTask> {
        let mut workspaces = self.lock();
        match workspaces.entries.get(&workspace) {
            Some(Entry::Building | Entry::Ready(_)) => return None,
            Some(Entry::Postponed(until)) if Instant::now() < *until => return None,
            Some(Entry::Postponed(_)) | None => {}
        }
        workspaces.entries.insert(workspace, Entry::Building);
        Some(self.task(workspace))
    }

    /// Begins to bring this index of a workspace up to date, unless that is on its way.
    pub(crate) fn begin_update(self: &Arc<Self>, workspace: WorkspaceId) -> Option<IndexTask> {
        match self.lock().entries.get_mut(&workspace) {
            Some(Entry::Ready(ready)) if !ready.is_updating => ready.is_updating = true,
            _ => return None,
        }
        Some(self.task(workspace))
    }

    fn task(self: &Arc<Self>, workspace: WorkspaceId) -> IndexTask {
        let postponement = Postponement::Shortly;
        IndexTask { indexes: Arc::clone(self), workspace, postponement }
    }

    /// Drops an index that a list found to be of no use.
    pub(crate) fn discard(&self, workspace: WorkspaceId, snapshot: &Arc<IndexSnapshot>) {
        let mut workspaces = self.lock();
        if let Some(Entry::Ready(ready)) = workspaces.entries.get(&workspace)
            && Arc::ptr_eq(&ready.snapshot, snapshot)
        {
            workspaces.entries.remove(&workspace);
        }
    }

    /// Counts a list that an index answered, or one that it could not answer.
    pub(crate) fn count(&self, is_answered: bool) {
        let counter = if is_answered { &self.answers } else { &self.fallbacks };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an index that could not be built.
    pub(crate) fn fail(&self, workspace: WorkspaceId, reason: &dyn std::fmt::Display) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        if !self.logged.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %workspace, %reason,
                "could not build a list index; lists read the database instead, and further \
                 failures are only counted"
            );
        }
    }

    pub(crate) fn metrics(&self) -> ListIndexMetrics {
        let workspaces = self.lock();
        let bytes = workspaces.entries.values().map(Entry::bytes);
        ListIndexMetrics {
            bytes: bytes.clone().sum(),
            workspaces: bytes.filter(|&bytes| bytes > 0).count() as u64,
            answers: self.answers.load(Ordering::Relaxed),
            fallbacks: self.fallbacks.load(Ordering::Relaxed),
            builds: self.builds.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Workspaces> {
        self.workspaces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IndexTask {
    pub(crate) fn indexes(&self) -> &Arc<ListIndexes> {
        &self.indexes
    }

    pub(crate) fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// How long to wait if the task ends without an index.
    pub(crate) fn postpone(&mut self, postponement: Postponement) {
        self.postponement = postponement;
    }

    /// Whether an index of this size fits.
    pub(crate) fn fits(&self, index: &ListIndex) -> bool {
        index.memory_bytes() <= self.indexes.limits.memory
    }

    /// The index was built.
    pub(crate) fn built(&self) {
        self.indexes.builds.fetch_add(1, Ordering::Relaxed);
    }

    /// Lets lists use an index, in the place of an earlier one.
    pub(crate) fn publish(&self, snapshot: IndexSnapshot) -> Arc<IndexSnapshot> {
        let bytes = snapshot.index.memory_bytes();
        let snapshot = Arc::new(snapshot);
        let mut workspaces = self.indexes.lock();
        workspaces.uses += 1;
        let ready = Ready {
            snapshot: Arc::clone(&snapshot),
            bytes,
            last_use: workspaces.uses,
            is_updating: true,
        };
        workspaces.entries.insert(self.workspace, Entry::Ready(ready));
        workspaces.evict(self.indexes.limits.memory, self.workspace);
        snapshot
    }

    /// Drops the index.
    pub(crate) fn discard(&self) {
        self.indexes.lock().entries.remove(&self.workspace);
    }
}

impl Drop for IndexTask {
    fn drop(&mut self) {
        let mut workspaces = self.indexes.lock();
        match workspaces.entries.get_mut(&self.workspace) {
            Some(Entry::Ready(ready)) => ready.is_updating = false,
            Some(entry @ Entry::Building) => {
                *entry = Entry::Postponed(Instant::now() + self.postponement.duration());
            }
            Some(Entry::Postponed(_)) | None => {}
        }
    }
}

impl Workspaces {
    /// Drops indexes until the others fit: the least recently used first, and this one last.
    fn evict(&mut self, memory: u64, latest: WorkspaceId) {
        while self.entries.values().map(Entry::bytes).sum::<u64>() > memory {
            let ready = self.entries.iter().filter_map(|(&workspace, entry)| match entry {
                Entry::Ready(ready) => Some((workspace == latest, ready.last_use, workspace)),
                Entry::Building | Entry::Postponed(_) => None,
            });
            let Some((_, _, workspace)) = ready.min() else { return };
            self.entries.remove(&workspace);
        }
    }
}

impl Entry {
    fn bytes(&self) -> u64 {
        match self {
            Self::Ready(ready) => ready.bytes,
            Self::Building | Self::Postponed(_) => 0,
        }
    }
}
