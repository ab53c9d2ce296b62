//! What the tests share: a small file with one of everything, a way to break a file in exactly
//! one place, and a walk over everything that a file can be asked.
//!
//! Offsets are written as numbers here, as docs/FORMAT.md has them, and not taken from the
//! engine's types: so these tests also hold the engine to its specification.

#![allow(dead_code, reason = "each test file uses a part of this one")]

use std::hint::black_box;
use std::ops::Range;

use nameplate::format::SectionKind;
use nameplate::{
    Address, Answer, AnswerRef, CompanyFields, CompanyKind, Database, Error, FormatError, OperatorKind,
    SourceFields, SourceSet, Writer, for_each_field, write_json,
};
use sha2::{Digest, Sha256};

pub(crate) const HEADER_LENGTH: usize = 192;
pub(crate) const ENTRY_LENGTH: usize = 64;

/// Offsets in the header.
pub(crate) mod header {
    use std::ops::Range;

    pub(crate) const VERSION: usize = 8;
    pub(crate) const HEADER_LENGTH: usize = 12;
    pub(crate) const FILE_LENGTH: usize = 16;
    pub(crate) const BUILD_NUMBER: usize = 24;
    pub(crate) const CREATED: usize = 32;
    pub(crate) const SECTION_COUNT: usize = 40;
    pub(crate) const RESERVED: Range<usize> = 44..64;
    pub(crate) const SEAL: Range<usize> = 64..192;
    pub(crate) const CHECKSUM: Range<usize> = 64..96;
    pub(crate) const PUBLIC_KEY: Range<usize> = 96..128;
    pub(crate) const SIGNATURE: Range<usize> = 128..192;
}

/// Offsets in an entry of the section table.
pub(crate) mod entry {
    pub(crate) const KIND: usize = 0;
    pub(crate) const RECORD_WIDTH: usize = 4;
    pub(crate) const OFFSET: usize = 8;
    pub(crate) const LENGTH: usize = 16;
    pub(crate) const RESERVED: usize = 24;
    pub(crate) const CHECKSUM: usize = 32;
}

pub(crate) const ALFA: &str = "asn:64499";
pub(crate) const ZULU: &str = "lei:52990000EXAMPLE00002";

/// One of everything, in little space. Sections as they come out:
///
/// ```text
/// V4   0 0.0.0.0          unknown      V6   0 ::                    unknown
///      1 10.0.0.0         Private-Use       1 2001:db8::            Zulu
///      2 11.0.0.0         unknown           2 2001:db8:0:1::        Telecom
///      3 192.0.2.0        Zulu              3 2001:db8:0:1::100     Alfa
///      4 192.0.3.0        Alfa              4 2001:db8:0:1::101     unknown
///      5 192.0.3.1        unknown           5 ffff:…:ffff           Hosting
///      6 198.51.100.0     Telecom
///      7 198.51.101.0     Zulu         ANSWERS    0 unknown, 1 Zulu, 2 Alfa, 3 Telecom,
///      8 198.51.102.0     unknown                 4 Hosting, 5 Private-Use
///      9 255.255.255.255  Hosting      COMPANIES  0 Alfa, 1 Zulu
///                                      OPERATORS  0 Hosting, 1 Telecom
/// NETWORKS  Alfa: 4, 13   Zulu: 3, 7, 11
///
/// V4_RANK   7 cells of 64 slots, each slot a /9: 0 regular with the slots 0, 20 and 22 set, 1 to
///           5 empty, 6 irregular: 192.0.2.0 starts within its slot, and so do all that follow
/// V6_TREE   no keys: the six starts are one block
/// ```
pub(crate) fn sample_writer() -> Writer {
    let mut writer = Writer::new();
    writer.build_number(7);
    writer.created(1_780_000_000);
    writer.fact("generator", "engine tests").unwrap();
    writer.fact("remark", "one of everything").unwrap();
    let asn = writer
        .source(&SourceFields {
            name: "ip-asn",
            title: Some("A table of AS numbers"),
            licence: Some("CC-BY-4.0"),
            attribution: Some("Example Registry"),
            url: Some("https://example.net/"),
            date: Some("2026-06-17"),
            rows: 12,
        })
        .unwrap();
    let lei = writer.source(&SourceFields { name: "gleif", ..Default::default() }).unwrap();
    let telecom = writer.operator(64501, "Example Telecom", Some(OperatorKind::Access)).unwrap();
    let hosting = writer.operator(64500, "Example Hosting", None).unwrap();
    let zulu = writer
        .company(&CompanyFields {
            id: ZULU,
            name: "Zoë Zulu GmbH",
            kind: Some(CompanyKind::Business),
            country: Some(*b"DE"),
            domain: Some("zulu.example"),
            legal_form: Some("GmbH"),
            industry: Some("62.01"),
            register: Some("Amtsgericht Beispiel"),
            register_id: Some("HRB 1"),
        })
        .unwrap();
    let alfa = writer.company(&CompanyFields { id: ALFA, name: "Alfa B.V.", ..Default::default() }).unwrap();
    let zulu = writer.company_answer(zulu, Some(telecom), 90, asn.union(lei)).unwrap();
    let alfa = writer.company_answer(alfa, None, 50, asn).unwrap();
    let telecom = writer.operator_answer(telecom, asn).unwrap();
    let hosting = writer.operator_answer(hosting, asn).unwrap();
    let private = writer.reserved_answer("Private-Use").unwrap();
    for (first, last, answer) in [
        (0x0a00_0000, 0x0aff_ffff, private),
        (0xc000_0200, 0xc000_02ff, zulu),
        (0xc000_0300, 0xc000_0300, alfa),
        (0xc633_6400, 0xc633_64ff, telecom),
        (0xc633_6500, 0xc633_65ff, zulu),
        (u32::MAX, u32::MAX, hosting),
    ] {
        writer.push_v4(first, last, answer).unwrap();
    }
    let documentation = 0x2001_0db8_u128 << 96;
    for (first, last, answer) in [
        (documentation, documentation | u128::from(u64::MAX), zulu),
        (documentation | 1 << 64, documentation | 1 << 64 | 0xff, telecom),
        (documentation | 1 << 64 | 0x100, documentation | 1 << 64 | 0x100, alfa),
        (u128::MAX, u128::MAX, hosting),
    ] {
        writer.push_v6(first, last, answer).unwrap();
    }
    writer
}

