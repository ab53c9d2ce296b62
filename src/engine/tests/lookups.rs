//! Random tables against the plainest reader there is: a scan over the intervals as they were
//! pushed. Answers, networks, reverse lookup and the file's bytes have to agree with it.

mod common;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use common::*;
use nameplate::{
    Address, Answer, AnswerRef, CompanyFields, Database, Network, SourceFields, SourceSet, Status,
    WriteError, Writer,
};
use proptest::prelude::*;

const MAPPED: std::ops::RangeInclusive<u128> = 0xffff_0000_0000..=0xffff_ffff_ffff;

/// What an interval can say. Two are Alfa's, so that a company can have neighbouring networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Nothing,
    Zulu,
    Alfa,
    AlfaPerhaps,
    Telecom,
    Private,
}

const ALL: [Says; 6] =
    [Says::Nothing, Says::Zulu, Says::Alfa, Says::AlfaPerhaps, Says::Telecom, Says::Private];

impl Says {
    fn company(self) -> Option<&'static str> {
        match self {
            Says::Zulu => Some(ZULU),
            Says::Alfa | Says::AlfaPerhaps => Some(ALFA),
            Says::Nothing | Says::Telecom | Says::Private => None,
        }
    }

    /// What stands in an answer that says this.
    fn is_said_by(self, answer: &Answer<'_>) -> bool {
        let company = answer.company().map(|company| company.id());
        let operator = answer.operator().map(|operator| operator.asn());
        let found = (answer.status(), company, operator, answer.confidence(), answer.block());
        let sources: Vec<&str> = answer.sources().map(|source| source.name()).collect();
        let (expected, evidence): (_, &[&str]) = match self {
            Says::Nothing => ((Status::Unknown, None, None, None, None), &[]),
            Says::Zulu => ((Status::Company, Some(ZULU), Some(64501), Some(90), None), &["one", "two"]),
            Says::Alfa => ((Status::Company, Some(ALFA), None, Some(50), None), &["two"]),
            Says::AlfaPerhaps => ((Status::Company, Some(ALFA), None, Some(10), None), &["two"]),
            Says::Telecom => ((Status::Operator, None, Some(64501), None, None), &["one"]),
            Says::Private => ((Status::Reserved, None, None, None, Some("Private-Use")), &[]),
        };
        found == expected && sources == evidence && answer.name() == self.name()
    }

    /// The name to show.
    fn name(self) -> Option<&'static str> {
        match self {
            Says::Nothing => None,
            Says::Zulu => Some("Zulu"),
            Says::Alfa | Says::AlfaPerhaps => Some("Alfa"),
            Says::Telecom => Some("Telecom"),
            Says::Private => Some("Private-Use"),
        }
    }
}

/// A writer that knows all answers.
struct Prepared {
    writer: Writer,
    answers: [AnswerRef; 6],
}

impl Prepared {
    fn new() -> Prepared {
        let mut writer = Writer::new();
        let one = writer.source(&SourceFields { name: "one", ..Default::default() }).unwrap();
        let two = writer.source(&SourceFields { name: "two", ..Default::default() }).unwrap();
        let telecom = writer.operator(64501, "Telecom", None).unwrap();
        let zulu = writer.company(&CompanyFields { id: ZULU, name: "Zulu", ..Default::default() }).unwrap();
        let alfa = writer.company(&CompanyFields { id: ALFA, name: "Alfa", ..Default::default() }).unwrap();
        let answers = [
            AnswerRef::UNKNOWN,
            writer.company_answer(zulu, Some(telecom), 90, one.union(two)).unwrap(),
            writer.company_answer(alfa, None, 50, two).unwrap(),
            writer.company_answer(alfa, None, 10, two).unwrap(),
            writer.operator_answer(telecom, one).unwrap(),
            writer.reserved_answer("Private-Use").unwrap(),
        ];
        Prepared { writer, answers }
    }

    fn push(&mut self, v4: &[Interval], v6: &[Interval]) {
        for (first, last, says) in v4 {
            let answer = self.answers[*says as usize];
            self.writer.push_v4(*first as u32, *last as u32, answer).unwrap();
        }
        for (first, last, says) in v6 {
            self.writer.push_v6(*first, *last, self.answers[*says as usize]).unwrap();
        }
    }
}

