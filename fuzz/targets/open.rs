//! Any bytes as a range file: opening and everything that can be asked of what opened.
//!
//! Whatever the file says, nothing may panic, and all ways to ask must agree: one at a time and in
//! batches, with the processor's extensions and without. In a file that `verify` calls right, the
//! indexes must also find what halving finds, and the reverse lookup what the lookups say.
//!
//! The mutator knows the format: it changes one section and puts a sealed file together again, so
//! that the changes get past the checks of `open`.

#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use nameplate::{Address, Answer, Database, write_json};
use nameplate_fuzz::{assemble, reseal, sections, starts};

/// Intervals of each family whose edges are asked for.
const PROBED: usize = 24;

fuzz_target!(|bytes: &[u8]| {
    ask_everything(bytes);
    let mut sealed = bytes.to_vec();
    reseal(&mut sealed);
    if sealed != bytes {
        ask_everything(&sealed);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut parts = sections(&data[..size]);
    // One time in eight the bytes as they are: header, table, and what is no range file at all.
    if parts.is_empty() || seed.is_multiple_of(8) {
        return fuzzer_mutate(data, size, max_size);
    }
    let section = (seed as usize >> 3) % parts.len();
    let part = &mut parts[section];
    let length = part.content.len();
    let mut content = part.content.clone();
    content.resize(length + 256, 0);
    let changed = fuzzer_mutate(&mut content, length, length + 256);
    // Counts of sections must agree, so most changes keep them.
    let keep = seed >> 16 & 3 != 0;
    content.resize(if keep { length } else { changed }, 0);
    let width = part.record_width.max(1) as usize;
    content.truncate(content.len() / width * width);
    part.content = content;
    let file = assemble(&data[..size], &parts);
    if file.len() > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..file.len()].copy_from_slice(&file);
    file.len()
});

fn ask_everything(bytes: &[u8]) {
    let Ok(database) = Database::from_bytes(bytes) else { return };
    let portable = Database::from_bytes(bytes).expect("it opened before").portable();
    let halving = Database::from_bytes(bytes).expect("it opened before").without_indexes();
    let right = database.verify().is_ok();

    let (v4, v6) = probes(bytes);
    let ids_v4 = agree_v4(&database, &portable, &v4);
    let ids_v6 = agree_v6(&database, &portable, &v6);
    if right {
        assert_eq!(ids_v4, v4.iter().map(|address| halving.lookup_v4(*address)).collect::<Vec<_>>());
        assert_eq!(ids_v6, v6.iter().map(|address| halving.lookup_v6(*address)).collect::<Vec<_>>());
    }
    let ids = [ids_v4, ids_v6].concat();
    names(&database, &ids);

    let addresses: Vec<Address> = v4
        .iter()
        .map(|address| Address::V4(*address))
        .chain(v6.iter().map(|address| Address::from_v6_bits(*address)))
        .collect();
    let mut together = Vec::new();
    database.lookup_batch(&addresses, &mut together);
    assert_eq!(together.len(), addresses.len());
    let mut seen = HashSet::new();
    for ((address, id), answer) in addresses.iter().zip(ids).zip(&together) {
        let alone = database.lookup(*address);
        assert_eq!(alone.network(), answer.network());
        assert_eq!(alone.network(), portable.lookup(*address).network());
        // An answer is the same for all its addresses, the network apart.
        if seen.insert(id) {
            assert_eq!(json(&alone), json(answer));
            company(&database, &alone, right);
        }
    }
    metadata(&database);
}

/// The ends of intervals and of the families, and the addresses beside them.
fn probes(bytes: &[u8]) -> (Vec<u32>, Vec<u128>) {
    let (v4, v6) = starts(bytes, PROBED);
    let v4 = v4.into_iter().chain([0, u32::MAX / 2, u32::MAX]);
    let v6 = v6.into_iter().chain([0, 0xffff << 32, 0xffff_ffff_ffff, u128::MAX / 2, u128::MAX]);
    (
        v4.flat_map(|start| [start.wrapping_sub(1), start, start.wrapping_add(1)]).collect(),
        v6.flat_map(|start| [start.wrapping_sub(1), start, start.wrapping_add(1)]).collect(),
    )
}

fn agree_v4(database: &Database, portable: &Database, addresses: &[u32]) -> Vec<u32> {
    let alone: Vec<u32> = addresses.iter().map(|address| database.lookup_v4(*address)).collect();
    for other in [database, portable] {
        let mut together = vec![u32::MAX; addresses.len()];
        other.lookup_batch_v4(addresses, &mut together);
        assert_eq!(alone, together);
    }
    alone
}

fn agree_v6(database: &Database, portable: &Database, addresses: &[u128]) -> Vec<u32> {
    let alone: Vec<u32> = addresses.iter().map(|address| database.lookup_v6(*address)).collect();
    for other in [database, portable] {
        let mut together = vec![u32::MAX; addresses.len()];
        other.lookup_batch_v6(addresses, &mut together);
        assert_eq!(alone, together);
    }
    alone
}

fn names(database: &Database, ids: &[u32]) {
    let mut names = vec!["?"; ids.len()];
    database.names(ids, &mut names);
    for (id, name) in ids.iter().zip(names) {
        let answer = database.answer(*id);
        assert_eq!(name, answer.and_then(|answer| answer.name()).unwrap_or_default());
    }
}

/// From an answer to its company, its networks and back.
fn company(database: &Database, answer: &Answer<'_>, right: bool) {
    let Some(company) = answer.company() else { return };
    let networks: Vec<_> = database.networks(company.id()).take(PROBED).collect();
    if !right {
        return;
    }
    assert_eq!(database.company(company.id()).expect("an answer's company").id(), company.id());
    for network in &networks {
        assert!(network.first <= network.last);
    }
    let own = answer.network().expect("a company has a network");
    assert!(networks.len() == PROBED || networks.contains(&own));
}

fn metadata(database: &Database) {
    let metadata = database.metadata();
    let mut length = metadata.facts().map(|(key, value)| key.len() + value.len()).sum::<usize>();
    for source in metadata.sources() {
        length += source.name().len();
        let texts = [source.title(), source.licence(), source.attribution(), source.url(), source.date()];
        length += texts.iter().flatten().map(|text| text.len()).sum::<usize>();
    }
    for (name, _, bytes) in metadata.sections() {
        assert!(bytes <= metadata.file_length());
        length += name.map_or(0, str::len);
    }
    std::hint::black_box(length);
}

fn json(answer: &Answer<'_>) -> String {
    let mut out = String::new();
    write_json(answer, &mut out);
    out
}
