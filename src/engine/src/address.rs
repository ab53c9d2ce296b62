//! An address, from text or bytes. Strict: what is not plainly one address is refused, and the
//! refusal never quotes the input, which may be a visitor's address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address as the search wants it: a number. IPv4-mapped IPv6 (`::ffff:192.0.2.1`, RFC 4291
/// section 2.5.5.2) is the IPv4 address that it maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// The 32 bits in host order.
    V4(u32),
    /// The 128 bits in host order; never IPv4-mapped.
    V6(u128),
}

/// The text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid address")]
pub struct InvalidAddress;

/// The longest text of an address: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
const LONGEST_TEXT: usize = 45;

impl Address {
    /// Reads a dotted quad without leading zeros, or IPv6 in any form of RFC 4291 section 2.2.
    /// Zone ids, ports, prefixes, spaces, octal and hexadecimal quads are refused.
    ///
    /// ```
    /// use nameplate::{Address, InvalidAddress};
    /// assert_eq!(Address::parse(b"192.0.2.1"), Ok(Address::V4(0xc000_0201)));
    /// assert_eq!(Address::parse(b"::ffff:192.0.2.1"), Ok(Address::V4(0xc000_0201)));
    /// assert_eq!(Address::parse(b"192.0.2.01"), Err(InvalidAddress));
    /// ```
    pub fn parse(text: &[u8]) -> Result<Address, InvalidAddress> {
        if text.len() > LONGEST_TEXT {
            return Err(InvalidAddress);
        }
        let text = std::str::from_utf8(text).map_err(|_| InvalidAddress)?;
        text.parse::<IpAddr>().map(Address::from).map_err(|_| InvalidAddress)
    }

    /// The address of 128 bits in host order; an IPv4-mapped one becomes IPv4.
    pub const fn from_v6_bits(bits: u128) -> Address {
        if bits >> 32 == 0xffff { Address::V4(bits as u32) } else { Address::V6(bits) }
    }
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Address {
        match address {
            IpAddr::V4(v4) => v4.into(),
            IpAddr::V6(v6) => v6.into(),
        }
    }
}

impl From<Ipv4Addr> for Address {
    fn from(address: Ipv4Addr) -> Address {
        Address::V4(address.to_bits())
    }
}

impl From<Ipv6Addr> for Address {
    fn from(address: Ipv6Addr) -> Address {
        Address::from_v6_bits(address.to_bits())
    }
}

impl From<Address> for IpAddr {
    fn from(address: Address) -> IpAddr {
        match address {
            Address::V4(bits) => IpAddr::V4(Ipv4Addr::from_bits(bits)),
            Address::V6(bits) => IpAddr::V6(Ipv6Addr::from_bits(bits)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_rfc_4291_is_read() {
        for (text, bits) in [
            ("2001:DB8:0:0:8:800:200C:417A", 0x2001_0db8_0000_0000_0008_0800_200c_417a),
            ("2001:db8::8:800:200c:417a", 0x2001_0db8_0000_0000_0008_0800_200c_417a),
            ("::", 0),
            ("::1", 1),
            ("::13.1.68.3", 0x0d01_4403),
            ("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", u128::MAX),
        ] {
            assert_eq!(Address::parse(text.as_bytes()), Ok(Address::V6(bits)), "{text}");
        }
    }

    #[test]
    fn mapped_addresses_are_ipv4_in_each_spelling() {
        for text in ["::ffff:192.0.2.1", "::ffff:c000:201", "0:0:0:0:0:ffff:192.0.2.1"] {
            assert_eq!(Address::parse(text.as_bytes()), Ok(Address::V4(0xc000_0201)), "{text}");
        }
    }

    #[test]
    fn what_is_not_plainly_an_address_is_refused() {
        let long = "1".repeat(10 * 1024);
        let bad: [&[u8]; 26] = [
            b"",
            b" ",
            b"192.0.2.01",
            b"0192.0.2.1",
            b"192.0.2.1 ",
            b" 192.0.2.1",
            b"192.0.2.1:80",
            b"192.0.2.1/32",
            b"192.0.2",
            b"192.0.2.256",
            b"0xc0.0.2.1",
            b"0300.0.2.1",
            b"3221225985",
            b"192.0.2.1\0",
            b"\0",
            b"192.0.2.1\n",
            b"fe80::1%eth0",
            b"[::1]",
            b"[::1]:80",
            b":::",
            b"1::2::3",
            b"12345::",
            b"::ffff:192.0.2.01",
            b"::g",
            b"\xff\xfe",
            long.as_bytes(),
        ];
        for text in bad {
            assert_eq!(Address::parse(text), Err(InvalidAddress), "{:?}", text.escape_ascii().to_string());
        }
    }
}
