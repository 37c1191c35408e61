//! A queue that shares places fairly: first between workspaces, then between the keys of each.
//!
//! The one with the fewest places goes next; among equals, the one that used the least time lately.
//! What was used is halved every second, so that a burst is forgiven, and no waiting owner is
//! passed over forever: the others use time in the meantime. One place can be kept for workspaces
//! that hold none. Work of no owner counts as that of one workspace.
//!
//! This is the order alone: it has no threads and no clock.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use conversations_application::owner::Owner;
use conversations_domain::{KeyId, WorkspaceId};
use tokio::time::Instant;

/// In this time, half of what was used is forgotten.
const HALF_LIFE: Duration = Duration::from_secs(1);

/// From this many idle workspaces or keys on, the queue looks for those that it can forget.
const MANY: usize = 64;

/// A workspace or key that used less than this, in seconds, is as good as new.
const NOTHING: f64 = 1e-4;

/// How a queue shares its places out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLimits {
    /// How much work goes on at once.
    pub(crate) places: usize,
    /// Whether the last place is kept for workspaces that hold none.
    pub(crate) reserve: bool,
    /// How much work of one workspace may wait.
    pub(crate) room: usize,
}

/// Work that waits, and who has what of the places.
#[derive(Debug)]
pub(crate) struct FairQueue<W> {
    limits: QueueLimits,
    tenants: HashMap<Option<WorkspaceId>, WorkspaceQueue<W>>,
    /// How many places are taken.
    taken: usize,
    /// How much work waits.
    waiting: usize,
    arrivals: u64,
}

/// The place of a piece of work that was let in. It has to be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Admission {
    owner: Option<Owner>,
    arrival: u64,
}

#[derive(Debug)]
struct WorkspaceQueue<W> {
    usage: Usage,
    waiting: usize,
    keys: HashMap<Option<KeyId>, KeyQueue<W>>,
}

#[derive(Debug)]
struct KeyQueue<W> {
    usage: Usage,
    waiting: VecDeque<(u64, W)>,
}

/// What an owner holds, and has used lately.
#[derive(Debug, Default)]
struct Usage {
    places: usize,
    seconds: f64,
    /// When it was that much.
    at: Option<Instant>,
}

/// Who goes before whom: the smaller one.
type Rank = (usize, f64, u64);

impl<W> FairQueue<W> {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        Self { limits, tenants: HashMap::new(), taken: 0, waiting: 0, arrivals: 0 }
    }

    /// Has work wait. It is given back when too much of its workspace waits already, even without
    /// the work that no caller waits for.
    pub(crate) fn push(
        &mut self,
        owner: Option<Owner>,
        work: W,
        is_abandoned: impl Fn(&W) -> bool,
    ) -> Result<(), W> {
        // What has no owner does not come from a request: its source limits it.
        let room = owner.map_or(usize::MAX, |_| self.limits.room);
        let tenant = self.tenants.entry(workspace_of(owner)).or_default();
        if tenant.waiting >= room {
            self.waiting -= tenant.forget(is_abandoned);
        }
        if tenant.waiting >= room {
            return Err(work);
        }
        self.arrivals += 1;
        tenant.waiting += 1;
        self.waiting += 1;
        let member = tenant.keys.entry(key_of(owner)).or_default();
        member.waiting.push_back((self.arrivals, work));
        Ok(())
    }

    /// How much of the work that waits there are places for, at most: what is let in first may cost
    /// the rest its right to the place that is kept.
    pub(crate) fn ready(&self) -> usize {
        let free = self.limits.places.saturating_sub(self.taken);
        if free == 0 || self.waiting == 0 {
            return 0;
        }
        let newcomer = |tenant: &WorkspaceQueue<W>| tenant.waiting > 0 && tenant.usage.places == 0;
        let kept = self.limits.reserve && !self.tenants.values().any(newcomer);
        self.waiting.min(free - usize::from(kept))
    }

    /// The work whose turn it is, if there is a place for it.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<(Admission, W)> {
        self.pop_if(now, |_| true)
    }

    /// The same, if the work is such.
    pub(crate) fn pop_if(
        &mut self,
        now: Instant,
        matches: impl FnOnce(&W) -> bool,
    ) -> Option<(Admission, W)> {
        if self.waiting == 0 || self.taken >= self.limits.places {
            return None;
        }
        let last = self.limits.reserve && self.taken + 1 >= self.limits.places;
        let may_enter = |tenant: &WorkspaceQueue<W>| !last || tenant.usage.places == 0;
        let tenants = self.tenants.iter().filter(|(_, tenant)| may_enter(tenant));
        let workspace = first(tenants.filter_map(|(&id, tenant)| Some((id, tenant.rank(now)?))))?;
        let tenant = self.tenants.get_mut(&workspace)?;
        let members = tenant.keys.iter();
        let key = first(members.filter_map(|(&id, member)| Some((id, member.rank(now)?))))?;
        let member = tenant.keys.get_mut(&key)?;
        if !member.waiting.front().is_some_and(|(_, work)| matches(work)) {
            return None;
        }
        let (arrival, work) = member.waiting.pop_front()?;
        member.usage.places += 1;
        tenant.usage.places += 1;
        tenant.waiting -= 1;
        self.waiting -= 1;
        self.taken += 1;
        let owner = workspace.zip(key).map(|(workspace, key)| Owner { workspace, key });
        Some((Admission { owner, arrival }, work))
    }

    /// Gives back the place of work that took so long.
    pub(crate) fn finish(&mut self, admission: Admission, took: Duration, now: Instant) {
        let Admission { owner, arrival: _ } = admission;
        self.taken -= 1;
        if let Some(tenant) = self.tenants.get_mut(&workspace_of(owner)) {
            tenant.usage.finish(took, now);
            if let Some(member) = tenant.keys.get_mut(&key_of(owner)) {
                member.usage.finish(took, now);
            }
            if tenant.keys.len() > MANY {
                tenant.keys.retain(|_, member| !member.is_forgotten(now));
            }
        }
        if self.tenants.len() > MANY {
            self.tenants.retain(|_, tenant| !tenant.is_forgotten(now));
        }
    }

    /// Has work wait again that was let in and not begun, before all else of its owner.
    pub(crate) fn requeue(&mut self, admission: Admission, work: W) {
        let Admission { owner, arrival } = admission;
        self.taken -= 1;
        self.waiting += 1;
        let tenant = self.tenants.entry(workspace_of(owner)).or_default();
        tenant.waiting += 1;
        tenant.usage.places = tenant.usage.places.saturating_sub(1);
        let member = tenant.keys.entry(key_of(owner)).or_default();
        member.usage.places = member.usage.places.saturating_sub(1);
        let place = member.waiting.partition_point(|&(other, _)| other < arrival);
        member.waiting.insert(place, (arrival, work));
    }
}

