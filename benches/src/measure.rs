//! Takes the times: subjects in turns, medians of rounds, all answers compared.
//!
//! A [`Subject`] is a name and a closure. The loops around the closure are compiled for each
//! closure, so that a subject's lookup is inlined where its crate allows it; only the whole run
//! over a stream goes through a pointer.
//!
//! Every answer is consumed in the timed loop: ids are added up, of names the length and the first
//! byte, each with its place in the stream as weight. That sum must be the same in every round and
//! for every subject. Before that, untimed, a digest of all answers (whole names) is compared.

use std::hint::black_box;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::Result;
use crate::report::{Case, Measured};

/// Addresses in a batch: as many as a client of the socket packs into a frame, few enough that
/// the answers stay in the first cache.
pub const BATCH: usize = 1024;

/// The share of a stream that warms the caches before each turn: one in so many.
const WARM_UP: usize = 4;

/// What a subject is asked for.
pub trait Query: Copy {
    /// The query with some bits turned over.
    #[must_use]
    fn turned(self, bits: u64) -> Self;
}

impl Query for u32 {
    #[inline]
    fn turned(self, bits: u64) -> u32 {
        self ^ bits as u32
    }
}

impl Query for u128 {
    #[inline]
    fn turned(self, bits: u64) -> u128 {
        self ^ u128::from(bits)
    }
}

/// Text is never asked for in the dependent stream.
impl Query for &str {
    fn turned(self, _bits: u64) -> Self {
        self
    }
}

/// One way to answer a stream.
pub struct Subject<'a, Q> {
    name: &'static str,
    ours: bool,
    way: Box<dyn Way<Q> + 'a>,
}

impl<'a, Q: Query> Subject<'a, Q> {
    /// Answers with an id, one query at a time; 0 where nothing is known.
    pub fn id(name: &'static str, lookup: impl Fn(Q) -> u32 + 'a) -> Self {
        Self::new(name, Box::new(OneId(lookup)))
    }

    /// Answers with ids, [`BATCH`] queries at a time.
    pub fn id_batch(name: &'static str, lookup: impl Fn(&[Q], &mut [u32]) + 'a) -> Self {
        Self::new(name, Box::new(IdBatch(lookup)))
    }

    /// Answers with a name, one query at a time; "" where nothing is known.
    pub fn name(name: &'static str, lookup: impl Fn(Q) -> &'a [u8] + 'a) -> Self {
        Self::new(name, Box::new(OneName(lookup)))
    }

    /// Answers with names, [`BATCH`] queries at a time.
    pub fn name_batch(name: &'static str, lookup: impl Fn(&[Q], &mut [&'a str]) + 'a) -> Self {
        Self::new(name, Box::new(NameBatch(lookup, std::marker::PhantomData)))
    }

    fn new(name: &'static str, way: Box<dyn Way<Q> + 'a>) -> Self {
        Subject { name, ours: false, way }
    }

    /// Marks the subject as this project's.
    #[must_use]
    pub fn ours(mut self) -> Self {
        self.ours = true;
        self
    }
}

/// A subject's three runs over a stream.
trait Way<Q> {
    /// The timed run.
    fn run(&self, queries: &[Q]) -> u64;
    /// The timed run where each query waits for the last answer; none for a batch, which can't.
    fn run_dependent(&self, queries: &[Q]) -> Option<u64>;
    /// A digest of every bit of every answer.
    fn digest(&self, queries: &[Q]) -> u64;
}

/// The sum of the answers, each with its place as weight.
#[derive(Default)]
struct Sum {
    total: u64,
    place: u32,
}

impl Sum {
    #[inline]
    fn add(&mut self, answer: u64) {
        // Odd, so that no bit of an answer is lost; 32 bits wide, so that it is one vector multiply.
        self.total = self.total.wrapping_add(answer.wrapping_mul(u64::from(self.place | 1)));
        self.place = self.place.wrapping_add(1);
    }
}

/// A digest in the manner of FNV-1a, eight bytes a step.
struct Digest(u64);

impl Digest {
    fn add(&mut self, bits: u64) {
        self.0 = (self.0 ^ bits).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
    }