/// The file of [`sample_writer`].
pub(crate) fn sample() -> Vec<u8> {
    file_of(sample_writer())
}

pub(crate) fn file_of(writer: Writer) -> Vec<u8> {
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    file
}

/// Operators of [`deep_writer`], and the answers that follow the unknown one.
pub(crate) const DEEP_ANSWERS: u32 = 6;

/// A file whose indexes have something in them: 300 IPv4 intervals, so 112 cells of both sorts,
/// and 700 IPv6 intervals, so a tree of three layers. Interval i has answer i modulo 7.
///
/// ```text
/// V4   0 to 99     the /24s from 0.0.0.0        V6   0 to 299    the /32s from ::
///      100 to 199  a /24 of one-address ranges       300 to 499  within one /64
///      200 to 299  random                            500 to 699  random
/// ```
pub(crate) fn deep_starts() -> (Vec<u32>, Vec<u128>) {
    let mut random = Random(1);
    let mut v4: Vec<u32> = (0..100).map(|number| number << 8).collect();
    v4.extend((0..100).map(|number| 0x0a00_0000 + 2 * number));
    v4.extend((0..100).map(|number| 0x0b00_0000 + (number << 21) + (random.next() as u32 & 0xf_ffff)));
    let mut v6: Vec<u128> = (0..300).map(|number| number << 96).collect();
    v6.extend((0..200).map(|number| 0x2001_0db8_u128 << 96 | number << 56));
    v6.extend((0..200).map(|number| 0x2a00_u128 << 112 | number << 80 | u128::from(random.next())));
    (v4, v6)
}

/// The file of [`deep_starts`].
pub(crate) fn deep() -> Vec<u8> {
    let (v4, v6) = deep_starts();
    table(&v4, &v6)
}

