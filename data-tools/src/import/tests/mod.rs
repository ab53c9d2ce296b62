//! Files as they come: whole, cut off, damaged, in the wrong encoding, hostile.

mod delegated;
mod hostile;
mod list;
mod mmdb;
mod own_table;
mod skeleton;

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use super::{Counts, Holder, ImportError, Kind, Organisation, Range, Row, Subject, SystemRow, import};
use crate::config::{ListKind, SourceConfig, SourceKind};

/// What a file's rows say, in words, and its counts.
type Said = Result<(Vec<String>, Counts), ImportError>;

/// Imports bytes as a file of a kind. Lists are of hosting.
fn read(kind: SourceKind, content: impl AsRef<[u8]>) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, content).unwrap();
    read_file(kind, &path)
}

fn read_file(kind: SourceKind, path: &Path) -> Said {
    let source = SourceConfig {
        kind,
        name: "test".into(),
        files: vec![],
        title: None,
        licence: None,
        attribution: None,
        url: None,
        date: None,
        trust: 100,
        lists: Some(ListKind::try_from("hosting".to_owned()).unwrap()),
    };
    let mut rows = Vec::new();
    let counts = import(&source, path, &mut (), &mut |row| rows.push(words(&row)))?;
    Ok((rows, counts))
}

/// The error of a file that is refused, without its path.
fn error(kind: SourceKind, content: impl AsRef<[u8]>) -> String {
    let error = read(kind, content).expect_err("refused").to_string();
    let (path, what) = error.split_once("/file: ").expect("names the file");
    assert!(!path.contains(' ') && !error.contains('\n'), "{error}");
    what.to_owned()
}

/// The reasons for which rows are refused, with the first line of each.
fn refusals(counts: &Counts) -> Vec<(&'static str, u64)> {
    counts.refused.iter().map(|(reason, refused)| (*reason, refused.first_line)).collect()
}

fn words(row: &Row<'_>) -> String {
    match row {
        Row::Network(row) => {
            let country = row.country.map(|country| format!(" in {}", text(country)));
            let holder = row.holder.as_ref().map(|holder| format!(" of {}", holder_words(holder)));
            let system = row.system.as_ref().map(|system| format!(" {}", system_words(system)));
            [
                range(row.range),
                holder.unwrap_or_default(),
                system.unwrap_or_default(),
                country.unwrap_or_default(),
            ]
            .concat()
        }
        Row::System(row) => system_words(row),
        Row::Listed(listed) => match listed.subject {
            Subject::System(asn) => format!("AS{asn} is {}", kind(listed.kind)),
            Subject::Network(network) => format!("{} is {}", range(network), kind(listed.kind)),
        },
        Row::ListedDomain { domain, name, country, kind: is } => {
            let name = name.map(|name| format!(" of {name}")).unwrap_or_default();
            let country = country.map(|country| format!(" in {}", text(country))).unwrap_or_default();
            format!("{domain}{name}{country} is {}", kind(*is))
        }
        Row::Party { .. } | Row::Register(_) => unreachable!("these importers know no registers"),
    }
}

fn range(range: Range) -> String {
    match range {
        Range::V4(first, last) => format!("{}-{}", Ipv4Addr::from_bits(first), Ipv4Addr::from_bits(last)),
        Range::V6(first, last) => format!("{}-{}", Ipv6Addr::from_bits(first), Ipv6Addr::from_bits(last)),
    }
}

fn system_words(row: &SystemRow<'_>) -> String {
    let holder =
        row.holder.as_ref().map(|holder| format!(" of {}", holder_words(holder))).unwrap_or_default();
    let country = row.country.map(|country| format!(" in {}", text(country))).unwrap_or_default();
    format!("AS{}{holder}{country}", row.asn)
}

fn holder_words(holder: &Holder<'_>) -> String {
    let Holder::Named(organisation) = holder else { unreachable!("these importers know no handles") };
    let Organisation {
        name,
        country,
        domain,
        kind: is,
        legal_form,
        industry,
        register,
        register_id,
        lei,
        ..
    } = organisation;
    let facts = [
        country.map(text),
        domain.as_deref().map(str::to_owned),
        is.map(kind),
        legal_form.as_deref().map(str::to_owned),
        industry.as_deref().map(str::to_owned),
        register.as_deref().map(str::to_owned),
        register_id.as_deref().map(str::to_owned),
        lei.as_deref().map(str::to_owned),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    if facts.is_empty() { name.to_string() } else { format!("{name} ({})", facts.join(", ")) }
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Company(kind) => kind.to_string(),
        Kind::Operator(kind) => kind.to_string(),
    }
}

fn text(country: [u8; 2]) -> String {
    String::from_utf8(country.to_vec()).unwrap()
}

/// A folder of the corpora, which lie beside the project; none where they are missing.
fn corpus(folder: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = std::env::var_os("NAMEPLATE_CORPUS").map_or_else(beside, PathBuf::from).join(folder);
    if !path.is_dir() {
        eprintln!("SKIPPED: no corpus {}; set NAMEPLATE_CORPUS to test with real files", path.display());
        return None;
    }
    Some(path)
}
