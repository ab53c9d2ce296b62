//! From overlapping ranges to elementary intervals: at each address the strongest claim wins.
//!
//! Stronger is: higher rank; then the narrower range ("the most specific range wins"); then the
//! claim that starts later; then the one that was given later. One sweep over the claims sorted
//! by first address, with the claims that cover the current address in a heap:
//!
//! ```text
//! claims      |-----------A-----------|
//!                 |--B--|     |----C-----|
//! intervals   |-A-|--B--|--A--|----C-----|
//! ```
//!
//! O(n log n) time; the claims are sorted in place, the heap holds what overlaps at one address.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Which claims win over which, whatever their width. Higher wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// What sources say.
    Source,
    /// Special-purpose addresses: what a source says about them is wrong.
    SpecialPurpose,
}

/// A range, both ends included, and what is claimed about it.
#[derive(Clone, Copy, Debug)]
pub struct Claim<A, T> {
    /// First address.
    pub first: A,
    /// Last address, at or after the first.
    pub last: A,
    /// How strong the claim is.
    pub rank: Rank,
    /// What is claimed.
    pub value: T,
}

/// An address as a number: `u32` or `u128`.
pub trait Bits: Copy + Ord + std::ops::Sub<Output = Self> {
    /// The next address, if there is one.
    fn next(self) -> Option<Self>;
    /// The address before; never asked of the first.
    fn previous(self) -> Self;
}

macro_rules! bits {
    ($($number:ty),+) => { $(
        impl Bits for $number {
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn previous(self) -> Self {
                self - 1
            }
        }
    )+ };
}
bits!(u32, u128);

/// Calls `emit` with first address, last address and value of each elementary interval, ascending,
/// without overlap. Neighbours may have equal values. Stops at the first error.
pub fn flatten<A: Bits, T: Copy, E>(
    claims: &mut [Claim<A, T>],
    mut emit: impl FnMut(A, A, T) -> Result<(), E>,
) -> Result<(), E> {
    // Stable, so that of equal ranges the later given has the higher index. Real tables come
    // sorted, and sorting a sorted slice is one pass.
    claims.sort_by_key(|claim| claim.first);
    let mut covering = BinaryHeap::new();
    let mut pending = claims.iter().enumerate().peekable();
    let Some((_, earliest)) = pending.peek() else { return Ok(()) };
    let mut cursor = earliest.first;
    loop {
        while let Some((index, claim)) = pending.next_if(|(_, claim)| claim.first <= cursor) {
            covering.push((claim.rank, Reverse(claim.last - claim.first), index));
        }
        // Claims that ended are dropped when they surface; deeper ones do no harm.
        let strongest = loop {
            match covering.peek() {
                Some((_, _, index)) if claims[*index].last < cursor => covering.pop(),
                Some((_, _, index)) => break Some(&claims[*index]),
                None => break None,
            };
        };
        let Some(strongest) = strongest else {
            let Some((_, next)) = pending.peek() else { return Ok(()) };
            cursor = next.first;
            continue;
        };
        let end = match pending.peek() {
            Some((_, next)) => strongest.last.min(next.first.previous()),
            None => strongest.last,
        };
        emit(cursor, end, strongest.value)?;
        let Some(next) = end.next() else { return Ok(()) };
        cursor = next;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The strongest claim at one address, by looking at every claim.
    fn oracle(claims: &[Claim<u32, u32>], address: u32) -> Option<u32> {
        let covers = |claim: &&Claim<u32, u32>| claim.first <= address && address <= claim.last;
        let strength = |claim: &&Claim<u32, u32>| {
            (claim.rank, Reverse(claim.last - claim.first), claim.first, claim.value)
        };
        claims.iter().filter(covers).max_by_key(strength).map(|claim| claim.value)
    }

    fn claims() -> impl Strategy<Value = Vec<Claim<u32, u32>>> {
        // A small space, so that ranges nest, touch and cross; moved to both ends of the real one.
        let claim = (0_u32..64, 0_u32..64, any::<bool>(), any::<bool>()).prop_map(|(a, b, special, high)| {
            let base = if high { u32::MAX - 63 } else { 0 };
            let rank = if special { Rank::SpecialPurpose } else { Rank::Source };
            Claim { first: base + a.min(b), last: base + a.max(b), rank, value: 0 }
        });
        prop::collection::vec(claim, 0..24).prop_map(|mut claims| {
            for (value, claim) in claims.iter_mut().enumerate() {
                claim.value = value as u32;
            }
            claims
        })
    }

    proptest! {
        #[test]
        fn the_strongest_claim_wins_at_each_address(claims in claims()) {
            let mut flat = Vec::new();
            let mut sorted = claims.clone();
            flatten(&mut sorted, |first, last, value| {
                flat.push((first, last, value));
                Ok::<_, ()>(())
            }).unwrap();
            prop_assert!(flat.iter().all(|(first, last, _)| first <= last));
            prop_assert!(flat.windows(2).all(|pair| pair[0].1 < pair[1].0));
            for address in (0..64).chain(u32::MAX - 63..=u32::MAX) {
                let found = flat.iter().find(|(first, last, _)| *first <= address && address <= *last);
                prop_assert_eq!(found.map(|interval| interval.2), oracle(&claims, address));
            }
        }
    }

    #[test]
    fn the_whole_space_is_one_interval() {
        let mut claims = [Claim { first: 0, last: u128::MAX, rank: Rank::Source, value: 7 }];
        let mut flat = Vec::new();
        flatten(&mut claims, |first, last, value| {
            flat.push((first, last, value));
            Ok::<_, ()>(())
        })
        .unwrap();
        assert_eq!(flat, [(0, u128::MAX, 7)]);
    }
}
