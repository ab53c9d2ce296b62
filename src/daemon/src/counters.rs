//! What happened, counted: for `INFO` and for the metrics. Never what was asked or answered.
//!
//! Each thread that answers has counters of its own, on cache lines of its own, and adds to them without
//! passing a line to and fro between cores; who wants to know adds them up. A client's requests are counted in
//! its [`Tally`], which is no atomic, and settled for a whole batch at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nameplate::Status;

use crate::commands::REQUEST_KINDS;

/// What a limit refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Refusal {
    /// `limits.clients`, or no descriptor for another client.
    Clients,
    /// Not in the allow-list.
    Access,
    /// `limits.commands_in_flight`.
    InFlight,
    /// `limits.request_bytes`.
    RequestBytes,
    /// `limits.buffer_bytes`.
    BufferBytes,
    /// `limits.idle_seconds`.
    Idle,
    /// `limits.request_seconds`.
    RequestTime,
    /// `limits.reply_seconds`, or a reply that kept a replaced file for too long.
    ReplyTime,
    /// Bytes that are no RESP.
    Protocol,
}

impl Refusal {
    /// All, in the order of their numbers.
    pub(crate) const ALL: [Refusal; 9] = {
        use Refusal::{
            Access, BufferBytes, Clients, Idle, InFlight, Protocol, ReplyTime, RequestBytes, RequestTime,
        };
        [Clients, Access, InFlight, RequestBytes, BufferBytes, Idle, RequestTime, ReplyTime, Protocol]
    };

    /// As `INFO` and the metrics call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Refusal::Clients => "clients",
            Refusal::Access => "access",
            Refusal::InFlight => "commands_in_flight",
            Refusal::RequestBytes => "request_bytes",
            Refusal::BufferBytes => "buffer_bytes",
            Refusal::Idle => "idle_seconds",
            Refusal::RequestTime => "request_seconds",
            Refusal::ReplyTime => "reply_seconds",
            Refusal::Protocol => "protocol",
        }
    }
}

/// The counters of one thread.
#[repr(align(128))]
pub(crate) struct Counters {
    /// Requests by kind, then addresses by outcome, then packed addresses.
    counts: [Counter; COUNTS],
    /// Once for each batch.
    pub(crate) latency: Latency,
    refusals: [Counter; Refusal::ALL.len()],
}

impl Default for Counters {
    fn default() -> Counters {
        Counters {
            counts: std::array::from_fn(|_| Counter::default()),
            latency: Latency::default(),
            refusals: Default::default(),
        }
    }
}

impl Counters {
    /// Takes over what was counted since the last time, and leaves nothing there.
    pub(crate) fn settle(&self, tally: &mut Tally) {
        while tally.changed != 0 {
            let place = tally.changed.trailing_zeros() as usize;
            self.counts[place].add(std::mem::take(&mut tally.counts[place]).into());
            tally.changed &= tally.changed - 1;
        }
    }

    /// Commands answered, errors included.
    pub(crate) fn commands(&self) -> u64 {
        self.counts[..REQUEST_KINDS].iter().map(Counter::get).sum()
    }

    /// Commands of one kind, see [`crate::commands::request_kinds`].
    pub(crate) fn requests(&self, kind: usize) -> u64 {
        self.counts[kind].get()
    }

    /// Addresses with this outcome, those of `LOOKUPPACKED` not among them.
    pub(crate) fn answers(&self, outcome: Outcome) -> u64 {
        self.counts[outcome.place()].get()
    }

    /// Addresses of `LOOKUPPACKED`, as [`PACKED`] has them.
    pub(crate) fn packed(&self) -> [u64; 2] {
        [PACKED_PLACE, PACKED_PLACE + 1].map(|place| self.counts[place].get())
    }

    pub(crate) fn refuse(&self, refusal: Refusal) {
        self.refusals[refusal as usize].add(1);
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> u64 {
        self.refusals[refusal as usize].get()
    }
}

/// What became of an address that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was answered.
    Answered(Status),
    /// It was none.
    Invalid,
}

