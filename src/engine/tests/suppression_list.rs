//! The suppression list as a file: what is written is read again, and nothing else is.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nameplate::{CompanyFields, Error, Suppression, SuppressionError, SuppressionList, SuppressionRule};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn entry(rule: SuppressionRule) -> Suppression {
    Suppression::new(rule, "2026-06-17", "objection by letter").unwrap()
}

fn company(id: &str) -> SuppressionRule {
    SuppressionRule::Company(id.into())
}

fn sample() -> SuppressionList {
    let mut list = SuppressionList::default();
    assert!(list.add(entry(company("lei:52990000EXAMPLE00002"))));
    let rule = SuppressionRule::Register { register: "Amtsgericht Köln".into(), number: "HRB 1".into() };
    assert!(list.add(entry(rule)));
    assert!(list.add(entry(SuppressionRule::Domain("zulu.example".into()))));
    assert!(list.add(entry(SuppressionRule::Network("192.0.2.0/24".parse().unwrap()))));
    assert!(list.add(entry(SuppressionRule::Network("2001:db8::-2001:db8::5".parse().unwrap()))));
    list
}

/// The lines with a last line that fits them.
fn sealed(lines: &str, count: usize) -> String {
    let mut digest = String::new();
    for byte in Sha256::digest(lines) {
        write!(digest, "{byte:02x}").unwrap();
    }
    format!("{lines}end\t{count}\tsha256:{digest}\n")
}

