//! The real file, every IPv4 address and 100 million of IPv6, against the file's own sorted
//! starts: `make test-exhaustive`. Each address is looked up one at a time and in a batch, with
//! this processor's instructions and without; all four must say what the sweep says.
//!
//! The sweep reads the file's bytes as docs/FORMAT.md lays them out and knows nothing of indexes.

mod common;

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use common::*;
use nameplate::format::SectionKind;
use nameplate::{Address, Database, OpenOptions};

/// Addresses that a thread takes at a time.
const CHUNK: usize = 1 << 20;

/// IPv6 addresses to look up, at the least.
const V6_ADDRESSES: u64 = 100_000_000;

/// The intervals of both families, as they stand in the file.
struct Intervals {
    v4: Vec<u32>,
    v4_answers: Vec<u32>,
    v6: Vec<u128>,
    v6_answers: Vec<u32>,
}

impl Intervals {
    fn of(file: &[u8]) -> Intervals {
        let section = |kind| &file[range_of(file, kind)];
        let words = |kind| section(kind).chunks(4).map(|word| get_u32(word, 0)).collect();
        let high = section(SectionKind::V6StartsHigh).chunks(8);
        let mut v6: Vec<u128> = high.map(|half| u128::from(get_u64(half, 0)) << 64).collect();
        for half in section(SectionKind::V6StartsLow).chunks(12) {
            v6[get_u32(half, 0) as usize] |= u128::from(get_u64(half, 4));
        }
        Intervals {
            v4: words(SectionKind::V4Starts),
            v4_answers: words(SectionKind::V4Answers),
            v6,
            v6_answers: words(SectionKind::V6Answers),
        }
    }

    fn v4_answer(&self, address: u32) -> u32 {
        self.v4_answers[self.v4.partition_point(|start| *start <= address) - 1]
    }

    /// By halving, for addresses that come in no order.
    fn v6_answer(&self, address: u128) -> u32 {
        match Address::from_v6_bits(address) {
            Address::V4(bits) => self.v4_answer(bits),
            Address::V6(bits) => self.v6_answers[self.v6.partition_point(|start| *start <= bits) - 1],
        }
    }

    fn v6_last(&self, interval: usize) -> u128 {
        self.v6.get(interval + 1).map_or(u128::MAX, |next| next - 1)
    }
}

/// The real file, searched with and without this processor's instructions.
struct Subject {
    intervals: Intervals,
    databases: [(&'static str, Database); 2],
}

impl Subject {
    fn open() -> Subject {
        let path = real_path();
        let open = || {
            OpenOptions::default().prefault(true).open(&path).unwrap_or_else(|error| {
                panic!("{error}\n`make data` builds the file; NAMEPLATE_FILE names another one")
            })
        };
        let (best, portable) = (open(), open().portable());
        best.verify().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = std::fs::read(&path).unwrap();
        for kind in [SectionKind::V4Rank, SectionKind::V6Tree] {
            assert!(!range_of(&file, kind).is_empty(), "{} has no {}", path.display(), kind.name());
        }
        Subject { intervals: Intervals::of(&file), databases: [("best", best), ("portable", portable)] }
    }

    fn check_v4(&self, addresses: &[u32], expected: &[u32], ids: &mut [u32]) {
        for (way, database) in &self.databases {
            database.lookup_batch_v4(addresses, ids);
            assert!(ids == expected, "IPv4, {way}, batch");
            for (address, id) in addresses.iter().zip(&mut *ids) {
                *id = database.lookup_v4(*address);
            }
            assert!(ids == expected, "IPv4, {way}, one at a time");
        }
    }

    fn check_v6(&self, addresses: &[u128], expected: &[u32], ids: &mut [u32]) {
        for (way, database) in &self.databases {
            database.lookup_batch_v6(addresses, ids);
            assert!(ids == expected, "IPv6, {way}, batch");
            for (address, id) in addresses.iter().zip(&mut *ids) {
                *id = database.lookup_v6(*address);
            }
            assert!(ids == expected, "IPv6, {way}, one at a time");
        }
    }
}

/// Runs `check` with the numbers below `chunks`, each once, on all processors.
fn on_every_processor(chunks: u64, check: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(|| {
                loop {
                    let chunk = next.fetch_add(1, Ordering::Relaxed);
                    if chunk >= chunks {
                        return;
                    }
                    check(chunk);
                }
            });
        }
    });
}

