use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{corpus, error, read, read_file, refusals};
use crate::config::SourceKind::Mmdb;
use crate::import::row::Range;
use crate::import::text;

/// A MaxMind DB (specification 2.0): nodes whose records are other nodes, nothing, or the nth value.
pub(super) struct File {
    /// Of a record: 24, 28 or 32.
    pub(super) bits: u8,
    pub(super) ip_version: u8,
    pub(super) nodes: Vec<[Record; 2]>,
    /// Encoded with [`map`] and [`string`].
    pub(super) values: Vec<Vec<u8>>,
}

#[derive(Clone, Copy)]
pub(super) enum Record {
    Node(u32),
    Nothing,
    Value(usize),
}

pub(super) fn string(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    let size = if length < 29 { vec![0x40 | length] } else { vec![0x40 + 29, length - 29] };
    [&size, text.as_bytes()].concat()
}

pub(super) fn number(number: u32) -> Vec<u8> {
    [&[0xc4], &number.to_be_bytes()[..]].concat()
}

pub(super) fn map(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![0xe0 | u8::try_from(members.len()).unwrap()];
    for (key, value) in members {
        bytes.extend(string(key));
        bytes.extend(value);
    }
    bytes
}

impl File {
    /// One network, the lower half of all IPv4 addresses.
    pub(super) fn of(value: Vec<u8>) -> File {
        File {
            bits: 24,
            ip_version: 4,
            nodes: vec![[Record::Value(0), Record::Nothing]],
            values: vec![value],
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let count = self.nodes.len() as u32;
        let starts = self.values.iter().scan(0, |at, value| {
            *at += value.len() as u32;
            Some(*at - value.len() as u32)
        });
        let starts: Vec<u32> = starts.collect();
        let record = |record: &Record| match record {
            Record::Node(node) => *node,
            Record::Nothing => count,
            Record::Value(value) => count + 16 + starts[*value],
        };
        let mut bytes = Vec::new();
        for node in &self.nodes {
            let [[left_high, left @ ..], [right_high, right @ ..]] =
                node.map(|one| record(&one).to_be_bytes());
            match self.bits {
                24 => bytes.extend([left, right].concat()),
                28 => bytes.extend([&left[..], &[left_high << 4 | right_high], &right].concat()),
                _ => bytes.extend([&[left_high], &left[..], &[right_high], &right].concat()),
            }
        }
        bytes.extend([0; 16]);
        bytes.extend(self.values.concat());
        bytes.extend(b"\xab\xcd\xefMaxMind.com");
        bytes.extend(map(&[
            ("node_count", number(count)),
            ("record_size", vec![0xa1, self.bits]),
            ("ip_version", vec![0xa1, self.ip_version]),
            ("database_type", string("Test")),
            ("languages", vec![0x00, 0x04]),
            ("binary_format_major_version", vec![0xa1, 2]),
            ("binary_format_minor_version", vec![0xa0]),
            ("build_epoch", vec![0x04, 0x02, 1, 0, 0, 0]),
            ("description", vec![0xe0]),
        ]));
        bytes
    }
}

/// What the importer says of a file with one record, without its range.
fn said(members: &[(&str, Vec<u8>)]) -> Vec<String> {
    let (rows, _) = read(Mmdb, File::of(map(members)).bytes()).unwrap();
    rows.iter().map(|row| row.strip_prefix("0.0.0.0-127.255.255.255 ").unwrap().to_owned()).collect()
}

#[test]
fn the_fields_of_all_makers_are_understood() {
    fn text<'a>(key: &'a str, value: &str) -> (&'a str, Vec<u8>) {
        (key, string(value))
    }
    let asn = ("autonomous_system_number", number(64500));
    let as_name = text("autonomous_system_organization", "Example Telecom");
    assert_eq!(said(&[asn.clone(), as_name.clone()]), ["AS64500 of Example Telecom"]);
    assert_eq!(said(std::slice::from_ref(&asn)), ["AS64500"]);
    let isp = [asn, as_name, text("isp", "Example Telecom"), text("organization", "Example Foods")];
    assert_eq!(said(&isp), ["of Example Foods AS64500 of Example Telecom"]);
    let country =
        ("country", map(&[("iso_code", string("DE")), ("names", map(&[("en", string("Germany"))]))]));
    let registered = ("registered_country", map(&[("iso_code", string("NL"))]));
    let with_user = |user: &str, organisation: &str| {
        let traits = [
            text("isp", "Example Telecom"),
            text("organization", organisation),
            text("user_type", user),
            text("domain", "telecom.example"),
        ];
        said(&[country.clone(), ("traits", map(&traits)), registered.clone()]).concat()
    };
    assert_eq!(with_user("business", "Example Foods"), "of Example Foods (NL, business)");
    assert_eq!(with_user("college", "Example College"), "of Example College (NL, education)");
    assert_eq!(with_user("military", "Example Navy"), "of Example Navy (NL, government)");
    // The provider that serves businesses is none of them.
    assert_eq!(with_user("business", "Example Telecom"), "of Example Telecom (NL)");
    assert_eq!(with_user("residential", "Example Telecom"), "of Example Telecom (NL, access)");
    assert_eq!(with_user("cellular", "Example Telecom"), "of Example Telecom (NL, mobile)");
    assert_eq!(with_user("hosting", "Example"), "of Example (NL, hosting)");
    assert_eq!(with_user("never heard of", "Example"), "of Example (NL)");
    assert_eq!(said(std::slice::from_ref(&country)), ["in DE"]);
    assert_eq!(said(&[text("connection_type", "Cellular")]), ["is mobile"]);
    let ipinfo = [
        text("name", "Example University"),
        text("domain", "university.example"),
        text("type", "education"),
        text("asn", "AS64500"),
        text("as_name", "Example Telecom"),
        text("as_domain", "telecom.example"),
        text("as_type", "isp"),
        text("country", "AU"),
    ];
    let expected = "of Example University (AU, university.example, education) AS64500 of Example Telecom (telecom.example, access)";
    assert_eq!(said(&ipinfo), [expected]);
    let lite = [
        text("country", "Australia"),
        text("country_code", "AU"),
        text("asn", "AS64500"),
        text("as_name", "Example"),
    ];
    assert_eq!(said(&lite), ["AS64500 of Example in AU"]);
}