    fn add_name(&mut self, name: &[u8]) {
        self.add(name.len() as u64);
        for piece in name.chunks(8) {
            let mut bytes = [0; 8];
            bytes[..piece.len()].copy_from_slice(piece);
            self.add(u64::from_le_bytes(bytes));
        }
    }
}

/// What is added up of a name: enough that it must be there, not only its place.
#[inline]
fn taste(name: &[u8]) -> u64 {
    name.first().map_or(0, |first| name.len() as u64 + u64::from(*first))
}

/// Zero, of which neither compiler nor processor knows that it is: a query that is turned over by
/// the last answer and this is the same query, and has to wait for that answer.
fn no_bits() -> u64 {
    black_box(0)
}

struct OneId<F>(F);

impl<Q: Query, F: Fn(Q) -> u32> Way<Q> for OneId<F> {
    fn run(&self, queries: &[Q]) -> u64 {
        let mut sum = Sum::default();
        for query in queries {
            sum.add(self.0(*query).into());
        }
        sum.total
    }

    fn run_dependent(&self, queries: &[Q]) -> Option<u64> {
        let (mut sum, mut last) = (Sum::default(), 0);
        let none = no_bits();
        for query in queries {
            last = self.0(query.turned(last & none)).into();
            sum.add(last);
        }
        Some(sum.total)
    }

    fn digest(&self, queries: &[Q]) -> u64 {
        let mut digest = Digest(0);
        for query in queries {
            digest.add(self.0(*query).into());
        }
        digest.0
    }
}

struct OneName<F>(F);

impl<'a, Q: Query, F: Fn(Q) -> &'a [u8]> Way<Q> for OneName<F> {
    fn run(&self, queries: &[Q]) -> u64 {
        let mut sum = Sum::default();
        for query in queries {
            sum.add(taste(self.0(*query)));
        }
        sum.total
    }

    fn run_dependent(&self, queries: &[Q]) -> Option<u64> {
        let (mut sum, mut last) = (Sum::default(), 0);
        let none = no_bits();
        for query in queries {
            last = taste(self.0(query.turned(last & none)));
            sum.add(last);
        }
        Some(sum.total)
    }

    fn digest(&self, queries: &[Q]) -> u64 {
        let mut digest = Digest(0);
        for query in queries {
            digest.add_name(self.0(*query));
        }
        digest.0
    }
}

struct IdBatch<F>(F);

impl<F> IdBatch<F> {
    fn each_batch<Q>(&self, queries: &[Q], mut hear: impl FnMut(&[u32]))
    where
        F: Fn(&[Q], &mut [u32]),
    {
        let mut ids = [0; BATCH];
        for queries in queries.chunks(BATCH) {
            let ids = &mut ids[..queries.len()];
            self.0(queries, ids);
            hear(ids);
        }
    }
}

impl<Q: Query, F: Fn(&[Q], &mut [u32])> Way<Q> for IdBatch<F> {
    fn run(&self, queries: &[Q]) -> u64 {
        let mut sum = Sum::default();
        self.each_batch(queries, |ids| ids.iter().for_each(|id| sum.add((*id).into())));
        sum.total
    }

    fn run_dependent(&self, _queries: &[Q]) -> Option<u64> {
        None
    }

    fn digest(&self, queries: &[Q]) -> u64 {
        let mut digest = Digest(0);
        self.each_batch(queries, |ids| ids.iter().for_each(|id| digest.add((*id).into())));
        digest.0
    }
}

struct NameBatch<'a, F>(F, std::marker::PhantomData<&'a str>);

