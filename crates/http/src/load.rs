//! How much a process takes on at once. Requests are counted, and refused before any work is done
//! for them when there are too many: in all, or with one key.
//!
//! A request has its place as long as it works. While the rest of its body is on its way it does
//! not, so that a thousand slow bodies keep nobody out.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use conversations_domain::KeyId;

/// What a process takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadLimits {
    /// The most requests that are worked on at once.
    pub requests: usize,
    /// The most requests with one key that are worked on at once.
    pub requests_per_key: usize,
    /// How long a request may take, without the time in which its body arrives.
    pub request: Duration,
    /// The same for requests that may take as long as there is data.
    pub at_length: Duration,
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self {
            requests: 1024,
            requests_per_key: 256,
            request: Duration::from_secs(5),
            at_length: Duration::from_secs(60),
        }
    }
}

/// How many bytes the bodies that are on their way may take, in all and with one key. They count as
/// large as they are announced to be.
const WAITING_BYTES: usize = 256 << 20;
const WAITING_BYTES_PER_KEY: usize = 64 << 20;

/// What a process has taken on: one for all its workers.
#[derive(Debug)]
pub struct Load {
    limits: LoadLimits,
    /// The requests that are neither answered nor cut off, those with slow bodies included.
    under_way: AtomicUsize,
    /// How many requests there have been.
    begun: AtomicUsize,
    /// The places that are taken.
    at_work: AtomicUsize,
    /// The bytes of the bodies that are on their way.
    waiting: AtomicUsize,
    /// What each key has taken. A key that has nothing is not in it, lest it grow.
    keys: Mutex<HashMap<KeyId, Taken>>,
    /// The requests that were refused, for each reason.
    refused: [AtomicUsize; 3],
    /// How many of them the log knows of.
    told: AtomicUsize,
    stopping: AtomicBool,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy)]
enum Reason {
    Process,
    Key,
    Bodies,
}

/// What a process has taken on at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadMetrics {
    /// The requests that are neither answered nor cut off, those with slow bodies included.
    pub under_way: usize,
    /// The places for requests that are worked on.
    pub places: usize,
    /// Those of them that are taken.
    pub places_taken: usize,
    /// The bytes of the bodies that are on their way, as large as they are announced.
    pub body_bytes: usize,
    /// How many requests were refused because the process had no place for them.
    pub refused_by_process: usize,
    /// The same, because their key had none.
    pub refused_by_key: usize,
    /// The same, because too much was on its way.
    pub refused_for_bodies: usize,
}

/// What a key has taken.
#[derive(Debug, Default, PartialEq, Eq)]
struct Taken {
    places: usize,
    waiting: usize,
}

/// A request that is under way, until this value is dropped.
pub(crate) struct UnderWay(Arc<Load>);

/// One of the places of the process, until this value is dropped.
pub(crate) struct Place(Arc<Load>);

/// One of the places of a key, until this value is dropped.
pub(crate) struct KeyPlace(Arc<Load>, KeyId);

/// Room for the body of a request, until this value is dropped.
pub(crate) struct Room {
    load: Arc<Load>,
    key: Option<KeyId>,
    bytes: usize,
}

impl Load {
    /// Nothing yet, and these limits.
    #[must_use]
    pub fn new(limits: LoadLimits) -> Self {
        Self {
            limits,
            under_way: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            at_work: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            keys: Mutex::default(),
            refused: [const { AtomicUsize::new(0) }; 3],
            told: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
        }
    }

    /// From now on the process is not ready, and every reply closes its connection.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// How many requests are under way, and how many there have been: when none is and none came
    /// between two looks, there was none.
    #[must_use]
    pub fn requests(&self) -> (usize, usize) {
        (self.under_way.load(Ordering::SeqCst), self.begun.load(Ordering::SeqCst))
    }

    /// How many requests were refused since this was last asked.
    pub fn take_refused(&self) -> usize {
        let refused: usize = self.refused.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        refused.saturating_sub(self.told.swap(refused, Ordering::Relaxed))
    }

    /// What it has taken on now, and how many requests were refused so far.
    #[must_use]
    pub fn metrics(&self) -> LoadMetrics {
        let refused = |reason: Reason| self.refused[reason as usize].load(Ordering::Relaxed);
        LoadMetrics {
            under_way: self.under_way.load(Ordering::Relaxed),
            places: self.limits.requests,
            places_taken: self.at_work.load(Ordering::Relaxed),
            body_bytes: self.waiting.load(Ordering::Relaxed),
            refused_by_process: refused(Reason::Process),
            refused_by_key: refused(Reason::Key),
            refused_for_bodies: refused(Reason::Bodies),
        }
    }

    pub(crate) fn limits(&self) -> &LoadLimits {
        &self.limits
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
        UnderWay(Arc::clone(self))
    }

    /// A place, if there is one left.
    pub(crate) fn place(self: &Arc<Self>) -> Option<Place> {
        let one_more = |taken| (taken < self.limits.requests).then_some(taken + 1);
        let taken = self.at_work.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        self.or_refused(Reason::Process, taken.ok().map(|_| Place(Arc::clone(self))))
    }

    /// A place of a key, if it has one left.
    pub(crate) fn key_place(self: &Arc<Self>, key: KeyId) -> Option<KeyPlace> {
        let mut keys = self.keys();
        let taken = keys.entry(key).or_default();
        let free = taken.places < self.limits.requests_per_key;
        taken.places += usize::from(free);
        drop(keys);
        self.or_refused(Reason::Key, free.then(|| KeyPlace(Arc::clone(self), key)))
    }

    /// Room for a body of this size with this key, if there is so much left.
    pub(crate) fn room(self: &Arc<Self>, key: Option<KeyId>, bytes: usize) -> Option<Room> {
        let more = |taken: usize| Some(taken + bytes).filter(|&taken| taken <= WAITING_BYTES);
        let free = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        // From here on it is given back when it is dropped.
        let mut room = free.then(|| Room { load: Arc::clone(self), key: None, bytes });
        if let (Some(taken), Some(key)) = (&mut room, key) {
            let mut keys = self.keys();
            let of_key = keys.entry(key).or_default();
            if of_key.waiting + bytes <= WAITING_BYTES_PER_KEY {
                of_key.waiting += bytes;
                taken.key = Some(key);
            } else {
                drop(keys);
                room = None;
            }
        }
        self.or_refused(Reason::Bodies, room)
    }

    /// Takes something back from a key.
    fn take_back(&self, key: KeyId, give: impl FnOnce(&mut Taken)) {
        if let Entry::Occupied(mut taken) = self.keys().entry(key) {
            give(taken.get_mut());
            if *taken.get() == Taken::default() {
                taken.remove();
            }
        }
    }

    fn or_refused<T>(&self, reason: Reason, place: Option<T>) -> Option<T> {
        if place.is_none() {
            self.refused[reason as usize].fetch_add(1, Ordering::Relaxed);
        }
        place
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<KeyId, Taken>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for KeyPlace {
    fn drop(&mut self) {
        self.0.take_back(self.1, |taken| taken.places -= 1);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.load.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
        if let Some(key) = self.key {
            self.load.take_back(key, |taken| taken.waiting -= self.bytes);
        }
    }
}

#[cfg(test)]
mod tests;
