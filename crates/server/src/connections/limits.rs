//! How many connections an address may have, and how connections ended.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use conversations_http::{TrustedProxy, counted_address};

/// The connections of a process, to be shared by all of its workers.
pub(crate) struct ConnectionLimits {
    /// The most that an address may have; `None` is as many as it likes.
    per_address: Option<usize>,
    /// Proxies ask on behalf of many clients, and may have any number.
    exempt: Vec<TrustedProxy>,
    addresses: Mutex<HashMap<IpAddr, usize>>,
    open: AtomicUsize,
    ended: [AtomicU64; EndReason::ALL.len()],
    /// Refused since the log was told.
    refused: AtomicUsize,
}

/// Why the server ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// Its address had too many.
    Address,
    /// Its TLS handshake took too long.
    Handshake,
    /// The head of a request took too long.
    Head,
    /// A reply was not taken.
    Reply,
}

/// The connections of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionMetrics {
    pub(crate) open: usize,
    pub(crate) ended: [(&'static str, u64); EndReason::ALL.len()],
}

/// The right to be connected, which is given back when it is dropped.
pub(super) struct ConnectionPermit {
    limits: Arc<ConnectionLimits>,
    /// The address, if its connections are counted.
    address: Option<IpAddr>,
}

impl EndReason {
    pub(crate) const ALL: [Self; 4] = [Self::Address, Self::Handshake, Self::Head, Self::Reply];

    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Handshake => "handshake",
            Self::Head => "head",
            Self::Reply => "reply",
        }
    }
}

impl ConnectionLimits {
    /// Limits of which nothing is used yet.
    pub(crate) fn new(per_address: Option<usize>, exempt: Vec<TrustedProxy>) -> Self {
        Self {
            per_address,
            exempt,
            addresses: Mutex::default(),
            open: AtomicUsize::new(0),
            ended: std::array::from_fn(|_| AtomicU64::new(0)),
            refused: AtomicUsize::new(0),
        }
    }

    /// A place for a connection from this address, if there is one.
    pub(super) fn admit(self: &Arc<Self>, peer: Option<IpAddr>) -> Option<ConnectionPermit> {
        let address = peer.map(|peer| peer.to_canonical()).filter(|&peer| self.counts(peer));
        let address = address.map(counted_address);
        if let (Some(address), Some(most)) = (address, self.per_address) {
            let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
            let count = addresses.entry(address).or_insert(0);
            if *count >= most {
                drop(addresses);
                self.count_end(EndReason::Address);
                self.refused.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            *count += 1;
        }
        self.open.fetch_add(1, Ordering::Relaxed);
        Some(ConnectionPermit { limits: Arc::clone(self), address })
    }

    /// Notes that the server ended a connection.
    pub(crate) fn count_end(&self, reason: EndReason) {
        let permit = EndReason::ALL.iter().position(|&each| each == reason);
        if let Some(count) = permit.and_then(|permit| self.ended.get(permit)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many connections were refused since this was asked last.
    pub(crate) fn take_refused(&self) -> usize {
        self.refused.swap(0, Ordering::Relaxed)
    }

    /// How many there are, and how others ended.
    pub(crate) fn metrics(&self) -> ConnectionMetrics {
        let ended = |permit: usize| self.ended[permit].load(Ordering::Relaxed);
        ConnectionMetrics {
            open: self.open.load(Ordering::Relaxed),
            ended: std::array::from_fn(|permit| (EndReason::ALL[permit].name(), ended(permit))),
        }
    }

    fn counts(&self, address: IpAddr) -> bool {
        self.per_address.is_some() && !self.exempt.iter().any(|proxy| proxy.covers(address))
    }
}

impl ConnectionPermit {
    /// Notes that the server ended this connection.
    pub(super) fn count_end(&self, reason: EndReason) {
        self.limits.count_end(reason);
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.limits.open.fetch_sub(1, Ordering::Relaxed);
        let Some(address) = self.address else { return };
        let mut addresses = self.limits.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = addresses.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                addresses.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_address: Option<usize>) -> Arc<ConnectionLimits> {
        let proxy = "10.0.0.0/8".parse().expect("a network");
        Arc::new(ConnectionLimits::new(per_address, vec![proxy]))
    }

    fn admit(limits: &Arc<ConnectionLimits>, address: &str) -> Option<ConnectionPermit> {
        limits.admit(Some(address.parse().expect("an address")))
    }

    #[test]
    fn an_address_has_so_many_places_and_gets_them_back() {
        let limits = limits(Some(2));
        let first = admit(&limits, "192.0.2.1");
        let second = admit(&limits, "::ffff:192.0.2.1");

        assert!(first.is_some() && second.is_some());
        assert!(admit(&limits, "192.0.2.1").is_none());
        assert!(admit(&limits, "192.0.2.2").is_some());
        assert_eq!((limits.take_refused(), limits.take_refused()), (1, 0));
        drop(first);
        assert!(admit(&limits, "192.0.2.1").is_some());
        drop(second);
        assert_eq!(limits.metrics().open, 0);
        assert!(limits.addresses.lock().expect("no panic").is_empty());
        assert_eq!(limits.metrics().ended[0], ("address", 1));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let limits = limits(Some(1));
        let _one = admit(&limits, "2001:db8::1");

        assert!(admit(&limits, "2001:db8::2").is_none());
        assert!(admit(&limits, "2001:db8:0:1::1").is_some());
    }

    #[test]
    fn proxies_and_what_has_no_limit_are_not_counted() {
        let (limited, unlimited) = (limits(Some(1)), limits(None));
        let proxied: Vec<_> = (0..3).map(|_| admit(&limited, "10.0.0.1")).collect();
        let others: Vec<_> = (0..3).map(|_| admit(&unlimited, "192.0.2.1")).collect();

        assert!(proxied.iter().chain(&others).all(Option::is_some));
        assert_eq!(limited.metrics().open, 3);
    }
}
