//! Crate `ip_network_table`: a tree bitmap.

use std::net::{Ipv4Addr, Ipv6Addr};

use ip_network::{Ipv4Network, Ipv6Network};
use ip_network_table::IpNetworkTable;

use crate::Result;

/// From prefix to id, both families.
pub struct Table(IpNetworkTable<u32>);

impl Table {
    /// From CIDR prefixes: address, length, id.
    pub fn new(
        v4: impl Iterator<Item = (u32, u8, u32)>,
        v6: impl Iterator<Item = (u128, u8, u32)>,
    ) -> Result<Table> {
        let mut table = IpNetworkTable::new();
        for (address, length, id) in v4 {
            table.insert(Ipv4Network::new(Ipv4Addr::from_bits(address), length)?, id);
        }
        for (address, length, id) in v6 {
            table.insert(Ipv6Network::new(Ipv6Addr::from_bits(address), length)?, id);
        }
        Ok(Table(table))
    }

    /// The id of an IPv4 address; 0 where there is none.
    #[inline]
    pub fn lookup_v4(&self, address: u32) -> u32 {
        self.0.longest_match_ipv4(Ipv4Addr::from_bits(address)).map_or(0, |(_, id)| *id)
    }

    /// The id of an IPv6 address; 0 where there is none.
    #[inline]
    pub fn lookup_v6(&self, address: u128) -> u32 {
        self.0.longest_match_ipv6(Ipv6Addr::from_bits(address)).map_or(0, |(_, id)| *id)
    }
}