/// First and last address, of either family.
type Interval = (u128, u128, Says);

/// The intervals as they must come out: no gaps, equal neighbours merged.
fn flattened(intervals: &[Interval], end: u128) -> Vec<Interval> {
    let mut runs: Vec<Interval> = Vec::new();
    let mut append = |first, last, says| match runs.last_mut() {
        Some(run) if run.2 == says => run.1 = last,
        _ => runs.push((first, last, says)),
    };
    let mut next = Some(0);
    for (first, last, says) in intervals {
        let begin = next.expect("room");
        if begin < *first {
            append(begin, first - 1, Says::Nothing);
        }
        append(*first, *last, *says);
        next = if *last == end { None } else { Some(last + 1) };
    }
    if let Some(begin) = next {
        append(begin, end, Says::Nothing);
    }
    runs
}

/// The oracle: what a scan over the pushed intervals says.
fn scan(intervals: &[Interval], address: u128) -> Says {
    let holds = |(first, last, _): &&Interval| (*first..=*last).contains(&address);
    intervals.iter().find(holds).map_or(Says::Nothing, |interval| interval.2)
}

/// The largest range around an address with one answer.
fn run_around(runs: &[Interval], address: u128) -> (u128, u128) {
    let (first, last, _) = runs.iter().find(|run| (run.0..=run.1).contains(&address)).expect("no gaps");
    (*first, *last)
}

fn v4_network((first, last): (u128, u128)) -> Network {
    let address = |bits| IpAddr::V4(Ipv4Addr::from_bits(bits as u32));
    Network { first: address(first), last: address(last) }
}

fn v6_network((first, last): (u128, u128)) -> Network {
    let address = |bits| IpAddr::V6(Ipv6Addr::from_bits(bits));
    Network { first: address(first), last: address(last) }
}

/// A gap or a width: nothing, one address, a little, or a lot.
fn size(bits: u32) -> impl Strategy<Value = u128> {
    prop_oneof![
        3 => Just(0),
        2 => Just(1),
        2 => 0..600_u128,
        2 => (0..bits).prop_map(|shift| 1 << shift),
        2 => (0..bits).prop_map(|shift| (1 << shift) - 1),
        1 => (0..bits, any::<u128>()).prop_map(move |(shift, random)| random >> (128 - bits + shift)),
    ]
}

/// Ascending intervals without overlap; about one set in four reaches the last address.
fn intervals(bits: u32) -> impl Strategy<Value = Vec<Interval>> {
    let end = u128::MAX >> (128 - bits);
    let pieces = prop::collection::vec((size(bits), size(bits), prop::sample::select(&ALL[..])), 0..40);
    let random = (pieces, prop::bool::weighted(0.25)).prop_map(move |(pieces, reaches_the_end)| {
        let mut next = 0_u128;
        let mut intervals: Vec<Interval> = Vec::new();
        for (gap, width, says) in pieces {
            let Some(first) = next.checked_add(gap).filter(|first| *first <= end) else { break };
            let last = first.saturating_add(width).min(end);
            intervals.push((first, last, says));
            let Some(after) = last.checked_add(1).filter(|after| *after <= end) else { break };
            next = after;
        }
        if let Some(last) = intervals.last_mut().filter(|_| reaches_the_end) {
            last.1 = end;
        }
        intervals
    });
    let whole = prop::sample::select(&ALL[..]).prop_map(move |says| vec![(0, end, says)]);
    prop_oneof![9 => random, 1 => whole]
}

/// Where mistakes are: both ends of every interval, their neighbours, both ends of the space, a
/// little past them around zero, and some addresses of no particular place.
fn probes(intervals: &[Interval], end: u128, random: &[u128]) -> Vec<u128> {
    let around = |address: u128| [address.saturating_sub(1), address, address.saturating_add(1).min(end)];
    let edges = intervals.iter().flat_map(|(first, last, _)| [*first, *last]).flat_map(around);
    edges.chain([0, 1, end - 1, end]).chain(random.iter().map(|address| address & end)).collect()
}