/// A file with intervals that start at these ascending addresses, the first of them 0. Interval
/// i has answer id i modulo 7; answer n is called "Operator n".
pub(crate) fn table(v4: &[u32], v6: &[u128]) -> Vec<u8> {
    let mut writer = Writer::new();
    let mut answers = vec![AnswerRef::UNKNOWN];
    for number in 1..=DEEP_ANSWERS {
        let operator = writer.operator(number, &format!("Operator {number}"), None).unwrap();
        answers.push(writer.operator_answer(operator, SourceSet::default()).unwrap());
    }
    for (index, first) in v4.iter().enumerate() {
        let last = v4.get(index + 1).map_or(u32::MAX, |next| next - 1);
        writer.push_v4(*first, last, answers[index % answers.len()]).unwrap();
    }
    for (index, first) in v6.iter().enumerate() {
        let last = v6.get(index + 1).map_or(u128::MAX, |next| next - 1);
        writer.push_v6(*first, last, answers[index % answers.len()]).unwrap();
    }
    file_of(writer)
}

/// The name of an answer of [`table`].
pub(crate) fn table_name(id: u32) -> String {
    if id == 0 { String::new() } else { format!("Operator {id}") }
}

/// How often to try what may be tried for ever: `make test` asks for the first number, `make test-long`
/// (which sets NAMEPLATE_LONG) for the second.
pub(crate) fn times(short: usize, long: usize) -> usize {
    if std::env::var_os("NAMEPLATE_LONG").is_some() { long } else { short }
}

/// NAMEPLATE_FILE, from the repository's root, or what `make data` builds.
pub(crate) fn real_path() -> std::path::PathBuf {
    let file = std::env::var_os("NAMEPLATE_FILE").unwrap_or_else(|| "data/nameplate.npl".into());
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)
}

/// The real file where it is there (`make test` makes it), else [`deep`].
pub(crate) fn real() -> Vec<u8> {
    std::fs::read(real_path()).unwrap_or_else(|_| deep())
}

/// Numbers of no particular value, the same in each run: SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn next_u128(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }

    /// A number below `end`; for small ends as good as uniform.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// V4_RANK of these starts over slots of 2^`slot_bits` addresses, for 7 eighths or all 8 of the address
/// space, as docs/FORMAT.md defines it.
pub(crate) fn rank_cells(starts: &[u32], slot_bits: u32, eighths: u64) -> Vec<u8> {
    let cell_bits = slot_bits + 6;
    let mut bytes = Vec::new();
    for cell in 0..eighths << (29 - cell_bits) {
        let before = |limit: u64| starts.partition_point(|start| u64::from(*start) < limit);
        let (base, end) = (before(cell << cell_bits), before((cell + 1) << cell_bits));
        let mut in_slot = [0_u32; 64];
        let mut at_slot_starts = true;
        for start in &starts[base..end] {
            in_slot[(start >> slot_bits & 63) as usize] += 1;
            at_slot_starts &= start % (1 << slot_bits) == 0;
        }
        let bitmap =
            in_slot.iter().enumerate().map(|(slot, count)| u64::from(*count > 0) << slot).sum::<u64>();
        let regular = at_slot_starts && in_slot.iter().all(|count| *count <= 1);
        bytes.extend(bitmap.to_le_bytes());
        bytes.extend((base as u32 | if regular { 0 } else { 1 << 31 }).to_le_bytes());
    }
    bytes
}

/// V6_TREE of these high halves, as docs/FORMAT.md defines it.
pub(crate) fn tree_keys(high: &[u64]) -> Vec<u8> {
    let mut layers: Vec<Vec<u8>> = Vec::new();
    // The starts below one child of the layer: a block of eight, then nine times as many.
    let mut below_child = 8;
    while below_child < high.len() {
        let nodes = high.len().div_ceil(below_child * 9);
        let keys = (0..nodes).flat_map(|node| (1..=8).map(move |child| node * 9 + child));
        let key = |child: usize| high.get(child * below_child).copied().unwrap_or(u64::MAX);
        layers.push(keys.flat_map(|child| key(child).to_le_bytes()).collect());
        below_child *= 9;
    }
    layers.reverse();
    layers.concat()
}

/// Opens a file that must be good, down to its last record.
pub(crate) fn open_verified(file: &[u8]) -> Database {
    let database = Database::from_bytes(file).unwrap_or_else(|error| panic!("{error}"));
    database.verify().unwrap_or_else(|error| panic!("{error}"));
    database
}

/// What `open` finds wrong.
pub(crate) fn open_error(file: &[u8]) -> FormatError {
    format_error(Database::from_bytes(file))
}

pub(crate) fn format_error(result: Result<Database, Error>) -> FormatError {
    match result {
        Ok(_) => panic!("the file opens"),
        Err(Error::Format { source, .. }) => source,
        Err(other) => panic!("not an error of the format: {other}"),
    }
}