#[test]
fn a_record_that_is_wrong_is_refused_with_its_number() {
    for (value, reason) in [
        (string("text"), "a network's record is damaged"),
        (map(&[("name", vec![0x44, 0xff, 0xff, 0xff, 0xff])]), "a network's record is damaged"),
        (map(&[("traits", string("x"))]), "a network's record is damaged"),
        (map(&[("name", string("a\x07b"))]), "a text has control characters"),
        (map(&[("name", string("a\u{202e}b"))]), "a text has invisible or direction-changing characters"),
        (map(&[("asn", string("ASx"))]), "an AS number is no number of 32 bits"),
        (map(&[("country", string("Australia"))]), "a country is not two letters"),
        // A pointer to itself, and one beyond the data.
        (vec![0x20, 0x00], "a network's record is damaged"),
        (vec![0x2f, 0xff], "a network's record is damaged"),
    ] {
        let good = map(&[("name", string("Example")), ("names", string("unread"))]);
        let nodes = vec![[Record::Value(0), Record::Value(1)]];
        let file = File { bits: 24, ip_version: 4, nodes, values: vec![value.clone(), good] };
        let (rows, counts) = read(Mmdb, file.bytes()).unwrap();
        assert_eq!(
            (rows, refusals(&counts)),
            (vec!["128.0.0.0-255.255.255.255 of Example".into()], vec![(reason, 1)]),
            "{value:?}"
        );
    }
}

#[test]
fn ipv4_is_read_once_however_often_the_tree_has_it() {
    // 96 nodes down the zeros to IPv4, and `::ffff:0:0/96` and `2002::/16` lead there too.
    let down = |node: u32| [Record::Node(node + 1), Record::Nothing];
    let mut nodes: Vec<[Record; 2]> = (0..96).map(down).collect();
    nodes.push([Record::Value(0), Record::Nothing]);
    // From depth 80 on, sixteen ones.
    nodes[80][1] = Record::Node(97);
    for depth in 81..96 {
        let next = if depth == 95 { 96 } else { nodes.len() as u32 + 1 };
        nodes.push([Record::Nothing, Record::Node(next)]);
    }
    // 2002::/16 is 0010 0000 0000 0010.
    let mut at = (2, 1);
    for depth in 3..16 {
        nodes[at.0][at.1] = Record::Node(nodes.len() as u32);
        at = (nodes.len(), usize::from(0x2002 >> (15 - depth) & 1 == 1));
        nodes.push([Record::Nothing; 2]);
    }
    nodes[at.0][at.1] = Record::Node(96);
    for bits in [24, 28, 32] {
        let values = vec![map(&[("name", string("Example"))])];
        let file = File { bits, ip_version: 6, nodes: nodes.clone(), values };
        let (rows, counts) = read(Mmdb, file.bytes()).unwrap();
        assert_eq!((rows, counts.rows), (vec!["0.0.0.0-127.255.255.255 of Example".into()], 1), "{bits}");
    }
}

/// A tree whose nodes lead to the next one on both sides has 2^depth paths: it took for ever.
#[test]
fn a_hostile_tree_is_refused_before_it_is_walked() {
    let value = || vec![map(&[("name", string("Example"))])];
    let both = |last: Record| {
        let mut nodes: Vec<[Record; 2]> = (1..96).map(|node| [Record::Node(node); 2]).collect();
        nodes.push([last; 2]);
        nodes
    };
    let circle = vec![[Record::Node(0), Record::Nothing]];
    let last = both(Record::Node(96)).into_iter().chain([[Record::Value(0), Record::Nothing]]).collect();
    for nodes in [both(Record::Nothing), both(Record::Value(0)), last, circle] {
        let bytes = File { bits: 24, ip_version: 6, nodes, values: value() }.bytes();
        assert_eq!(error(Mmdb, bytes), "is a damaged MMDB file: its search tree runs in circles");
    }
}

