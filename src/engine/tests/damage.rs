//! The real file, damaged: cut off at the edges of its sections, and with bits flipped anywhere.
//! `tests/files.rs` does the same to each byte and each bit of the small one.

mod common;

use common::*;
use nameplate::{Database, FormatError};

/// Where something ends or begins: header, table, every section.
fn section_edges(file: &[u8]) -> Vec<usize> {
    let table = get_u32(file, header::HEADER_LENGTH) as usize;
    let rows = file[HEADER_LENGTH..table].chunks(ENTRY_LENGTH);
    let sections = rows.flat_map(|row| {
        let start = get_u64(row, entry::OFFSET) as usize;
        [start, start + get_u64(row, entry::LENGTH) as usize]
    });
    [0, 8, 12, HEADER_LENGTH, table].into_iter().chain(sections).collect()
}

#[test]
fn a_file_cut_off_at_the_edge_of_a_section_is_an_error() {
    let file = real();
    let mut cuts = 0;
    for edge in section_edges(&file) {
        for length in [edge.saturating_sub(1), edge, edge + 1] {
            if length >= file.len() {
                continue;
            }
            let found = length as u64;
            match open_error(&file[..length]) {
                FormatError::Empty => assert_eq!(length, 0),
                FormatError::CutOff { expected, found: bytes } => {
                    assert_eq!(bytes, found);
                    assert!(expected > found);
                }
                other => panic!("cut off at {length}: {other}"),
            }
            cuts += 1;
        }
    }
    assert!(cuts > 90, "{cuts}");
}

/// One flipped bit each, in the body of a file of some size. Verifying reads all of it each time, so
/// the file is one of 700 and 300 intervals; the small one's bits are all flipped in `files.rs`.
#[test]
fn verify_finds_each_flipped_bit_of_the_body_and_lookups_stay_within_bounds() {
    let mut file = deep();
    let body = get_u32(&file, header::HEADER_LENGTH) as usize;
    let addresses = edges(&file);
    let some: Vec<_> = addresses.iter().step_by(37).copied().collect();
    let mut random = Random(42);
    let flips = times(10_000, 100_000);
    let mut opened = 0;
    for _ in 0..flips {
        let (byte, bit) = (body + random.below(file.len() - body), random.below(8));
        file[byte] ^= 1 << bit;
        if let Ok(database) = Database::from_bytes(&file) {
            opened += 1;
            assert!(database.verify().is_err(), "byte {byte}, bit {bit}");
            exercise(&database, &some);
        }
        file[byte] ^= 1 << bit;
    }
    assert!(opened * 10 > flips * 9, "{opened} of {flips}");
}

/// The same in the real file.
#[test]
fn verify_finds_flipped_bits_of_the_real_file() {
    let mut file = real();
    let body = get_u32(&file, header::HEADER_LENGTH) as usize;
    let mut random = Random(43);
    let addresses: Vec<_> = (0..64).map(|_| nameplate::Address::V4(random.next() as u32)).collect();
    for _ in 0..times(10, 1000) {
        let (byte, bit) = (body + random.below(file.len() - body), random.below(8));
        file[byte] ^= 1 << bit;
        if let Ok(database) = Database::from_bytes(&file) {
            assert!(database.verify().is_err(), "byte {byte}, bit {bit}");
            exercise(&database, &addresses);
        }
        file[byte] ^= 1 << bit;
    }
}