pub(crate) fn section_error(kind: SectionKind, what: &'static str) -> FormatError {
    FormatError::Section { section: kind.name(), what }
}

pub(crate) fn record_error(kind: SectionKind, record: u64, what: &'static str) -> FormatError {
    FormatError::Record { section: kind.name(), record, what }
}

pub(crate) fn get_u32(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes[offset..offset + 4].try_into().unwrap())
}

pub(crate) fn get_u64(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(bytes[offset..offset + 8].try_into().unwrap())
}

pub(crate) fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    bytes[offset..offset + value.len()].copy_from_slice(value);
}

/// The number of the table's entry for this kind: the writer writes the kinds 14 to 16 before all
/// others, and those in the order of their numbers.
pub(crate) fn place_of(kind: SectionKind) -> usize {
    match kind {
        SectionKind::V4Rank => 0,
        SectionKind::V6Tree => 1,
        SectionKind::V6LowMarks => 2,
        other => other as usize + 2,
    }
}

/// Where the table's entry for this kind begins.
pub(crate) fn entry_of(kind: SectionKind) -> usize {
    HEADER_LENGTH + place_of(kind) * ENTRY_LENGTH
}

/// The two sections that a file may be without.
pub(crate) fn is_index(kind: SectionKind) -> bool {
    matches!(kind, SectionKind::V4Rank | SectionKind::V6Tree)
}

/// The sections that every file has.
pub(crate) fn required() -> impl Iterator<Item = SectionKind> {
    SectionKind::ALL.into_iter().filter(|kind| !is_index(*kind))
}

/// The bytes of a section.
pub(crate) fn range_of(file: &[u8], kind: SectionKind) -> Range<usize> {
    let start = get_u64(file, entry_of(kind) + entry::OFFSET) as usize;
    start..start + get_u64(file, entry_of(kind) + entry::LENGTH) as usize
}

/// Makes the header's checksum fit again after a change in header or section table.
pub(crate) fn reseal(file: &mut [u8]) {
    let length = get_u32(file, header::HEADER_LENGTH) as usize;
    let mut covered = file[..length].to_vec();
    covered[header::SEAL].fill(0);
    put(file, header::CHECKSUM.start, &Sha256::digest(covered));
}

/// A section outside of a file.
#[derive(Clone)]
pub(crate) struct Section {
    pub(crate) kind: u32,
    pub(crate) width: u32,
    pub(crate) content: Vec<u8>,
}

/// A file taken apart: change what you like, then [`Parts::assemble`] lays it out with every
/// checksum right.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) build_number: u64,
    pub(crate) created: u64,
    pub(crate) sections: Vec<Section>,
}

impl Parts {
    pub(crate) fn of(file: &[u8]) -> Parts {
        let count = get_u32(file, header::SECTION_COUNT) as usize;
        let table = file[HEADER_LENGTH..].chunks(ENTRY_LENGTH).take(count);
        let sections = table.map(|row| {
            let start = get_u64(row, entry::OFFSET) as usize;
            Section {
                kind: get_u32(row, entry::KIND),
                width: get_u32(row, entry::RECORD_WIDTH),
                content: file[start..start + get_u64(row, entry::LENGTH) as usize].to_vec(),
            }
        });
        Parts {
            build_number: get_u64(file, header::BUILD_NUMBER),
            created: get_u64(file, header::CREATED),
            sections: sections.collect(),
        }
    }

    pub(crate) fn sample() -> Parts {
        Parts::of(&sample())
    }

    pub(crate) fn section(&mut self, kind: SectionKind) -> &mut Section {
        self.sections.iter_mut().find(|section| section.kind == kind as u32).unwrap()
    }

    /// The bytes of one record.
    pub(crate) fn record(&mut self, kind: SectionKind, record: usize) -> &mut [u8] {
        let section = self.section(kind);
        let width = section.width as usize;
        &mut section.content[record * width..][..width]
    }

    /// Overwrites a field of one record.
    pub(crate) fn put(&mut self, kind: SectionKind, record: usize, field: usize, value: &[u8]) {
        put(self.record(kind, record), field, value);
    }

    pub(crate) fn put_u32(&mut self, kind: SectionKind, record: usize, field: usize, value: u32) {
        self.put(kind, record, field, &value.to_le_bytes());
    }

