//! A tenant that asks for little, and measures how long that takes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::attacks::wire::{Endpoint, Request};

/// What lies between two requests of the tenant.
const PAUSE: Duration = Duration::from_millis(3);

/// How many conversations the tenant has at first.
const CONVERSATIONS: usize = 20;

/// What the tenant asks for, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Get,
    List,
    Post,
    Live,
}

impl RequestKind {
    pub(crate) const ALL: [Self; 4] = [Self::Get, Self::List, Self::Post, Self::Live];
}

/// A workspace of its own, and a key of it.
pub(crate) struct HonestTenant {
    endpoint: Endpoint,
    requests: [Request; 4],
}

/// What the tenant met with.
#[derive(Default)]
pub(crate) struct Measured {
    samples: Vec<Sample>,
}

struct Sample {
    kind: RequestKind,
    took: Duration,
    /// None where no whole answer came.
    status: Option<u16>,
}

impl HonestTenant {
    /// Opens some conversations in this inbox.
    pub(crate) fn new(endpoint: &Endpoint, key: &str, inbox: &str) -> Self {
        let list = "/api/v1/conversations";
        let body = json!({
            "subject": "Where is my parcel?",
            "inboxId": inbox,
            "message": { "body": "It should have come on Monday." },
        });
        let create = Request::post(key, list, &body);
        let mut caller = endpoint.caller();
        let made: Vec<_> = (0..CONVERSATIONS).map(|_| caller.data(&create)).collect();
        let one = made[0]["_id"].as_str().expect("an id");
        let requests = [
            Request::get(key, &format!("{list}/{one}")),
            Request::get(key, &format!("{list}?limit={CONVERSATIONS}")),
            create,
            Request::get(key, "/health/live"),
        ];
        Self { endpoint: endpoint.clone(), requests }
    }

    /// Calls for this long.
    pub(crate) fn measure_for(&self, window: Duration) -> Measured {
        let began = Instant::now();
        self.measure(|| began.elapsed() < window)
    }

    /// Calls until it is told to stop.
    pub(crate) fn measure_until(&self, stop: &AtomicBool) -> Measured {
        self.measure(|| !stop.load(Ordering::SeqCst))
    }

    /// How long it takes until everything is answered within this time again, or `None` if that is
    /// too long.
    pub(crate) fn calm_within(&self, patience: Duration, quick: Duration) -> Option<Duration> {
        let began = Instant::now();
        while began.elapsed() < patience {
            let mut first = true;
            let measured = self.measure(|| std::mem::take(&mut first));
            let slow = RequestKind::ALL.iter().any(|&kind| measured.longest(kind) > quick);
            if !slow && measured.refused() == 0 {
                return Some(began.elapsed());
            }
        }
        None
    }

    fn measure(&self, mut goes_on: impl FnMut() -> bool) -> Measured {
        let (mut caller, mut prober) = (self.endpoint.caller(), self.endpoint.caller());
        let mut samples = Vec::new();
        while goes_on() {
            for (kind, request) in RequestKind::ALL.into_iter().zip(&self.requests) {
                let began = Instant::now();
                let reply = match kind {
                    // A monitor opens a new connection each time.
                    RequestKind::Live => prober.ask_anew(request),
                    _ => caller.ask(request),
                };
                let status = reply.ok().map(|reply| reply.status);
                samples.push(Sample { kind, took: began.elapsed(), status });
                std::thread::sleep(PAUSE);
            }
        }
        Measured { samples }
    }
}

impl Measured {
    /// How long this many of a hundred requests took at most.
    pub(crate) fn percentile(&self, kind: RequestKind, percent: usize) -> Duration {
        let of_kind = self.samples.iter().filter(|sample| sample.kind == kind);
        let mut took: Vec<_> = of_kind.map(|sample| sample.took).collect();
        took.sort_unstable();
        let place = (took.len() * percent / 100).min(took.len().saturating_sub(1));
        took.get(place).copied().unwrap_or_default()
    }

    pub(crate) fn longest(&self, kind: RequestKind) -> Duration {
        self.percentile(kind, 100)
    }

    pub(crate) fn count(&self) -> usize {
        self.samples.len()
    }

    /// How many were told this.
    pub(crate) fn told(&self, status: u16) -> usize {
        self.samples.iter().filter(|sample| sample.status == Some(status)).count()
    }

    /// How many did not succeed.
    pub(crate) fn refused(&self) -> usize {
        let refused = |sample: &&Sample| !matches!(sample.status, Some(200 | 201));
        self.samples.iter().filter(refused).count()
    }
}
