//! The two indexes against the plainest search there is, a scan over the starts: flat tables of
//! every shape that real ones have, and of some that they don't; each way of searching, single
//! and in batches. The builders of the indexes against docs/FORMAT.md, written once more.

mod common;

use std::net::IpAddr;

use common::*;
use nameplate::format::SectionKind;
use nameplate::{Address, Database};
use proptest::prelude::*;

/// The oracle: the number of the interval that holds the address.
fn scan<A: Copy + Ord>(starts: &[A], address: A) -> usize {
    starts.iter().rposition(|start| *start <= address).expect("the first start is 0")
}

/// The answer id that [`table`] gives an interval.
fn id_of(interval: usize) -> u32 {
    (interval % (DEEP_ANSWERS as usize + 1)) as u32
}

/// Both ends of each interval, their neighbours, and both ends of the space.
fn v4_probes(starts: &[u32]) -> Vec<u32> {
    let around = starts.iter().flat_map(|start| [start.wrapping_sub(1), *start, start.wrapping_add(1)]);
    around.chain([0, 1, u32::MAX - 1, u32::MAX]).collect()
}

fn v6_probes(starts: &[u128]) -> Vec<u128> {
    let around = starts.iter().flat_map(|start| [start.wrapping_sub(1), *start, start.wrapping_add(1)]);
    // The same /64 and the next.
    let halves = starts.iter().flat_map(|start| [start | u128::from(u64::MAX), start >> 64 << 64]);
    around.chain(halves).chain([0, 1, u128::MAX - 1, u128::MAX]).collect()
}

/// Holds every way of asking a table to the oracle.
fn agrees(v4: &[u32], v6: &[u128], random: &[u128]) {
    let file = table(v4, v6);
    open_verified(&file);
    let mut v4_probes = v4_probes(v4);
    v4_probes.extend(random.iter().map(|address| *address as u32));
    let mut v6_probes = v6_probes(v6);
    v6_probes.extend(random);
    // IPv4 in IPv6's clothes.
    v6_probes.extend(v4_probes.iter().map(|address| 0xffff_0000_0000 | u128::from(*address)));
    let v4_ids: Vec<u32> = v4_probes.iter().map(|address| id_of(scan(v4, *address))).collect();
    let v6_ids: Vec<u32> = v6_probes
        .iter()
        .map(|address| match Address::from_v6_bits(*address) {
            Address::V4(bits) => id_of(scan(v4, bits)),
            Address::V6(bits) => id_of(scan(v6, bits)),
        })
        .collect();

    for (way, database) in ways_of_searching(&file) {
        for (address, id) in v4_probes.iter().zip(&v4_ids) {
            assert_eq!(database.lookup_v4(*address), *id, "{way}, {address:#x}");
            let interval = scan(v4, *address);
            let last = v4.get(interval + 1).map_or(u32::MAX, |next| next - 1);
            is_answer(&database, Address::V4(*address), *id, [v4[interval].into(), last.into()]);
        }
        for (address, id) in v6_probes.iter().zip(&v6_ids) {
            assert_eq!(database.lookup_v6(*address), *id, "{way}, {address:#x}");
            if let Address::V6(bits) = Address::from_v6_bits(*address) {
                let interval = scan(v6, bits);
                let last = v6.get(interval + 1).map_or(u128::MAX, |next| next - 1);
                is_answer(&database, Address::V6(bits), *id, [v6[interval], last]);
            }
        }
        for length in [0, 1, 31, 32, 33, 1000] {
            let mut ids = vec![u32::MAX; length];
            for (probes, expected) in v4_probes.chunks(length.max(1)).zip(v4_ids.chunks(length.max(1))) {
                let count = probes.len().min(length);
                database.lookup_batch_v4(&probes[..count], &mut ids[..count]);
                assert!(ids[..count] == expected[..count], "{way}, batches of {length}");
            }
            for (probes, expected) in v6_probes.chunks(length.max(1)).zip(v6_ids.chunks(length.max(1))) {
                let count = probes.len().min(length);
                database.lookup_batch_v6(&probes[..count], &mut ids[..count]);
                assert!(ids[..count] == expected[..count], "{way}, batches of {length}");
            }
            batches_of_answers_agree(&database, &v4_probes, &v6_probes, length);
            let mut names = vec!["left over"; length];
            for ids in v4_ids.chunks(length.max(1)) {
                let count = ids.len().min(length);
                database.names(&ids[..count], &mut names[..count]);
                for (id, name) in ids.iter().zip(&names[..count]) {
                    assert_eq!(*name, table_name(*id));
                    assert_eq!(*name, database.answer(*id).unwrap().name().unwrap_or_default());
                }
            }
        }
    }
}

