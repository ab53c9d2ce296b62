//! Which interval holds an address.
//!
//! Both tables are sorted arrays of first addresses without gaps: interval `i` reaches from
//! `starts[i]` to the address before `starts[i + 1]`, the last one to the family's last address.
//! So the interval of an address is the last one that starts at or before it. The indexes of
//! `rank` and `tree` find it in few loads; a file without them is searched by halving.
//!
//! A batch asks for the memory that an address will need some addresses before it is needed: the
//! loads of many addresses overlap, and the time of a lookup is no longer their latency.
//!
//! Nothing here trusts the file: an index out of bounds finds interval 0 or answer 0.

use std::array;
use std::ops::Range;

use zerocopy::little_endian::{U32, U64};

use crate::cpu::{Cpu, Lanes, per_cpu, prefetch};
use crate::format::{LowHalf, UNKNOWN};
use crate::rank::RankIndex;
use crate::tree::Tree;

/// How many ids before its own an answer's record is asked for: enough loads under way to hide their
/// latency, and no more than a core can have.
pub(crate) const AHEAD: usize = 16;

/// Addresses in a group of a batch: enough loads under way to hide their latency, few enough that the
/// group's state stays in the first cache.
pub(crate) const GROUP: usize = 32;

/// The number of leading indices in `0..count` for which `precedes` holds, where it holds for a
/// prefix. O(log count) calls.
#[inline(always)]
fn partition_point(count: usize, precedes: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if precedes(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Reads the answer id of an interval.
#[inline(always)]
fn answer_at(answers: &[U32], index: usize) -> u32 {
    answers.get(index).map_or(UNKNOWN, |id| id.get())
}

/// Reads the answer ids of intervals into their places.
#[inline(always)]
fn answers_at(answers: &[U32], places: &mut [u32]) {
    for place in places {
        *place = answer_at(answers, *place as usize);
    }
}

/// An interval and its answer id in one register, and out of it again.
#[derive(Clone, Copy)]
pub(crate) struct Located(u64);

impl Located {
    #[inline(always)]
    fn at(answers: &[U32], interval: usize) -> Located {
        Located((interval as u64) << 32 | u64::from(answer_at(answers, interval)))
    }

    #[inline(always)]
    pub(crate) fn interval(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline(always)]
    pub(crate) fn answer(self) -> u32 {
        self.0 as u32
    }
}

/// The IPv4 intervals of a file.
#[derive(Clone, Copy)]
pub(crate) struct V4Table<'a> {
    pub(crate) starts: &'a [U32],
    pub(crate) answers: &'a [U32],
    pub(crate) index: Option<RankIndex<'a>>,
    pub(crate) cpu: Cpu,
}

impl V4Table<'_> {
    per_cpu! {
        /// The interval that holds `address`.
        find / find_portable / find_v3 = find_on(address: u32) -> usize
    }

    per_cpu! {
        /// The answer id of the interval that holds `address`.
        lookup / lookup_portable / lookup_v3 = lookup_on(address: u32) -> u32
    }

    per_cpu! {
        /// The interval that holds `address`, and its answer id.
        locate / locate_portable / locate_v3 = locate_on(address: u32) -> Located
    }

    per_cpu! {
        /// The same for many addresses; the slices are of one length.
        lookup_batch / lookup_batch_portable / lookup_batch_v3 = lookup_batch_on(addresses: &[u32], ids: &mut [u32])
    }

    per_cpu! {
        /// The intervals of many addresses; the slices are of one length.
        find_batch / find_batch_portable / find_batch_v3 = find_batch_on(addresses: &[u32], intervals: &mut [u32])
    }

    #[inline(always)]
    fn lookup_on<L: Lanes>(&self, address: u32) -> u32 {
        if let Some(index) = &self.index
            && let Some(interval) = index.count(address).interval()
        {
            answer_at(self.answers, interval)
        } else {
            // A call at the end, so that the usual way has no registers to save for it.
            self.lookup_by_search(address)
        }
    }

    #[inline(never)]
    fn lookup_by_search(&self, address: u32) -> u32 {
        answer_at(self.answers, self.find_by_search(address))
    }

    #[inline(always)]
    fn locate_on<L: Lanes>(&self, address: u32) -> Located {
        if let Some(index) = &self.index
            && let Some(interval) = index.count(address).interval()
        {
            Located::at(self.answers, interval)
        } else {
            self.locate_by_search(address)
        }
    }

    #[inline(never)]
    fn locate_by_search(&self, address: u32) -> Located {
        Located::at(self.answers, self.find_by_search(address))
    }

    #[inline(always)]
    fn lookup_batch_on<L: Lanes>(&self, addresses: &[u32], ids: &mut [u32]) {
        self.pipeline::<L, true>(addresses, ids);
    }

    #[inline(always)]
    fn find_batch_on<L: Lanes>(&self, addresses: &[u32], intervals: &mut [u32]) {
        self.pipeline::<L, false>(addresses, intervals);
    }

    /// Three stages, each a group of addresses behind the one before, so that there are always loads
    /// of each kind under way:
    ///
    /// 1. count, and ask for the answer id, or in an irregular cell for the starts to search; the
    ///    cell was asked for a group before;
    /// 2. search the starts, and ask for the answer id;
    /// 3. read the answer id, if `ANSWERS`.
    #[inline(always)]
    fn pipeline<L: Lanes, const ANSWERS: bool>(&self, addresses: &[u32], places: &mut [u32]) {
        let Some(index) = &self.index else {
            for (address, place) in addresses.iter().zip(places) {
                let interval = self.find_on::<L>(*address);
                *place = if ANSWERS { answer_at(self.answers, interval) } else { interval as u32 };
            }
            return;
        };
        let length = addresses.len().min(places.len());
        let group = |number: usize| (number * GROUP).min(length)..((number + 1) * GROUP).min(length);
        for address in &addresses[group(0)] {
            index.prefetch(*address);
        }
        let mut irregular = 0;
        for number in 0..length.div_ceil(GROUP) + 2 {
            for address in &addresses[group(number + 1)] {
                index.prefetch(*address);
            }
            let counted = group(number);
            let to_search = irregular;
            irregular = self.count_group(index, &addresses[counted.clone()], &mut places[counted]);
            if to_search != 0 {
                let searched = group(number.wrapping_sub(1));
                self.search_group(index, &addresses[searched.clone()], &mut places[searched], to_search);
            }
            if ANSWERS && number >= 2 {
                for place in &mut places[group(number - 2)] {
                    *place = answer_at(self.answers, *place as usize);
                }
            }
        }
    }

    /// Intervals, where regular cells tell them, and counts elsewhere; bit n says that the nth is a
    /// count.
    #[inline(always)]
    fn count_group(&self, index: &RankIndex<'_>, addresses: &[u32], places: &mut [u32]) -> u32 {
        let mut counts = 0;
        for (number, (address, place)) in addresses.iter().zip(places).enumerate() {
            let count = index.count(*address);
            if let Some(interval) = count.interval() {
                *place = interval as u32;
                prefetch(self.answers, interval);
            } else {
                *place = count.started();
                prefetch(self.starts, *place as usize);
                counts |= 1 << number;
            }
        }
        counts
    }

    /// Makes the marked counts intervals.
    #[inline(always)]
    fn search_group(&self, index: &RankIndex<'_>, addresses: &[u32], places: &mut [u32], mut counts: u32) {
        while counts != 0 {
            let number = counts.trailing_zeros() as usize;
            counts &= counts - 1;
            let found = index.find_irregular(self.starts, addresses[number], places[number]);
            places[number] = u32::try_from(found).unwrap_or(u32::MAX);
            prefetch(self.answers, found);
        }
    }

    #[inline(always)]
    fn find_on<L: Lanes>(&self, address: u32) -> usize {
        if let Some(index) = &self.index
            && let Some(interval) = index.count(address).interval()
        {
            interval
        } else {
            self.find_by_search(address)
        }
    }

    /// The interval that holds `address`, where no cell tells it.
    #[inline(never)]
    fn find_by_search(&self, address: u32) -> usize {
        match &self.index {
            Some(index) => index.find_irregular(self.starts, address, index.count(address).started()),
            None => partition_point(self.starts.len(), |i| self.starts[i].get() <= address).saturating_sub(1),
        }
    }

    /// Asks for what [`answer`](Self::answer) and [`bounds`](Self::bounds) read.
    pub(crate) fn prefetch(&self, index: usize) {
        prefetch(self.answers, index);
        prefetch(self.starts, index);
        prefetch(self.starts, index.wrapping_add(1));
    }

    /// The answer id of interval `index`.
    pub(crate) fn answer(&self, index: usize) -> u32 {
        answer_at(self.answers, index)
    }

    /// First and last address of interval `index`, if there is one.
    pub(crate) fn bounds(&self, index: usize) -> Option<(u32, u32)> {
        let first = self.starts.get(index)?.get();
        let last = self.starts.get(index + 1).map_or(u32::MAX, |next| next.get().wrapping_sub(1));
        Some((first, last))
    }
}

