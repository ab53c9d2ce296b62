//! An address as text. `std` writes the same by way of its formatter, which takes longer than finding the
//! answer; the tests hold this to `std`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff`, and that of an IPv4-mapped address is shorter.
const LONGEST: usize = 39;

/// The text of an address, in its own memory: IPv6 in the form of RFC 5952.
///
/// ```
/// use nameplate::AddressText;
/// assert_eq!(AddressText::new("192.0.2.1".parse()?).as_str(), "192.0.2.1");
/// assert_eq!(AddressText::new("2001:db8:0:0::1".parse()?).as_str(), "2001:db8::1");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy)]
pub struct AddressText {
    /// ASCII as far as `length`.
    text: [u8; LONGEST],
    length: u8,
}

impl AddressText {
    /// Writes the address.
    #[inline]
    pub fn new(address: IpAddr) -> AddressText {
        let mut text = AddressText { text: [0; LONGEST], length: 0 };
        match address {
            IpAddr::V4(v4) => text.v4(v4),
            IpAddr::V6(v6) => text.v6(v6),
        }
        text
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        // It is ASCII; where that is not seen, nothing is lost but time.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The text as bytes, all of them ASCII.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.length)]
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        self.text[usize::from(self.length)] = byte;
        self.length += 1;
    }

    /// Each octet is copied with what may stand behind it, which the next one overwrites.
    #[inline]
    fn v4(&mut self, address: Ipv4Addr) {
        let mut end = usize::from(self.length);
        for octet in address.octets() {
            let (digits, count) = OCTETS[usize::from(octet)];
            self.text[end..end + digits.len()].copy_from_slice(&digits);
            end += usize::from(count);
        }
        // Without the last dot.
        self.length = (end - 1) as u8;
    }

    /// RFC 5952 section 4: the longest run of at least two groups of zero becomes `::`, the first of
    /// equally long ones; section 5: an IPv4-mapped address ends in a dotted quad.
    fn v6(&mut self, address: Ipv6Addr) {
        if let Some(v4) = address.to_ipv4_mapped() {
            b"::ffff:".iter().for_each(|byte| self.push(*byte));
            return self.v4(v4);
        }
        let groups = address.segments();
        let (gap, length) = longest_zeros(&groups);
        let mut index = 0;
        while index < groups.len() {
            if index == gap && length > 1 {
                self.push(b':');
                self.push(b':');
                index += length;
                continue;
            }
            if index > 0 && !(index == gap + length && length > 1) {
                self.push(b':');
            }
            self.group(groups[index]);
            index += 1;
        }
    }

    /// Lower-case hexadecimal digits without leading zeros.
    fn group(&mut self, group: u16) {
        let digits = (u16::BITS - group.leading_zeros()).div_ceil(4).max(1);
        for digit in (0..digits).rev() {
            self.push(b"0123456789abcdef"[usize::from(group >> (4 * digit) & 15)]);
        }
    }
}

/// The digits of each octet with a dot behind them, and how many bytes that is.
static OCTETS: [([u8; 4], u8); 256] = {
    let mut octets = [([b'.'; 4], 0); 256];
    let mut octet = 0;
    while octet < octets.len() {
        let (hundreds, tens, ones) = (octet / 100, octet / 10 % 10, octet % 10);
        let digits = [b'0' + hundreds as u8, b'0' + tens as u8, b'0' + ones as u8];
        octets[octet] = match (hundreds, tens) {
            (0, 0) => ([digits[2], b'.', 0, 0], 2),
            (0, _) => ([digits[1], digits[2], b'.', 0], 3),
            _ => ([digits[0], digits[1], digits[2], b'.'], 4),
        };
        octet += 1;
    }
    octets
};

/// Where the longest run of zeros begins, and how long it is.
fn longest_zeros(groups: &[u16; 8]) -> (usize, usize) {
    let (mut longest, mut run) = ((0, 0), (0, 0));
    for (index, group) in groups.iter().enumerate() {
        run = if *group == 0 { (run.0, run.1 + 1) } else { (index + 1, 0) };
        if run.1 > longest.1 {
            longest = run;
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_octets_and_edges_are_written_as_std_writes_them() {
        for octet in 0..=255_u8 {
            let address = IpAddr::from([octet, 255 - octet, octet.rotate_left(3), 0]);
            assert_eq!(AddressText::new(address).as_str(), address.to_string());
        }
        for bits in [0, 1, u128::MAX, 0xffff << 32, 0xffff_ffff, 1 << 112, 0xff_ffff_ffff_ffff] {
            let address = IpAddr::from(Ipv6Addr::from_bits(bits));
            assert_eq!(AddressText::new(address).as_str(), address.to_string());
        }
    }

    proptest! {
        #[test]
        fn addresses_are_written_as_std_writes_them(
            groups in proptest::array::uniform8(prop_oneof![Just(0), Just(0xffff), 0..0x20_u16, any::<u16>()]),
        ) {
            let address = IpAddr::from(groups);
            let text = AddressText::new(address);
            prop_assert_eq!(text.as_str(), address.to_string());
        }
    }
}
