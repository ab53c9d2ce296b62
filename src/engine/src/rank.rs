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
//! is irregular. The builder halves the slots as long as the cells stay within 8 bytes for each
//! interval: where ranges are many and small, slots are small too.
//!
//! The idea is rank on a bitmap (Jacobson 1989) as Poptrie (Asai and Ohara 2015) and DXR
//! (Zec, Rizzo and Mikuc 2012) use it for routing tables.

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

/// There are 2 to 2^26 cells: slots of 2^25 addresses at the most, of one at the least.
const CELL_NUMBER_BITS: std::ops::RangeInclusive<u32> = 1..=32 - SLOT_NUMBER_BITS;

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
        let bits = cells.len().checked_ilog2()?;
        (cells.len().is_power_of_two() && CELL_NUMBER_BITS.contains(&bits))
            .then(|| RankIndex { cells, cell_bits: 32 - bits })
    }

    /// How many intervals have started in or before the slot of `address`, as far as the bitmap tells.
    #[inline(always)]
    pub(crate) fn count(&self, address: u32) -> Count {
        // The cell number has as many bits as the number of cells has: it is never out of bounds.
        let cell = &self.cells[self.cell_number(address)];
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
        let number = self.cell_number(address);
        let cell = &self.cells[number];
        let next =
            self.cells.get(number + 1).map_or(starts.len() as u32, |next| next.base.get() & !IRREGULAR);
        let excess =
            next.wrapping_sub(cell.base.get() & !IRREGULAR).wrapping_sub(cell.bitmap.get().count_ones());
        let low = (count as usize).saturating_sub(2);
        let high = (count as usize).saturating_add(excess as usize).min(starts.len());
        let window = starts.get(low..high).unwrap_or_default();
        low + window.partition_point(|start| start.get() <= address).saturating_sub(1)
    }

    /// Whether it says of each cell what [`build`] would, with slots of this size.
    pub(crate) fn is_index_of(&self, starts: &[U32]) -> bool {
        make_cells(starts, self.cell_bits - SLOT_NUMBER_BITS)
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
    let bits = room.checked_ilog2().unwrap_or(0).clamp(*CELL_NUMBER_BITS.start(), *CELL_NUMBER_BITS.end());
    make_cells(starts, 32 - bits - SLOT_NUMBER_BITS).collect()
}

/// The cells over slots of 2^`slot_bits` addresses.
fn make_cells(starts: &[U32], slot_bits: u32) -> impl Iterator<Item = RankCell> {
    let cell_bits = slot_bits + SLOT_NUMBER_BITS;
    let mut next = 0;
    (0..1_u32 << (32 - cell_bits)).map(move |number| {
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
        make_cells(&starts(numbers), slot_bits)
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
        let numbers = [0, 1, 2, 255, 256, 257, 258, 0x0a00_0000, 0x0a00_8000, 0x0a00_8001, 0xffff_ffff];
        let starts = starts(&numbers);
        for slot_bits in 8..=25 {
            let cells: Vec<RankCell> = make_cells(&starts, slot_bits).collect();
            let index = RankIndex::new(&cells).unwrap();
            assert!(index.is_index_of(&starts) && !index.is_index_of(&starts[..10]));
            for number in numbers {
                for address in [number.wrapping_sub(1), number, number.wrapping_add(1)] {
                    let right = numbers.iter().rposition(|start| *start <= address).unwrap();
                    let count = index.count(address);
                    let search = || index.find_irregular(&starts, address, count.started());
                    let found = count.interval().unwrap_or_else(search);
                    assert_eq!(found, right, "slots of 2^{slot_bits}");
                }
            }
        }
    }

    #[test]
    fn slots_are_halved_as_long_as_cells_take_8_bytes_for_each_interval() {
        for (intervals, cells) in [(1, 2), (3, 2), (5, 2), (6, 4), (11, 4), (12, 8), (24, 16), (3071, 1024)] {
            assert_eq!(build(&vec![U32::ZERO; intervals]).len(), cells, "{intervals} intervals");
        }
    }
}
