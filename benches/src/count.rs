//! Instructions per lookup, counted by callgrind: a number that noise does not touch, so that a
//! regression shows on any machine.
//!
//! The program runs itself under `valgrind --tool=callgrind`. The child opens the files, answers
//! everything once so that nothing is done for the first time, and then calls the `counted_*`
//! functions below; callgrind counts inside them only and dumps its counter after each.

use std::fs;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;

use nameplate::{Address, Database};

use crate::Result;
use crate::data::Data;
use crate::report::{Case, Measured};
use crate::streams::Stream;
use crate::subjects::maxminddb::Mmdb;
use crate::subjects::sorted_vec::SortedVec;

/// Lookups of each kind.
const LOOKUPS: usize = 1000;

/// What each function counts: case, subject, whether it is ours.
const KINDS: [(&str, &str, &str, bool); 11] = [
    ("counted_v4_id", "IPv4, id", "nameplate", true),
    ("counted_v4_batch_id", "IPv4, id", "nameplate, batch", true),
    ("counted_v4_sorted_vec", "IPv4, id", "sorted Vec", false),
    ("counted_v4_name", "IPv4, name", "nameplate", true),
    ("counted_v4_batch_name", "IPv4, name", "nameplate, batch", true),
    ("counted_v4_whole", "IPv4, name", "nameplate, whole answer", true),
    ("counted_v4_maxminddb", "IPv4, name", "crate maxminddb, path", false),
    ("counted_v6_id", "IPv6, id", "nameplate", true),
    ("counted_v6_batch_id", "IPv6, id", "nameplate, batch", true),
    ("counted_v6_name", "IPv6, name", "nameplate", true),
    ("counted_v6_batch_name", "IPv6, name", "nameplate, batch", true),
];

/// The name of a case.
fn case_name(what: &str) -> String {
    format!("{what}, instructions per lookup")
}

/// Counts, or returns nothing where there is no valgrind. `directory` takes callgrind's files.
pub fn measure(data: &Data, mmdb: &Path, directory: &Path) -> Result<Vec<Case>> {
    let out = directory.join("callgrind.out");
    for part in 0..=KINDS.len() + 1 {
        // Parts of an earlier run; most are not there.
        let _ = fs::remove_file(part_path(&out, part));
    }
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--toggle-collect=*counted_*"])
        .args(KINDS.map(|(function, ..)| format!("--dump-after=*::{function}")))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .args(["count", "--file"])
        .arg(&data.path)
        .arg("--mmdb")
        .arg(mmdb)
        .output();
    let run = match run {
        Ok(run) => run,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("no valgrind here: instructions are not counted");
            return Ok(Vec::new());
        }
        Err(error) => return Err(error.into()),
    };
    if !run.status.success() {
        return Err(format!("callgrind failed: {}", String::from_utf8_lossy(&run.stderr)).into());
    }
    let mut cases: Vec<Case> = Vec::new();
    for part in 1..=KINDS.len() {
        let text = fs::read_to_string(part_path(&out, part))?;
        let (function, instructions) = part_total(&text).ok_or("callgrind wrote no total")?;
        let kind = KINDS.iter().find(|(name, ..)| function.ends_with(&format!("::{name}")));
        let (_, what, subject, ours) = kind.ok_or_else(|| format!("callgrind counted {function}"))?;
        let value = instructions as f64 / LOOKUPS as f64;
        let measured = Measured::exact(subject, *ours, value);
        let name = case_name(what);
        match cases.iter_mut().find(|case| case.name == name) {
            Some(case) => case.measured.push(measured),
            None => cases.push(Case { name, unit: "instructions", measured: vec![measured] }),
        }
    }
    Ok(cases)
}

/// callgrind numbers the dumps of a process from 1.
fn part_path(out: &Path, part: usize) -> std::path::PathBuf {
    out.with_extension(format!("out.{part}"))
}

/// The function that a dump follows, and the instructions since the dump before.
fn part_total(text: &str) -> Option<(&str, u64)> {
    let after = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
    let function = after("desc: Trigger: --dump-after=")?;
    let total = after("totals: ").or_else(|| after("summary: "))?;
    Some((function.trim(), total.trim().parse().ok()?))
}

