//! This project's engine, in every way it can be asked.

use nameplate::{Address, Database};

use crate::measure::Subject;

/// The subjects' names: cases and figures refer to them.
pub const ONE: &str = "nameplate";
/// Many ids at a time.
pub const BATCH: &str = "nameplate, batch";
/// One at a time, in a copy of the file in private memory, as the daemon has it, for which the engine may get
/// huge pages.
pub const COPY: &str = "nameplate, copied";
/// The same in such a copy.
pub const COPY_BATCH: &str = "nameplate, copied, batch";
/// The whole answer with its network, of which the name is taken.
pub const FULL: &str = "nameplate, whole answer";

/// By id. `copy` is the same database, opened as a copy.
pub fn ids_v4<'a>(database: &'a Database, copy: &'a Database) -> Vec<Subject<'a, u32>> {
    vec![
        Subject::id(ONE, |address| database.lookup_v4(address)).ours(),
        Subject::id_batch(BATCH, |addresses: &[u32], ids: &mut [u32]| {
            database.lookup_batch_v4(addresses, ids);
        })
        .ours(),
        Subject::id_batch(COPY_BATCH, |addresses: &[u32], ids: &mut [u32]| {
            copy.lookup_batch_v4(addresses, ids);
        })
        .ours(),
    ]
}

/// The same for IPv6.
pub fn ids_v6<'a>(database: &'a Database, copy: &'a Database) -> Vec<Subject<'a, u128>> {
    vec![
        Subject::id(ONE, |address| database.lookup_v6(address)).ours(),
        Subject::id_batch(BATCH, |addresses: &[u128], ids: &mut [u32]| {
            database.lookup_batch_v6(addresses, ids);
        })
        .ours(),
        Subject::id_batch(COPY_BATCH, |addresses: &[u128], ids: &mut [u32]| {
            copy.lookup_batch_v6(addresses, ids);
        })
        .ours(),
    ]
}

/// With the name.
pub fn names_v4<'a>(database: &'a Database, copy: &'a Database) -> Vec<Subject<'a, u32>> {
    vec![
        Subject::name(ONE, |address| name_of(database, database.lookup_v4(address))).ours(),
        Subject::name_batch(BATCH, |addresses: &[u32], names| names_of_v4(database, addresses, names)).ours(),
        Subject::name(FULL, |address| bytes(database.lookup(Address::V4(address)).name())).ours(),
        Subject::name(COPY, |address| name_of(copy, copy.lookup_v4(address))).ours(),
        Subject::name_batch(COPY_BATCH, |addresses: &[u32], names| names_of_v4(copy, addresses, names))
            .ours(),
    ]
}

fn names_of_v4<'a>(database: &'a Database, addresses: &[u32], names: &mut [&'a str]) {
    let mut ids = [0; crate::measure::BATCH];
    let ids = &mut ids[..addresses.len()];
    database.lookup_batch_v4(addresses, ids);
    database.names(ids, names);
}

/// The same for IPv6.
pub fn names_v6<'a>(database: &'a Database, copy: &'a Database) -> Vec<Subject<'a, u128>> {
    vec![
        Subject::name(ONE, |address| name_of(database, database.lookup_v6(address))).ours(),
        Subject::name_batch(BATCH, |addresses: &[u128], names| names_of_v6(database, addresses, names))
            .ours(),
        Subject::name(FULL, |address| bytes(database.lookup(Address::from_v6_bits(address)).name())).ours(),
        Subject::name(COPY, |address| name_of(copy, copy.lookup_v6(address))).ours(),
        Subject::name_batch(COPY_BATCH, |addresses: &[u128], names| names_of_v6(copy, addresses, names))
            .ours(),
    ]
}

fn names_of_v6<'a>(database: &'a Database, addresses: &[u128], names: &mut [&'a str]) {
    let mut ids = [0; crate::measure::BATCH];
    let ids = &mut ids[..addresses.len()];
    database.lookup_batch_v6(addresses, ids);
    database.names(ids, names);
}

/// The name of an address as text; "" where there is none.
pub fn name_of_text<'a>(database: &'a Database, text: &str) -> &'a [u8] {
    bytes(database.lookup_text(text.as_bytes()).ok().and_then(|answer| answer.name()))
}

#[inline]
fn name_of(database: &Database, id: u32) -> &[u8] {
    bytes(database.answer(id).and_then(|answer| answer.name()))
}

#[inline]
fn bytes(name: Option<&str>) -> &[u8] {
    name.unwrap_or_default().as_bytes()
}