fn suppression_error(result: Result<impl Sized, Error>, path: &Path) -> SuppressionError {
    match result {
        Err(Error::Suppression { path: named, source }) => {
            assert_eq!(named, path);
            source
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("no error"),
    }
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("suppress.list")
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

#[test]
fn the_file_is_that_of_the_specification() {
    let lines = "nameplate suppression list, version 1\n\
        2026-06-17\tid\tlei:52990000EXAMPLE00002\tobjection by letter\n\
        2026-06-17\tregister\tAmtsgericht Köln\tHRB 1\tobjection by letter\n\
        2026-06-17\tdomain\tzulu.example\tobjection by letter\n\
        2026-06-17\tnetwork\t192.0.2.0/24\tobjection by letter\n\
        2026-06-17\tnetwork\t2001:db8::-2001:db8::5\tobjection by letter\n";
    assert_eq!(sample().to_string(), sealed(lines, 5));
    let read = SuppressionList::parse(sample().to_string().as_bytes()).unwrap();
    assert_eq!(read.entries(), sample().entries());
}

#[test]
fn a_list_cut_anywhere_is_an_error() {
    for text in [sample().to_string(), SuppressionList::default().to_string()] {
        for length in 0..text.len() {
            assert!(SuppressionList::parse(&text.as_bytes()[..length]).is_err(), "{length} bytes");
            assert!(SuppressionList::parse(&text.as_bytes()[length + 1..]).is_err(), "from byte {length}");
        }
    }
}

#[test]
fn a_list_with_any_bit_changed_is_an_error() {
    for text in [sample().to_string(), SuppressionList::default().to_string()] {
        let mut bytes = text.into_bytes();
        for place in 0..bytes.len() {
            for bit in 0..8 {
                bytes[place] ^= 1 << bit;
                assert!(SuppressionList::parse(&bytes).is_err(), "byte {place}, bit {bit}");
                bytes[place] ^= 1 << bit;
            }
        }
        assert!(SuppressionList::parse(&bytes).is_ok());
    }
}

#[test]
fn a_list_with_anything_behind_it_or_lines_gone_is_an_error() {
    let text = sample().to_string();
    for more in ["\n", " ", "\0", "x\n", text.as_str()] {
        assert!(SuppressionList::parse(format!("{text}{more}").as_bytes()).is_err());
    }
    assert!(SuppressionList::parse(text.replace('\n', "\r\n").as_bytes()).is_err());
    assert!(SuppressionList::parse(&[b"\xef\xbb\xbf", text.as_bytes()].concat()).is_err());
    assert!(SuppressionList::parse(&[0; 4096]).is_err(), "what a crashed file system may leave");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for gone in 0..lines.len() {
        let rest: String =
            lines.iter().enumerate().filter(|(n, _)| *n != gone).map(|(_, line)| *line).collect();
        assert!(SuppressionList::parse(rest.as_bytes()).is_err(), "without line {gone}");
    }
}

#[test]
fn each_error_says_what_is_wrong_and_what_to_do() {
    let error = |bytes: &[u8]| SuppressionList::parse(bytes).unwrap_err();
    let title = "nameplate suppression list, version 1\n";
    assert_eq!(error(b""), SuppressionError::Empty);
    assert_eq!(error(b"name"), SuppressionError::CutOff);
    assert_eq!(error(title.as_bytes()), SuppressionError::CutOff);
    assert_eq!(error(b"id\tlei:1\n"), SuppressionError::Title);
    let newer = b"nameplate suppression list, version 2\n";
    assert_eq!(error(newer), SuppressionError::Version { found: 2 });
    assert_eq!(
        error(sample().to_string().replace("letter", "lettre").as_bytes()),
        SuppressionError::Checksum
    );
    assert_eq!(
        error(sealed(&format!("{title}2026-06-17\tname\tZulu\tasked\n"), 1).as_bytes()),
        SuppressionError::Line {
            line: 2,
            what: "an entry is date, kind of rule, what it names, and reason, with tabs between them"
        }
    );
    for (entries, count) in [("", 1), ("2026-06-17\tid\ta\tasked\n", 0), ("2026-06-17\tid\ta\tasked\n", 2)] {
        let wrong = error(sealed(&format!("{title}{entries}"), count).as_bytes());
        assert!(wrong.to_string().contains("the count does not fit"), "{wrong}");
    }
    for entry in [
        "17.06.2026\tid\ta\tasked",
        "2026-06-17\tid\t\tasked",
        "2026-06-17\tid\ta\t",
        "2026-06-17\tnetwork\t1.1.1.1/8\tasked",
        "",
        "2026-06-17\tid\ta\tasked\tmore",
    ] {
        let wrong = error(sealed(&format!("{title}{entry}\n"), 1).as_bytes());
        assert!(matches!(wrong, SuppressionError::Line { line: 2, .. }), "{entry}: {wrong}");
    }
    for wrong in [
        SuppressionError::Missing,
        SuppressionError::Empty,
        SuppressionError::CutOff,
        SuppressionError::Checksum,
    ] {
        assert!(wrong.to_string().contains("restore it from a backup"), "{wrong}");
    }
}

#[test]
fn a_missing_list_is_an_error_and_is_not_made() {
    let place = Place::new();
    assert_eq!(
        suppression_error(SuppressionList::open(&place.path()), &place.path()),
        SuppressionError::Missing
    );
    let updated = SuppressionList::update(&place.path(), |list| list.add(entry(company("a"))));
    assert_eq!(suppression_error(updated, &place.path()), SuppressionError::Missing);
    assert!(place.names().is_empty());
}

#[test]
fn a_list_is_made_once_and_then_left_alone() {
    let place = Place::new();
    SuppressionList::create(&place.path()).unwrap();
    assert_eq!(fs::metadata(place.path()).unwrap().permissions().mode() & 0o7777, 0o640);
    assert!(SuppressionList::open(&place.path()).unwrap().entries().is_empty());
    SuppressionList::update(&place.path(), |list| list.add(entry(company("a")))).unwrap();
    assert_eq!(
        suppression_error(SuppressionList::create(&place.path()), &place.path()),
        SuppressionError::Exists
    );
    assert_eq!(SuppressionList::open(&place.path()).unwrap().entries().len(), 1);
}

#[test]
fn a_damaged_list_is_not_changed() {
    let place = Place::new();
    fs::write(place.path(), "").unwrap();
    let updated = SuppressionList::update(&place.path(), |list| list.add(entry(company("a"))));
    assert_eq!(suppression_error(updated, &place.path()), SuppressionError::Empty);
    assert_eq!(
        suppression_error(SuppressionList::create(&place.path()), &place.path()),
        SuppressionError::Exists
    );
    assert_eq!(fs::read(place.path()).unwrap(), b"");
    assert_eq!(place.names(), ["suppress.list"]);
}

#[test]
fn a_changed_list_keeps_its_mode_and_its_link() {
    let place = Place::new();
    SuppressionList::create(&place.path()).unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let link = Place::new();
    symlink(place.path(), link.path()).unwrap();
    assert!(SuppressionList::update(&link.path(), |list| list.add(entry(company("a")))).unwrap());
    assert!(fs::symlink_metadata(link.path()).unwrap().is_symlink());
    assert_eq!(fs::metadata(place.path()).unwrap().permissions().mode() & 0o7777, 0o644);
    assert_eq!(SuppressionList::open(&place.path()).unwrap().entries().len(), 1);
    assert_eq!(place.names(), ["suppress.list"]);
}

#[test]
fn changes_made_at_the_same_time_are_all_there() {
    let place = Place::new();
    SuppressionList::create(&place.path()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let path = place.path();
            scope.spawn(move || {
                for number in 0..10 {
                    let rule = company(&format!("lei:{thread}-{number}"));
                    assert!(SuppressionList::update(&path, |list| list.add(entry(rule))).unwrap());
                }
            });
        }
    });
    assert_eq!(SuppressionList::open(&place.path()).unwrap().entries().len(), 80);
    assert_eq!(place.names(), ["suppress.list"]);
}

