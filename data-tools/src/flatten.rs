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
    /// The user's own corrections.
    Correction,
    /// Networks that must not be shown.
    Suppressed,
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

/// The elementary intervals of a set of claims, ascending, without overlap: see [`flatten`].
pub struct Flatten<'a, A, T> {
    claims: &'a [Claim<A, T>],
    /// The first claim that has not begun yet.
    pending: usize,
    /// Claims that have begun, the strongest on top. Those that ended are dropped when they
    /// surface; deeper ones do no harm.
    covering: BinaryHeap<(Rank, Reverse<A>, usize)>,
    cursor: Option<A>,
}

/// An elementary interval and the claim that wins in it.
#[derive(Clone, Copy, Debug)]
pub struct Won<'a, A, T> {
    /// First address.
    pub first: A,
    /// Last address.
    pub last: A,
    /// The strongest claim there.
    pub claim: &'a Claim<A, T>,
}

impl<'a, A: Bits, T: Copy> Flatten<'a, A, T> {
    /// Sorts the claims and begins. Of equal claims the later given wins.
    pub fn new(claims: &'a mut [Claim<A, T>]) -> Flatten<'a, A, T> {
        // Stable, so that of equal ranges the later given has the higher index. Real tables come
        // sorted, and sorting a sorted slice is one pass.
        claims.sort_by_key(|claim| claim.first);
        let cursor = claims.first().map(|claim| claim.first);
        Flatten { claims, pending: 0, covering: BinaryHeap::new(), cursor }
    }
}

impl<'a, A: Bits, T: Copy> Iterator for Flatten<'a, A, T> {
    type Item = Won<'a, A, T>;

    fn next(&mut self) -> Option<Won<'a, A, T>> {
        let mut cursor = self.cursor?;
        loop {
            while let Some(claim) = self.claims.get(self.pending)
                && claim.first <= cursor
            {
                self.covering.push((claim.rank, Reverse(claim.last - claim.first), self.pending));
                self.pending += 1;
            }
            while let Some((_, _, index)) = self.covering.peek()
                && self.claims[*index].last < cursor
            {
                self.covering.pop();
            }
            let next = self.claims.get(self.pending);
            let Some((_, _, strongest)) = self.covering.peek() else {
                cursor = next?.first;
                continue;
            };
            let claim = &self.claims[*strongest];
            let last = next.map_or(claim.last, |next| claim.last.min(next.first.previous()));
            self.cursor = last.next();
            return Some(Won { first: cursor, last, claim });
        }
    }
}

/// Calls `emit` with first address, last address and value of each elementary interval, ascending,
/// without overlap. Neighbours may have equal values. Stops at the first error.
pub fn flatten<A: Bits, T: Copy, E>(
    claims: &mut [Claim<A, T>],
    mut emit: impl FnMut(A, A, T) -> Result<(), E>,
) -> Result<(), E> {
    Flatten::new(claims).try_for_each(|won| emit(won.first, won.last, won.claim.value))
}

/// Walks two layers of claims at once: calls `emit` with each interval in which neither layer
/// changes and at least one says something.
pub(crate) fn overlay<A: Bits, T: Copy, E>(
    upper: &mut [Claim<A, T>],
    lower: &mut [Claim<A, T>],
    mut emit: impl FnMut(A, A, Option<&Claim<A, T>>, Option<&Claim<A, T>>) -> Result<(), E>,
) -> Result<(), E> {
    let (mut uppers, mut lowers) = (Flatten::new(upper), Flatten::new(lower));
    let (mut up, mut low) = (uppers.next(), lowers.next());
    let mut cursor: Option<A> = None;
    while up.is_some() || low.is_some() {
        let begin = |won: Won<'_, A, T>| cursor.map_or(won.first, |cursor| won.first.max(cursor));
        let first = match (up.map(begin), low.map(begin)) {
            (Some(a), Some(b)) => a.min(b),
            (a, b) => a.or(b).expect("one of them is there"),
        };
        let here = |won: &Option<Won<'_, A, T>>| won.is_some_and(|won| won.first <= first);
        let end = |won: Option<Won<'_, A, T>>| {
            won.map(|won| if won.first <= first { won.last } else { won.first.previous() })
        };
        let last = match (end(up), end(low)) {
            (Some(a), Some(b)) => a.min(b),
            (a, b) => a.or(b).expect("one of them is there"),
        };
        emit(
            first,
            last,
            up.filter(|_| here(&up)).map(|won| won.claim),
            low.filter(|_| here(&low)).map(|won| won.claim),
        )?;
        let Some(next) = last.next() else { return Ok(()) };
        cursor = Some(next);
        if up.is_some_and(|won| won.last == last) {
            up = uppers.next();
        }
        if low.is_some_and(|won| won.last == last) {
            low = lowers.next();
        }
    }
    Ok(())
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

    proptest! {
        #[test]
        fn an_overlay_has_both_layers_at_each_address(upper in claims(), lower in claims()) {
            let mut flat = Vec::new();
            let (mut up, mut low) = (upper.clone(), lower.clone());
            overlay(&mut up, &mut low, |first, last, a, b| {
                flat.push((first, last, a.map(|claim| claim.value), b.map(|claim| claim.value)));
                Ok::<_, ()>(())
            }).unwrap();
            prop_assert!(flat.iter().all(|interval| interval.0 <= interval.1));
            prop_assert!(flat.windows(2).all(|pair| pair[0].1 < pair[1].0));
            for address in (0..64).chain(u32::MAX - 63..=u32::MAX) {
                let found = flat.iter().find(|interval| interval.0 <= address && address <= interval.1);
                let found = found.map_or((None, None), |interval| (interval.2, interval.3));
                prop_assert_eq!(found, (oracle(&upper, address), oracle(&lower, address)));
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