/// Both families mixed, some of IPv6 being IPv4 in its clothes; answers are appended to what is there.
fn batches_of_answers_agree(database: &Database, v4: &[u32], v6: &[u128], length: usize) {
    let v6 = v6.iter().rev().map(|bits| Address::from_v6_bits(*bits));
    let v4 = v4.iter().map(|bits| Address::V4(*bits));
    let mixed: Vec<Address> = v4.zip(v6).flat_map(|(v4, v6)| [v4, v6, v6]).take(length).collect();
    let mut answers = vec![database.lookup(Address::V4(0))];
    database.lookup_batch(&mixed, &mut answers);
    assert_eq!(answers.len(), mixed.len() + 1);
    for (address, in_batch) in mixed.iter().zip(&answers[1..]) {
        let alone = database.lookup(*address);
        assert_eq!((in_batch.name(), in_batch.network()), (alone.name(), alone.network()));
    }
}

/// What one lookup says of name and network. The address is not in the failure: the engine's
/// habit, kept in its tests.
fn is_answer(database: &Database, address: Address, id: u32, bounds: [u128; 2]) {
    let answer = database.lookup(address);
    assert_eq!(answer.name().unwrap_or_default(), table_name(id));
    let found = answer.network().map(|network| {
        [network.first, network.last].map(|end| match end {
            IpAddr::V4(end) => u128::from(end.to_bits()),
            IpAddr::V6(end) => end.to_bits(),
        })
    });
    assert_eq!(found, (id != 0).then_some(bounds));
}

