//! The IPv4 index: which interval holds an address, in two dependent loads and no search.
//!
//! Real tables start nearly all their ranges at the first address of a /24. So the address space
//! is cut into *slots* of 2^s addresses (s = 8: the /24s), one bit each, set where an interval
//! starts. The number of bits set up to an address's slot is the number of intervals that have
//! started, and one less is the interval's index. 64 slots and the count of intervals before them
//! make a *cell* of 12 bytes:
//!
//! ```text
//!                 32 - 6 - s bits      6 bits     s bits
//! address      |      cell number    |  slot  |  within slot  |
//!                       |                |
//! cells        | bitmap: u64, base: u32 |
//!                       |                |
//! interval     =  base + popcount(bitmap, bits 0 to slot) - 1   -->  V4_ANSWERS[interval]
//! ```
//!
//! A cell in which an interval starts inside a slot, or several in one slot, is marked irregular
//! (the highest bit of `base`). There the count is off by little, and by how much is known: a slot
//! that has started may begin with an interval of before (one less), and each start beyond a
//! slot's first is missing from the bitmap (one more, `excess` at the most):
//!
//! ```text
//! count - 2  <=  interval  <=  count - 1 + excess,   excess = next cell's base - base - popcount(bitmap)
//! ```
//!
//! A search in that window of V4_STARTS ends the lookup. On the real table one cell in 600
//! is irregular.
//!
//! Where hardly an interval starts behind 223.255.255.255, as in real tables, since multicast and reserved
//! addresses lie there, the cells end with that address: an eighth less of them. The few starts behind
//! the last cell are searched. The builder halves the slots as long as the cells stay within 8 bytes for each
//! interval: where ranges are many and small, slots are small too.
//!
//! The idea is rank on a bitmap (Jacobson 1989) as Poptrie (Asai and Ohara 2015) and DXR
//! (Zec, Rizzo and Mikuc 2012) use it for routing tables.

use std::ops::Range;

use zerocopy::little_endian::{U32, U64};

use crate::cpu::prefetch;
use crate::format::RankCell;

/// Marks a cell in [`RankCell::base`].
const IRREGULAR: u32 = 1 << 31;

/// Bits of an address that number a slot within its cell.
const SLOT_NUMBER_BITS: u32 = 6;

/// Slots are halved as long as the cells take no more bytes than this for each interval. With the
/// answer ids, 4 bytes, that is what the ranges themselves take: start, end and id.
const CELL_BYTES_PER_INTERVAL: usize = 8;

/// The cells cover 0.0.0.0 to 223.255.255.255, seven eighths of the address space, where behind it start
/// at most this many intervals, and all of it elsewhere.
const FEW: usize = 64;

/// An eighth has 1 to 2^23 cells: slots of 2^23 addresses at the most, of one at the least.
const CELL_NUMBER_BITS: std::ops::RangeInclusive<u32> = 0..=EIGHTH_BITS - SLOT_NUMBER_BITS;

/// Bits of an address within its eighth.
const EIGHTH_BITS: u32 = 29;

/// The index, viewed in a file.
#[derive(Clone, Copy)]
pub(crate) struct RankIndex<'a> {
    cells: &'a [RankCell],
    /// Bits of an address within its cell.
    cell_bits: u32,
}

