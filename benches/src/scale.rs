//! Ten million IPv4 and five million IPv6 ranges, made from the real ones.
//!
//! Nobody publishes such a table, so the real ranges are cut:
//!
//! - IPv4: addresses are drawn from all that have an answer, each as likely as the other, so that
//!   the cuts lie as densely in a /8 as in a /24. Nine in ten are moved down to the start of a
//!   network of /25 (10%), /26 (15%), /27 (20%), /28 (20%), /29 (20%) or /30 (15%), as hosters and
//!   access networks assign them; one in ten cuts where it was drawn.
//! - IPv6: a range is drawn, each as likely as the other, and an address in it. Nine in ten cuts
//!   are moved down to /40 (5%), /44 (10%), /48 (50%), /52 (5%), /56 (20%) or /60 (10%), one in
//!   ten to its /64. No cut lies inside a /64: nothing is assigned there.
//! - Each piece belongs to one of three million organisations, never to that of the piece before.

use nameplate_build::{Claim, Rank};

use crate::data::{Bits, Interval};
use crate::streams::{Covered, Random};

/// IPv4 ranges.
pub const V4_RANGES: usize = 10_000_000;
/// IPv6 ranges.
pub const V6_RANGES: usize = 5_000_000;
/// Organisations.
pub const ORGANISATIONS: usize = 3_000_000;

/// The ranges, sorted; their ids are numbers of organisations, from 1.
pub struct Pieces {
    /// IPv4.
    pub v4: Vec<Interval<u32>>,
    /// IPv6.
    pub v6: Vec<Interval<u128>>,
    /// The organisations' names; that of number n is at n - 1.
    pub names: Vec<String>,
}

impl Pieces {
    /// Cuts the ranges of both families into a `part`th of the full size.
    pub fn cut(v4: &[Interval<u32>], v6: &[Interval<u128>], part: usize) -> Pieces {
        let organisations = ORGANISATIONS / part;
        let mut random = Random::new(0x7363_616c_6500);
        let covered = Covered::new(v4);
        let v4 = cut(v4, V4_RANGES / part, organisations, &mut random, |random| {
            let (address, range) = covered.draw(random);
            let lengths = [(10, 25), (15, 26), (20, 27), (20, 28), (20, 29), (15, 30)];
            (aligned(address, random, &lengths, 32), range.first)
        });
        let v6 = cut(v6, V6_RANGES / part, organisations, &mut random, |random| {
            let range = &v6[random.below(v6.len())];
            let lengths = [(5, 40), (10, 44), (50, 48), (5, 52), (20, 56), (10, 60)];
            (aligned(random.address_in(range), random, &lengths, 64), range.first)
        });
        let names = (1..=organisations).map(name).collect();
        Pieces { v4, v6, names }
    }

    /// The name of an organisation.
    pub fn name(&self, organisation: u32) -> &str {
        &self.names[organisation as usize - 1]
    }
}

/// Moves an address down to a network's start: nine times in ten to one of the lengths, which come
/// with their share in percent, else to `other`.
fn aligned<A: Bits>(address: A, random: &mut Random, lengths: &[(usize, u32)], other: u32) -> A {
    let mut share = random.below(100);
    let mut length = other;
    if random.below(10) > 0 {
        for (percent, candidate) in lengths {
            length = *candidate;
            if share < *percent {
                break;
            }
            share -= percent;
        }
    }
    let host_bits = A::BITS - length;
    A::from_u128(address.to_u128() >> host_bits << host_bits)
}

/// Cuts ranges at the addresses that `draw` gives, together with the first address of the range
/// that each must lie in, until there are `count`.
fn cut<A: Bits>(
    ranges: &[Interval<A>],
    count: usize,
    organisations: usize,
    random: &mut Random,
    mut draw: impl FnMut(&mut Random) -> (A, A),
) -> Vec<Interval<A>> {
    let mut starts: Vec<A> = ranges.iter().map(|range| range.first).collect();
    while starts.len() < count {
        for _ in starts.len()..count {
            let (address, first) = draw(random);
            if address > first {
                starts.push(address);
            }
        }
        starts.sort_unstable();
        starts.dedup();
    }
    let mut starts = starts.into_iter().peekable();
    let mut pieces = Vec::with_capacity(count);
    let mut before = 0;
    for range in ranges {
        while let Some(first) = starts.next_if(|start| *start <= range.last) {
            let next = starts.peek().filter(|start| **start <= range.last);
            let last = next.map_or(range.last, |next| A::from_u128(next.to_u128() - 1));
            let mut id = 1 + random.below(organisations) as u32;
            if id == before {
                id = 1 + id % organisations as u32;
            }
            before = id;
            pieces.push(Interval { first, last, id });
        }
    }
    pieces
}

/// A name as long as names of organisations are (27 bytes on average), distinct by its number.
fn name(number: usize) -> String {
    const TRADES: [&str; 8] =
        ["Software", "Logistik", "Consulting", "Maschinenbau", "Media", "Energie", "Pharma", "Foods"];
    const FORMS: [&str; 6] = ["GmbH", "Ltd", "S.A.", "Inc.", "B.V.", "AB"];
    const SYLLABLES: [&str; 16] = [
        "ra", "ne", "lo", "mi", "tu", "sa", "ver", "kon", "dal", "bri", "sto", "fen", "gar", "hol", "win",
        "pel",
    ];
    let mut word = String::new();
    let mut rest = number;
    while rest > 0 {
        word += SYLLABLES[rest % 16];
        rest /= 16;
    }
    let trade = TRADES[number / SYLLABLES.len() % TRADES.len()];
    let form = FORMS[number % FORMS.len()];
    word[..1].make_ascii_uppercase();
    format!("{word} {trade} {form}")
}

/// The ranges as claims in no order, as a builder gets them from sources.
pub fn shuffled_claims<A: Bits>(pieces: &[Interval<A>]) -> Vec<Claim<A, u32>> {
    let mut random = Random::new(0x7368_7566_666c_6500);
    let mut claims: Vec<Claim<A, u32>> = pieces
        .iter()
        .map(|piece| Claim { first: piece.first, last: piece.last, rank: Rank::Source, value: piece.id })
        .collect();
    for end in (1..claims.len()).rev() {
        claims.swap(end, random.below(end + 1));
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_the_ranges_exactly_and_neighbours_differ() {
        let ranges = [
            Interval { first: 256_u32, last: 70_000, id: 1 },
            Interval { first: 80_000, last: 80_000, id: 2 },
            Interval { first: 1 << 24, last: u32::MAX, id: 3 },
        ];
        let v6 = [Interval { first: 0x2001_0db8_u128 << 96, last: (0x2001_0db9_u128 << 96) - 1, id: 1 }];
        let pieces = Pieces::cut(&ranges, &v6, 100_000);
        assert_eq!((pieces.v4.len(), pieces.v6.len()), (100, 50));
        assert!(pieces.v4.windows(2).all(|pair| pair[0].last < pair[1].first && pair[0].id != pair[1].id));
        let addresses = |intervals: &[Interval<u32>]| -> u64 {
            intervals.iter().map(|interval| u64::from(interval.last - interval.first) + 1).sum()
        };
        assert_eq!(addresses(&pieces.v4), addresses(&ranges));
        assert!(pieces.v4.iter().all(|piece| {
            ranges.iter().any(|range| range.first <= piece.first && piece.last <= range.last)
        }));
    }

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<String> = (1..=100_000).map(name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 100_000);
    }
}
