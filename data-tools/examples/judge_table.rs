//! scratch
#[path = "../src/bin/nameplate-quality/table.rs"]
mod table;
type Failure = Box<dyn std::error::Error>;
use nameplate_build::organisation::{Signs, judge};
fn main() -> Result<(), Failure> {
    let t = table::read(std::path::Path::new("data/sources"))?;
    let mut v: Vec<_> = t.into_iter().collect();
    v.sort_by_key(|x| x.0);
    let start = std::time::Instant::now();
    let r: Vec<_> = v
        .iter()
        .map(|(_, s)| judge(&Signs { name: &s.name, shape: Some(s.shape), ..Signs::default() }))
        .collect();
    eprintln!("{:?} a name", start.elapsed() / v.len() as u32);
    for ((a, s), j) in v.iter().zip(r) {
        println!(
            "{:.2}\t{a}\t{:?}\t{}\t{}\t{}\t{}\t{}\t{}",
            nameplate_build::organisation::training::score(&s.name, Some(s.shape)),
            j.class,
            j.rule,
            s.shape.v4_ranges,
            s.shape.v4_addresses,
            s.shape.v6_ranges,
            s.shape.v6_networks,
            s.name
        );
    }
    Ok(())
}
