//! Addresses that belong to nobody: the IANA special-purpose registries that RFC 6890 set up, as
//! of 2025. Multicast is not among them, and is unknown like any other address without a holder.
//!
//! <https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>

use std::net::IpAddr;

/// A block of a special-purpose registry.
#[derive(Clone, Copy, Debug)]
pub struct SpecialPurpose {
    /// First address, as text.
    pub prefix: &'static str,
    /// Length of the prefix in bits.
    pub length: u8,
    /// The registry's name for it.
    pub name: &'static str,
}

impl SpecialPurpose {
    /// First and last address as numbers; the family is that of the prefix.
    pub fn range(&self) -> (IpAddr, IpAddr) {
        match self.prefix.parse().expect("the table's prefixes are addresses") {
            IpAddr::V4(first) => {
                let hosts = u32::MAX.checked_shr(self.length.into()).unwrap_or(0);
                (first.into(), std::net::Ipv4Addr::from_bits(first.to_bits() | hosts).into())
            }
            IpAddr::V6(first) => {
                let hosts = u128::MAX.checked_shr(self.length.into()).unwrap_or(0);
                (first.into(), std::net::Ipv6Addr::from_bits(first.to_bits() | hosts).into())
            }
        }
    }
}

const fn block(prefix: &'static str, length: u8, name: &'static str) -> SpecialPurpose {
    SpecialPurpose { prefix, length, name }
}

/// Both registries.
pub const SPECIAL_PURPOSE: &[SpecialPurpose] = &[
    block("0.0.0.0", 8, "This network"),
    block("0.0.0.0", 32, "This host on this network"),
    block("10.0.0.0", 8, "Private-Use"),
    block("100.64.0.0", 10, "Shared Address Space"),
    block("127.0.0.0", 8, "Loopback"),
    block("169.254.0.0", 16, "Link Local"),
    block("172.16.0.0", 12, "Private-Use"),
    block("192.0.0.0", 24, "IETF Protocol Assignments"),
    block("192.0.0.0", 29, "IPv4 Service Continuity Prefix"),
    block("192.0.0.8", 32, "IPv4 dummy address"),
    block("192.0.0.9", 32, "Port Control Protocol Anycast"),
    block("192.0.0.10", 32, "Traversal Using Relays around NAT Anycast"),
    block("192.0.0.170", 31, "NAT64/DNS64 Discovery"),
    block("192.0.2.0", 24, "Documentation (TEST-NET-1)"),
    block("192.31.196.0", 24, "AS112-v4"),
    block("192.52.193.0", 24, "AMT"),
    block("192.88.99.0", 24, "Deprecated (6to4 Relay Anycast)"),
    block("192.168.0.0", 16, "Private-Use"),
    block("192.175.48.0", 24, "Direct Delegation AS112 Service"),
    block("198.18.0.0", 15, "Benchmarking"),
    block("198.51.100.0", 24, "Documentation (TEST-NET-2)"),
    block("203.0.113.0", 24, "Documentation (TEST-NET-3)"),
    block("240.0.0.0", 4, "Reserved"),
    block("255.255.255.255", 32, "Limited Broadcast"),
    block("::", 128, "Unspecified Address"),
    block("::1", 128, "Loopback Address"),
    block("::ffff:0:0", 96, "IPv4-mapped Address"),
    block("64:ff9b::", 96, "IPv4-IPv6 Translat."),
    block("64:ff9b:1::", 48, "IPv4-IPv6 Translat."),
    block("100::", 64, "Discard-Only Address Block"),
    block("100:0:0:1::", 64, "Dummy IPv6 Prefix"),
    block("2001::", 23, "IETF Protocol Assignments"),
    block("2001::", 32, "TEREDO"),
    block("2001:1::1", 128, "Port Control Protocol Anycast"),
    block("2001:1::2", 128, "Traversal Using Relays around NAT Anycast"),
    block("2001:1::3", 128, "DNS-SD Service Registration Protocol Anycast"),
    block("2001:2::", 48, "Benchmarking"),
    block("2001:3::", 32, "AMT"),
    block("2001:4:112::", 48, "AS112-v6"),
    block("2001:10::", 28, "Deprecated (previously ORCHID)"),
    block("2001:20::", 28, "ORCHIDv2"),
    block("2001:30::", 28, "Drone Remote ID Protocol Entity Tags (DETs) Prefix"),
    block("2001:db8::", 32, "Documentation"),
    block("2002::", 16, "6to4"),
    block("2620:4f:8000::", 48, "Direct Delegation AS112 Service"),
    block("3fff::", 20, "Documentation"),
    block("5f00::", 16, "Segment Routing (SRv6) SIDs"),
    block("fc00::", 7, "Unique-Local"),
    block("fe80::", 10, "Link-Local Unicast"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_have_no_bits_below_their_length() {
        for block in SPECIAL_PURPOSE {
            let (first, last) = block.range();
            let masked = match (first, last) {
                (IpAddr::V4(first), IpAddr::V4(last)) => {
                    first.to_bits() & (last.to_bits() ^ first.to_bits()) == 0
                        && (last.to_bits() ^ first.to_bits()).count_ones() == 32 - u32::from(block.length)
                }
                (IpAddr::V6(first), IpAddr::V6(last)) => {
                    (last.to_bits() ^ first.to_bits()).count_ones() == 128 - u32::from(block.length)
                }
                _ => false,
            };
            assert!(masked, "{}", block.prefix);
        }
    }
}
