//! Which addresses webhooks may be sent to.
//!
//! Callers choose the addresses, and this server is inside of a network that they are not in. Without
//! this guard they could reach its neighbours: databases, administration pages, and the metadata service
//! of a cloud, which hands out credentials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The networks that are not part of the public internet.
const FORBIDDEN_V4: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),      // "this network": 0.0.0.0 is this machine
    (Ipv4Addr::new(10, 0, 0, 0), 8), // private
    (Ipv4Addr::new(100, 64, 0, 0), 10), // shared by the customers of a provider
    (Ipv4Addr::new(127, 0, 0, 0), 8), // this machine
    (Ipv4Addr::new(169, 254, 0, 0), 16), // link-local, with the metadata services of clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12), // private
    (Ipv4Addr::new(192, 0, 0, 0), 24), // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24), // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24), // relays of 6to4
    (Ipv4Addr::new(192, 168, 0, 0), 16), // private
    (Ipv4Addr::new(198, 18, 0, 0), 15), // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24), // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4), // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4), // reserved, and broadcast
];

/// The part of IPv6 that the public internet uses. Outside of it are this machine, private and
/// link-local networks, multicast, NAT64 and what is not assigned yet.
const PUBLIC_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// The networks in it that are not part of the public internet.
const FORBIDDEN_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocols, such as Teredo, and benchmarks
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4, which contains IPv4 addresses
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// Which addresses may be called: those of the public internet, and those that the operator allows.
#[derive(Debug, Clone, Default)]
pub(crate) struct AddressGuard {
    allowed: Vec<IpNet>,
}

impl AddressGuard {
    /// A guard that allows these networks too.
    pub(crate) fn allowing(networks: &[IpNet]) -> Self {
        Self { allowed: networks.to_vec() }
    }

    /// Whether this address may be called.
    pub(crate) fn permits(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.permits_v4(address),
            IpAddr::V6(address) => self.permits_v6(address),
        }
    }

    fn permits_v4(&self, address: Ipv4Addr) -> bool {
        let is_in = |&(network, bits): &(Ipv4Addr, u8)| {
            Ipv4Net::new(network, bits).is_ok_and(|network| network.contains(&address))
        };
        !FORBIDDEN_V4.iter().any(is_in) || self.is_allowed(IpAddr::V4(address))
    }

    fn permits_v6(&self, address: Ipv6Addr) -> bool {
        // The kernel sends this as IPv4.
        if let Some(address) = address.to_ipv4_mapped() {
            return self.permits_v4(address);
        }
        let is_in = |&(network, bits): &(Ipv6Addr, u8)| {
            Ipv6Net::new(network, bits).is_ok_and(|network| network.contains(&address))
        };
        if is_in(&PUBLIC_V6) && !FORBIDDEN_V6.iter().any(is_in) {
            return true;
        }
        // That a translator is allowed does not allow the private addresses behind it.
        let inside = translated(address);
        self.is_allowed(IpAddr::V6(address))
            && inside.is_none_or(|address| self.permits_v4(address))
    }

    fn is_allowed(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.contains(&address))
    }
}

/// The IPv4 address that a translator (NAT64, 6to4) makes of this one.
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let at = |start: usize| match octets.get(start..start + 4) {
        Some(&[a, b, c, d]) => Some(Ipv4Addr::new(a, b, c, d)),
        _ => None,
    };
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => at(12),
        [0x2002, ..] => at(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