    /// Appends a string to the pool; gives the reference to it.
    pub(crate) fn pool(&mut self, text: &[u8]) -> [u8; 8] {
        let pool = &mut self.section(SectionKind::Strings).content;
        let offset = pool.len() as u32;
        pool.extend_from_slice(text);
        string_ref(offset, text.len() as u32)
    }

    /// A reference of which only the first byte lies in the pool.
    pub(crate) fn past_the_pool(&mut self) -> [u8; 8] {
        string_ref(self.section(SectionKind::Strings).content.len() as u32 - 1, 2)
    }

    pub(crate) fn assemble(&self) -> Vec<u8> {
        let header_length = HEADER_LENGTH + self.sections.len() * ENTRY_LENGTH;
        let mut file = vec![0; header_length];
        for (index, section) in self.sections.iter().enumerate() {
            let offset = file.len().next_multiple_of(64);
            file.resize(offset, 0);
            file.extend_from_slice(&section.content);
            let row = &mut file[HEADER_LENGTH + index * ENTRY_LENGTH..][..ENTRY_LENGTH];
            put(row, entry::KIND, &section.kind.to_le_bytes());
            put(row, entry::RECORD_WIDTH, &section.width.to_le_bytes());
            put(row, entry::OFFSET, &(offset as u64).to_le_bytes());
            put(row, entry::LENGTH, &(section.content.len() as u64).to_le_bytes());
            put(row, entry::CHECKSUM, &Sha256::digest(&section.content));
        }
        let file_length = file.len() as u64;
        put(&mut file, 0, b"\x89NPL\r\n\x1a\n");
        put(&mut file, header::VERSION, &1_u32.to_le_bytes());
        put(&mut file, header::HEADER_LENGTH, &(header_length as u32).to_le_bytes());
        put(&mut file, header::FILE_LENGTH, &file_length.to_le_bytes());
        put(&mut file, header::BUILD_NUMBER, &self.build_number.to_le_bytes());
        put(&mut file, header::CREATED, &self.created.to_le_bytes());
        put(&mut file, header::SECTION_COUNT, &(self.sections.len() as u32).to_le_bytes());
        reseal(&mut file);
        file
    }
}

pub(crate) fn string_ref(offset: u32, length: u32) -> [u8; 8] {
    let mut bytes = [0; 8];
    put(&mut bytes, 0, &offset.to_le_bytes());
    put(&mut bytes, 4, &length.to_le_bytes());
    bytes
}

/// The first address of every interval of a file, its neighbours, and both ends of each family.
pub(crate) fn edges(file: &[u8]) -> Vec<Address> {
    edges_of(&Parts::of(file))
}

/// The same of a file taken apart.
pub(crate) fn edges_of(parts: &Parts) -> Vec<Address> {
    let section = |kind| {
        let mut sections = parts.sections.iter();
        &sections.find(|section| section.kind == kind as u32).unwrap().content
    };
    let v4 = section(SectionKind::V4Starts).chunks(4).map(|start| get_u32(start, 0));
    let v4 = v4.flat_map(|start| [start.wrapping_sub(1), start, start.wrapping_add(1)]);
    let high = section(SectionKind::V6StartsHigh).chunks(8).map(|half| get_u64(half, 0));
    let mut v6: Vec<u128> = high.map(|high| u128::from(high) << 64).collect();
    for half in section(SectionKind::V6StartsLow).chunks_exact(12) {
        if let Some(start) = v6.get_mut(get_u32(half, 0) as usize) {
            *start |= u128::from(get_u64(half, 4));
        }
    }
    let v6 = v6.into_iter().flat_map(|start| [start.wrapping_sub(1), start, start.wrapping_add(1)]);
    let v4 = [0, u32::MAX].into_iter().chain(v4).map(Address::V4);
    let v6 = [0, u128::MAX].into_iter().chain(v6).map(Address::from_v6_bits);
    v4.chain(v6).collect()
}

/// Reads every field of an answer.
pub(crate) fn read_answer(answer: &Answer<'_>) {
    black_box((answer.status(), answer.network(), answer.confidence(), answer.block(), answer.name()));
    if let Some(company) = answer.company() {
        black_box((company.id(), company.name(), company.kind(), company.country(), company.domain()));
        black_box((company.legal_form(), company.industry(), company.register(), company.register_id()));
    }
    if let Some(operator) = answer.operator() {
        black_box((operator.asn(), operator.name(), operator.kind()));
    }
    for source in answer.sources() {
        black_box((source.name(), source.title(), source.licence(), source.attribution()));
        black_box((source.url(), source.date(), source.rows()));
    }
    for_each_field(answer, |name, value| {
        black_box((name, value));
    });
}