fn report(what: &str, addresses: u64, started: Instant) {
    println!(
        "{what}: {addresses} addresses, each one at a time and in a batch, with SIMD and without: all \
         answers right, {:.1} s",
        started.elapsed().as_secs_f64()
    );
}

#[test]
#[ignore = "17 thousand million lookups; make test-exhaustive"]
fn every_ipv4_address_gets_the_answer_of_a_sweep() {
    let subject = Subject::open();
    let intervals = &subject.intervals;
    let started = Instant::now();
    let checked = AtomicU64::new(0);
    on_every_processor((1 << 32) / CHUNK as u64, |chunk| {
        let first = (chunk * CHUNK as u64) as u32;
        let addresses: Vec<u32> = (first..=first + (CHUNK as u32 - 1)).collect();
        let mut expected = Vec::with_capacity(CHUNK);
        let mut interval = intervals.v4.partition_point(|start| *start <= first) - 1;
        for address in &addresses {
            if intervals.v4.get(interval + 1) == Some(address) {
                interval += 1;
            }
            expected.push(intervals.v4_answers[interval]);
        }
        subject.check_v4(&addresses, &expected, &mut vec![u32::MAX; CHUNK]);
        checked.fetch_add(addresses.len() as u64, Ordering::Relaxed);
    });
    assert_eq!(checked.load(Ordering::Relaxed), 1 << 32);
    report("IPv4", 1 << 32, started);
}

/// The edges of every interval of both families and their neighbours, IPv4 as mapped addresses;
/// for the rest of the 100 million, in equal parts: a random address of a random interval, an
/// address within the /64 of a random start, any address of 2000::/3, any address at all.
#[test]
#[ignore = "400 million lookups; make test-exhaustive"]
fn ipv6_addresses_at_every_edge_and_at_random_get_the_answer_of_the_sorted_starts() {
    let subject = Subject::open();
    let intervals = &subject.intervals;
    let started = Instant::now();
    let mapped = |bits: u32| 0xffff_0000_0000 | u128::from(bits);
    let v4_edges =
        intervals.v4.iter().flat_map(|start| [start.wrapping_sub(1), *start, start.wrapping_add(1)]);
    let v6_edges = (0..intervals.v6.len()).flat_map(|interval| {
        let (first, last) = (intervals.v6[interval], intervals.v6_last(interval));
        [
            first.wrapping_sub(1),
            first,
            first.wrapping_add(1),
            last.wrapping_sub(1),
            last,
            last.wrapping_add(1),
        ]
    });
    let edges: Vec<u128> = v6_edges.chain(v4_edges.map(mapped)).collect();
    let edge_chunks = edges.len().div_ceil(CHUNK) as u64;
    let random_chunks = (V6_ADDRESSES - edges.len() as u64).div_ceil(CHUNK as u64);
    let checked = AtomicU64::new(0);
    on_every_processor(edge_chunks + random_chunks, |chunk| {
        let addresses: Vec<u128> = if let Some(edges) = edges.chunks(CHUNK).nth(chunk as usize) {
            edges.to_vec()
        } else {
            let mut random = Random(chunk);
            (0..CHUNK).map(|number| random_v6(intervals, &mut random, number)).collect()
        };
        let expected: Vec<u32> = addresses.iter().map(|address| intervals.v6_answer(*address)).collect();
        subject.check_v6(&addresses, &expected, &mut vec![u32::MAX; addresses.len()]);
        checked.fetch_add(addresses.len() as u64, Ordering::Relaxed);
    });
    let checked = checked.load(Ordering::Relaxed);
    assert!(checked >= V6_ADDRESSES);
    println!("IPv6: {} of the addresses are edges and their neighbours", edges.len());
    report("IPv6", checked, started);
}

fn random_v6(intervals: &Intervals, random: &mut Random, number: usize) -> u128 {
    let interval = random.below(intervals.v6.len());
    let first = intervals.v6[interval];
    match number % 4 {
        0 => {
            let (width, number) = (intervals.v6_last(interval) - first, random.next_u128());
            first + width.checked_add(1).map_or(number, |count| number % count)
        }
        1 => first >> 64 << 64 | u128::from(random.next()),
        2 => random.next_u128() >> 3 | 1 << 125,
        _ => random.next_u128(),
    }
}

