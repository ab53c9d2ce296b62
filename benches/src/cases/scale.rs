//! Ten million IPv4 and five million IPv6 ranges.

use std::fs;
use std::path::Path;

use nameplate::OpenOptions;

use crate::Result;
use crate::cases::{Plan, build, memory, real};
use crate::data::Data;
use crate::measure::{Order, Pinned, Subject, compare};
use crate::report::{Case, Measured};
use crate::scale::Pieces;
use crate::streams::Stream;
use crate::subjects::dir_24_8::{Dir24_8, Pages};
use crate::subjects::ours;
use crate::subjects::sorted_vec::SortedVec;

/// Search.
pub const V4: &str = "10M IPv4 ranges, id, random range";
/// Search.
pub const V6: &str = "5M IPv6 ranges, id, random range";
/// The same with all memory private and in huge pages, as far as the system grants them.
pub const V4_HUGE: &str = "10M IPv4 ranges, id, random range, huge pages";
/// Memory of [`V4`].
pub const V4_MEMORY: &str = "10M IPv4 ranges, memory";
/// Our batch, real table and 10M ranges.
pub const GROWTH: &str = "growth of a batch lookup from the real table to 10M ranges";
/// What [`GROWTH`] may be.
pub const GROWTH_LIMIT: &str = "the most that is wanted";

/// Measures all cases of the plan. `directory` takes the file.
pub fn measure(real: &Data, directory: &Path, plan: &Plan, mut hear: impl FnMut(Case)) -> Result<()> {
    let wanted = [build::TENTH, build::WHOLE, V4, V4_HUGE, V6, V4_MEMORY, GROWTH];
    if !wanted.iter().any(|case| plan.wants(case)) {
        return Ok(());
    }
    let cut = |part| Pieces::cut(&real.v4_hits(), &real.v6_hits(), part);
    let scaled = build::measure_tenth(plan, || cut(10), &mut hear)?;
    let path = directory.join("scale.npl");
    fs::write(&path, build::measure_whole(plan, &cut(1), scaled, &mut hear)?)?;
    let data = Data::open(&path)?;
    let result = search(real, &data, plan, hear);
    drop(data);
    fs::remove_file(&path)?;
    result
}

fn search(real: &Data, data: &Data, plan: &Plan, mut hear: impl FnMut(Case)) -> Result<()> {
    let copy = OpenOptions::default().copy(true).open(&data.path)?;
    let _pinned = Pinned::new();
    let v4 = Stream::Range.draw(&data.v4_hits(), plan.length);
    let v6 = Stream::Range.draw(&data.v6_hits(), plan.length);
    if plan.wants(V6) {
        let vec = SortedVec::new(&data.v6);
        let mut subjects = ours::ids_v6(&data.database, &copy);
        subjects.push(Subject::id(real::SORTED_VEC, |address| vec.lookup(address)));
        subjects.push(Subject::id_batch(real::SORTED_VEC_BATCH, |addresses: &[u128], ids: &mut [u32]| {
            vec.lookup_batch(addresses, ids);
        }));
        hear(compare(V6, &subjects, &v6, Order::Free, plan.rounds)?);
    }
    if plan.wants(V4) || plan.wants(V4_MEMORY) {
        let dir = Dir24_8::new(&data.v4, Pages::Small)?;
        let raw = 12.0 * data.v4.iter().filter(|interval| interval.id != 0).count() as f64;
        let memory = memory::v4_bytes(data);
        hear(Case {
            name: V4_MEMORY.into(),
            unit: "bytes",
            measured: vec![
                Measured::exact(ours::ONE, true, memory),
                Measured::exact(real::DIR, false, dir.bytes() as f64),
                Measured::exact(memory::RAW, false, raw),
            ],
        });
        let vec = SortedVec::new(&data.v4);
        let mut subjects = ours::ids_v4(&data.database, &copy);
        subjects.push(Subject::id(real::SORTED_VEC, |address| vec.lookup(address)));
        subjects.push(Subject::id_batch(real::SORTED_VEC_BATCH, |addresses: &[u32], ids: &mut [u32]| {
            vec.lookup_batch(addresses, ids);
        }));
        subjects.push(Subject::id(real::DIR, |address| dir.lookup(address)));
        subjects.push(Subject::id_batch(real::DIR_BATCH, |addresses: &[u32], ids: &mut [u32]| {
            dir.lookup_batch(addresses, ids);
        }));
        hear(compare(V4, &subjects, &v4, Order::Free, plan.rounds)?);
    }
    if plan.wants(V4_HUGE) {
        let dir = Dir24_8::new(&data.v4, Pages::Huge)?;
        let subjects = [
            Subject::id_batch(ours::COPY_BATCH, |addresses: &[u32], ids: &mut [u32]| {
                copy.lookup_batch_v4(addresses, ids);
            })
            .ours(),
            Subject::id_batch(real::DIR_HUGE_BATCH, |addresses: &[u32], ids: &mut [u32]| {
                dir.lookup_batch(addresses, ids);
            }),
        ];
        hear(compare(V4_HUGE, &subjects, &v4, Order::Free, plan.rounds)?);
    }
    if plan.wants(GROWTH) {
        hear(growth(real, data, &v4, plan)?);
    }
    Ok(())
}

/// Times our batch on both tables in turns, and states how many times longer the large one takes.
fn growth(real: &Data, data: &Data, large: &[u32], plan: &Plan) -> Result<Case> {
    let small = Stream::Range.draw(&real.v4_hits(), plan.length);
    let mut growth = Vec::new();
    for _ in 0..plan.rounds {
        let time = |data: &Data, stream: &[u32]| -> Result<f64> {
            let subject = Subject::id_batch(ours::BATCH, |addresses: &[u32], ids: &mut [u32]| {
                data.database.lookup_batch_v4(addresses, ids);
            });
            Ok(compare(GROWTH, &[subject], stream, Order::Free, 1)?.measured[0].value())
        };
        let small = time(real, &small)?;
        growth.push(time(data, large)? / small);
    }
    Ok(Case {
        name: GROWTH.into(),
        unit: "times",
        measured: vec![
            Measured { subject: ours::BATCH.into(), ours: true, rounds: growth },
            Measured::exact(GROWTH_LIMIT, false, 8.0),
        ],
    })
}