#[test]
fn what_is_no_mmdb_file_is_refused() {
    for content in [&b""[..], b"network,name\n1.0.0.0/24,x\n", b"\xab\xcd\xefMaxMind.com"] {
        assert_eq!(error(Mmdb, content), "is no MMDB file, or one that is damaged or cut off");
    }
    let bytes = File::of(map(&[("name", string("Example"))])).bytes();
    for length in 0..bytes.len() {
        assert!(read(Mmdb, &bytes[..length]).is_err(), "{length}");
    }
    assert!(error(Mmdb, File::of(map(&[("names", string("x"))])).bytes()).contains("says anything"));
}

/// The range of a row in words.
fn range_of(row: &str) -> Range {
    text::network(row.split(' ').next().unwrap().as_bytes()).unwrap()
}

fn contains(range: Range, address: IpAddr) -> bool {
    match (range, address) {
        (Range::V4(first, last), IpAddr::V4(address)) => (first..=last).contains(&address.to_bits()),
        (Range::V6(first, last), IpAddr::V6(address)) => (first..=last).contains(&address.to_bits()),
        _ => false,
    }
}

/// The networks of a file in MaxMind's JSON, the last one to name a network counting.
fn source(path: &std::path::Path) -> BTreeMap<(IpAddr, u8), serde_json::Value> {
    let list: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let network = |text: &str| {
        let (address, length) = text.split_once('/').unwrap();
        let length: u8 = length.parse().unwrap();
        match address.parse().unwrap() {
            // IPv4 stands in ::/96.
            IpAddr::V6(v6) if length >= 96 && v6.to_bits() >> 32 == 0 => {
                (IpAddr::V4((v6.to_bits() as u32).into()), length - 96)
            }
            address => (address, length),
        }
    };
    list.into_iter().flatten().map(|(text, record)| (network(&text), record)).collect()
}

#[test]
fn maxminds_test_files_say_what_their_sources_say() {
    let Some(folder) = corpus("mmdb") else { return };
    let mut compared = 0;
    for name in ["GeoLite2-ASN-Test", "GeoIP2-ISP-Test"] {
        let networks = source(&folder.join(format!("source-data/{name}.json")));
        let (rows, counts) = read_file(Mmdb, &folder.join(format!("test-data/{name}.mmdb"))).unwrap();
        assert_eq!((counts.refused_rows(), counts.used), (0, rows.len() as u64));
        for ((first, length), record) in &networks {
            let narrower = |(other, other_length): &(IpAddr, u8)| other == first && other_length > length;
            if networks.keys().any(narrower) {
                continue;
            }
            let text = |key: &str| record.get(key).and_then(serde_json::Value::as_str).map(str::trim);
            let row = rows.iter().find(|row| contains(range_of(row), *first));
            let Some(row) = row else {
                let says = text("organization").is_some() || record.get("autonomous_system_number").is_some();
                assert!(!says, "{name}: {first}/{length}");
                continue;
            };
            if let Some(asn) = record.get("autonomous_system_number") {
                let of = text("autonomous_system_organization")
                    .map(|name| format!(" of {name}"))
                    .unwrap_or_default();
                assert!(row.contains(&format!(" AS{asn}{of}")), "{name}: {first}/{length}: {row}");
            }
            if let Some(organisation) = text("organization") {
                assert!(row.contains(&format!(" of {organisation}")), "{name}: {first}/{length}: {row}");
            }
            compared += 1;
        }
        // Neighbours that say the same are one network in the file.
        for row in &rows {
            let covered = |address: IpAddr| {
                networks.keys().any(|(first, length)| match first {
                    IpAddr::V4(first) => {
                        contains(text::prefix_v4(first.to_bits(), *length).unwrap(), address)
                    }
                    IpAddr::V6(first) => {
                        contains(text::prefix_v6(first.to_bits(), *length).unwrap(), address)
                    }
                })
            };
            let (first, last) = row.split(' ').next().unwrap().split_once('-').unwrap();
            assert!(covered(first.parse().unwrap()) && covered(last.parse().unwrap()), "{name}: {row}");
        }
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn every_test_file_of_maxminds_is_read_or_refused_whole_cut_off_and_damaged() {
    let Some(folder) = corpus("mmdb/test-data") else { return };
    let mut files = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let _ = read_file(Mmdb, &path);
        files += 1;
        for length in (0..bytes.len()).step_by(bytes.len() / 7 + 1) {
            let error = read(Mmdb, &bytes[..length]).unwrap_err();
            assert!(error.to_string().ends_with("is no MMDB file, or one that is damaged or cut off"));
        }
        let mut seed = 1_u64;
        for _ in 0..20 {
            let mut damaged = bytes.clone();
            for _ in 0..4 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let place = (seed >> 16) as usize % damaged.len();
                damaged[place] ^= 1 << (seed >> 60 & 7);
            }
            let _ = read(Mmdb, damaged);
        }
    }
    assert_eq!(files, 37);
}
