//! Which address a request comes from: that of the connection, or, behind proxies of ours, the one
//! that they say. Any client can send `X-Forwarded-For`, so it is trusted only from these proxies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::{IpNet, Ipv4Net};

pub(crate) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What stands for the address of who came over no network, but over a socket in the file system.
pub(crate) const NO_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// A proxy, or a network of them, that is believed when it says on whose behalf it asks. `unix` means
/// all clients of a socket in the file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// Text that is neither an address nor a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address or a network, such as 10.0.0.1, 10.0.0.0/8 or fd00::/8, or unix")]
pub struct InvalidProxy;

impl TrustedProxy {
    /// Whether this is its address, or one of its network.
    #[must_use]
    pub fn covers(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for TrustedProxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        if text == "unix" {
            return Ok(Self(IpNet::from(NO_ADDRESS)));
        }
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(canonical).map(Self).map_err(|_| InvalidProxy)
    }
}

/// A network of IPv4 addresses that was written as one of IPv6 (RFC 4291, section 2.5.5.2) is the
/// network that peers are compared with.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED: u8 = 96;

    match (network.addr().to_canonical(), network.prefix_len().checked_sub(MAPPED)) {
        (IpAddr::V4(address), Some(length)) if network.addr().is_ipv6() => {
            Ipv4Net::new(address, length).map_or(network, IpNet::V4)
        }
        _ => network,
    }
}

/// The address of the client of a request that came over a connection with `peer`: going back from
/// there, the first that is no trusted proxy.
pub(crate) fn client_address(
    peer: IpAddr,
    headers: &HeaderMap,
    trusted: &[TrustedProxy],
) -> IpAddr {
    let mut address = peer.to_canonical();
    let lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).collect();
    // The last entry is the nearest: each proxy adds the address that asked it.
    let mut entries = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|&b| b == b','));
    while is_trusted(address, trusted) {
        match entries.next().and_then(read_entry) {
            Some(said) => address = said,
            None => break,
        }
    }
    address
}

/// Whether an address is that of a proxy that is believed.
pub(crate) fn is_trusted(address: IpAddr, trusted: &[TrustedProxy]) -> bool {
    trusted.iter().any(|proxy| proxy.covers(address))
}

/// An entry of `X-Forwarded-For`: an address, which some proxies give with a port or in brackets.
fn read_entry(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

/// What of an address is counted: a client with one address of IPv6 has all 2⁶⁴ of its network.
#[must_use]
pub fn counted_address(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    /// The client of a request that comes from `peer` with these lines of `X-Forwarded-For`, where
    /// `10.0.0.0/8`, `192.0.2.1` and `fd00::/8` are trusted.
    #[track_caller]
    fn client(peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "192.0.2.1", "fd00::/8"];
        let trusted = trusted.map(|text| text.parse().expect("a proxy"));
        let request = lines.iter().fold(TestRequest::default(), |request, &line| {
            request.append_header(("x-forwarded-for", line))
        });
        let peer = peer.parse().expect("an address");
        client_address(peer, request.to_http_request().headers(), &trusted).to_string()
    }

    #[test]
    fn a_peer_that_is_no_proxy_is_the_client_whatever_it_says() {
        for peer in ["203.0.113.9", "192.0.2.2", "11.0.0.1", "2001:db8::1"] {
            assert_eq!(client(peer, &["198.51.100.7"]), peer);
            assert_eq!(client(peer, &["10.0.0.1", "10.0.0.2"]), peer);
        }
    }

    #[test]
    fn a_network_is_the_same_in_either_notation() {
        let parsed = |text: &str| text.parse::<TrustedProxy>().expect("a proxy");

        assert_eq!(parsed("::ffff:10.0.0.0/104"), parsed("10.0.0.0/8"));
        assert_eq!(parsed("::ffff:192.0.2.1"), parsed("192.0.2.1"));
        assert_ne!(parsed("::ffff:0:0/95"), parsed("0.0.0.0/0"));
    }

    #[test]
    fn of_what_proxies_say_the_last_that_is_no_proxy_counts() {
        for (lines, expected) in [
            (&["198.51.100.7"][..], "198.51.100.7"),
            (&["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (&["203.0.113.9,198.51.100.7 , 10.1.1.1,192.0.2.1"], "198.51.100.7"),
            (&["203.0.113.9", "198.51.100.7", "10.1.1.1"], "198.51.100.7"),
            (&["203.0.113.9", "198.51.100.7, 10.1.1.1"], "198.51.100.7"),
            (&["2001:db8::7, fd00::1"], "2001:db8::7"),
            (&["198.51.100.7:4711"], "198.51.100.7"),
            (&["[2001:db8::7]:4711"], "2001:db8::7"),
            (&["[2001:db8::7]"], "2001:db8::7"),
            (&["::ffff:198.51.100.7, ::ffff:10.0.0.9"], "198.51.100.7"),
        ] {
            assert_eq!(client("10.0.0.1", lines), expected, "{lines:?}");
            assert_eq!(client("::ffff:10.0.0.1", lines), expected, "{lines:?}");
            assert_eq!(client("fd00::2", lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn where_proxies_say_nothing_that_can_be_read_the_last_of_them_counts() {
        for (lines, expected) in [
            (&[][..], "10.0.0.1"),
            (&[""], "10.0.0.1"),
            (&["unknown"], "10.0.0.1"),
            (&["198.51.100.7, unknown"], "10.0.0.1"),
            (&["198.51.100.7, _hidden, 10.2.2.2"], "10.2.2.2"),
            (&["198.51.100.7,, 10.2.2.2"], "10.2.2.2"),
            (&["198.51.100.7", "\u{fc}"], "10.0.0.1"),
            (&["198.51.100.256"], "10.0.0.1"),
            (&["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        ] {
            assert_eq!(client("10.0.0.1", lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let counted = |text: &str| counted_address(text.parse().expect("an address")).to_string();

        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(counted("2001:db8:1:3::6"), "2001:db8:1:3::");
        assert_eq!(counted("198.51.100.7"), "198.51.100.7");
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for text in ["10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"] {
            assert!(text.parse::<TrustedProxy>().is_ok(), "{text}");
        }
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0", "10.0.0.1:80", "*"] {
            assert_eq!(text.parse::<TrustedProxy>(), Err(InvalidProxy), "{text}");
        }
    }
}