/// Compares one answer with the oracle.
fn agree(answer: &Answer<'_>, says: Says, network: Network, address: Address) {
    assert!(says.is_said_by(answer), "{address:?}: {:?} where the scan says {says:?}", answer.status());
    let expected = match says {
        Says::Nothing | Says::Private => None,
        Says::Zulu | Says::Alfa | Says::AlfaPerhaps | Says::Telecom => Some(network),
    };
    assert_eq!(answer.network(), expected, "{address:?}");
}

/// Compares every way of asking for an address.
fn compare(database: &Database, address: Address, says: Says, network: Network) {
    agree(&database.lookup(address), says, network, address);
    let text = IpAddr::from(address).to_string();
    agree(&database.lookup_text(text.as_bytes()).unwrap(), says, network, address);
    let id = match address {
        Address::V4(bits) => database.lookup_v4(bits),
        Address::V6(bits) => database.lookup_v6(bits),
    };
    let by_id = database.answer(id).expect("the id of a lookup exists");
    assert!(says.is_said_by(&by_id), "{address:?}");
    assert_eq!(by_id.network(), None, "an answer by id has no network");
    assert_eq!(id == nameplate::UNKNOWN, says == Says::Nothing);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_address_gets_the_answer_and_the_network_that_a_scan_finds(
        v4 in intervals(32),
        v6 in intervals(128),
        random in prop::collection::vec(any::<u128>(), 20),
    ) {
        let v4_end = u128::from(u32::MAX);
        let mut prepared = Prepared::new();
        prepared.push(&v4, &v6);
        let database = open_verified(&file_of(prepared.writer));
        let (v4_runs, v6_runs) = (flattened(&v4, v4_end), flattened(&v6, u128::MAX));

        for bits in probes(&v4, v4_end, &random) {
            let (says, network) = (scan(&v4, bits), v4_network(run_around(&v4_runs, bits)));
            compare(&database, Address::V4(bits as u32), says, network);
            // The same address in IPv6's clothes, as number and as text.
            let mapped = MAPPED.start() | bits;
            compare(&database, Address::from_v6_bits(mapped), says, network);
            prop_assert_eq!(database.lookup_v6(mapped), database.lookup_v4(bits as u32));
            let text = format!("::ffff:{}", Ipv4Addr::from_bits(bits as u32));
            agree(&database.lookup_text(text.as_bytes()).unwrap(), says, network, Address::V4(bits as u32));
        }
        for bits in probes(&v6, u128::MAX, &random) {
            if !MAPPED.contains(&bits) {
                let network = v6_network(run_around(&v6_runs, bits));
                compare(&database, Address::from_v6_bits(bits), scan(&v6, bits), network);
            }
        }
        prop_assert_eq!(database.metadata().v4_intervals(), v4_runs.len(), "equal neighbours are merged");
        prop_assert_eq!(database.metadata().v6_intervals(), v6_runs.len(), "equal neighbours are merged");
    }

    #[test]
    fn a_companys_networks_are_its_intervals_ascending_v4_first(v4 in intervals(32), v6 in intervals(128)) {
        let mut prepared = Prepared::new();
        prepared.push(&v4, &v6);
        let database = open_verified(&file_of(prepared.writer));
        for id in [ALFA, ZULU] {
            let bounds = |runs: Vec<Interval>| {
                runs.into_iter().filter(|run| run.2.company() == Some(id)).map(|run| (run.0, run.1))
            };
            let v4 = bounds(flattened(&v4, u128::from(u32::MAX))).map(v4_network);
            let expected: Vec<Network> =
                v4.chain(bounds(flattened(&v6, u128::MAX)).map(v6_network)).collect();
            prop_assert_eq!(database.networks(id).collect::<Vec<_>>(), expected);
        }
        prop_assert_eq!(database.networks("asn:64498").count(), 0);
        prop_assert_eq!(database.networks("").count(), 0);
    }

    #[test]
    fn the_same_pushes_make_the_same_bytes(v4 in intervals(32), v6 in intervals(128)) {
        let file = || {
            let mut prepared = Prepared::new();
            prepared.push(&v4, &v6);
            file_of(prepared.writer)
        };
        prop_assert_eq!(file(), file());
    }

    /// However an interval is cut into touching pieces, and whether gaps are said or left out, the
    /// file is the same.
    #[test]
    fn touching_intervals_with_one_answer_are_one(
        v4 in intervals(32),
        v6 in intervals(128),
        cuts in prop::collection::vec(any::<u128>(), 100),
    ) {
        let mut whole = Prepared::new();
        whole.push(&v4, &v6);
        let mut pieces = Prepared::new();
        let cut = |intervals: &[Interval], end| {
            let mut pieces = Vec::new();
            for ((first, last, says), cut) in flattened(intervals, end).into_iter().zip(cuts.iter().cycle()) {
                let width = last - first;
                if width == 0 {
                    pieces.push((first, last, says));
                } else {
                    let middle = first + cut % width;
                    pieces.extend([(first, middle, says), (middle + 1, last, says)]);
                }
            }
            pieces
        };
        pieces.push(&cut(&v4, u128::from(u32::MAX)), &cut(&v6, u128::MAX));
        prop_assert_eq!(file_of(whole.writer), file_of(pieces.writer));
    }

    #[test]
    fn an_interval_out_of_order_is_refused_and_leaves_the_writer_as_it_was(
        v4 in intervals(32),
        v6 in intervals(128),
        bad in prop::collection::vec((any::<u32>(), any::<u32>()), 40),
    ) {
        let mut good = Prepared::new();
        good.push(&v4, &v6);
        let mut disturbed = Prepared::new();
        let mut next = Some(0_u32);
        let zulu = disturbed.answers[Says::Zulu as usize];
        for (number, (interval, (a, b))) in v4.iter().zip(&bad).enumerate() {
            let number = number as u64;
            // Before the end of what was pushed; or the wrong way round.
            let behind = next.and_then(|next| next.checked_sub(1));
            if let Some(behind) = behind {
                let error = disturbed.writer.push_v4(behind.min(*a), u32::MAX, zulu).unwrap_err();
                assert!(matches!(error, WriteError::Order { number: found } if found == number), "{error}");
            }
            if a != b {
                let error = disturbed.writer.push_v4(*a.max(b), *a.min(b), zulu).unwrap_err();
                assert!(matches!(error, WriteError::Order { number: found } if found == number), "{error}");
            }
            disturbed.push(&[*interval], &[]);
            next = (interval.1 as u32).checked_add(1);
        }
        disturbed.push(&v4[bad.len().min(v4.len())..], &v6);
        prop_assert_eq!(file_of(good.writer), file_of(disturbed.writer));
    }
}

