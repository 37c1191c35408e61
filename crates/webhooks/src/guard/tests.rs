//! Unit and property tests of the guard.

use proptest::prelude::*;

use super::*;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|_| panic!("{text} is no address"))
}

fn networks(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().expect("a network")).collect()
}

#[test]
fn the_public_internet_is_permitted() {
    let guard = AddressGuard::default();

    for text in [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.0.1",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860::8888",
        "2a00:1450::1",
        "::ffff:1.1.1.1",
    ] {
        assert!(guard.permits(address(text)), "{text}");
    }
}

#[test]
fn other_networks_are_forbidden() {
    let guard = AddressGuard::default();

    for text in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:10.0.0.1",
        "64:ff9b::8.8.8.8",
        "64:ff9b::127.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "::ffff:0:7f00:1",
        "4000::1",
        "e000::1",
    ] {
        assert!(!guard.permits(address(text)), "{text}");
    }
}

#[test]
fn an_operator_allows_networks() {
    let guard = AddressGuard::allowing(&networks(&["10.1.0.0/16", "127.0.0.1/32", "fd00::/8"]));

    for text in ["10.1.2.3", "::ffff:10.1.2.3", "127.0.0.1", "fd12::1", "1.1.1.1"] {
        assert!(guard.permits(address(text)), "{text}");
    }
    for text in ["10.2.0.1", "127.0.0.2", "fc00::1", "192.168.0.1", "::1"] {
        assert!(!guard.permits(address(text)), "{text}");
    }
}

#[test]
fn an_allowed_translator_does_not_allow_what_is_behind_it() {
    let guard = AddressGuard::allowing(&networks(&["64:ff9b::/96", "2002::/16"]));

    for text in ["64:ff9b::8.8.8.8", "2002:808:808::1"] {
        assert!(guard.permits(address(text)), "{text}");
    }
    for text in ["64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "2002:7f00:1::", "2002:a00:1::"]
    {
        assert!(!guard.permits(address(text)), "{text}");
    }
}

proptest! {
    #[test]
    fn a_mapped_address_is_judged_like_its_ipv4_address(bits: u32) {
        let guard = AddressGuard::allowing(&networks(&["10.0.0.0/9"]));
        let plain = Ipv4Addr::from(bits);

        let (mapped, plain) = (IpAddr::V6(plain.to_ipv6_mapped()), IpAddr::V4(plain));
        prop_assert_eq!(guard.permits(mapped), guard.permits(plain));
    }

    /// Compared with what the standard library says of addresses.
    #[test]
    fn no_special_ipv4_address_is_permitted(bits: u32) {
        let plain = Ipv4Addr::from(bits);
        let special = plain.is_private() || plain.is_loopback() || plain.is_link_local()
            || plain.is_broadcast() || plain.is_documentation() || plain.is_multicast()
            || plain.is_unspecified();

        prop_assert!(!(special && AddressGuard::default().permits(IpAddr::V4(plain))));
    }

    #[test]
    fn no_form_of_a_private_address_is_permitted(host in 1_u32..0xff_ffff, form in 0_usize..6) {
        let [_, b, c, d] = host.to_be_bytes();
        let (high, low) = (u16::from_be_bytes([10, b]), u16::from_be_bytes([c, d]));
        let hidden = match form {
            0 => IpAddr::V4(Ipv4Addr::new(10, b, c, d)),
            1 => IpAddr::V6(Ipv4Addr::new(10, b, c, d).to_ipv6_mapped()),
            2 => IpAddr::V6(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low)),
            3 => IpAddr::V6(Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1)),
            // Teredo has it inverted.
            4 => IpAddr::V6(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !high, !low)),
            _ => IpAddr::V6(Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low)),
        };

        prop_assert!(!AddressGuard::default().permits(hidden), "{hidden}");
        let guard = AddressGuard::allowing(&networks(&["64:ff9b::/96", "2002::/16"]));
        prop_assert!(!guard.permits(hidden), "{hidden}");
    }

    #[test]
    fn allowing_a_network_only_adds_its_addresses(bits: u128, network: u32, length in 0_u8..=32) {
        let allowed = Ipv4Net::new(Ipv4Addr::from(network), length).expect("a length");
        let (plain, guard) = (AddressGuard::default(), AddressGuard::allowing(&[allowed.into()]));
        #[expect(clippy::cast_possible_truncation, reason = "random bits")]
        let v4 = Ipv4Addr::from(bits as u32);

        let expected = plain.permits(v4.into()) || allowed.contains(&v4);
        prop_assert_eq!(guard.permits(v4.into()), expected);
        let v6 = Ipv6Addr::from(bits);
        if v6.to_ipv4_mapped().is_none() {
            prop_assert_eq!(guard.permits(v6.into()), plain.permits(v6.into()));
        }
    }
}