impl Outcome {
    const COUNT: usize = Status::ALL.len() + 1;

    /// All there are.
    pub(crate) fn all() -> impl Iterator<Item = Outcome> {
        Status::ALL.iter().map(|status| Outcome::Answered(*status)).chain([Outcome::Invalid])
    }

    /// As `INFO` and the metrics call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Outcome::Answered(status) => status.as_str(),
            Outcome::Invalid => "invalid",
        }
    }

    fn place(self) -> usize {
        match self {
            Outcome::Answered(status) => REQUEST_KINDS + status as usize,
            Outcome::Invalid => REQUEST_KINDS + Status::ALL.len(),
        }
    }
}

/// What the addresses of `LOOKUPPACKED` are counted as: no record is read, so more than that there is an answer is not known.
pub(crate) const PACKED: [&str; 2] = ["found", "unknown"];

const PACKED_PLACE: usize = REQUEST_KINDS + Outcome::COUNT;
const COUNTS: usize = PACKED_PLACE + PACKED.len();

/// What one client asked and got since its thread's counters were last told.
pub(crate) struct Tally {
    counts: [u32; COUNTS],
    /// A bit for each count that is not 0: most are, and a batch is often a single request.
    changed: u64,
}

const _: () = assert!(COUNTS <= u64::BITS as usize, "a bit for each count");

impl Default for Tally {
    fn default() -> Tally {
        Tally { counts: [0; COUNTS], changed: 0 }
    }
}

impl Tally {
    fn add(&mut self, place: usize, count: u32) {
        self.counts[place] += count;
        self.changed |= u64::from(count > 0) << place;
    }

    pub(crate) fn requests(&mut self, kind: usize, count: u32) {
        self.add(kind, count);
    }

    pub(crate) fn answer(&mut self, status: Status) {
        self.add(Outcome::Answered(status).place(), 1);
    }

    pub(crate) fn invalid(&mut self) {
        self.add(Outcome::Invalid.place(), 1);
    }

    /// Answer ids of packed addresses; 0 is unknown.
    pub(crate) fn packed(&mut self, ids: &[u32]) {
        let found = ids.iter().map(|id| u32::from(*id != 0)).sum();
        self.add(PACKED_PLACE, found);
        self.add(PACKED_PLACE + 1, ids.len() as u32 - found);
    }
}

/// Times in buckets whose bounds are one, two and five times the powers of ten.
#[derive(Default)]
pub(crate) struct Latency {
    /// The last is of what took longer than the last bound.
    buckets: [Counter; Latency::BOUNDS.len() + 1],
    nanoseconds: Counter,
}

/// What a [`Latency`] had recorded at some moment.
pub(crate) struct LatencyTotals {
    /// Seconds of all together.
    pub(crate) sum: f64,
    pub(crate) count: u64,
    /// Upper bounds in seconds, the last one infinite, and how many took no longer than this and longer than the
    /// bound before.
    pub(crate) buckets: Vec<(f64, u64)>,
}

impl Latency {
    /// In microseconds; each belongs to its bucket.
    const BOUNDS: [u32; 21] = {
        let mut bounds = [0; 21];
        let mut decade = 1;
        let mut index = 0;
        while index < 21 {
            bounds[index] = decade;
            bounds[index + 1] = 2 * decade;
            bounds[index + 2] = 5 * decade;
            decade *= 10;
            index += 3;
        }
        bounds
    };

    /// `count` requests took so long.
    pub(crate) fn record(&self, took: Duration, count: u64) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bucket = Self::BOUNDS.partition_point(|bound| u64::from(*bound) * 1000 < nanoseconds);
        self.buckets[bucket].add_some(count);
        self.nanoseconds.add_some(nanoseconds.saturating_mul(count));
    }

    /// The sum of several threads'.
    pub(crate) fn total(all: &[&Latency]) -> LatencyTotals {
        let bounds = Self::BOUNDS.iter().map(|bound| f64::from(*bound) / 1e6).chain([f64::INFINITY]);
        let sum_of = |bucket: usize| all.iter().map(|latency| latency.buckets[bucket].get()).sum();
        let buckets: Vec<(f64, u64)> = bounds.enumerate().map(|(at, bound)| (bound, sum_of(at))).collect();
        let nanoseconds: u64 = all.iter().map(|latency| latency.nanoseconds.get()).sum();
        LatencyTotals {
            sum: Duration::from_nanos(nanoseconds).as_secs_f64(),
            // Not a count of its own: then it would not always fit the buckets.
            count: buckets.iter().map(|(_, count)| count).sum(),
            buckets,
        }
    }
}