#[test]
fn an_interval_out_of_order_is_an_error_that_counts_the_intervals_of_its_family() {
    let mut prepared = Prepared::new();
    let zulu = prepared.answers[Says::Zulu as usize];
    let writer = &mut prepared.writer;
    let number = |result| match result {
        Err(WriteError::Order { number }) => number,
        other => panic!("{other:?}"),
    };
    assert_eq!(number(writer.push_v4(9, 8, zulu)), 0);
    writer.push_v4(10, 20, zulu).unwrap();
    assert_eq!(number(writer.push_v4(20, 30, zulu)), 1);
    assert_eq!(number(writer.push_v4(0, 9, zulu)), 1);
    assert_eq!(number(writer.push_v6(9, 8, zulu)), 0);
    writer.push_v6(0, u128::MAX, zulu).unwrap();
    assert_eq!(number(writer.push_v6(u128::MAX, u128::MAX, zulu)), 1);
    assert_eq!(number(writer.push_v6(0, 0, zulu)), 1);
    writer.push_v4(u32::MAX, u32::MAX, zulu).unwrap();
    assert_eq!(number(writer.push_v4(u32::MAX, u32::MAX, zulu)), 2);
    let message = writer.push_v4(0, 0, zulu).unwrap_err().to_string();
    assert_eq!(message, "interval 2 starts after its end, or before the end of the interval before it");
    open_verified(&file_of(prepared.writer));
}

#[test]
fn an_empty_file_knows_nothing() {
    let database = open_verified(&file_of(Writer::new()));
    for address in
        [Address::V4(0), Address::V4(u32::MAX), Address::V6(0), Address::V6(1), Address::V6(u128::MAX)]
    {
        let answer = database.lookup(address);
        assert!(Says::Nothing.is_said_by(&answer), "{address:?}");
        assert_eq!(answer.network(), None);
    }
    let metadata = database.metadata();
    assert_eq!((metadata.v4_intervals(), metadata.v6_intervals(), metadata.answers()), (1, 1, 1));
    assert_eq!((metadata.companies(), metadata.operators(), metadata.sources().count()), (0, 0, 0));
    assert!(database.company("").is_none());
}

