//! Crate `prefix-trie`. Keys are pairs of number and length, the leanest that it takes.

use prefix_trie::PrefixMap;

/// A trie for each family, from prefix to id.
#[derive(Default)]
pub struct Tries {
    v4: PrefixMap<(u32, u8), u32>,
    v6: PrefixMap<(u128, u8), u32>,
}

impl Tries {
    /// From CIDR prefixes: address, length, id.
    pub fn new(v4: impl Iterator<Item = (u32, u8, u32)>, v6: impl Iterator<Item = (u128, u8, u32)>) -> Tries {
        Tries {
            v4: v4.map(|(address, length, id)| ((address, length), id)).collect(),
            v6: v6.map(|(address, length, id)| ((address, length), id)).collect(),
        }
    }

    /// The id of an IPv4 address; 0 where there is none.
    #[inline]
    pub fn lookup_v4(&self, address: u32) -> u32 {
        self.v4.get_lpm(&(address, 32)).map_or(0, |(_, id)| *id)
    }

    /// The id of an IPv6 address; 0 where there is none.
    #[inline]
    pub fn lookup_v6(&self, address: u128) -> u32 {
        self.v6.get_lpm(&(address, 128)).map_or(0, |(_, id)| *id)
    }
}
