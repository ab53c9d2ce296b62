//! Which addresses nothing is sent to unless the configuration names their network: all that are not of the public
//! Internet (RFC 6890 and IANA's registries of special-purpose addresses), and those that carry one of them inside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Where clouds answer questions about the machine and its keys. A network that holds one of them does not open it; only
/// the address itself on the list does.
const METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// IPv4 that is not the public Internet: first address, length of the prefix, what it is.
const SPECIAL_V4: [(Ipv4Addr, u8, &str); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "of this host"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared by an access provider's customers"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "for documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "reserved"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "for measurements"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "for documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "for documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// IPv6 within 2000::/3 that is not the public Internet. Outside of it nothing is.
const SPECIAL_V6: [(Ipv6Addr, u8, &str); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "reserved"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "for documentation"),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, "6to4, which carries an IPv4 address"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "for documentation"),
];

/// What an address is if it is not of the public Internet; absent if it is.
///
/// IPv4 in IPv6 (`::ffff:0:0/96`) is what the IPv4 address is. Other forms that carry one (6to4, Teredo, NAT64) are never
/// public: nobody who means an IPv4 host writes them.
pub fn special(address: IpAddr) -> Option<&'static str> {
    match address.to_canonical() {
        address if METADATA.contains(&address) => Some("a cloud's metadata service"),
        IpAddr::V4(v4) => SPECIAL_V4
            .iter()
            .find(|(first, length, _)| {
                (u32::from(v4) ^ u32::from(*first)).leading_zeros() >= u32::from(*length)
            })
            .map(|(_, _, what)| *what),
        IpAddr::V6(v6) => {
            let within = |first: &Ipv6Addr, length: u8| {
                (u128::from(v6) ^ u128::from(*first)).leading_zeros() >= u32::from(length)
            };
            if let Some((_, _, what)) = SPECIAL_V6.iter().find(|(first, length, _)| within(first, *length)) {
                return Some(what);
            }
            match v6.segments()[0] {
                0x2000..=0x3fff => None,
                0xfc00..=0xfdff => Some("unique-local"),
                0xfe80..=0xfebf => Some("link-local"),
                0xff00..=0xffff => Some("multicast"),
                _ if v6.is_loopback() => Some("loopback"),
                _ => Some("reserved"),
            }
        }
    }
}

/// What forbids to connect to an address, if anything does: it is not of the public Internet, and none of `networks` opens
/// it. A metadata service is opened only by its very address.
pub fn refused(address: IpAddr, networks: &[IpNet]) -> Option<&'static str> {
    let address = address.to_canonical();
    let what = special(address)?;
    let exact = METADATA.contains(&address);
    let opened = networks.iter().any(|network| {
        network.contains(&address) && (!exact || network.prefix_len() == network.max_prefix_len())
    });
    (!opened).then_some(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<&'static str> {
        special(text.parse().expect(text))
    }

    #[test]
    fn whatever_is_not_of_the_public_internet_is_known_as_such() {
        for (text, what) in [
            ("0.0.0.0", "of this host"),
            ("10.255.255.255", "private"),
            ("100.64.0.1", "shared by an access provider's customers"),
            ("100.127.255.255", "shared by an access provider's customers"),
            ("127.0.0.1", "loopback"),
            ("127.255.255.254", "loopback"),
            ("169.254.1.1", "link-local"),
            ("169.254.169.254", "a cloud's metadata service"),
            ("169.254.170.2", "a cloud's metadata service"),
            ("100.100.100.200", "a cloud's metadata service"),
            ("172.16.0.0", "private"),
            ("172.31.255.255", "private"),
            ("192.168.0.1", "private"),
            ("192.0.0.192", "a cloud's metadata service"),
            ("192.0.2.7", "for documentation"),
            ("198.19.255.255", "for measurements"),
            ("224.0.0.1", "multicast"),
            ("255.255.255.255", "reserved"),
            ("::", "reserved"),
            ("::1", "loopback"),
            ("::ffff:127.0.0.1", "loopback"),
            ("::ffff:10.0.0.1", "private"),
            ("::ffff:169.254.169.254", "a cloud's metadata service"),
            ("::127.0.0.1", "reserved"),
            ("64:ff9b::7f00:1", "reserved"),
            ("64:ff9b:1::a00:1", "reserved"),
            ("2002:7f00:1::", "6to4, which carries an IPv4 address"),
            ("2001::1", "reserved"),
            ("2001:db8::1", "for documentation"),
            ("fc00::1", "unique-local"),
            ("fd00:ec2::254", "a cloud's metadata service"),
            ("fdff::1", "unique-local"),
            ("fe80::1", "link-local"),
            ("fec0::1", "reserved"),
            ("ff02::1", "multicast"),
            ("4000::1", "reserved"),
        ] {
            assert_eq!(of(text), Some(what), "{text}");
        }
    }

    #[test]
    fn the_public_internet_is_public_up_to_its_edges() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "2001:200::1",
            "2606:4700::1111",
            "2001:db7:ffff::",
            "2003::1",
            "3ffe::1",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_listed_network_opens_what_it_holds_and_no_metadata_service() {
        let networks = ["127.0.0.0/8", "169.254.0.0/16", "fd00::/8"].map(|text| text.parse().unwrap());
        let opened = |text: &str| refused(text.parse().unwrap(), &networks).is_none();
        assert!(
            opened("127.0.0.1") && opened("::ffff:127.0.0.1") && opened("169.254.1.1") && opened("fd00::1")
        );
        assert!(!opened("10.0.0.1") && !opened("::1"));
        assert!(!opened("169.254.169.254") && !opened("::ffff:169.254.169.254") && !opened("fd00:ec2::254"));
        let exact = ["169.254.169.254/32".parse().unwrap()];
        assert_eq!(refused("169.254.169.254".parse().unwrap(), &exact), None);
    }
}
