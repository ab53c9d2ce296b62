//! What the importers' tests share: a file to read, and rows that outlive it.

use std::fs;
use std::path::PathBuf;

use super::row::{Holder, NetworkRow, Organisation, Row, SystemRow};
use super::{Counts, ImportError};
use crate::Progress;

/// An importer.
pub(super) type Read =
    fn(&std::path::Path, &mut dyn Progress, &mut dyn FnMut(Row<'_>)) -> Result<Counts, ImportError>;

/// A file of these bytes; it goes with the folder.
pub(super) fn file(bytes: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("source");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// What an importer says of a file of these bytes, as text, and its counts.
pub(super) fn said(read: Read, bytes: impl AsRef<[u8]>) -> (Vec<String>, Counts) {
    let (_folder, path) = file(bytes);
    said_of(read, &path).unwrap()
}

/// What an importer says of a file, as text.
pub(super) fn said_of(read: Read, path: &std::path::Path) -> Result<(Vec<String>, Counts), ImportError> {
    let mut rows = Vec::new();
    let counts = read(path, &mut (), &mut |row| rows.push(as_text(&row)))?;
    Ok((rows, counts))
}

/// The message of an importer that refuses a file of these bytes, without the path before it.
pub(super) fn file_error(read: Read, bytes: impl AsRef<[u8]>) -> String {
    let (_folder, path) = file(bytes);
    let message = said_of(read, &path).expect_err("refused").to_string();
    message.strip_prefix(&format!("{}: ", path.display())).expect("names the file").to_owned()
}

/// Why rows were refused, how many, and the first one's line.
pub(super) fn reasons(counts: &Counts) -> Vec<(&'static str, u64, u64)> {
    counts.refused.iter().map(|(reason, refused)| (*reason, refused.count, refused.first_line)).collect()
}

/// A folder of the corpora; none, and loudly so, where they are missing.
pub(super) fn corpus(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("NAMEPLATE_CORPUS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")),
        PathBuf::from,
    );
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: no corpus at {}; set NAMEPLATE_CORPUS", path.display());
    None
}

/// Facts in a fixed order, as `key=value`, absent ones absent.
pub(super) fn as_text(row: &Row<'_>) -> String {
    match row {
        Row::Network(row) => network(row),
        Row::System(row) => system(row),
        Row::Party { handle, organisation: said } => format!("party {handle} {}", organisation(said)),
        Row::Register(said) => format!("register {}", organisation(said)),
        other => format!("{other:?}"),
    }
}

fn network(row: &NetworkRow<'_>) -> String {
    assert!(row.system.is_none());
    let holder = holder(row.holder.as_ref());
    format!("network {:x?} {:?}{holder}{}", row.range, row.role, within(row.country))
}

fn system(row: &SystemRow<'_>) -> String {
    format!("system {}{}{}", row.asn, holder(row.holder.as_ref()), within(row.country))
}

fn within(country: Option<[u8; 2]>) -> String {
    country.map(|country| format!(" in={}", letters(country))).unwrap_or_default()
}

fn holder(holder: Option<&Holder<'_>>) -> String {
    match holder {
        None => String::new(),
        Some(Holder::Handle(handle)) => format!(" handle={handle}"),
        Some(Holder::Named(said)) => format!(" {}", organisation(said)),
    }
}

fn letters(country: [u8; 2]) -> String {
    country.map(char::from).iter().collect()
}

fn organisation(said: &Organisation<'_>) -> String {
    let mut facts = vec![format!("name={}", said.name)];
    facts.extend(said.other_names.iter().map(|name| format!("also={name}")));
    facts.extend(said.country.map(|country| format!("country={}", letters(country))));
    let mut fact = |name: &str, value: Option<&str>| {
        facts.extend(value.map(|value| format!("{name}={value}")));
    };
    fact("domain", said.domain.as_deref());
    fact("form", said.legal_form.as_deref());
    fact("industry", said.industry.as_deref());
    fact("register", said.register.as_deref());
    fact("id", said.register_id.as_deref());
    fact("lei", said.lei.as_deref());
    facts.extend(said.kind.map(|kind| format!("kind={kind:?}")));
    if said.natural_person {
        facts.push("person".into());
    }
    facts.join(" ")
}

/// Feeds an importer arbitrary bytes, and a good file damaged at one or more places; whatever it
/// says, it may not panic, and it counts every row at most once.
pub(super) fn survives(read: Read, good: &[u8]) {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..12);
    let damaged = damage.prop_map(|places| {
        let mut bytes = good.to_vec();
        for (place, byte, how) in places {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                2 => drop(bytes.remove(place)),
                _ => bytes.truncate(place),
            }
        }
        bytes
    });
    let lines: Vec<Vec<u8>> = good.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let shuffled = prop::collection::vec(prop::sample::select(lines), 0..40).prop_map(|lines| lines.concat());
    let strategy = prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..2000),
        4 => damaged,
        2 => shuffled,
    ];
    let config = Config { failure_persistence: None, ..Config::with_cases(300) };
    TestRunner::new(config)
        .run(&strategy, |bytes| {
            let (_folder, path) = file(&bytes);
            let mut said = 0;
            let result = read(&path, &mut (), &mut |row| {
                let _ = as_text(&row);
                said += 1;
            });
            if let Ok(counts) = result {
                prop_assert!(counts.used + counts.refused_rows() <= counts.rows);
                prop_assert!(counts.used == 0 || said > 0);
                prop_assert!(said == 0 || counts.used > 0);
            }
            Ok(())
        })
        .unwrap();
}