fn workspace_of(owner: Option<Owner>) -> Option<WorkspaceId> {
    owner.map(|owner| owner.workspace)
}

fn key_of(owner: Option<Owner>) -> Option<KeyId> {
    owner.map(|owner| owner.key)
}

/// The one with the smallest rank.
fn first<K: Copy>(ranked: impl Iterator<Item = (K, Rank)>) -> Option<K> {
    let order = |one: &Rank, other: &Rank| {
        one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)).then(one.2.cmp(&other.2))
    };
    ranked.min_by(|(_, one), (_, other)| order(one, other)).map(|(key, _)| key)
}

impl<W> WorkspaceQueue<W> {
    /// `None` when nothing of it waits.
    fn rank(&self, now: Instant) -> Option<Rank> {
        let arrivals = self.keys.values().filter_map(KeyQueue::arrival);
        Some(self.usage.rank(now, arrivals.min()?))
    }

    /// Drops such work, and tells how much.
    fn forget(&mut self, such: impl Fn(&W) -> bool) -> usize {
        let before = self.waiting;
        for member in self.keys.values_mut() {
            member.waiting.retain(|(_, work)| !such(work));
        }
        self.waiting = self.keys.values().map(|member| member.waiting.len()).sum();
        before - self.waiting
    }

    fn is_forgotten(&self, now: Instant) -> bool {
        self.waiting == 0 && self.usage.is_nothing(now)
    }
}

impl<W> KeyQueue<W> {
    fn arrival(&self) -> Option<u64> {
        self.waiting.front().map(|&(arrival, _)| arrival)
    }

    fn rank(&self, now: Instant) -> Option<Rank> {
        Some(self.usage.rank(now, self.arrival()?))
    }

    fn is_forgotten(&self, now: Instant) -> bool {
        self.waiting.is_empty() && self.usage.is_nothing(now)
    }
}

impl Usage {
    fn rank(&self, now: Instant, arrival: u64) -> Rank {
        (self.places, self.used(now), arrival)
    }

    /// What is left of what was used.
    fn used(&self, now: Instant) -> f64 {
        let Some(at) = self.at else { return 0.0 };
        let age = now.saturating_duration_since(at);
        self.seconds * (-age.as_secs_f64() / HALF_LIFE.as_secs_f64()).exp2()
    }

    fn finish(&mut self, took: Duration, now: Instant) {
        self.places = self.places.saturating_sub(1);
        self.seconds = self.used(now) + took.as_secs_f64();
        self.at = Some(now);
    }

    fn is_nothing(&self, now: Instant) -> bool {
        self.places == 0 && self.used(now) < NOTHING
    }
}

impl<W> Default for WorkspaceQueue<W> {
    fn default() -> Self {
        Self { usage: Usage::default(), waiting: 0, keys: HashMap::new() }
    }
}

impl<W> Default for KeyQueue<W> {
    fn default() -> Self {
        Self { usage: Usage::default(), waiting: VecDeque::new() }
    }
}

#[cfg(test)]
mod tests;
