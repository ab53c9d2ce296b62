//! What a careful user writes in ten lines: a sorted `Vec` and the standard library's binary
//! search. And the best that can be made of it: halving for a group of addresses at a time, with
//! prefetch.

use crate::data::{Bits, Interval};
use crate::subjects::{GROUP, prefetch};

/// First addresses in order, and the ids beside them.
pub struct SortedVec<A> {
    starts: Vec<A>,
    ids: Vec<u32>,
}

impl<A: Bits> SortedVec<A> {
    /// From intervals without gaps.
    pub fn new(intervals: &[Interval<A>]) -> SortedVec<A> {
        SortedVec {
            starts: intervals.iter().map(|interval| interval.first).collect(),
            ids: intervals.iter().map(|interval| interval.id).collect(),
        }
    }

    /// The id of an address.
    #[inline]
    pub fn lookup(&self, address: A) -> u32 {
        self.ids[self.starts.partition_point(|start| *start <= address) - 1]
    }

    /// The ids of many addresses.
    pub fn lookup_batch(&self, addresses: &[A], ids: &mut [u32]) {
        for (addresses, ids) in addresses.chunks(GROUP).zip(ids.chunks_mut(GROUP)) {
            self.lookup_group(addresses, ids);
        }
    }

    fn lookup_group(&self, addresses: &[A], ids: &mut [u32]) {
        // The last start at or below each address is in `base..base + size`.
        let mut bases = [0_usize; GROUP];
        let mut size = self.starts.len();
        while size > 1 {
            let half = size / 2;
            let next_half = (size - half) / 2;
            for (address, base) in addresses.iter().zip(&mut bases) {
                let middle = *base + half;
                // No branch: half of them would be mispredicted.
                *base = std::hint::select_unpredictable(self.starts[middle] <= *address, middle, *base);
                prefetch(&self.starts, *base + next_half);
            }
            size -= half;
        }
        for base in &bases[..addresses.len()] {
            prefetch(&self.ids, *base);
        }
        for (base, id) in bases.iter().zip(ids) {
            *id = self.ids[*base];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_searches_agree_with_a_scan() {
        let firsts = [0_u32, 3, 4, 10, 11, 12, 200];
        for count in 1..=firsts.len() {
            let intervals: Vec<_> =
                (0..count).map(|i| Interval { first: firsts[i], last: 0, id: i as u32 + 7 }).collect();
            let vec = SortedVec::new(&intervals);
            let addresses: Vec<u32> = (0..=255).collect();
            let mut ids = vec![0; addresses.len()];
            vec.lookup_batch(&addresses, &mut ids);
            for (address, id) in addresses.iter().zip(ids) {
                let last = intervals.iter().rfind(|interval| interval.first <= *address).unwrap();
                assert_eq!((id, vec.lookup(*address)), (last.id, last.id));
            }
        }
    }
}
