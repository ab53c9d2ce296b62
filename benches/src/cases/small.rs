//! Reading an address, and opening the file: what a lookup may need besides the search.

use std::net::IpAddr;
use std::time::Instant;

use nameplate::{Address, Database};

use crate::Result;
use crate::data::Data;
use crate::measure::{Order, Subject, compare};
use crate::report::{Case, Measured};

/// The standard library's parser.
const STD: &str = "std";

/// Reads each text with the engine's parser and with `std`'s; both must find the same address.
pub fn parsing(case: &str, texts: &[&str], rounds: usize) -> Result<Case> {
    let subjects = [
        Subject::id("nameplate", |text: &str| {
            Address::parse(trimmed(text).as_bytes()).map_or(0, |address| folded(address.into()))
        })
        .ours(),
        Subject::id(STD, |text: &str| trimmed(text).parse().map_or(0, folded)),
    ];
    compare(case, &subjects, texts, Order::Free, rounds)
}

/// Texts end in NUL, for C.
fn trimmed(text: &str) -> &str {
    &text[..text.len() - 1]
}

/// All bits of an address in 32, so that none of them can be left out.
fn folded(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(address) => address.to_bits(),
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            (bits ^ bits >> 32 ^ bits >> 64 ^ bits >> 96) as u32
        }
    }
}

/// Opens the mapped file as often as there are rounds.
pub fn opening(data: &Data, rounds: usize) -> Result<Case> {
    let mut taken = Vec::with_capacity(rounds);
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        let database = Database::open(&data.path)?;
        taken.push(start.elapsed().as_nanos() as f64);
        drop(database);
    }
    let measured = vec![Measured { subject: "nameplate, mapped".into(), ours: true, rounds: taken }];
    Ok(Case { name: "opening the file".into(), unit: "ns", measured })
}
