//! DIR-24-8 (Gupta, Lin and McKeown 1998): the limit that memory can buy for IPv4. One load from a
//! table with an entry for each /24; where a /24 is not all one answer, a second load from a block
//! with an entry for each address.
//!
//! ```text
//! entries   | 2^24 entries, one a /24           | 256 | 256 | ...     u32 each
//!              id, or LINK | number of a block ---------^
//! ```

use memmap2::{Advice, MmapMut};
use zerocopy::{FromBytes, IntoBytes};

use crate::Result;
use crate::data::Interval;
use crate::subjects::{GROUP, prefetch};

/// Marks an entry that names a block.
const LINK: u32 = 1 << 31;

/// Entries before the blocks.
const LONG: usize = 1 << 24;

/// Which pages to ask for. The table is much larger than what the processor's address cache
/// covers in small pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// As a `Vec` and a mapped file have them: 4 KiB.
    Small,
    /// 2 MiB where the system grants them.
    Huge,
}

/// The table.
pub struct Dir24_8 {
    memory: MmapMut,
}

impl Dir24_8 {
    /// From intervals without gaps.
    pub fn new(intervals: &[Interval<u32>], pages: Pages) -> Result<Dir24_8> {
        // A /24 needs a block where an interval starts inside it.
        let inside = intervals.iter().filter(|interval| interval.first & 255 != 0);
        let mut linked: Vec<u32> = inside.map(|interval| interval.first >> 8).collect();
        linked.dedup();
        let mut memory = MmapMut::map_anon((LONG + linked.len() * 256) * size_of::<u32>())?;
        if pages == Pages::Huge {
            memory.advise(Advice::HugePage)?;
        }
        let entries = <[u32]>::mut_from_bytes(&mut memory).map_err(|_| "a mapping is not aligned")?;
        let (long, blocks) = entries.split_at_mut(LONG);
        for (block, number) in linked.iter().zip(0..) {
            long[*block as usize] = LINK | number;
        }
        for Interval { first, last, id } in intervals {
            for slash24 in first >> 8..=last >> 8 {
                let entry = &mut long[slash24 as usize];
                if *entry & LINK == 0 {
                    *entry = *id;
                } else {
                    let block = ((*entry & !LINK) as usize) << 8;
                    let from = if slash24 == first >> 8 { first & 255 } else { 0 };
                    let to = if slash24 == last >> 8 { last & 255 } else { 255 };
                    blocks[block + from as usize..=block + to as usize].fill(*id);
                }
            }
        }
        Ok(Dir24_8 { memory })
    }

    /// Bytes of the table.
    pub fn bytes(&self) -> usize {
        self.memory.len()
    }

    #[inline]
    fn entries(&self) -> &[u32] {
        // SAFETY: the mapping is page-aligned and a multiple of four bytes long, and any bytes are
        // a u32. zerocopy would check both on every lookup.
        unsafe { std::slice::from_raw_parts(self.memory.as_bytes().as_ptr().cast(), self.memory.len() / 4) }
    }

    /// The id of an address.
    #[inline]
    pub fn lookup(&self, address: u32) -> u32 {
        let entries = self.entries();
        let entry = entries[(address >> 8) as usize];
        if entry & LINK == 0 { entry } else { entries[second(entry, address)] }
    }

    /// The ids of many addresses. While a group is answered, the next one's entries are on their
    /// way; entries of blocks are asked for as soon as their place is known. Of the forms that were
    /// tried this is the quickest: asking within the group takes a third longer on real tables, and
    /// choosing the second load without a branch is no better on ten million ranges.
    pub fn lookup_batch(&self, addresses: &[u32], ids: &mut [u32]) {
        let entries = self.entries();
        let ask = |addresses: &[u32]| {
            for address in addresses {
                prefetch(entries, (address >> 8) as usize);
            }
        };
        let mut groups = addresses.chunks(GROUP);
        let mut next = groups.next();
        ask(next.unwrap_or_default());
        for ids in ids.chunks_mut(GROUP) {
            let addresses = next.unwrap_or_default();
            next = groups.next();
            ask(next.unwrap_or_default());
            let mut linked = 0_u32;
            for (place, (address, id)) in addresses.iter().zip(&mut *ids).enumerate() {
                *id = entries[(address >> 8) as usize];
                if *id & LINK != 0 {
                    linked |= 1 << place;
                    prefetch(entries, second(*id, *address));
                }
            }
            while linked != 0 {
                let place = linked.trailing_zeros() as usize;
                ids[place] = entries[second(ids[place], addresses[place])];
                linked &= linked - 1;
            }
        }
    }
}

/// Where the entry for one address is.
#[inline]
fn second(link: u32, address: u32) -> usize {
    LONG + (((link & !LINK) as usize) << 8 | (address & 255) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lookups_agree_with_the_intervals_at_every_edge() {
        let firsts = [0, 256, 300, 301, 511, 512, 70_000, 1 << 24, u32::MAX - 700, u32::MAX];
        let intervals: Vec<_> = (0..firsts.len())
            .map(|i| Interval {
                first: firsts[i],
                last: firsts.get(i + 1).map_or(u32::MAX, |next| next - 1),
                id: i as u32 + 1,
            })
            .collect();
        let table = Dir24_8::new(&intervals, Pages::Small).unwrap();
        for interval in &intervals {
            let edges = [interval.first, interval.last];
            let mut ids = [0; 2];
            table.lookup_batch(&edges, &mut ids);
            assert_eq!(ids, [interval.id; 2]);
            assert_eq!(edges.map(|edge| table.lookup(edge)), ids);
        }
    }
}