/// Addresses of a batch that go down the tree side by side, in registers: each step of one waits for
/// the step before, and the processor does those of the others meanwhile.
const TOGETHER: usize = 4;

/// From the root down to nodes of the last layer, which it asks for.
#[inline(always)]
fn descend_together<L: Lanes, const N: usize>(
    index: &Tree<'_>,
    steps: &[usize],
    addresses: &[u128; N],
    places: &mut [u32; N],
) {
    let mut nodes = [0; N];
    let mut keys = [L::key(0); N];
    for (key, address) in keys.iter_mut().zip(addresses) {
        *key = L::key((address >> 64) as u64);
    }
    for step in steps {
        for (node, key) in nodes.iter_mut().zip(keys) {
            *node = index.descend::<L>(*step, *node, key);
        }
    }
    for (node, place) in nodes.iter().zip(places) {
        index.prefetch(*node);
        *place = *node as u32;
    }
}

/// The marks of the intervals that have low halves, of `count` intervals.
pub(crate) fn low_marks(halves: &[LowHalf], count: usize) -> Vec<u8> {
    let mut marks = vec![0; count.div_ceil(8)];
    for half in halves {
        let index = half.interval.get() as usize;
        marks[index / 8] |= 1 << (index % 8);
    }
    marks
}

fn first_address(high: U64, low: U64) -> u128 {
    (u128::from(high.get()) << 64) | u128::from(low.get())
}