/// The child's work: each kind once to warm up, uncounted, and once counted.
pub fn child(file: &Path, mmdb: &Path) -> Result<()> {
    let data = Data::open(file)?;
    let v4 = Stream::Range.draw(&data.v4_hits(), LOOKUPS);
    let v6 = Stream::Range.draw(&data.v6_hits(), LOOKUPS);
    let vec = SortedVec::new(&data.v4);
    let mmdb = Mmdb::open(mmdb)?;
    let database = &data.database;
    // The first name in the string pool makes the engine check the pool; the linker binds symbols at
    // their first use.
    for address in &v4 {
        black_box(database.lookup(Address::V4(*address)).name());
    }
    black_box(mmdb.name_by_path(IpAddr::V4(Ipv4Addr::from_bits(v4[0]))));

    black_box(counted_v4_id(database, &v4));
    black_box(counted_v4_batch_id(database, &v4));
    black_box(counted_v4_sorted_vec(&vec, &v4));
    black_box(counted_v4_name(database, &v4));
    black_box(counted_v4_batch_name(database, &v4));
    black_box(counted_v4_whole(database, &v4));
    black_box(counted_v4_maxminddb(&mmdb, &v4));
    black_box(counted_v6_id(database, &v6));
    black_box(counted_v6_batch_id(database, &v6));
    black_box(counted_v6_name(database, &v6));
    black_box(counted_v6_batch_name(database, &v6));
    Ok(())
}

#[inline(never)]
fn counted_v4_id(database: &Database, addresses: &[u32]) -> u64 {
    addresses.iter().map(|address| u64::from(database.lookup_v4(*address))).sum()
}

#[inline(never)]
fn counted_v6_id(database: &Database, addresses: &[u128]) -> u64 {
    addresses.iter().map(|address| u64::from(database.lookup_v6(*address))).sum()
}

#[inline(never)]
fn counted_v4_batch_id(database: &Database, addresses: &[u32]) -> [u32; LOOKUPS] {
    let mut ids = [0; LOOKUPS];
    database.lookup_batch_v4(addresses, &mut ids);
    ids
}

#[inline(never)]
fn counted_v6_batch_id(database: &Database, addresses: &[u128]) -> [u32; LOOKUPS] {
    let mut ids = [0; LOOKUPS];
    database.lookup_batch_v6(addresses, &mut ids);
    ids
}

#[inline(never)]
fn counted_v4_name(database: &Database, addresses: &[u32]) -> usize {
    let name = |address: &u32| database.answer(database.lookup_v4(*address))?.name();
    addresses.iter().map(|address| name(address).map_or(0, str::len)).sum()
}

#[inline(never)]
fn counted_v6_name(database: &Database, addresses: &[u128]) -> usize {
    let name = |address: &u128| database.answer(database.lookup_v6(*address))?.name();
    addresses.iter().map(|address| name(address).map_or(0, str::len)).sum()
}

#[inline(never)]
fn counted_v4_batch_name<'a>(database: &'a Database, addresses: &[u32]) -> [&'a str; LOOKUPS] {
    let (mut ids, mut names) = ([0; LOOKUPS], [""; LOOKUPS]);
    database.lookup_batch_v4(addresses, &mut ids);
    database.names(&ids, &mut names);
    names
}

#[inline(never)]
fn counted_v6_batch_name<'a>(database: &'a Database, addresses: &[u128]) -> [&'a str; LOOKUPS] {
    let (mut ids, mut names) = ([0; LOOKUPS], [""; LOOKUPS]);
    database.lookup_batch_v6(addresses, &mut ids);
    database.names(&ids, &mut names);
    names
}

#[inline(never)]
fn counted_v4_whole(database: &Database, addresses: &[u32]) -> usize {
    let name = |address: &u32| database.lookup(Address::V4(*address)).name();
    addresses.iter().map(|address| name(address).map_or(0, str::len)).sum()
}

#[inline(never)]
fn counted_v4_sorted_vec(vec: &SortedVec<u32>, addresses: &[u32]) -> u64 {
    addresses.iter().map(|address| u64::from(vec.lookup(*address))).sum()
}

#[inline(never)]
fn counted_v4_maxminddb(mmdb: &Mmdb, addresses: &[u32]) -> usize {
    addresses.iter().map(|address| mmdb.name_by_path(IpAddr::V4(Ipv4Addr::from_bits(*address))).len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_of_a_dump_is_found() {
        let dump = "# callgrind format\ndesc: Trigger: --dump-after=benches::counted_v4_id\n\nevents: Ir\nfn=(1) x\n3 10\n\ntotals: 12345\n";
        assert_eq!(part_total(dump), Some(("benches::counted_v4_id", 12345)));
    }
}
