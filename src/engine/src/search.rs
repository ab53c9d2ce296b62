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

use zerocopy::little_endian::{U32, U64};

use crate::cpu::{Cpu, Lanes, per_cpu, prefetch};
use crate::format::UNKNOWN;
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

/// The IPv6 intervals of a file. The halves of a first address lie in arrays of their own: real
/// tables are decided by the high halves, which then fill cache lines alone.
#[derive(Clone, Copy)]
pub(crate) struct V6Table<'a> {
    pub(crate) starts_high: &'a [U64],
    pub(crate) starts_low: &'a [U64],
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
        /// The same for many addresses; the slices are of one length.
        lookup_batch / lookup_batch_portable / lookup_batch_v3 = lookup_batch_on(addresses: &[u128], ids: &mut [u32])
    }

    per_cpu! {
        /// The intervals of many addresses; the slices are of one length.
        find_batch / find_batch_portable / find_batch_v3 = find_batch_on(addresses: &[u128], intervals: &mut [u32])
    }

    #[inline(always)]
    fn lookup_on<L: Lanes>(&self, address: u128) -> u32 {
        let Some(index) = &self.index else { return self.lookup_by_halving(address) };
        let key = L::key((address >> 64) as u64);
        match self.find_in_block::<L>(index.block::<L>(key), key, address) {
            Ok(interval) => answer_at(self.answers, interval),
            // A call at the end, so that the usual way has no registers to save for it.
            Err(end) => self.lookup_before(end, address),
        }
    }

    #[inline(never)]
    fn lookup_by_halving(&self, address: u128) -> u32 {
        answer_at(self.answers, self.find_by_halving(0, self.starts_high.len(), address))
    }

    #[inline(never)]
    fn lookup_before(&self, end: usize, address: u128) -> u32 {
        answer_at(self.answers, self.find_before(end, address))
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
            return self.find_by_halving(0, self.starts_high.len(), address);
        };
        let key = L::key((address >> 64) as u64);
        match self.find_in_block::<L>(index.block::<L>(key), key, address) {
            Ok(interval) => interval,
            Err(end) => self.find_before(end, address),
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
                    Err(end) => self.find_before(end, *address),
                };
            *interval = found as u32;
            prefetch(self.answers, found);
        }
    }

    /// The interval that holds `address`, in the block that the index gives for it. Else it is the last
    /// one that starts at or before the address and before the interval of the error: where the high
    /// halves are equal and the low half says so, in the last block, which may be shorter, and for the
    /// largest high half, for which the index has no place.
    #[inline(always)]
    fn find_in_block<L: Lanes>(&self, block: usize, key: L::Key, address: u128) -> Result<usize, usize> {
        let high = (address >> 64) as u64;
        let Some(count) = L::count_up_to(self.starts_high, block, key) else {
            return Err(self.starts_high.len());
        };
        if high == u64::MAX {
            return Err(self.starts_high.len());
        }
        // No key counts only in the first block of a damaged file.
        let found = (block + count).saturating_sub(1);
        let tie = self.starts_high.get(found).is_some_and(|start| start.get() == high);
        if tie && self.starts_low.get(found).is_some_and(|start| start.get() > address as u64) {
            return Err(found);
        }
        Ok(found)
    }

    /// The last interval before `end` that starts at or before `address`, where that is likely to be
    /// close before `end`: by steps that double, then by halving.
    #[inline(never)]
    fn find_before(&self, end: usize, address: u128) -> usize {
        let mut step = 1;
        while step < end && self.start(end - step).is_some_and(|start| start > address) {
            step *= 2;
        }
        self.find_by_halving(end.saturating_sub(step), end, address)
    }

    /// The last interval of `low..high` that starts at or before `address`, or `low`.
    #[inline(never)]
    fn find_by_halving(&self, low: usize, high: usize, address: u128) -> usize {
        let precedes = |i| self.start(low + i).is_some_and(|start| start <= address);
        low + partition_point(high - low, precedes).saturating_sub(1)
    }

    /// The first address of interval `index`.
    fn start(&self, index: usize) -> Option<u128> {
        let high = self.starts_high.get(index)?.get();
        let low = self.starts_low.get(index)?.get();
        Some((u128::from(high) << 64) | u128::from(low))
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