impl<'a> RankIndex<'a> {
    /// Views cells; their number says how large the slots are. None where it is no such number.
    pub(crate) fn new(cells: &'a [RankCell]) -> Option<RankIndex<'a>> {
        let eighths = if cells.len().is_multiple_of(7) { 7 } else { 8 };
        let bits = (cells.len() / eighths).checked_ilog2()?;
        (cells.len() == eighths << bits && CELL_NUMBER_BITS.contains(&bits))
            .then(|| RankIndex { cells, cell_bits: EIGHTH_BITS - bits })
    }

    /// How many intervals have started in or before the slot of `address`, as far as the bitmap tells.
    /// Behind the last cell it tells as little as in an irregular one.
    #[inline(always)]
    pub(crate) fn count(&self, address: u32) -> Count {
        let Some(cell) = self.cells.get(self.cell_number(address)) else { return Count(IRREGULAR) };
        let slot = address >> (self.cell_bits - SLOT_NUMBER_BITS) & 63;
        Count(cell.base.get().wrapping_add((cell.bitmap.get() << (63 - slot)).count_ones()))
    }

    #[inline(always)]
    fn cell_number(&self, address: u32) -> usize {
        (address >> self.cell_bits) as usize
    }

    /// Asks for the cell of `address`.
    #[inline(always)]
    pub(crate) fn prefetch(&self, address: u32) {
        prefetch(self.cells, self.cell_number(address));
    }

    /// The last interval of the window around `count` that starts at or before `address`.
    #[inline(never)]
    pub(crate) fn find_irregular(&self, starts: &[U32], address: u32, count: u32) -> usize {
        let window = self.window(address, count, starts.len() as u32);
        let low = window.start as usize;
        let window = starts.get(low..starts.len().min(window.end as usize)).unwrap_or_default();
        low + window.partition_point(|start| start.get() <= address).saturating_sub(1)
    }

    /// The intervals one of which holds `address`, where `count` does not tell which.
    fn window(&self, address: u32, count: u32, intervals: u32) -> Range<u32> {
        let base = |cell: &RankCell| cell.base.get() & !IRREGULAR;
        let number = self.cell_number(address);
        let Some(cell) = self.cells.get(number) else {
            return self.cells.last().map_or(0, base).saturating_sub(1)..intervals;
        };
        let next = self.cells.get(number + 1).map_or(intervals, base);
        let excess = next.wrapping_sub(base(cell)).wrapping_sub(cell.bitmap.get().count_ones());
        count.saturating_sub(2)..count.saturating_add(excess)
    }

    /// Whether it says of each cell what [`build`] would, with slots of this size.
    pub(crate) fn is_index_of(&self, starts: &[U32]) -> bool {
        make_cells(starts, self.cell_bits - SLOT_NUMBER_BITS, self.cells.len())
            .zip(self.cells)
            .all(|(right, cell)| right.bitmap == cell.bitmap && right.base == cell.base)
    }
}

/// What a cell says of an address: intervals that have started, and the mark of an irregular cell.
#[derive(Clone, Copy)]
pub(crate) struct Count(u32);

impl Count {
    /// The interval, if the bitmap tells all; in a damaged file any number, in all ways the same.
    #[inline(always)]
    pub(crate) fn interval(self) -> Option<usize> {
        if self.0 & IRREGULAR == 0 { Some(self.0.wrapping_sub(1) as usize) } else { None }
    }

