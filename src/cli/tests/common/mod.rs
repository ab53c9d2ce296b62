//! What the tests share: the command, and small range files.

#![allow(dead_code, reason = "each test file uses a part of this one")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nameplate::{
    Address, AnswerRef, CompanyFields, CompanyKind, Database, OperatorKind, SourceFields, SourceSet, Writer,
};
use tempfile::TempDir;

pub(crate) fn nameplate<A: AsRef<OsStr>>(arguments: &[A]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nameplate")).args(arguments).output().unwrap()
}

/// Standard output of a command that succeeds and has nothing to complain about.
pub(crate) fn nameplate_ok<A: AsRef<OsStr>>(arguments: &[A]) -> String {
    let done = nameplate(arguments);
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && complaint.is_empty(), "{}: {complaint}", done.status);
    String::from_utf8(done.stdout).unwrap()
}

/// The one line with which a command failed.
pub(crate) fn error_line<A: AsRef<OsStr>>(arguments: &[A], code: i32) -> String {
    let done = nameplate(arguments);
    let complaint = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(code), "{complaint}");
    assert_eq!(complaint.matches('\n').count(), 1, "{complaint}");
    complaint.trim_end().to_owned()
}

/// A directory that goes with the test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a range file and opens it.
    pub(crate) fn publish(&self, name: &str, writer: Writer) -> (PathBuf, Database) {
        let path = self.path(name);
        nameplate::publish(writer, &path).unwrap();
        let database = Database::open(&path).unwrap();
        (path, database)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// One of everything: a company with every fact, one whose name is a formula, an operator, a
/// special-purpose block, in both families.
pub(crate) fn sample() -> Writer {
    let mut writer = Writer::new();
    writer.build_number(7);
    writer.created(1_780_000_000);
    writer.fact("generator", "cli tests").unwrap();
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
    let telecom = writer.operator(64_501, "Example Telecom", Some(OperatorKind::Access)).unwrap();
    let zulu = writer
        .company(&CompanyFields {
            id: "lei:52990000EXAMPLE00002",
            name: "Zoë \"Zulu\", GmbH",
            kind: Some(CompanyKind::Business),
            country: Some(*b"DE"),
            domain: Some("zulu.example"),
            legal_form: Some("GmbH"),
            industry: Some("62.01"),
            register: Some("Amtsgericht Beispiel"),
            register_id: Some("HRB 1"),
        })
        .unwrap();
    let alfa = CompanyFields { id: "asn:64499", name: "=HYPERLINK(1)", ..Default::default() };
    let alfa = writer.company(&alfa).unwrap();
    let zulu = writer.company_answer(zulu, Some(telecom), 90, asn.union(lei)).unwrap();
    let alfa = writer.company_answer(alfa, None, 50, asn).unwrap();
    let telecom = writer.operator_answer(telecom, asn).unwrap();
    let private = writer.reserved_answer("Private-Use").unwrap();
    for (first, last, answer) in [
        (0x0a00_0000, 0x0aff_ffff, private),
        (0xc000_0200, 0xc000_02ff, zulu),
        (0xc000_0300, 0xc000_0300, alfa),
        (u32::MAX, u32::MAX, telecom),
    ] {
        writer.push_v4(first, last, answer).unwrap();
    }
    let documentation = 0x2001_0db8_u128 << 96;
    for (first, last, answer) in [
        (documentation, documentation | u128::from(u64::MAX), zulu),
        (documentation | 1 << 64, documentation | 1 << 64 | 0x100, telecom),
        (u128::MAX, u128::MAX, alfa),
    ] {
        writer.push_v6(first, last, answer).unwrap();
    }
    writer
}

/// Random intervals over a few operators, some of them of one address. `names` are those of the
/// operators 64500 and up; the last answers are unknown.
pub(crate) fn random_table(seed: u64, names: &[&str]) -> Writer {
    let mut random = Random(seed);
    let mut writer = Writer::new();
    let mut answers = vec![AnswerRef::UNKNOWN; 2];
    for (number, name) in names.iter().enumerate() {
        let operator = writer.operator(64_500 + number as u32, name, None).unwrap();
        answers.push(writer.operator_answer(operator, SourceSet::default()).unwrap());
    }
    let mut starts: Vec<u128> = (0..400).map(|_| random.start()).collect();
    starts.sort_unstable();
    starts.dedup();
    for (index, first) in starts.iter().enumerate() {
        let last = starts.get(index + 1).map_or(u128::MAX, |next| next - 1);
        let answer = answers[random.next() as usize % answers.len()];
        writer.push_v6(*first, last, answer).unwrap();
    }
    let mut starts: Vec<u32> = (0..400).map(|_| (random.start() >> 96) as u32).collect();
    starts.sort_unstable();
    starts.dedup();
    for (index, first) in starts.iter().enumerate() {
        let last = starts.get(index + 1).map_or(u32::MAX, |next| next - 1);
        let answer = answers[random.next() as usize % answers.len()];
        writer.push_v4(*first, last, answer).unwrap();
    }
    writer
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

    /// An address at which a prefix starts, or one beside it.
    fn start(&mut self) -> u128 {
        let bits = u128::from(self.next()) << 64 | u128::from(self.next());
        let host_bits = (self.next() % 128) as u32;
        let start = bits >> host_bits << host_bits;
        start.wrapping_add(u128::from(self.next() % 3)).wrapping_sub(1)
    }
}

/// Both ends of every interval of a file.
pub(crate) fn edges(database: &Database) -> Vec<Address> {
    database
        .intervals()
        .flat_map(|interval| [interval.network.first, interval.network.last])
        .map(Address::from)
        .collect()
}
