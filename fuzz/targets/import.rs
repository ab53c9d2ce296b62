//! Any bytes as an IP-to-ASN table: what is built from one that is taken is a right file, and the
//! same bytes again give the same file.

#![no_main]

use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use libfuzzer_sys::fuzz_target;
use nameplate::Database;
use nameplate_build::{BuildConfig, build};

fuzz_target!(|bytes: &[u8]| {
    let Some(file) = build_from(bytes) else { return };
    let database = Database::from_bytes(&file).expect("the writer's files open");
    database.verify().expect("the writer's files are right");
    assert_eq!(build_from(bytes), Some(file));
});

fn build_from(table: &[u8]) -> Option<Vec<u8>> {
    // Without a name in any folder, so that an end at any moment leaves nothing behind.
    static PLACE: OnceLock<Mutex<File>> = OnceLock::new();
    let place = PLACE.get_or_init(|| Mutex::new(tempfile::tempfile().expect("a temporary file")));
    let mut place = place.lock().expect("no panic before");
    place
        .set_len(0)
        .and_then(|()| place.rewind())
        .and_then(|()| place.write_all(table))
        .expect("room for it");
    let path = PathBuf::from(format!("/proc/self/fd/{}", place.as_raw_fd()));

    let (writer, _) = build(&BuildConfig::from_asn_tables(vec![path]), &mut ()).ok()?;
    let mut file = Vec::new();
    writer.finish(&mut file).expect("a vector takes everything");
    Some(file)
}