    /// The count without the mark.
    #[inline(always)]
    pub(crate) fn started(self) -> u32 {
        self.0 & !IRREGULAR
    }
}

/// Makes the index of sorted first addresses.
pub(crate) fn build(starts: &[U32]) -> Vec<RankCell> {
    let room = starts.len() * CELL_BYTES_PER_INTERVAL / size_of::<RankCell>();
    let behind = starts.len() - starts.partition_point(|start| start.get() < 7 << EIGHTH_BITS);
    let eighths = if behind <= FEW { 7 } else { 8 };
    let bits = (room / eighths).checked_ilog2().unwrap_or(0).min(*CELL_NUMBER_BITS.end());
    make_cells(starts, EIGHTH_BITS - bits - SLOT_NUMBER_BITS, eighths << bits).collect()
}

/// The first `count` cells over slots of 2^`slot_bits` addresses.
fn make_cells(starts: &[U32], slot_bits: u32, count: usize) -> impl Iterator<Item = RankCell> {
    let cell_bits = slot_bits + SLOT_NUMBER_BITS;
    let mut next = 0;
    (0..count as u32).map(move |number| {
        let (base, mut bitmap, mut regular) = (next as u32, 0_u64, true);
        while let Some(start) = starts.get(next).map(|start| start.get())
            && start >> cell_bits == number
        {
            let bit = 1 << (start >> slot_bits & 63);
            regular &= bitmap & bit == 0 && start.trailing_zeros() >= slot_bits;
            bitmap |= bit;
            next += 1;
        }
        let mark = if regular { 0 } else { IRREGULAR };
        RankCell { bitmap: U64::new(bitmap), base: U32::new(base | mark) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(numbers: &[u32]) -> Vec<U32> {
        numbers.iter().copied().map(U32::new).collect()
    }

    /// What the cells of these starts say: bitmap, base, irregular.
    fn cells(numbers: &[u32], slot_bits: u32) -> Vec<(u64, u32, bool)> {
        make_cells(&starts(numbers), slot_bits, 8)
            .map(|cell| (cell.bitmap.get(), cell.base.get() & !IRREGULAR, cell.base.get() & IRREGULAR != 0))
            .collect()
    }

    #[test]
    fn a_cell_is_irregular_where_an_interval_starts_within_a_slot() {
        let eighth = 1 << 29;
        // Slots of 2^23 addresses, cells of an eighth of the space.
        assert_eq!(cells(&[0, 1 << 23, 5 * eighth], 23)[..2], [(0b11, 0, false), (0, 2, false)]);
        assert_eq!(cells(&[0, 1 << 23, 5 * eighth], 23)[5..7], [(1, 2, false), (0, 3, false)]);
        assert_eq!(cells(&[0, eighth + 1], 23)[1..3], [(1, 1, true), (0, 2, false)], "alone in its slot");
        assert_eq!(cells(&[0, eighth, eighth + 1], 23)[1], (1, 1, true), "two in a slot");
        assert_eq!(cells(&[0, u32::MAX], 23)[7], (1 << 63, 1, true));
    }

    #[test]
    fn the_interval_is_found_with_every_slot_size() {
        let sparse = [0, 1, 2, 255, 256, 257, 258, 0x0a00_0000, 0x0a00_8000, 0x0a00_8001, 0xffff_ffff];
        let behind = [0, 0xdfff_ff00, 0xdfff_ffff, 0xe000_0000, 0xe000_0001, 0xf000_0000, 0xffff_ffff];
        for (numbers, eighths) in [(&sparse[..], 7), (&sparse, 8), (&behind, 7), (&behind, 8)] {
            for slot_bits in 8..=23 {
                finds_all(numbers, slot_bits, eighths << (23 - slot_bits));
            }
        }
    }

    fn finds_all(numbers: &[u32], slot_bits: u32, count: usize) {
        let starts = starts(numbers);
        let cells: Vec<RankCell> = make_cells(&starts, slot_bits, count).collect();
        let index = RankIndex::new(&cells).unwrap();
        assert!(index.is_index_of(&starts) && !index.is_index_of(&starts[..1]));
        for number in numbers {
            for address in [number.wrapping_sub(1), *number, number.wrapping_add(1)] {
                let right = numbers.iter().rposition(|start| *start <= address).unwrap();
                let count = index.count(address);
                let search = || index.find_irregular(&starts, address, count.started());
                let found = count.interval().unwrap_or_else(search);
                assert_eq!(found, right, "slots of 2^{slot_bits}");
            }
        }
    }

    /// A /32 each, behind 223.255.255.255.
    #[test]
    fn what_lies_behind_the_unicast_addresses_has_cells_where_many_intervals_start_there() {
        let with_behind = |count: u32| {
            let behind = (0..count).map(|number| 0xe000_0000 + number);
            starts(&[0, 0xdfff_ffff].into_iter().chain(behind).collect::<Vec<_>>())
        };
        assert_eq!(build(&with_behind(64)).len(), 28);
        assert_eq!(build(&with_behind(65)).len(), 32);
    }

    #[test]
    fn slots_are_halved_as_long_as_cells_take_8_bytes_for_each_interval() {
        for (intervals, cells) in
            [(1, 7), (20, 7), (21, 14), (41, 14), (42, 28), (83, 28), (84, 56), (2687, 896)]
        {
            assert_eq!(build(&vec![U32::ZERO; intervals]).len(), cells, "{intervals} intervals");
        }
    }
}
