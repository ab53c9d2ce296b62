//! Which interval holds an address.
//!
//! Both tables are sorted arrays of first addresses without gaps: interval `i` reaches from
//! `starts[i]` to the address before `starts[i + 1]`, the last one to the family's last address.
//! So the interval of an address is the last one that starts at or before it.
//!
//! Nothing here trusts the file: an index out of bounds finds interval 0 or answer 0.

use zerocopy::little_endian::{U32, U64};

use crate::format::UNKNOWN;

/// The number of leading indices in `0..count` for which `precedes` holds, where it holds for a
/// prefix. O(log count) calls.
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

/// The IPv4 intervals of a file.
#[derive(Clone, Copy)]
pub(crate) struct V4Table<'a> {
    pub(crate) starts: &'a [U32],
    pub(crate) answers: &'a [U32],
}

impl V4Table<'_> {
    /// The interval that holds `address`.
    pub(crate) fn find(&self, address: u32) -> usize {
        partition_point(self.starts.len(), |i| self.starts[i].get() <= address).saturating_sub(1)
    }

    /// The answer id of interval `index`.
    pub(crate) fn answer(&self, index: usize) -> u32 {
        self.answers.get(index).map_or(UNKNOWN, |id| id.get())
    }

    /// First and last address of interval `index`, if there is one.
    pub(crate) fn bounds(&self, index: usize) -> Option<(u32, u32)> {
        let first = self.starts.get(index)?.get();
        let last = self.starts.get(index + 1).map_or(u32::MAX, |next| next.get().wrapping_sub(1));
        Some((first, last))
    }
}

/// The IPv6 intervals of a file. The halves of a first address lie in arrays of their own: real
/// tables are decided by the high halves, which then fill cache lines alone.
#[derive(Clone, Copy)]
pub(crate) struct V6Table<'a> {
    pub(crate) starts_high: &'a [U64],
    pub(crate) starts_low: &'a [U64],
    pub(crate) answers: &'a [U32],
}

impl V6Table<'_> {
    /// The first address of interval `index`; the caller checks bounds.
    fn start(&self, index: usize) -> Option<u128> {
        let high = self.starts_high.get(index)?.get();
        let low = self.starts_low.get(index)?.get();
        Some((u128::from(high) << 64) | u128::from(low))
    }

    /// The interval that holds `address`.
    pub(crate) fn find(&self, address: u128) -> usize {
        partition_point(self.starts_high.len(), |i| self.start(i).is_some_and(|start| start <= address))
            .saturating_sub(1)
    }

    /// The answer id of interval `index`.
    pub(crate) fn answer(&self, index: usize) -> u32 {
        self.answers.get(index).map_or(UNKNOWN, |id| id.get())
    }

    /// First and last address of interval `index`, if there is one.
    pub(crate) fn bounds(&self, index: usize) -> Option<(u128, u128)> {
        let first = self.start(index)?;
        let last = self.start(index + 1).map_or(u128::MAX, |next| next.wrapping_sub(1));
        Some((first, last))
    }
}