/// A number that only grows.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Most counts of a batch are 0, and adding that is not free.
    fn add_some(&self, count: u64) {
        if count > 0 {
            self.add(count);
        }
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_settled_is_added_once() {
        let (counters, mut tally) = (Counters::default(), Tally::default());
        tally.requests(0, 1);
        tally.requests(0, 1);
        tally.requests(REQUEST_KINDS - 1, 1);
        tally.answer(Status::Company);
        tally.invalid();
        tally.packed(&[0, 7, 0, 9, 1]);
        for _ in 0..2 {
            counters.settle(&mut tally);
            assert_eq!(counters.commands(), 3);
            assert_eq!(counters.requests(0), 2);
            assert_eq!(counters.packed(), [3, 2]);
            for outcome in Outcome::all() {
                let expected = [Outcome::Answered(Status::Company), Outcome::Invalid].contains(&outcome);
                assert_eq!(counters.answers(outcome), u64::from(expected), "{}", outcome.name());
            }
        }
    }

    #[test]
    fn each_outcome_has_a_count_and_a_name_of_its_own() {
        let mut places: Vec<usize> = Outcome::all().map(Outcome::place).collect();
        places.sort_unstable();
        assert_eq!(places, (REQUEST_KINDS..PACKED_PLACE).collect::<Vec<_>>());
        let names: std::collections::BTreeSet<_> = Outcome::all().map(Outcome::name).collect();
        assert_eq!(names.len(), Outcome::COUNT);
    }

    fn counts(latency: &Latency) -> Vec<u64> {
        latency.buckets.iter().map(Counter::get).collect()
    }

    #[test]
    fn a_bound_belongs_to_its_bucket_and_a_nanosecond_more_to_the_next() {
        for (at, bound) in Latency::BOUNDS.iter().enumerate() {
            let latency = Latency::default();
            let bound = Duration::from_micros((*bound).into());
            latency.record(bound, 3);
            latency.record(bound + Duration::from_nanos(1), 5);
            let mut expected = vec![0; Latency::BOUNDS.len() + 1];
            expected[at] = 3;
            expected[at + 1] = 5;
            assert_eq!(counts(&latency), expected);
        }
    }

    #[test]
    fn bounds_go_from_a_microsecond_to_five_seconds() {
        assert!(Latency::BOUNDS.is_sorted());
        assert_eq!(Latency::BOUNDS[..4], [1, 2, 5, 10]);
        assert_eq!(Latency::BOUNDS.last(), Some(&5_000_000));
    }

    #[test]
    fn times_out_of_all_bounds_are_counted_too() {
        let latency = Latency::default();
        latency.record(Duration::ZERO, 1);
        latency.record(Duration::MAX, 2);
        assert_eq!((counts(&latency)[0], counts(&latency)[Latency::BOUNDS.len()]), (1, 2));
    }

    #[test]
    fn threads_are_added_up() {
        let threads = [Latency::default(), Latency::default()];
        threads[0].record(Duration::from_micros(3), 4);
        threads[1].record(Duration::from_micros(4), 1);
        threads[1].record(Duration::from_mins(1), 2);
        threads[1].record(Duration::from_secs(1), 0);
        let totals = Latency::total(&threads.each_ref());
        assert_eq!(totals.count, 7);
        assert!((totals.sum - 120.000_016).abs() < 1e-9, "{}", totals.sum);
        let some: Vec<_> = totals.buckets.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(some, [(5e-6, 5), (f64::INFINITY, 2)]);
    }
}