#[test]
fn mapped_addresses_never_get_what_the_v6_table_says() {
    let mut prepared = Prepared::new();
    prepared.push(&[(0xc000_0201, 0xc000_0201, Says::Telecom)], &[(0, u128::MAX, Says::Zulu)]);
    let database = open_verified(&file_of(prepared.writer));
    for (text, says) in [
        ("::ffff:192.0.2.1", Says::Telecom),
        ("::ffff:c000:201", Says::Telecom),
        ("0:0:0:0:0:FFFF:192.0.2.1", Says::Telecom),
        ("::ffff:192.0.2.2", Says::Nothing),
        ("::ffff:0.0.0.0", Says::Nothing),
        ("::ffff:255.255.255.255", Says::Nothing),
        ("::fffe:ffff:ffff", Says::Zulu),
        ("::1:0:0:0", Says::Zulu),
        ("::192.0.2.1", Says::Zulu),
        ("64:ff9b::192.0.2.1", Says::Zulu),
    ] {
        assert!(says.is_said_by(&database.lookup_text(text.as_bytes()).unwrap()), "{text}");
    }
}

#[test]
fn text_that_is_no_address_is_an_error_that_does_not_quote_it() {
    let database = open_verified(&sample());
    for text in [&b"192.0.2.01"[..], b"192.0.2.1 ", b"fe80::1%eth0", b"192.0.2.1:80", b"", b"\0", b"\xff"] {
        let error = database.lookup_text(text).err().expect("no address");
        assert_eq!(error.to_string(), "invalid address");
        assert_eq!(format!("{error:?}"), "InvalidAddress");
    }
}

#[test]
fn answers_by_id_are_those_of_the_writer() {
    let prepared = Prepared::new();
    let database = open_verified(&file_of(prepared.writer));
    for (id, says) in ALL.into_iter().enumerate() {
        assert!(says.is_said_by(&database.answer(id as u32).unwrap()), "{says:?}");
    }
    assert!(database.answer(ALL.len() as u32).is_none());
    assert!(database.answer(u32::MAX).is_none());
}

#[test]
fn equal_answers_are_one() {
    let mut prepared = Prepared::new();
    assert_eq!(
        prepared.writer.reserved_answer("Private-Use").unwrap(),
        prepared.answers[Says::Private as usize]
    );
    assert_ne!(
        prepared.writer.reserved_answer("Loopback").unwrap(),
        prepared.answers[Says::Private as usize]
    );
}

#[test]
fn a_confidence_is_brought_into_1_to_100() {
    for (given, written) in [(0, 1), (1, 1), (100, 100), (101, 100), (255, 100)] {
        let mut writer = Writer::new();
        let company =
            writer.company(&CompanyFields { id: "id", name: "name", ..Default::default() }).unwrap();
        let answer = writer.company_answer(company, None, given, SourceSet::default()).unwrap();
        writer.push_v4(0, 0, answer).unwrap();
        let database = open_verified(&file_of(writer));
        assert_eq!(database.lookup(Address::V4(0)).confidence(), Some(written));
    }
}

#[test]
fn a_company_id_is_there_once() {
    let mut writer = sample_writer();
    let again = CompanyFields { id: ZULU, name: "Another", ..Default::default() };
    for _ in 0..2 {
        let error = writer.company(&again).unwrap_err();
        assert!(matches!(error, WriteError::Duplicate { what: "company id" }), "{error}");
        assert_eq!(error.to_string(), "the company id is there twice");
    }
    let database = open_verified(&file_of(writer));
    assert_eq!(database.company(ZULU).unwrap().name(), "Zoë Zulu GmbH");
    assert_eq!(database.metadata().companies(), 2);
}

#[test]
fn an_as_number_is_there_once() {
    let mut writer = sample_writer();
    for _ in 0..2 {
        let error = writer.operator(64501, "Another", None).unwrap_err();
        assert!(matches!(error, WriteError::Duplicate { what: "AS number" }), "{error}");
        assert_eq!(error.to_string(), "the AS number is there twice");
    }
    let database = open_verified(&file_of(writer));
    let answer = database.lookup_text(b"198.51.100.1").unwrap();
    assert_eq!(answer.operator().unwrap().name(), "Example Telecom");
    assert_eq!(database.metadata().operators(), 2);
}