#[test]
fn a_rule_that_is_there_is_not_added_again_and_can_be_removed_in_another_spelling() {
    let mut list = sample();
    let again =
        Suppression::new(SuppressionRule::Domain("WWW.Zulu.Example".into()), "2027-01-01", "again").unwrap();
    assert!(!list.add(again.clone()));
    assert_eq!(list.find(again.rule()).unwrap().date(), "2026-06-17");
    assert!(list.remove(again.rule()));
    assert!(!list.remove(again.rule()));
    assert!(list.find(again.rule()).is_none());
    assert_eq!(list.entries().len(), 4);
}

#[test]
fn a_builder_can_ask_about_companies_as_and_networks() {
    let mut list = sample();
    list.add(entry(company("ASN:64500")));
    let named = |fields: CompanyFields<'_>| list.suppresses_company(&fields);
    assert!(named(CompanyFields { id: "lei:52990000example00002", ..Default::default() }));
    assert!(named(CompanyFields { id: "x", domain: Some("www.zulu.example"), ..Default::default() }));
    let register = CompanyFields { id: "x", register: Some("Amtsgericht Köln"), ..Default::default() };
    assert!(named(CompanyFields { register_id: Some("hrb1"), ..register }));
    assert!(!named(CompanyFields { register_id: Some("HRB 2"), ..register }));
    assert!(!named(register));
    assert!(!named(CompanyFields { id: "x", domain: Some("mail.zulu.example"), ..Default::default() }));
    assert_eq!(list.suppressed_as().collect::<Vec<_>>(), [64500]);
    let networks: Vec<String> = list.networks().iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["192.0.2.0/24", "2001:db8::-2001:db8::5"]);
}

proptest! {
    #[test]
    fn any_texts_come_back_as_they_went_in(
        texts in prop::collection::vec(("[^\\p{Cc}]{1,12}", "[^\\p{Cc}]{1,12}", any::<(u128, u128)>(), any::<bool>()), 0..12),
    ) {
        let mut list = SuppressionList::default();
        for (number, (a, b, (x, y), v4)) in texts.iter().enumerate() {
            let rule = match number % 4 {
                0 => SuppressionRule::Company(a.clone()),
                1 => SuppressionRule::Register { register: a.clone(), number: b.clone() },
                2 => SuppressionRule::Domain(format!("{a}.example")),
                _ => {
                    let address = |bits: u128| if *v4 { nameplate::Address::V4(bits as u32) } else { nameplate::Address::from_v6_bits(bits) };
                    let (x, y) = if *v4 { (x & 0xffff_ffff, y & 0xffff_ffff) } else { (*x, *y) };
                    let (first, last) = (address(x.min(y)).into(), address(x.max(y)).into());
                    SuppressionRule::Network(nameplate::Network { first, last })
                }
            };
            // What can't stand in a list is refused before it is in one.
            if let Ok(entry) = Suppression::new(rule, "2026-06-17", b) {
                list.add(entry);
            }
        }
        let read = SuppressionList::parse(list.to_string().as_bytes()).unwrap();
        prop_assert_eq!(read.entries(), list.entries());
    }
}