/// Starts in the order of a file: sorted, each once, the first address among them.
fn ascending<A: Copy + Ord + Default>(starts: impl IntoIterator<Item = A>) -> Vec<A> {
    let mut starts: Vec<A> = starts.into_iter().chain([A::default()]).collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// How many of a piece's starts there are: one, a few, a whole /24, or many.
fn count() -> impl Strategy<Value = usize> {
    prop_oneof![3 => Just(1), 3 => 2..20_usize, 2 => 20..300_usize, 1 => 300..1500_usize]
}

/// Starts that lie together, every 2^shift addresses from a place on; then perhaps a little off,
/// so that slots are started within.
fn v4_piece() -> impl Strategy<Value = Vec<u32>> {
    let run = |place: u32, shift: u32, count: usize| -> Vec<u32> {
        let starts = (0..count as u64).map(|number| (u64::from(place) >> shift << shift) + (number << shift));
        starts.map_while(|start| u32::try_from(start).ok()).collect()
    };
    prop_oneof![
        // Ranges of 2^shift addresses: one address wide, /24s, /16s, /8s.
        4 => (any::<u32>(), prop::sample::select(vec![0_u32, 1, 4, 7, 8, 9, 10, 16, 24]), count())
            .prop_map(move |(place, shift, count)| run(place, shift, count)),
        // The same, each start off by what its own bits make of it.
        2 => (any::<u32>(), 0..20_u32, count(), any::<u32>()).prop_map(move |(place, shift, count, salt)| {
            let off = |start: u32| start.wrapping_mul(salt) >> 7 & ((1 << shift) - 1);
            run(place, shift, count).into_iter().map(|start| start | off(start)).collect()
        }),
        // Many within one /24.
        3 => (any::<u32>(), prop::collection::vec(any::<u8>(), 1..256))
            .prop_map(|(place, last)| last.into_iter().map(|last| place & !255 | u32::from(last)).collect()),
        // Anywhere.
        2 => prop::collection::vec(any::<u32>(), 1..200),
        // One address wide, and at the ends.
        2 => any::<u32>().prop_map(|place| vec![place, place.saturating_add(1)]),
        1 => Just(vec![1, u32::MAX - 1, u32::MAX]),
        1 => (0..300_u32).prop_map(|count| (u32::MAX - count..=u32::MAX).collect()),
    ]
}

fn v6_piece() -> impl Strategy<Value = Vec<u128>> {
    let run = |place: u128, shift: u32, count: usize| -> Vec<u128> {
        let first = place >> shift << shift;
        (0..count as u128).map_while(|number| first.checked_add(number << shift)).collect()
    };
    // Real tables lie in 2000::/3.
    let place = prop_oneof![any::<u128>(), any::<u128>().prop_map(|place| place >> 3 | 1 << 125)];
    prop_oneof![
        4 => (place, prop::sample::select(vec![0_u32, 1, 8, 32, 60, 63, 64, 65, 80, 96, 112]), count())
            .prop_map(move |(place, shift, count)| run(place, shift, count)),
        // Many within one /64, with and without a start at its first address.
        3 => (any::<u64>(), prop::collection::vec(any::<u64>(), 1..400), any::<bool>())
            .prop_map(|(high, low, whole)| {
                let first = whole.then_some(0);
                low.into_iter().chain(first).map(|low| u128::from(high) << 64 | u128::from(low)).collect()
            }),
        2 => prop::collection::vec(any::<u128>(), 1..200),
        2 => any::<u128>().prop_map(|place| vec![place, place.saturating_add(1)]),
        1 => Just(vec![1, u128::MAX - 1, u128::MAX]),
        // The largest keys, with which a node's empty places are filled too.
        1 => (0..300_u128).prop_map(|count| (u128::MAX - count..=u128::MAX).collect()),
        1 => (0..100_u128).prop_map(|count| (0..count).map(|number| u128::MAX - (number << 64)).collect()),
    ]
}

/// A whole table: nothing but the first start (a /0), or pieces.
fn starts<A: Copy + Ord + Default + std::fmt::Debug>(
    piece: impl Strategy<Value = Vec<A>>,
) -> impl Strategy<Value = Vec<A>> {
    prop::collection::vec(piece, 0..6).prop_map(|pieces| ascending(pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_way_of_searching_finds_what_a_scan_finds(
        v4 in starts(v4_piece()),
        v6 in starts(v6_piece()),
        random in prop::collection::vec(any::<u128>(), 50),
    ) {
        agrees(&v4, &v6, &random);
    }

    #[test]
    fn the_writer_makes_the_indexes_of_the_specification(v4 in starts(v4_piece()), v6 in starts(v6_piece())) {
        has_specified_indexes(&v4, &v6);
    }

    /// A builder may choose any slot size: what is verified and what is found stays the same.
    #[test]
    fn any_allowed_slot_size_is_valid_and_finds_the_same(v4 in starts(v4_piece()), slot_bits in 12..=23_u32, eighths in 7..=8_u64) {
        let file = table(&v4, &[0]);
        let addresses: Vec<Address> = v4_probes(&v4).into_iter().map(Address::V4).collect();
        let expected = batch(&open_verified(&file).without_indexes(), &addresses);
        let mut parts = Parts::of(&file);
        parts.section(SectionKind::V4Rank).content = rank_cells(&v4, slot_bits, eighths);
        let other = parts.assemble();
        open_verified(&other);
        for (way, database) in ways_of_searching(&other) {
            exercise(&database, &addresses);
            prop_assert!(batch(&database, &addresses) == expected, "{}", way);
        }
    }
}

/// The number of cells that docs/FORMAT.md has a builder choose.
fn chosen_cells(starts: &[u32], eighths: usize) -> usize {
    let mut cells = eighths;
    while cells < eighths << 23 && 2 * cells * 12 <= 8 * starts.len() {
        cells *= 2;
    }
    cells
}

fn has_specified_indexes(v4: &[u32], v6: &[u128]) {
    let mut parts = Parts::of(&table(v4, v6));
    let behind = v4.iter().filter(|start| **start >= 0xe000_0000).count();
    let eighths = if behind <= 64 { 7 } else { 8 };
    let cells = chosen_cells(v4, eighths);
    let slot_bits = 29 - 6 - (cells / eighths).ilog2();
    assert_eq!(parts.section(SectionKind::V4Rank).content.len(), cells * 12, "{} intervals", v4.len());
    assert!(parts.section(SectionKind::V4Rank).content == rank_cells(v4, slot_bits, eighths as u64));
    let high: Vec<u64> = v6.iter().map(|start| (start >> 64) as u64).collect();
    assert!(parts.section(SectionKind::V6Tree).content == tree_keys(&high));
}

/// The numbers of starts at which a tree gets another layer, a node another child, or a block
/// another key, and at which slots are halved.
const TELLING_COUNTS: [usize; 33] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 20, 21, 23, 24, 41, 42, 63, 64, 65, 71, 72, 73, 74, 80,
    81, 647, 648, 649, 657,
];

#[test]
fn tables_of_every_telling_size_agree_with_a_scan() {
    for count in TELLING_COUNTS {
        let v4: Vec<u32> = (0..count as u32).map(|number| number * (u32::MAX / count as u32)).collect();
        // Each /64 with one start, and each with three.
        for in_one_half in [1, 3] {
            let half = |number: u128| ((number / in_one_half) << 64) | (number % in_one_half * 1000);
            let v6: Vec<u128> = (0..count as u128).map(half).collect();
            agrees(&v4, &v6, &[]);
            has_specified_indexes(&v4, &v6);
        }
    }
}

#[test]
fn trees_of_four_and_five_layers_find_the_start_of_each_interval() {
    for (count, layers) in [(5832_usize, 3), (5833, 4), (52_488, 4), (52_489, 5), (60_000, 5)] {
        let v6: Vec<u128> = (0..count as u128).map(|number| number << 80).collect();
        has_specified_indexes(&[0], &v6);
        let file = table(&[0], &v6);
        open_verified(&file);
        let mut children = count.div_ceil(8);
        let depth = std::iter::from_fn(|| (children > 1).then(|| children = children.div_ceil(9)));
        assert_eq!(depth.count(), layers);
        for (way, database) in ways_of_searching(&file) {
            let probes: Vec<u128> = v6.iter().flat_map(|start| [*start, start | 0xffff << 64]).collect();
            let mut ids = vec![0; probes.len()];
            database.lookup_batch_v6(&probes, &mut ids);
            for (number, pair) in ids.chunks(2).enumerate() {
                assert_eq!(pair, [id_of(number); 2], "{way}");
                assert_eq!(database.lookup_v6(probes[2 * number]), id_of(number), "{way}");
            }
        }
    }
}

/// A dense table: every address of a /13 is an interval of its own. The builder makes slots of 128
/// addresses of it, and finds nothing to count in most of them.
#[test]
fn a_dense_block_has_small_slots_and_is_found() {
    let v4: Vec<u32> = [0].into_iter().chain((0..1 << 19).map(|number| 0x0a00_0000 + number)).collect();
    has_specified_indexes(&v4, &[0]);
    let file = table(&v4, &[0]);
    open_verified(&file);
    let addresses: Vec<u32> = (0x09ff_ff00..0x0a08_0100).collect();
    let expected: Vec<u32> = addresses
        .iter()
        .map(|address| id_of((address.saturating_sub(0x0a00_0000 - 1)).min(1 << 19) as usize))
        .collect();
    for (way, database) in ways_of_searching(&file) {
        let mut ids = vec![u32::MAX; addresses.len()];
        database.lookup_batch_v4(&addresses, &mut ids);
        assert!(ids == expected, "{way}, in a batch");
        let one_at_a_time = addresses.iter().map(|address| database.lookup_v4(*address));
        assert!(one_at_a_time.eq(expected.iter().copied()), "{way}, one at a time");
    }
}

#[test]
fn mapped_addresses_in_a_batch_are_looked_up_as_ipv4() {
    let database = open_verified(&table(&[0, 0xc000_0200, 0xc000_0300], &[0, 1 << 120]));
    let mapped = |bits: u128| 0xffff_0000_0000 | bits;
    let addresses = [
        mapped(0xc000_0200),
        0xc000_0200,
        1 << 120 | mapped(0xc000_0200),
        mapped(0xc000_02ff),
        mapped(0xffff_ffff),
        0xfffe_ffff_ffff,
        0x1_0000_0000_0000,
        mapped(0),
    ];
    let mut ids = [u32::MAX; 8];
    database.lookup_batch_v6(&addresses, &mut ids);
    assert_eq!(ids, [1, 0, 1, 1, 2, 0, 0, 0]);
    assert_eq!(ids, addresses.map(|address| database.lookup_v6(address)));
}

#[test]
fn names_of_ids_that_are_not_there_are_empty() {
    let database = open_verified(&sample());
    let ids = [0, 1, 2, 3, 4, 5, 6, u32::MAX, 1];
    let mut names = ["left over"; 9];
    database.names(&ids, &mut names);
    let expected = [
        "",
        "Zoë Zulu GmbH",
        "Alfa B.V.",
        "Example Telecom",
        "Example Hosting",
        "Private-Use",
        "",
        "",
        "Zoë Zulu GmbH",
    ];
    assert_eq!(names, expected);
    for (id, name) in ids.into_iter().zip(names) {
        assert_eq!(database.answer(id).and_then(|answer| answer.name()).unwrap_or_default(), name);
    }
}

#[test]
#[should_panic(expected = "one id for each address")]
fn a_batch_of_ipv4_with_fewer_ids_panics() {
    open_verified(&sample()).lookup_batch_v4(&[1, 2, 3], &mut [0; 2]);
}

#[test]
#[should_panic(expected = "one id for each address")]
fn a_batch_of_ipv4_with_more_ids_panics() {
    open_verified(&sample()).lookup_batch_v4(&[], &mut [0; 1]);
}

#[test]
#[should_panic(expected = "one id for each address")]
fn a_batch_of_ipv6_with_fewer_ids_panics() {
    open_verified(&sample()).lookup_batch_v6(&[1, 2, 3], &mut [0; 2]);
}

#[test]
#[should_panic(expected = "one id for each address")]
fn a_batch_of_ipv6_with_more_ids_panics() {
    open_verified(&sample()).lookup_batch_v6(&[1, 2, 3], &mut [0; 4]);
}

#[test]
#[should_panic(expected = "one name for each id")]
fn names_of_another_number_than_the_ids_panic() {
    open_verified(&sample()).names(&[1, 2, 3], &mut [""; 2]);
}