#[test]
fn a_file_names_at_most_32_sources_and_an_answer_may_have_them_all() {
    let mut writer = Writer::new();
    let mut all = SourceSet::default();
    let names: Vec<String> = (0..32).map(|number| format!("source {number}")).collect();
    for name in &names {
        all = all.union(writer.source(&SourceFields { name, ..Default::default() }).unwrap());
    }
    let error = writer.source(&SourceFields { name: "one more", ..Default::default() }).unwrap_err();
    assert!(matches!(error, WriteError::TooMany { what: "sources", limit: 32 }), "{error}");
    let operator = writer.operator(1, "Telecom", None).unwrap();
    let answer = writer.operator_answer(operator, all).unwrap();
    writer.push_v4(0, u32::MAX, answer).unwrap();
    let database = open_verified(&file_of(writer));
    let found: Vec<&str> = database.lookup(Address::V4(0)).sources().map(|source| source.name()).collect();
    assert_eq!(found, names);
    assert_eq!(database.lookup(Address::V4(0)).source_bits(), u32::MAX);
    assert_eq!(database.lookup(Address::V6(1 << 120)).source_bits(), 0);
}

#[test]
fn companies_and_operators_come_out_sorted_and_answers_follow_them() {
    let mut writer = Writer::new();
    let ids = ["lei:B", "dom:z.example", "asn:9", "lei:A", "asn:10", "reg:Ä", "reg:z", "lei:AA"];
    for (place, id) in ids.iter().enumerate() {
        let company = writer.company(&CompanyFields { id, name: id, ..Default::default() }).unwrap();
        let operator = writer.operator(1000 - place as u32, id, None).unwrap();
        let answer = writer.company_answer(company, Some(operator), 1, SourceSet::default()).unwrap();
        writer.push_v4(place as u32, place as u32, answer).unwrap();
    }
    let file = file_of(writer);
    let database = open_verified(&file);
    for (place, id) in ids.iter().enumerate() {
        let answer = database.lookup(Address::V4(place as u32));
        assert_eq!(answer.company().unwrap().id(), *id);
        assert_eq!(answer.operator().unwrap().asn(), 1000 - place as u32);
        assert_eq!(answer.operator().unwrap().name(), *id);
        assert_eq!(database.company(id).unwrap().name(), *id);
        let here = u128::try_from(place).unwrap();
        assert_eq!(database.networks(id).collect::<Vec<_>>(), [v4_network((here, here))]);
    }
    let written: Vec<&[u8]> = database.companies().map(|company| company.id().as_bytes()).collect();
    let mut sorted: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes()).collect();
    sorted.sort_unstable();
    assert_eq!(written, sorted);
}

#[test]
fn ids_that_are_not_there_find_no_company() {
    let database = open_verified(&sample());
    for id in ["", "a", "asn:6449", "asn:644990", "asn:64500", "lei:", "LEI:52990000EXAMPLE00002", "z", "\0"]
    {
        assert!(database.company(id).is_none(), "{id}");
        assert_eq!(database.networks(id).count(), 0, "{id}");
    }
}

#[test]
fn a_company_without_networks_has_none() {
    let mut writer = sample_writer();
    writer.company(&CompanyFields { id: "lei:0", name: "Between", ..Default::default() }).unwrap();
    let database = open_verified(&file_of(writer));
    assert_eq!(database.company("lei:0").unwrap().name(), "Between");
    assert_eq!(database.networks("lei:0").count(), 0);
    assert_eq!((database.networks(ALFA).count(), database.networks(ZULU).count()), (2, 3));
}

