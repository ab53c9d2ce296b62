//! The addresses that are asked for, the same in every run: a fixed seed and a generator of our
//! own, so that no library's update changes them.

use crate::data::{Bits, Interval};

/// Addresses in a stream.
pub const LENGTH: usize = 1_000_000;

/// Addresses among which the Zipf stream chooses.
const ZIPF_ADDRESSES: usize = 10_000;

/// Where the generator starts.
const SEED: u64 = 0x6e61_6d65_706c_6174;

/// SplitMix64 (Steele, Lea and Flood 2014).
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; the bias is below 2^-32 for the limits used here.
    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.bits()) * limit as u128) >> 64) as usize
    }

    /// A number of `0..=last`.
    pub fn up_to(&mut self, last: u128) -> u128 {
        let bits = u128::from(self.bits()) << 64 | u128::from(self.bits());
        last.checked_add(1).map_or(bits, |limit| bits % limit)
    }

    /// An address of an interval, each as likely as the other.
    pub fn address_in<A: Bits>(&mut self, interval: &Interval<A>) -> A {
        let (first, last) = (interval.first.to_u128(), interval.last.to_u128());
        A::from_u128(first + self.up_to(last - first))
    }
}

/// How addresses are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Every IPv4 address as likely as any other, gaps included. For IPv6, whose space is nearly
    /// empty, every address that has an answer: nearly all fall into the few largest ranges.
    Uniform,
    /// A range that has an answer, each as likely as the other, then an address in it. Small
    /// ranges, of which there are most, weigh as much as large ones: the hardest stream.
    Range,
    /// Ten thousand addresses of [`Stream::Range`]; the nth comes up with a probability of 1 / n.
    Zipf,
    /// [`Stream::Range`], but which address comes next is known only after the last answer.
    Dependent,
}

impl Stream {
    /// Every stream.
    pub const ALL: [Stream; 4] = [Stream::Range, Stream::Uniform, Stream::Zipf, Stream::Dependent];

    /// As the tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Stream::Uniform => "uniform",
            Stream::Range => "random range",
            Stream::Zipf => "Zipf",
            Stream::Dependent => "dependent",
        }
    }

    /// Draws a stream. `intervals` are those that have an answer.
    pub fn draw<A: Bits>(self, intervals: &[Interval<A>], length: usize) -> Vec<A> {
        let mut random = Random::new(SEED);
        let mut address = || {
            let interval = &intervals[random.below(intervals.len())];
            random.address_in(interval)
        };
        match self {
            Stream::Range | Stream::Dependent => (0..length).map(|_| address()).collect(),
            Stream::Zipf => {
                let addresses: Vec<A> = (0..ZIPF_ADDRESSES).map(|_| address()).collect();
                zipf(&addresses, &mut random, length)
            }
            Stream::Uniform if A::BITS == 32 => {
                (0..length).map(|_| A::from_u128(random.bits().into())).collect()
            }
            Stream::Uniform => {
                let covered = Covered::new(intervals);
                (0..length).map(|_| covered.draw(&mut random).0).collect()
            }
        }
    }
}

/// Draws addresses of intervals, each address as likely as the other.
pub struct Covered<'a, A> {
    intervals: &'a [Interval<A>],
    /// Addresses up to and with each interval.
    ends: Vec<u128>,
}

impl<'a, A: Bits> Covered<'a, A> {
    /// Counts the addresses.
    pub fn new(intervals: &'a [Interval<A>]) -> Covered<'a, A> {
        let mut covered = 0_u128;
        let end = |interval: &Interval<A>| {
            // Only all of IPv6 has more addresses than 128 bits can count.
            covered = covered.saturating_add(interval.last.to_u128() - interval.first.to_u128() + 1);
            covered
        };
        Covered { intervals, ends: intervals.iter().map(end).collect() }
    }

    /// An address, and which interval it is of.
    pub fn draw(&self, random: &mut Random) -> (A, &'a Interval<A>) {
        let number = random.up_to(self.ends.last().map_or(0, |end| end - 1));
        let index = self.ends.partition_point(|end| *end <= number);
        let interval = &self.intervals[index];
        (A::from_u128(interval.last.to_u128() - (self.ends[index] - 1 - number)), interval)
    }
}

/// `length` draws, the nth address with a probability proportional to 1 / n.
fn zipf<A: Bits>(addresses: &[A], random: &mut Random, length: usize) -> Vec<A> {
    let mut weight = 0.0;
    let ends: Vec<f64> = (1..=addresses.len())
        .map(|rank| {
            weight += 1.0 / rank as f64;
            weight
        })
        .collect();
    (0..length)
        .map(|_| {
            // 53 random bits make every f64 of 0..1 that has an exponent of -53.
            let number = (random.bits() >> 11) as f64 / (1_u64 << 53) as f64 * weight;
            addresses[ends.partition_point(|end| *end <= number).min(addresses.len() - 1)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_the_numbers_of_its_reference_implementation() {
        let mut random = Random::new(1_234_567);
        assert_eq!(random.bits(), 6_457_827_717_110_365_317);
        assert_eq!(random.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn every_stream_stays_in_the_intervals_that_have_an_answer() {
        let intervals = [
            Interval { first: 5_u128, last: 5, id: 1 },
            Interval { first: 1 << 100, last: (1 << 101) - 1, id: 2 },
            Interval { first: u128::MAX - 9, last: u128::MAX, id: 3 },
        ];
        for stream in Stream::ALL {
            for address in stream.draw(&intervals, 1000) {
                assert!(intervals.iter().any(|range| range.first <= address && address <= range.last));
            }
        }
    }
}
