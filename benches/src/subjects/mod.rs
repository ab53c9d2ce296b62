//! Who is measured: a file each. All rivals are built from the intervals of our range file, so
//! that they know neither more nor less than we do.

#[cfg(feature = "libmaxminddb")]
pub mod capi;
pub mod dir_24_8;
pub mod ip_network_table;
#[cfg(feature = "libmaxminddb")]
pub mod libmaxminddb;
pub mod maxminddb;
pub mod mmdb_file;
pub mod ours;
pub mod poptrie;
pub mod prefix_trie;
pub mod sorted_vec;

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Subnets, Ipv6Subnets};

use crate::data::Interval;

/// Addresses in a group of the rivals' batches: as in the engine's.
const GROUP: usize = 32;

/// The intervals that have an answer as the fewest CIDR prefixes: address, length, id.
pub fn v4_prefixes(intervals: &[Interval<u32>]) -> impl Iterator<Item = (u32, u8, u32)> + '_ {
    intervals.iter().filter(|interval| interval.id != 0).flat_map(|interval| {
        let (first, last) = (Ipv4Addr::from_bits(interval.first), Ipv4Addr::from_bits(interval.last));
        Ipv4Subnets::new(first, last, 0)
            .map(move |network| (network.network().to_bits(), network.prefix_len(), interval.id))
    })
}

/// The same for IPv6.
pub fn v6_prefixes(intervals: &[Interval<u128>]) -> impl Iterator<Item = (u128, u8, u32)> + '_ {
    intervals.iter().filter(|interval| interval.id != 0).flat_map(|interval| {
        let (first, last) = (Ipv6Addr::from_bits(interval.first), Ipv6Addr::from_bits(interval.last));
        Ipv6Subnets::new(first, last, 0)
            .map(move |network| (network.network().to_bits(), network.prefix_len(), interval.id))
    })
}

/// Asks for the cache line that holds `slice[index]`, whatever the index.
#[inline]
fn prefetch<T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing and raises no fault, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(slice.as_ptr().wrapping_add(index).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, index);
}
