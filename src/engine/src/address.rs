//! An address, from text or bytes. Strict: what is not plainly one address is refused, and the
//! refusal never quotes the input, which may be a visitor's address.
//!
//! IPv4 is read by `std`: two parsers of our own, byte by byte and all bytes at once, were no
//! quicker on addresses in random order. IPv6 is read here, in a third of `std`'s time; it accepts
//! what `std` accepts, and the tests hold it to that. `make bench` measures both.

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
        // A group of IPv6 has four digits at the most, so a colon comes early or never.
        if text.iter().take(5).any(|byte| *byte == b':') {
            parse_v6(text).map(Address::from_v6_bits).ok_or(InvalidAddress)
        } else {
            parse_v4(text).map(Address::V4).ok_or(InvalidAddress)
        }
    }

    /// The address of 128 bits in host order; an IPv4-mapped one becomes IPv4.
    pub const fn from_v6_bits(bits: u128) -> Address {
        if bits >> 32 == 0xffff { Address::V4(bits as u32) } else { Address::V6(bits) }
    }
}

/// Four numbers of 0 to 255 without leading zeros, with dots between them.
fn parse_v4(text: &[u8]) -> Option<u32> {
    if !text.is_ascii() {
        return None;
    }
    // SAFETY: ASCII is UTF-8. Seeing that takes a few instructions, and checking UTF-8 a hundred.
    let text = unsafe { std::str::from_utf8_unchecked(text) };
    Some(text.parse::<Ipv4Addr>().ok()?.to_bits())
}

/// Eight groups of one to four hexadecimal digits with colons between them; `::` once for one or
/// more groups of zero; a dotted quad for the last two groups.
fn parse_v6(text: &[u8]) -> Option<u128> {
    const GROUPS: u32 = 8;
    // The groups so far, the last one lowest; how many; and how many of them come before `::`.
    let (mut bits, mut groups, mut before_gap) = (0_u128, 0, None);
    let mut rest = text;
    if let Some(after) = rest.strip_prefix(b"::") {
        before_gap = Some(0);
        rest = after;
    }
    while !rest.is_empty() {
        let (group, digits) = hexadecimal_group(rest)?;
        if rest.get(digits) == Some(&b'.') {
            bits = bits << 32 | u128::from(parse_v4(rest)?);
            groups += 2;
            break;
        }
        bits = bits << 16 | u128::from(group);
        groups += 1;
        rest = &rest[digits..];
        if rest.is_empty() {
            break;
        }
        if groups == GROUPS {
            return None;
        }
        rest = rest.strip_prefix(b":")?;
        if let Some(after) = rest.strip_prefix(b":") {
            if before_gap.replace(groups).is_some() {
                return None;
            }
            rest = after;
        } else if rest.is_empty() {
            return None;
        }
    }
    let Some(before) = before_gap else {
        return (groups == GROUPS).then_some(bits);
    };
    if groups >= GROUPS {
        return None;
    }
    let after_bits = (groups - before) * 16;
    let high = bits.checked_shr(after_bits)?;
    let low = bits & !u128::MAX.checked_shl(after_bits)?;
    // Shifting by all 128 bits happens where nothing comes before the gap, and then high is zero.
    Some(high.checked_shl((GROUPS - before) * 16).unwrap_or(0) | low)
}

/// A group's number and how many digits it has, 1 to 4.
fn hexadecimal_group(text: &[u8]) -> Option<(u32, usize)> {
    let (mut group, mut digits) = (0, 0);
    for byte in text.iter().take(4) {
        let Some(digit) = char::from(*byte).to_digit(16) else { break };
        group = group << 4 | digit;
        digits += 1;
    }
    (digits > 0).then_some((group, digits))
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
    use proptest::prelude::*;

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

    /// What `std` says, with its own tolerance for nothing.
    fn oracle(text: &[u8]) -> Result<Address, InvalidAddress> {
        let text = std::str::from_utf8(text).map_err(|_| InvalidAddress)?;
        text.parse::<IpAddr>().map(Address::from).map_err(|_| InvalidAddress)
    }

    proptest! {
        #[test]
        fn every_address_is_read_as_std_reads_it(bits: u128, keep: u128, v4: u32) {
            // Few bits set, so that runs of zero groups occur.
            for address in [IpAddr::from(Ipv6Addr::from_bits(bits & keep & bits.rotate_left(64))),
                Ipv6Addr::from_bits(bits).into(), Ipv6Addr::from_bits(u128::from(v4)).into(),
                Ipv4Addr::from_bits(v4).into()] {
                prop_assert_eq!(Address::parse(address.to_string().as_bytes()), Ok(Address::from(address)));
            }
        }

        #[test]
        fn text_of_the_right_characters_is_judged_as_std_judges_it(
            text in "[0-9a-fA-F:.]{0,20}|([0-9a-f]{0,5}:){0,9}[0-9a-f]{0,5}|([0-9]{0,3}[.]){0,4}[0-9]{0,3}\
                |([0-9a-f]{1,4}:){0,7}:?([0-9a-f]{1,4}:){0,3}([0-9]{1,3}[.]){3}[0-9]{1,3}",
        ) {
            prop_assert_eq!(Address::parse(text.as_bytes()), oracle(text.as_bytes()));
        }

        #[test]
        fn any_bytes_are_judged_as_std_judges_them(text in prop::collection::vec(any::<u8>(), 0..50)) {
            prop_assert_eq!(Address::parse(&text), oracle(&text));
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