#[test]
fn every_fact_of_a_company_comes_back() {
    let database = open_verified(&sample());
    let zulu = database.company(ZULU).unwrap();
    assert_eq!((zulu.id(), zulu.name()), (ZULU, "Zoë Zulu GmbH"));
    assert_eq!(zulu.kind(), Some(nameplate::CompanyKind::Business));
    assert_eq!((zulu.country(), zulu.domain()), (Some("DE"), Some("zulu.example")));
    assert_eq!((zulu.legal_form(), zulu.industry()), (Some("GmbH"), Some("62.01")));
    assert_eq!((zulu.register(), zulu.register_id()), (Some("Amtsgericht Beispiel"), Some("HRB 1")));
    let alfa = database.company(ALFA).unwrap();
    assert_eq!((alfa.id(), alfa.name(), alfa.kind()), (ALFA, "Alfa B.V.", None));
    assert_eq!((alfa.country(), alfa.domain(), alfa.legal_form()), (None, None, None));
    assert_eq!((alfa.industry(), alfa.register(), alfa.register_id()), (None, None, None));
}

#[test]
fn what_a_file_says_about_itself_comes_back() {
    let file = sample();
    let database = open_verified(&file);
    let metadata = database.metadata();
    assert_eq!((metadata.version(), metadata.build_number(), metadata.created()), (1, 7, 1_780_000_000));
    assert_eq!(metadata.file_length(), file.len() as u64);
    assert_eq!((metadata.v4_intervals(), metadata.v6_intervals()), (10, 6));
    assert_eq!((metadata.answers(), metadata.companies(), metadata.operators()), (6, 2, 2));
    let facts: Vec<_> = metadata.facts().collect();
    assert_eq!(facts, [("generator", "engine tests"), ("remark", "one of everything")]);
    let sources: Vec<_> = metadata.sources().collect();
    assert_eq!(sources.len(), 2);
    assert_eq!((sources[0].name(), sources[0].rows()), ("ip-asn", 12));
    assert_eq!(
        (sources[0].title(), sources[0].licence()),
        (Some("A table of AS numbers"), Some("CC-BY-4.0"))
    );
    assert_eq!(sources[0].attribution(), Some("Example Registry"));
    assert_eq!((sources[0].url(), sources[0].date()), (Some("https://example.net/"), Some("2026-06-17")));
    assert_eq!((sources[1].name(), sources[1].rows()), ("gleif", 0));
    assert_eq!((sources[1].title(), sources[1].licence(), sources[1].date()), (None, None, None));
    let sections: Vec<_> = metadata.sections().collect();
    assert_eq!(sections.len(), 16);
    assert_eq!(sections[0], (Some("V4_RANK"), 7, 84));
    assert_eq!(sections[1], (Some("V6_TREE"), 0, 0));
    assert_eq!(sections[2], (Some("V6_LOW_MARKS"), 1, 1));
    assert_eq!(sections[3], (Some("V4_STARTS"), 10, 40));
    assert_eq!(sections[6], (Some("V6_STARTS_LOW"), 3, 36));
    assert_eq!(sections[9], (Some("COMPANIES"), 2, 128));
}

/// What the writer takes, `verify` must accept: a builder would else publish a file that every
/// careful server refuses.
#[test]
fn the_writer_refuses_what_verify_refuses() {
    type Write = fn(&mut Writer) -> Result<(), WriteError>;
    let cases: [(&str, Write); 7] = [
        ("a company without an id", |writer| {
            writer.company(&CompanyFields { name: "name", ..Default::default() }).map(drop)
        }),
        ("a company without a name", |writer| {
            writer.company(&CompanyFields { id: "id", ..Default::default() }).map(drop)
        }),
        ("a country that is not two capitals", |writer| {
            let country = Some(*b"de");
            writer.company(&CompanyFields { id: "id", name: "name", country, ..Default::default() }).map(drop)
        }),
        ("an operator without a name", |writer| writer.operator(1, "", None).map(drop)),
        ("a source without a name", |writer| writer.source(&SourceFields::default()).map(drop)),
        ("a fact without a key", |writer| writer.fact("", "value")),
        ("a block without a name", |writer| writer.reserved_answer("").map(drop)),
    ];
    let accepted_and_refused = cases.into_iter().filter(|(_, write)| {
        let mut writer = Writer::new();
        if write(&mut writer).is_err() {
            return false;
        }
        let file = file_of(writer);
        let database = Database::from_bytes(&file).unwrap_or_else(|error| panic!("{error}"));
        database.verify().is_err()
    });
    let names: Vec<&str> = accepted_and_refused.map(|(name, _)| name).collect();
    assert!(names.is_empty(), "{names:?}");
}
