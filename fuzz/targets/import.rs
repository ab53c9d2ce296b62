//! Any bytes as a source's file; the first byte chooses the kind. What is built from a file that
//! is taken is a right range file, and the same bytes again give the same one.

#![no_main]

use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use libfuzzer_sys::fuzz_target;
use nameplate::Database;
use nameplate_build::{BuildConfig, ListKind, SourceConfig, SourceKind, build};

/// The kinds, each under a letter of its own.
const KINDS: [(u8, SourceKind); 13] = [
    (b'a', SourceKind::IpAsn),
    (b'd', SourceKind::Delegated),
    (b'm', SourceKind::Mmdb),
    (b't', SourceKind::Table),
    (b's', SourceKind::AsList),
    (b'n', SourceKind::NetworkList),
    (b'o', SourceKind::DomainList),
    (b'g', SourceKind::Gleif),
    (b'h', SourceKind::CompaniesHouse),
    (b'i', SourceKind::Sirene),
    (b'k', SourceKind::Kbo),
    (b'r', SourceKind::Rpsl),
    (b'w', SourceKind::Arin),
];

fuzz_target!(|bytes: &[u8]| {
    let Some((letter, bytes)) = bytes.split_first() else { return };
    let Some((_, kind)) = KINDS.iter().find(|(of, _)| of == letter) else { return };
    let Some(file) = build_from(*kind, bytes) else { return };
    let database = Database::from_bytes(&file).expect("the writer's files open");
    database.verify().expect("the writer's files are right");
    assert_eq!(build_from(*kind, bytes), Some(file));
});

fn build_from(kind: SourceKind, content: &[u8]) -> Option<Vec<u8>> {
    // Without a name in any folder, so that an end at any moment leaves nothing behind.
    static PLACE: OnceLock<Mutex<File>> = OnceLock::new();
    let place = PLACE.get_or_init(|| Mutex::new(tempfile::tempfile().expect("a temporary file")));
    let mut place = place.lock().expect("no panic before");
    place
        .set_len(0)
        .and_then(|()| place.rewind())
        .and_then(|()| place.write_all(content))
        .expect("room for it");
    let path = PathBuf::from(format!("/proc/self/fd/{}", place.as_raw_fd()));

    let mut config = BuildConfig::from_asn_tables(vec![path]);
    config.accept_terms = true;
    let lists = ListKind::try_from("hosting".to_owned()).expect("a kind");
    config.sources[0] = SourceConfig { kind, lists: Some(lists), ..config.sources[0].clone() };
    let (writer, _) = build(&config, &mut ()).ok()?;
    let mut file = Vec::new();
    writer.finish(&mut file).expect("a vector takes everything");
    Some(file)
}
