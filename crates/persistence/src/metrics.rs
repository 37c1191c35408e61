//! What a store measures of its own work, for operators.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use conversations_application::metrics::{Distribution, Histogram, SIZES, TIMES};
use tokio::time::Instant;

/// What a store was doing at a moment, and has done so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreMetrics {
    /// What kind of database it is.
    pub database: &'static str,
    /// The connections, by what they are for.
    pub pools: Vec<PoolMetrics>,
    /// The erasures of single conversations.
    pub conversation_erasures: ErasureMetrics,
    /// The erasures of customers with all their conversations.
    pub customer_erasures: ErasureMetrics,
    /// How many conversations were erased, alone or with their customers.
    pub conversations_erased: u64,
    /// The list indexes.
    pub list_index: ListIndexMetrics,
}

/// The indexes in memory that answer lists of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListIndexMetrics {
    /// How many bytes they take.
    pub bytes: u64,
    /// How many workspaces have one.
    pub workspaces: u64,
    /// How many lists and counts were answered by one.
    pub answers: u64,
    /// How many the database answered although there was an index: it was too far behind, or
    /// something was being erased.
    pub fallbacks: u64,
    /// How many indexes were built.
    pub builds: u64,
    /// How many could not be built.
    pub failures: u64,
}

/// Connections that are for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolMetrics {
    /// What they are for.
    pub name: &'static str,
    /// How many there may be.
    pub limit: usize,
    /// How many there are.
    pub open: usize,
    /// How many of them are at work.
    pub busy: usize,
    /// How many pieces of work wait for one.
    pub waiting: usize,
    /// How long those waited that had their turn, in nanoseconds.
    pub waits: Distribution,
    /// How many pieces of work shared a commit, or a statement; empty where nothing is shared.
    pub batches: Distribution,
}

/// Erasures of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasureMetrics {
    /// How many found what they were to erase, and began.
    pub started: u64,
    /// How many were committed.
    pub finished: u64,
}

/// What waits for some connections, and works with them.
#[derive(Debug)]
pub(crate) struct PoolCounters {
    pub(crate) name: &'static str,
    waiting: AtomicUsize,
    busy: AtomicUsize,
    waits: Histogram,
    batches: Histogram,
}

/// Work that waits for a connection, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Wait {
    traffic: Arc<PoolCounters>,
    since: Instant,
}

/// A connection at work, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Busy<'a>(&'a PoolCounters);

impl PoolCounters {
    pub(crate) fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self {
            name,
            waiting: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            waits: Histogram::new(&TIMES),
            batches: Histogram::new(&SIZES),
        })
    }

    /// Work begins to wait now.
    pub(crate) fn wait(self: &Arc<Self>, now: Instant) -> Wait {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Wait { traffic: Arc::clone(self), since: now }
    }

    /// A connection is put to work.
    pub(crate) fn work(&self) -> Busy<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(self)
    }

    /// So much work was done at once.
    pub(crate) fn shared_by(&self, count: usize) {
        self.batches.record(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// The same, for this many connections that are always open.
    pub(crate) fn read(&self, connections: usize) -> PoolMetrics {
        PoolMetrics {
            name: self.name,
            limit: connections,
            open: connections,
            busy: self.busy.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
            waits: self.waits.read(),
            batches: self.batches.read(),
        }
    }
}

impl Wait {
    /// The work has its turn.
    pub(crate) fn over(self) {
        self.traffic.waits.record_time(self.since.elapsed());
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.traffic.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts erasures, of all workers.
#[derive(Debug, Default)]
pub(crate) struct ErasureCounters {
    pub(crate) of_conversations: ErasureCounter,
    pub(crate) of_customers: ErasureCounter,
    conversations: AtomicU64,
}

/// Counts erasures of one kind.
#[derive(Debug, Default)]
pub(crate) struct ErasureCounter {
    started: AtomicU64,
    finished: AtomicU64,
}

impl ErasureCounters {
    /// This many conversations were erased.
    pub(crate) fn erased(&self, conversations: u64) {
        self.conversations.fetch_add(conversations, Ordering::Relaxed);
    }

    /// What a store tells that works with these connections.
    pub(crate) fn read(
        &self,
        database: &'static str,
        pools: Vec<PoolMetrics>,
        list_index: ListIndexMetrics,
    ) -> StoreMetrics {
        StoreMetrics {
            database,
            pools,
            conversation_erasures: self.of_conversations.read(),
            customer_erasures: self.of_customers.read(),
            conversations_erased: self.conversations.load(Ordering::Relaxed),
            list_index,
        }
    }
}

impl ErasureCounter {
    pub(crate) fn start(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn finish(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> ErasureMetrics {
        ErasureMetrics {
            started: self.started.load(Ordering::Relaxed),
            finished: self.finished.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn dropped_waits_are_neither_timed_nor_counted_as_waiting() {
        let traffic = PoolCounters::new("writer");
        let (served, gone) = (traffic.wait(Instant::now()), traffic.wait(Instant::now()));
        let busy = traffic.work();
        let read = traffic.read(1);
        assert_eq!((read.waiting, read.busy, read.waits.count()), (2, 1, 0));

        served.over();
        drop((gone, busy));

        let read = traffic.read(1);
        assert_eq!((read.waiting, read.busy, read.waits.count()), (0, 0, 1));
    }
}
