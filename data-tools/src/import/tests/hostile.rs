//! Whatever bytes come, an importer ends with rows or an error.

use std::io::Write;

use proptest::prelude::*;

use super::mmdb::{File, map, number, string};
use super::{read, read_file};
use crate::config::SourceKind::{self, AsList, Delegated, DomainList, IpAsn, Mmdb, NetworkList, Table};

/// A right file of each kind.
fn files() -> Vec<(SourceKind, Vec<u8>)> {
    let mmdb = File::of(map(&[
        ("autonomous_system_number", number(64500)),
        ("traits", map(&[("organization", string("Example")), ("user_type", string("business"))])),
        ("country", map(&[("iso_code", string("NL"))])),
    ]));
    let texts = [
        (IpAsn, "1.0.0.0,1.0.0.255,64500,\"Example, Inc.\"\n2a00::,2a00::ffff,64501,Example\n"),
        (IpAsn, "16777216\t16777471\t64500\tNL\tExample\n"),
        (
            Delegated,
            "2|apnic|1|1|1|1|+1\napnic|*|asn|*|1|summary\napnic|AU|asn|64500|2|20110811|assigned|A\napnic|AU|ipv4|1.0.0.0|768|20110811|assigned|A\napnic|AU|ipv6|2400::|32|20110811|assigned\n",
        ),
        (
            Table,
            "network,name,domain,kind,country,lei,asn,as_name\n1.0.0.0/24,\"Example\",example.com,isp,NL,506700GE1G29325QX363,AS1,Example\n",
        ),
        (Table, "start_ip,end_ip,join_key,name,type\n1.0.0.0,1.0.0.3,1.0.0.0,Example,education\n"),
        (AsList, "AS64500 # Example\n64501\n"),
        (AsList, "ASN,Entity\n64500,\"Example\"\n"),
        (NetworkList, "1.0.0.0/24\n2a00::/32 # Example\n1.0.0.1-1.0.0.2\n"),
        (NetworkList, "1.0.0.0,1.0.0.255,Example,x\n"),
        (
            DomainList,
            "[{\"name\":\"Example\",\"domains\":[\"a.example\"],\"alpha_two_code\":\"NL\"},\n{\"domains\":[]}]",
        ),
        (DomainList, "Domain name,Organization name\na.example,\"Example\"\n"),
        (DomainList, "a.example # x\n"),
    ];
    let texts = texts.into_iter().map(|(kind, text)| (kind, text.as_bytes().to_vec()));
    texts.chain([(Mmdb, mmdb.bytes())]).collect()
}

#[test]
fn the_right_files_are_read() {
    for (kind, file) in files() {
        let (rows, counts) = read(kind, &file).unwrap();
        assert!(
            !rows.is_empty() && counts.refused.is_empty(),
            "{kind:?}: {}",
            String::from_utf8_lossy(&file)
        );
    }
}

/// One change of a file.
#[derive(Clone, Debug)]
enum Change {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    CutOff(prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<prop::sample::Index>;
    let pieces = [
        "\"",
        "\n",
        "\r",
        ",",
        "|",
        "\0",
        "\u{FEFF}",
        "\u{202E}",
        "/",
        "-",
        "#",
        "[",
        "{",
        "18446744073709551616",
        "\x1f\u{8b}",
    ];
    let piece = prop::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec());
    let unusual = prop::sample::select(vec![0, 0xff, 0x80, b'"', b'\n', b'0', b'9', b':']);
    prop_oneof![
        (place(), prop_oneof![any::<u8>(), unusual]).prop_map(|(place, byte)| Change::Replace(place, byte)),
        (place(), prop_oneof![piece, prop::collection::vec(any::<u8>(), 1..9)])
            .prop_map(|(place, bytes)| Change::Insert(place, bytes)),
        (place(), 1..20_usize).prop_map(|(place, count)| Change::Remove(place, count)),
        (place(), 1..200_usize).prop_map(|(place, count)| Change::Repeat(place, count)),
        place().prop_map(Change::CutOff),
    ]
}

fn apply(file: &mut Vec<u8>, change: &Change) {
    let end = file.len() + 1;
    match change {
        Change::Replace(place, byte) => {
            if let Some(at) = file.get_mut(place.index(end)) {
                *at = *byte;
            }
        }
        Change::Insert(place, bytes) => {
            let at = place.index(end);
            file.splice(at..at, bytes.iter().copied());
        }
        Change::Remove(place, count) => {
            let at = place.index(end);
            file.drain(at..(at + count).min(file.len()));
        }
        Change::Repeat(place, count) => {
            let at = place.index(end);
            let part = file[at..(at + 40).min(file.len())].repeat(*count);
            file.splice(at..at, part);
        }
        Change::CutOff(place) => file.truncate(place.index(end)),
    }
}

/// No error quotes a file, but for the name of a column that is not known.
fn check(kinds: &[SourceKind], content: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    for kind in kinds {
        if let Err(error) = read_file(*kind, file.path()) {
            let message = error.to_string();
            let quotes = message.contains("Example") && !message.contains("unknown column");
            assert!(!quotes && !message.contains('\n'), "{message}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_with_rows_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&[IpAsn, Delegated, Mmdb, Table, AsList, NetworkList, DomainList], &bytes);
    }

    #[test]
    fn a_right_file_that_is_changed_ends_with_rows_or_an_error(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let files = files();
        let (kind, file) = &files[which.index(files.len())];
        let mut file = file.clone();
        for change in &changes {
            apply(&mut file, change);
        }
        check(&[*kind], &file);
    }
}
