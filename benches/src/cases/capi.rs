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
/// Each query waits for the last answer.
pub const V4_NAME_DEPENDENT: &str = "C ABI, IPv4, name, dependent";
/// The same for IPv6.
pub const V6_NAME_DEPENDENT: &str = "C ABI, IPv6, name, dependent";
/// What a call of the ABI takes beyond the engine's call that it makes, in nanoseconds, round by round.
pub const V4_ADDED: &str = "C ABI, added to the engine's call, IPv4, random range";
/// The same for IPv6.
pub const V6_ADDED: &str = "C ABI, added to the engine's call, IPv6, random range";
/// The same where each query waits for the last answer.
pub const V4_ADDED_DEPENDENT: &str = "C ABI, added to the engine's call, IPv4, dependent";
/// The same for IPv6.
pub const V6_ADDED_DEPENDENT: &str = "C ABI, added to the engine's call, IPv6, dependent";
/// The engine's call that the ABI makes: what was found, in a few words.
const HIT: &str = "nameplate, hit";

/// Addresses as C has them.
impl Query for [u8; 16] {
    fn turned(self, bits: u64) -> Self {
        u128::from_be_bytes(self).turned(bits).to_be_bytes()
    }
}

/// Measures the cases that the plan wants.
pub fn measure(data: &Data, rivals: &Rivals, plan: &Plan, mut hear: impl FnMut(Case)) -> Result<()> {
    let all = [V4_NAME, V6_NAME, V4_NAME_DEPENDENT, V6_NAME_DEPENDENT, V4_TEXT, V6_TEXT, V4_BATCH, V6_BATCH];
    if !all.iter().any(|case| plan.wants(case)) {
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
    let orders = [
        (V4_NAME, V4_ADDED, V6_NAME, V6_ADDED, Order::Free),
        (V4_NAME_DEPENDENT, V4_ADDED_DEPENDENT, V6_NAME_DEPENDENT, V6_ADDED_DEPENDENT, Order::Dependent),
    ];
    for (v4_case, v4_added, v6_case, v6_added, order) in orders {
        if plan.wants(v4_case) {
            let subjects = [
                Subject::name(HIT, |address| database.hit_v4(address).name.as_bytes()).ours(),
                Subject::name(CAPI, |address| capi.name_v4(address)).ours(),
                Subject::name(ours::ONE, |address| name_of(database, database.lookup_v4(address))).ours(),
                Subject::name(LIBMAXMINDDB, |address| mmdb.name_v4(address)),
            ];
            named(compare(v4_case, &subjects, &v4, order, plan.rounds)?, Some(v4_added));
        }
        if plan.wants(v6_case) {
            let subjects = [
                Subject::name(HIT, |address| database.hit_v6(address).name.as_bytes()).ours(),
                Subject::name(CAPI, |address| capi.name_v6(address)).ours(),
                Subject::name(ours::ONE, |address| name_of(database, database.lookup_v6(address))).ours(),
                Subject::name(LIBMAXMINDDB, |address| mmdb.name_v6(address)),
            ];
            named(compare(v6_case, &subjects, &v6, order, plan.rounds)?, Some(v6_added));
        }
    }
    let v4_texts: Vec<String> = v4.iter().map(|bits| format!("{}\0", Ipv4Addr::from_bits(*bits))).collect();
    let v6_texts: Vec<String> = v6.iter().map(|bits| format!("{}\0", Ipv6Addr::from_bits(*bits))).collect();
    for (case, texts) in [(V4_TEXT, v4_texts), (V6_TEXT, v6_texts)] {
        if plan.wants(case) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let subjects = [
                Subject::name(HIT, |text: &str| name_of_text(database, &text.as_bytes()[..text.len() - 1]))
                    .ours(),
                Subject::name(CAPI, |text| capi.name_text(text)).ours(),
                Subject::name(LIBMAXMINDDB, |text| mmdb.name_text(text)),
            ];
            named(compare(case, &subjects, &texts, Order::Free, plan.rounds)?, None);
        }
    }
    if plan.wants(V4_BATCH) {
        let subjects = [
            Subject::id_batch(ours::BATCH, |addresses: &[u32], ids: &mut [u32]| {
                database.lookup_batch_v4(addresses, ids);
            })
            .ours(),
            Subject::id_batch(CAPI_BATCH, |addresses: &[u32], ids: &mut [u32]| {
                capi.batch_v4(addresses, ids);
            })
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
                capi.batch_v6(addresses, ids);
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

fn name_of_text<'a>(database: &'a Database, text: &[u8]) -> &'a [u8] {
    Address::parse(text).map_or(&[], |address| database.hit(address).name.as_bytes())
}