impl<'a, F> NameBatch<'a, F> {
    fn each_batch<Q>(&self, queries: &[Q], mut hear: impl FnMut(&[&'a str]))
    where
        F: Fn(&[Q], &mut [&'a str]),
    {
        let mut names = [""; BATCH];
        for queries in queries.chunks(BATCH) {
            let names = &mut names[..queries.len()];
            self.0(queries, names);
            hear(names);
        }
    }
}

impl<'a, Q: Query, F: Fn(&[Q], &mut [&'a str])> Way<Q> for NameBatch<'a, F> {
    fn run(&self, queries: &[Q]) -> u64 {
        let mut sum = Sum::default();
        self.each_batch(queries, |names| names.iter().for_each(|name| sum.add(taste(name.as_bytes()))));
        sum.total
    }

    fn run_dependent(&self, _queries: &[Q]) -> Option<u64> {
        None
    }

    fn digest(&self, queries: &[Q]) -> u64 {
        let mut digest = Digest(0);
        self.each_batch(queries, |names| names.iter().for_each(|name| digest.add_name(name.as_bytes())));
        digest.0
    }
}

/// Whether each query waits for the last answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The processor may work on several queries at a time.
    Free,
    /// Each query waits for the last answer; batches take no part.
    Dependent,
}

/// Measures the subjects on one stream, in nanoseconds per query. Fails if two of them disagree.
pub fn compare<Q: Query>(
    case: &str,
    subjects: &[Subject<'_, Q>],
    queries: &[Q],
    order: Order,
    rounds: usize,
) -> Result<Case> {
    let digests: Vec<u64> = subjects.iter().map(|subject| subject.way.digest(queries)).collect();
    agree(case, "answers", subjects, &digests)?;

    let mut times: Vec<Vec<f64>> = vec![Vec::new(); subjects.len()];
    let mut sums: Vec<Option<u64>> = vec![None; subjects.len()];
    for _ in 0..rounds {
        for (place, subject) in subjects.iter().enumerate() {
            // What the subject before has driven out of the caches comes back untimed.
            black_box(subject.way.run(&queries[..queries.len() / WARM_UP]));
            let start = processor_time();
            let sum = match order {
                Order::Free => Some(subject.way.run(black_box(queries))),
                Order::Dependent => subject.way.run_dependent(black_box(queries)),
            };
            let nanoseconds = (processor_time() - start) / queries.len() as f64;
            if let Some(sum) = black_box(sum) {
                times[place].push(nanoseconds);
                if sums[place].replace(sum).is_some_and(|before| before != sum) {
                    return Err(format!("{case}: {} answers differently in each round", subject.name).into());
                }
            }
        }
    }
    let took_part = || subjects.iter().zip(&sums).filter_map(|(subject, sum)| Some((subject, (*sum)?)));
    let (subjects_run, sums): (Vec<_>, Vec<u64>) = took_part().unzip();
    agree(case, "checksum", subjects_run.iter().copied(), &sums)?;

    let measured = subjects.iter().zip(times).filter(|(_, rounds)| !rounds.is_empty());
    let measured = measured.map(|(subject, rounds)| Measured {
        subject: subject.name.into(),
        ours: subject.ours,
        rounds,
    });
    Ok(Case { name: case.into(), unit: "ns", measured: measured.collect() })
}

/// Fails unless all numbers are the first one.
fn agree<'s, 'a: 's, Q: 'a>(
    case: &str,
    what: &str,
    subjects: impl IntoIterator<Item = &'s Subject<'a, Q>>,
    numbers: &[u64],
) -> Result<()> {
    let names: Vec<&str> = subjects.into_iter().map(|subject| subject.name).collect();
    match numbers.iter().position(|number| *number != numbers[0]) {
        Some(other) => Err(format!("{case}: {} and {} disagree ({what})", names[0], names[other]).into()),
        None => Ok(()),
    }
}

/// Nanoseconds for which this thread has had a processor: waiting for one behind others' work is
/// no subject's fault.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Keeps this thread on one core while it lives, so that caches stay warm across rounds. Where
/// the system refuses, the thread goes where it likes.
pub struct Pinned(Option<CpuSet>);

impl Pinned {
    /// Stays on the last core that this process may use: the first ones serve interrupts.
    pub fn new() -> Pinned {
        let Ok(all) = sched_getaffinity(None) else { return Pinned(None) };
        let Some(last) = (0..CpuSet::MAX_CPU).rev().find(|core| all.is_set(*core)) else {
            return Pinned(None);
        };
        let mut one = CpuSet::new();
        one.set(last);
        Pinned(sched_setaffinity(None, &one).is_ok().then_some(all))
    }
}

impl Default for Pinned {
    fn default() -> Self {
        Pinned::new()
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if let Some(all) = &self.0 {
            // It was allowed before.
            let _ = sched_setaffinity(None, all);
        }
    }
}