/// The IPv6 intervals of a file. Real tables are decided by the high halves of first addresses, which
/// fill cache lines alone; of the low ones the file has those that are not zero, and a bit for each
/// interval that says whether it has one, so that an address in the first /64 of an interval, as `x::1`
/// is, need not search them.
#[derive(Clone, Copy)]
pub(crate) struct V6Table<'a> {
    pub(crate) starts_high: &'a [U64],
    pub(crate) low_marks: &'a [u8],
    pub(crate) starts_low: &'a [LowHalf],
    pub(crate) answers: &'a [U32],
    pub(crate) index: Option<Tree<'a>>,
    pub(crate) cpu: Cpu,
}

impl V6Table<'_> {
    per_cpu! {
        /// The interval that holds `address`.
        find / find_portable / find_v3 = find_on(address: u128) -> usize
    }

    per_cpu! {
        /// The answer id of the interval that holds `address`.
        lookup / lookup_portable / lookup_v3 = lookup_on(address: u128) -> u32
    }

    per_cpu! {
        /// The interval that holds `address`, and its answer id.
        locate / locate_portable / locate_v3 = locate_on(address: u128) -> Located
    }

    per_cpu! {
        /// The same for many addresses; the slices are of one length.
        lookup_batch / lookup_batch_portable / lookup_batch_v3 = lookup_batch_on(addresses: &[u128], ids: &mut [u32])
    }

    per_cpu! {
        /// The intervals of many addresses; the slices are of one length.
        find_batch / find_batch_portable / find_batch_v3 = find_batch_on(addresses: &[u128], intervals: &mut [u32])
    }

    #[inline(always)]
    fn lookup_on<L: Lanes>(&self, address: u128) -> u32 {
        let Some(index) = &self.index else { return self.lookup_among(0..self.starts_high.len(), address) };
        let key = L::key((address >> 64) as u64);
        match self.find_in_block::<L>(index.block::<L>(key), key, address) {
            Ok(interval) => answer_at(self.answers, interval),
            // A call at the end, so that the usual way has no registers to save for it.
            Err(among) => self.lookup_among(among, address),
        }
    }

    #[inline(never)]
    fn lookup_among(&self, among: Range<usize>, address: u128) -> u32 {
        answer_at(self.answers, self.find_among(among, address))
    }

    #[inline(always)]
    fn locate_on<L: Lanes>(&self, address: u128) -> Located {
        let Some(index) = &self.index else { return self.locate_among(0..self.starts_high.len(), address) };
        let key = L::key((address >> 64) as u64);
        match self.find_in_block::<L>(index.block::<L>(key), key, address) {
            Ok(interval) => Located::at(self.answers, interval),
            Err(among) => self.locate_among(among, address),
        }
    }

    #[inline(never)]
    fn locate_among(&self, among: Range<usize>, address: u128) -> Located {
        Located::at(self.answers, self.find_among(among, address))
    }

    #[inline(always)]
    fn lookup_batch_on<L: Lanes>(&self, addresses: &[u128], ids: &mut [u32]) {
        for (addresses, ids) in addresses.chunks(GROUP).zip(ids.chunks_mut(GROUP)) {
            self.find_group::<L>(addresses, ids);
            answers_at(self.answers, ids);
        }
    }

    #[inline(always)]
    fn find_batch_on<L: Lanes>(&self, addresses: &[u128], intervals: &mut [u32]) {
        for (addresses, intervals) in addresses.chunks(GROUP).zip(intervals.chunks_mut(GROUP)) {
            self.find_group::<L>(addresses, intervals);
        }
    }

    #[inline(always)]
    fn find_on<L: Lanes>(&self, address: u128) -> usize {
        let Some(index) = &self.index else {
            return self.find_among(0..self.starts_high.len(), address);
        };
        let key = L::key((address >> 64) as u64);
        match self.find_in_block::<L>(index.block::<L>(key), key, address) {
            Ok(interval) => interval,
            Err(among) => self.find_among(among, address),
        }
    }

    /// Leaves the answers' memory asked for.
    #[inline(always)]
    fn find_group<L: Lanes>(&self, addresses: &[u128], intervals: &mut [u32]) {
        let Some(index) = &self.index else {
            for (address, interval) in addresses.iter().zip(intervals) {
                *interval = self.find_on::<L>(*address) as u32;
            }
            return;
        };
        // The intervals' places hold nodes of the last layer meanwhile, then blocks.
        let (last, upper) = match index.steps() {
            [upper @ .., last] => (Some(last), upper),
            [] => (None, &[][..]),
        };
        let (quads, rest) = addresses.as_chunks();
        let (quads_of_nodes, rest_of_nodes) = intervals.as_chunks_mut();
        for (addresses, nodes) in quads.iter().zip(quads_of_nodes) {
            descend_together::<L, TOGETHER>(index, upper, addresses, nodes);
        }
        for (address, node) in rest.iter().zip(rest_of_nodes) {
            descend_together::<L, 1>(index, upper, &[*address], array::from_mut(node));
        }
        if let Some(last) = last {
            for (address, node) in addresses.iter().zip(&mut *intervals) {
                let block = index.descend::<L>(*last, *node as usize, L::key((address >> 64) as u64));
                prefetch(self.starts_high, block);
                *node = block as u32;
            }
        }
        for (address, interval) in addresses.iter().zip(intervals) {
            let found =
                match self.find_in_block::<L>(*interval as usize, L::key((address >> 64) as u64), *address) {
                    Ok(interval) => interval,
                    Err(among) => self.find_among(among, *address),
                };
            *interval = found as u32;
            prefetch(self.answers, found);
        }
    }

    /// The interval that holds `address`, in the block that the index gives for it; or, where more must be
    /// looked at, the intervals of which it is the last one whose high half is at or below the address's,
    /// or one before that in the same /64. So it is where the high halves are equal and that interval
    /// has a low half, in the last block, which may be shorter, and for the largest high half, for which
    /// the index has no place.
    #[inline(always)]
    fn find_in_block<L: Lanes>(
        &self,
        block: usize,
        key: L::Key,
        address: u128,
    ) -> Result<usize, Range<usize>> {
        let high = (address >> 64) as u64;
        if high == u64::MAX {
            return Err(0..self.starts_high.len());
        }
        let Some(count) = L::count_up_to(self.starts_high, block, key) else {
            return Err(block..self.starts_high.len());
        };
        // No key counts only in the first block of a damaged file.
        let found = (block + count).saturating_sub(1);
        if self.starts_high.get(found).is_some_and(|start| start.get() == high) && self.has_low_half(found) {
            return Err(found..found + 1);
        }
        Ok(found)
    }

    /// The interval that holds `address`, by the last of some intervals whose high half is at or below
    /// the address's.
    #[inline(never)]
    fn find_among(&self, among: Range<usize>, address: u128) -> usize {
        let high = (address >> 64) as u64;
        // In a damaged file a block may lie anywhere.
        let first = among.start.min(self.starts_high.len());
        let starts = self.starts_high.get(first..among.end).unwrap_or_default();
        let count = starts.partition_point(|start| start.get() <= high);
        let found = (first + count).saturating_sub(1);
        if self.starts_high.get(found).is_none_or(|start| start.get() != high) {
            return found;
        }
        match self.low_half(found) {
            Some(place) if self.starts_low[place].low.get() > address as u64 => {
                self.find_before(place, address)
            }
            _ => found,
        }
    }

    /// The interval that holds `address`, where the one of the low half at `place` starts behind it, in
    /// the same /64. The first that starts behind it has a low half too, for that is above the
    /// address's; the interval before that one it is.
    #[inline(never)]
    fn find_before(&self, place: usize, address: u128) -> usize {
        let precedes = |half: &LowHalf| {
            let high = self.starts_high.get(half.interval.get() as usize);
            high.is_some_and(|high| first_address(*high, half.low) <= address)
        };
        let behind = self.starts_low[..place].partition_point(precedes);
        (self.starts_low[behind].interval.get() as usize).saturating_sub(1)
    }

    #[inline(always)]
    fn has_low_half(&self, index: usize) -> bool {
        self.low_marks.get(index / 8).is_some_and(|marks| marks >> (index % 8) & 1 != 0)
    }

    /// Where the low half of interval `index` is, if it has one. O(1) where it has none, else O(log of
    /// the low halves).
    fn low_half(&self, index: usize) -> Option<usize> {
        if self.has_low_half(index) {
            self.starts_low.binary_search_by(|half| (half.interval.get() as usize).cmp(&index)).ok()
        } else {
            None
        }
    }

    /// The first address of interval `index`.
    pub(crate) fn start(&self, index: usize) -> Option<u128> {
        let high = *self.starts_high.get(index)?;
        let low = self.low_half(index).map_or(U64::ZERO, |place| self.starts_low[place].low);
        Some(first_address(high, low))
    }

    /// Asks for what [`answer`](Self::answer) and [`bounds`](Self::bounds) read.
    pub(crate) fn prefetch(&self, index: usize) {
        prefetch(self.answers, index);
        prefetch(self.starts_high, index);
        prefetch(self.starts_high, index.wrapping_add(1));
    }

    /// The answer id of interval `index`.
    pub(crate) fn answer(&self, index: usize) -> u32 {
        answer_at(self.answers, index)
    }

    /// First and last address of interval `index`, if there is one.
    pub(crate) fn bounds(&self, index: usize) -> Option<(u128, u128)> {
        let first = self.start(index)?;
        let last = self.start(index + 1).map_or(u128::MAX, |next| next.wrapping_sub(1));
        Some((first, last))
    }
}
