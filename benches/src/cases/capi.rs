//! The C ABI, called from C as a program would, beside the engine's own call and libmaxminddb.

use std::net::{Ipv4Addr, Ipv6Addr};

use nameplate::{Address, Database};

use crate::Result;
use crate::cases::Plan;
use crate::cases::real::{LIBMAXMINDDB, Rivals};
use crate::data::Data;
use crate::measure::{BATCH, Order, Query, Subject, compare};
use crate::report::{Case, Measured};
use crate::streams::Stream;
use crate::subjects::capi::Capi;
use crate::subjects::ours;

/// The subjects' names: figures refer to them.
pub const CAPI: &str = "nameplate, C ABI";
/// Many ids at a time.
pub const CAPI_BATCH: &str = "nameplate, C ABI, batch";
/// The cases' names.
pub const V4_NAME: &str = "C ABI, IPv4, name, random range";
/// The same for IPv6.
pub const V6_NAME: &str = "C ABI, IPv6, name, random range";
/// The same from text.
pub const V4_TEXT: &str = "C ABI, IPv4, name from text, random range";
/// The same for IPv6.
pub const V6_TEXT: &str = "C ABI, IPv6, name from text, random range";
/// Ids, many at a time.
pub const V4_BATCH: &str = "C ABI, IPv4, id, batch, random range";
/// The same for IPv6, from bytes in network order, as C has them.
pub const V6_BATCH: &str = "C ABI, IPv6, id from bytes, batch, random range";
/// What a call of the ABI takes beyond the engine's own, in nanoseconds: round by round, IPv4 with the name.
pub const V4_ADDED: &str = "C ABI, added to the engine's call, IPv4";
/// The same for IPv6.
pub const V6_ADDED: &str = "C ABI, added to the engine's call, IPv6";
/// The same for IPv4 from text.
pub const TEXT_ADDED: &str = "C ABI, added to the engine's call, IPv4 from text";

/// Addresses as C has them.
impl Query for [u8; 16] {
    fn turned(self, bits: u64) -> Self {
        u128::from_be_bytes(self).turned(bits).to_be_bytes()
    }
}

/// Measures the cases that the plan wants.
pub fn measure(data: &Data, rivals: &Rivals, plan: &Plan, mut hear: impl FnMut(Case)) -> Result<()> {
    if ![V4_NAME, V6_NAME, V4_TEXT, V6_TEXT, V4_BATCH, V6_BATCH].iter().any(|case| plan.wants(case)) {
        return Ok(());
    }
    let (database, mmdb) = (&data.database, &rivals.libmaxminddb);
    let capi = &Capi::open(&data.path)?;
    let v4 = Stream::Range.draw(&data.v4_hits(), plan.length);
    let v6 = Stream::Range.draw(&data.v6_hits(), plan.length);
    let mut named = |case: Case, added: Option<&str>| {
        if let Some(added) = added {
            hear(difference(&case, added));
        }
        hear(case);
    };
    if plan.wants(V4_NAME) {
        let subjects = [
            Subject::name(ours::ONE, |address| name_of(database, database.lookup_v4(address))).ours(),
            Subject::name(CAPI, |address| capi.name_v4(address)).ours(),
            Subject::name(LIBMAXMINDDB, |address| mmdb.name_v4(address)),
        ];
        named(compare(V4_NAME, &subjects, &v4, Order::Free, plan.rounds)?, Some(V4_ADDED));
    }
    if plan.wants(V6_NAME) {
        let subjects = [
            Subject::name(ours::ONE, |address| name_of(database, database.lookup_v6(address))).ours(),
            Subject::name(CAPI, |address| capi.name_v6(address)).ours(),
            Subject::name(LIBMAXMINDDB, |address| mmdb.name_v6(address)),
        ];
        named(compare(V6_NAME, &subjects, &v6, Order::Free, plan.rounds)?, Some(V6_ADDED));
    }
    let v4_texts: Vec<String> = v4.iter().map(|bits| format!("{}\0", Ipv4Addr::from_bits(*bits))).collect();
    let v6_texts: Vec<String> = v6.iter().map(|bits| format!("{}\0", Ipv6Addr::from_bits(*bits))).collect();
    for (case, texts, added) in [(V4_TEXT, v4_texts, Some(TEXT_ADDED)), (V6_TEXT, v6_texts, None)] {
        if plan.wants(case) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let subjects = [
                Subject::name(ours::ONE, |text: &str| {
                    name_of_text(database, &text.as_bytes()[..text.len() - 1])
                })
                .ours(),
                Subject::name(CAPI, |text| capi.name_text(text)).ours(),
                Subject::name(LIBMAXMINDDB, |text| mmdb.name_text(text)),
            ];
            named(compare(case, &subjects, &texts, Order::Free, plan.rounds)?, added);
        }
    }
    if plan.wants(V4_BATCH) {
        let subjects = [
            Subject::id_batch(ours::BATCH, |addresses: &[u32], ids: &mut [u32]| {
                database.lookup_batch_v4(addresses, ids);
            })
            .ours(),
            Subject::id_batch(CAPI_BATCH, |addresses: &[u32], ids: &mut [u32]| capi.batch_v4(addresses, ids))
                .ours(),
        ];
        named(compare(V4_BATCH, &subjects, &v4, Order::Free, plan.rounds)?, None);
    }
    if plan.wants(V6_BATCH) {
        let bytes: Vec<[u8; 16]> = v6.iter().map(|bits| bits.to_be_bytes()).collect();
        let subjects = [
            Subject::id_batch(ours::BATCH, |addresses: &[[u8; 16]], ids: &mut [u32]| {
                let mut numbers = [0; BATCH];
                for (number, bytes) in numbers.iter_mut().zip(addresses) {
                    *number = u128::from_be_bytes(*bytes);
                }
                database.lookup_batch_v6(&numbers[..addresses.len()], ids);
            })
            .ours(),
            Subject::id_batch(CAPI_BATCH, |addresses: &[[u8; 16]], ids: &mut [u32]| {
                capi.batch_v6(addresses, ids)
            })
            .ours(),
        ];
        named(compare(V6_BATCH, &subjects, &bytes, Order::Free, plan.rounds)?, None);
    }
    Ok(())
}

/// The second subject's rounds less the first's, which were measured in turns.
fn difference(case: &Case, name: &str) -> Case {
    let [engine, capi, ..] = &case.measured[..] else { unreachable!("two subjects at least") };
    let rounds = engine.rounds.iter().zip(&capi.rounds).map(|(engine, capi)| capi - engine).collect();
    let measured = vec![Measured { subject: CAPI.into(), ours: true, rounds }];
    Case { name: name.into(), unit: case.unit, measured }
}

fn name_of(database: &Database, id: u32) -> &[u8] {
    database.answer(id).and_then(|answer| answer.name()).unwrap_or_default().as_bytes()
}

/// As the C ABI does it: address, interval, name.
fn name_of_text<'a>(database: &'a Database, text: &[u8]) -> &'a [u8] {
    let interval = Address::parse(text).map(|address| database.find(address));
    let answer = interval.map(|interval| database.answer_of_interval(interval).1);
    answer.ok().and_then(|answer| answer.name()).unwrap_or_default().as_bytes()
}
