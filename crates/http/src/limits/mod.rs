//! Rate limits: requests per key, and failed authentications per address.
//!
//! Both are off by default. What is counted is in the memory of this process, shared by all of its
//! workers.

mod bucket;
mod buckets;
pub(crate) mod client;
mod state;

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use conversations_domain::{ApiKey, KeyId, RateLimit};

pub(crate) use bucket::RateLimitState;
pub use client::{InvalidProxy, TrustedProxy, counted_address};
pub(crate) use state::{
    RATE_LIMIT_HEADERS, RateLimitStateSlot, X_RATELIMIT_LIMIT, X_RATELIMIT_REMAINING,
    X_RATELIMIT_RESET,
};

use buckets::Buckets;
use client::{NO_ADDRESS, client_address};

use crate::error::ApiError;

/// What is limited, and how much.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateLimitSettings {
    /// The limit of every key that has none of its own.
    pub per_key: Option<RateLimit>,
    /// How often a client's address may send no valid key.
    pub auth_failures: Option<RateLimit>,
    /// Who is believed to say on whose behalf a request comes.
    pub trusted_proxies: Vec<TrustedProxy>,
}

/// The rate limits of a process, to be shared by all of its workers.
pub struct RateLimits {
    settings: RateLimitSettings,
    keys: Buckets<KeyId>,
    addresses: Buckets<IpAddr>,
    /// The time since some moment that stays: a clock on the wall may be set back.
    elapsed: Elapsed,
    /// How often a key was refused, and an address.
    refused_keys: AtomicU64,
    refused_addresses: AtomicU64,
}

/// How often requests were refused by a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitMetrics {
    /// Requests with a key that had used up its limit.
    pub refused_keys: u64,
    /// Requests without a valid key, of an address that had used up its limit.
    pub refused_addresses: u64,
}

type Elapsed = Box<dyn Fn() -> Duration + Send + Sync>;

impl RateLimits {
    /// Limits of which nothing is used yet.
    #[must_use]
    pub fn new(settings: RateLimitSettings) -> Self {
        let started = Instant::now();
        Self::with_time(settings, Box::new(move || started.elapsed()))
    }

    pub(crate) fn with_time(settings: RateLimitSettings, elapsed: Elapsed) -> Self {
        Self {
            settings,
            keys: Buckets::default(),
            addresses: Buckets::default(),
            elapsed,
            refused_keys: AtomicU64::new(0),
            refused_addresses: AtomicU64::new(0),
        }
    }

    /// How often requests have been refused.
    #[must_use]
    pub fn metrics(&self) -> RateLimitMetrics {
        RateLimitMetrics {
            refused_keys: self.refused_keys.load(Ordering::Relaxed),
            refused_addresses: self.refused_addresses.load(Ordering::Relaxed),
        }
    }

    /// Counts a request with a key, if the key is limited.
    pub(crate) fn count(&self, key: &ApiKey, request: &HttpRequest) -> Result<(), ApiError> {
        let Some(limit) = key.rate_limit.or(self.settings.per_key) else { return Ok(()) };
        let limit_state = self.keys.take(key.id, limit, (self.elapsed)());
        RateLimitStateSlot::fill(request, limit_state);
        limit_state.check().inspect_err(|_| {
            self.refused_keys.fetch_add(1, Ordering::Relaxed);
        })
    }

    /// Counts a request without a valid key, if that is limited.
    pub(crate) fn count_failure(&self, request: &HttpRequest) -> Result<(), ApiError> {
        let Some(limit) = self.settings.auth_failures else { return Ok(()) };
        // What comes over no network shares one bucket.
        let peer = request.peer_addr().map_or(NO_ADDRESS, |peer| peer.ip());
        let client = client_address(peer, request.headers(), &self.settings.trusted_proxies);
        let limit_state = self.addresses.take(counted_address(client), limit, (self.elapsed)());
        RateLimitStateSlot::fill(request, limit_state);
        limit_state.check().inspect_err(|_| {
            self.refused_addresses.fetch_add(1, Ordering::Relaxed);
        })
    }
}