/// A file in each way of searching it.
pub(crate) fn ways_of_searching(file: &[u8]) -> Vec<(&'static str, Database)> {
    let open = || Database::from_bytes(file).unwrap_or_else(|error| panic!("{error}"));
    vec![
        ("indexed", open()),
        ("indexed, portable", open().portable()),
        ("by halving", open().without_indexes()),
        ("by halving, portable", open().without_indexes().portable()),
    ]
}

/// The answer ids of a batch of each family: `(v4, v6)`.
pub(crate) fn batch(database: &Database, addresses: &[Address]) -> (Vec<u32>, Vec<u32>) {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for address in addresses {
        match address {
            Address::V4(bits) => v4.push(*bits),
            Address::V6(bits) => v6.push(*bits),
        }
    }
    // What stands in the caller's buffers before must not matter.
    let mut ids = (vec![u32::MAX; v4.len()], vec![u32::MAX; v6.len()]);
    database.lookup_batch_v4(&v4, &mut ids.0);
    database.lookup_batch_v6(&v6, &mut ids.1);
    ids
}

/// Asks a file everything that it can be asked: a damaged one may answer wrongly, but comes back,
/// and says the same to a batch as to one address at a time.
pub(crate) fn exercise(database: &Database, addresses: &[Address]) {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    let mut line = String::new();
    for address in addresses {
        let answer = database.lookup(*address);
        read_answer(&answer);
        line.clear();
        write_json(&answer, &mut line);
        let (ids, id) = match address {
            Address::V4(bits) => (&mut v4, database.lookup_v4(*bits)),
            Address::V6(bits) => (&mut v6, database.lookup_v6(*bits)),
        };
        ids.push(id);
        let hit = database.hit(*address);
        assert_eq!((hit.answer_id, hit.interval), (id, database.find(*address)));
        assert_eq!((hit.status, hit.confidence), (answer.status(), answer.confidence().unwrap_or(0)));
        assert_eq!(hit.name, answer.name().unwrap_or_default());
        // A damaged index may find an IPv4 interval behind the last, where IPv6 has its numbers.
        let is_v6 = hit.interval as usize >= database.metadata().v4_intervals();
        if is_v6 == matches!(address, Address::V6(_)) {
            assert_eq!(hit, database.hit_of_interval(hit.interval));
        }
        database.answer(id).iter().for_each(read_answer);
    }
    let mut ids = [&v4[..], &v6, &[0, 1, 2, 3, 4, 5, 6, u32::MAX]].concat();
    ids.dedup();
    let mut names = vec!["left over"; ids.len()];
    database.names(&ids, &mut names);
    for (id, name) in ids.iter().zip(names) {
        assert_eq!(name, database.answer(*id).and_then(|answer| answer.name()).unwrap_or_default(), "{id}");
    }
    assert!(batch(database, addresses) == (v4, v6), "a batch answers as one at a time");
    let mut answers = Vec::new();
    database.lookup_batch(addresses, &mut answers);
    assert_eq!(answers.len(), addresses.len());
    for (address, in_batch) in addresses.iter().zip(&answers) {
        let alone = database.lookup(*address);
        assert_eq!((in_batch.status(), in_batch.name()), (alone.status(), alone.name()));
        assert_eq!((in_batch.network(), in_batch.confidence()), (alone.network(), alone.confidence()));
    }
    for id in [0, 1, 2, 3, 4, 5, 6, u32::MAX] {
        database.answer(id).iter().for_each(read_answer);
    }
    for id in ["", ALFA, ZULU, "\u{10ffff}"] {
        black_box(database.networks(id).count());
        black_box(database.company(id).map(|company| company.name()));
    }
    let metadata = database.metadata();
    black_box((metadata.version(), metadata.build_number(), metadata.created(), metadata.file_length()));
    black_box((metadata.v4_intervals(), metadata.v6_intervals(), metadata.answers()));
    black_box((metadata.companies(), metadata.operators()));
    black_box((metadata.sources().count(), metadata.facts().count(), metadata.sections().count()));
}
