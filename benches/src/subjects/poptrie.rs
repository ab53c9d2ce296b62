//! Crate `poptrie`: compressed trie with population counts (Asai and Ohara 2015).

use poptrie::Poptrie;

/// A trie for each family, from prefix to id.
pub struct Tries {
    v4: Poptrie<(u32, u8), u32>,
    v6: Poptrie<(u128, u8), u32>,
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
        self.v4.lookup(address).copied().unwrap_or(0)
    }

    /// The id of an IPv6 address; 0 where there is none.
    #[inline]
    pub fn lookup_v6(&self, address: u128) -> u32 {
        self.v6.lookup(address).copied().unwrap_or(0)
    }
}