/// What a lookup says beside the id: each interval's bounds, once from its first address and once
/// from its last; and the names of all answers.
#[test]
#[ignore = "reads the whole real file; make test-exhaustive"]
fn every_interval_has_its_bounds_and_every_answer_its_name() {
    let subject = Subject::open();
    let intervals = &subject.intervals;
    let started = Instant::now();
    let number = |end: IpAddr| match end {
        IpAddr::V4(end) => u128::from(end.to_bits()),
        IpAddr::V6(end) => end.to_bits(),
    };
    let mut networks = 0_u64;
    for (_, database) in &subject.databases {
        let mut check = |address, bounds: [u128; 2], id| {
            let answer = database.lookup(address);
            assert_eq!(answer.name(), database.answer(id).unwrap().name());
            if let Some(network) = answer.network() {
                networks += 1;
                assert!([network.first, network.last].map(number) == bounds, "the bounds of an interval");
            }
        };
        for (index, first) in intervals.v4.iter().enumerate() {
            let last = intervals.v4.get(index + 1).map_or(u32::MAX, |next| next - 1);
            for address in [*first, last] {
                check(Address::V4(address), [*first, last].map(u128::from), intervals.v4_answers[index]);
            }
        }
        for (index, first) in intervals.v6.iter().enumerate() {
            let last = intervals.v6_last(index);
            for bits in [*first, last] {
                if let address @ Address::V6(_) = Address::from_v6_bits(bits) {
                    check(address, [*first, last], intervals.v6_answers[index]);
                }
            }
        }
        let ids: Vec<u32> = (0..database.metadata().answers() as u32).collect();
        let mut names = vec![""; ids.len()];
        database.names(&ids, &mut names);
        for (id, name) in ids.iter().zip(&names) {
            let answer = database.answer(*id).unwrap();
            assert_eq!(answer.name().unwrap_or_default(), *name);
            let company = answer.company().map(|company| company.name());
            let operator = answer.operator().map(|operator| operator.name());
            assert_eq!(company.or(operator).or(answer.block()).unwrap_or_default(), *name);
        }
    }
    println!(
        "bounds: {} IPv4 and {} IPv6 intervals from both ends, with SIMD and without, {networks} of the \
         lookups with a network, and {} names: all right, {:.1} s",
        intervals.v4.len(),
        intervals.v6.len(),
        subject.databases[0].1.metadata().answers(),
        started.elapsed().as_secs_f64()
    );
}

/// The smallest slots, one address each, which the writer would choose for 100 million intervals:
/// a cell for each 64 addresses, so 805 MB of them.
#[test]
#[ignore = "needs 2 GB of memory; make test-exhaustive"]
fn slots_of_one_address_find_every_edge_of_the_real_file() {
    let started = Instant::now();
    let mut parts = Parts::of(&std::fs::read(real_path()).unwrap());
    let starts: Vec<u32> =
        parts.section(SectionKind::V4Starts).content.chunks(4).map(|start| get_u32(start, 0)).collect();
    let cells = rank_cells(&starts, 0, 8);
    assert_eq!(cells.len(), 12 << 26);
    assert!(cells.chunks(12).all(|cell| cell[11] & 0x80 == 0), "no slot can be started within");
    parts.section(SectionKind::V4Rank).content = cells;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("smallest-slots.npl");
    std::fs::write(&path, parts.assemble()).unwrap();
    drop(parts);
    let database = Database::open(&path).unwrap_or_else(|error| panic!("{error}"));
    database.verify().unwrap_or_else(|error| panic!("{error}"));
    let halving = Database::open(&path).unwrap_or_else(|error| panic!("{error}")).without_indexes();
    let edges: Vec<u32> =
        starts.iter().flat_map(|start| [start.wrapping_sub(1), *start, start.wrapping_add(1)]).collect();
    let mut ids = (vec![0; edges.len()], vec![0; edges.len()]);
    database.lookup_batch_v4(&edges, &mut ids.0);
    halving.lookup_batch_v4(&edges, &mut ids.1);
    assert!(ids.0 == ids.1);
    println!("slots of one address: {} edges, {:.1} s", edges.len(), started.elapsed().as_secs_f64());
}
