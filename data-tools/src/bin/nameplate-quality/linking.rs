//! Holders of AS numbers linked to LEI names: how many, how fast, and how it grows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;
use nameplate_build::matching::{LinkTrial, TrialLink};

/// Links printed to be judged by eye.
const SHOWN: usize = 100;
/// Register records of the largest synthetic run, as multiples of the real register's.
const GROWTH: [usize; 4] = [1, 3, 10, 30];

type Country = [u8; 2];

struct Holder {
    asn: u32,
    name: String,
}

struct Record {
    lei: String,
    name: String,
    country: Option<Country>,
}

/// Appends time, memory, links, a sample of links and the growth.
pub(crate) fn report(corpus: &Path, sources: &Path, out: &mut String) -> Result<(), Box<dyn Error>> {
    let holders = holders(&sources.join("ip-location-db-asn"))?;
    let register = register(&corpus.join("registers/gleif/lei_names.tsv.gz"))?;
    let countries = countries(&corpus.join("delegated"))?;
    writeln!(out, "## Holders linked to a register\n")?;
    let names = holders.iter().map(|holder| holder.name.as_str()).collect::<HashSet<_>>().len();
    writeln!(out, "{} AS holders of {names} names; {} LEI names.\n", holders.len(), register.len())?;

    writeln!(out, "| run | holders | records | CPU seconds | us a record | peak MiB | links | ambiguous |")?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    let mut anywhere = Run::new(&holders, |_| None, false)?;
    anywhere.offer(&register, 1)?;
    let by_name = anywhere.finish("names alone, country ignored", out)?;
    let mut at_home = Run::new(&holders, |holder| countries.get(&holder.asn).copied(), true)?;
    at_home.offer(&register, 1)?;
    let linked = at_home.finish("country required (AS delegations of 2013)", out)?;
    for times in GROWTH {
        let mut run = Run::new(&holders, |_| None, false)?;
        run.offer(&register, times)?;
        run.finish(&format!("synthetic register, {times}x"), out)?;
    }

    // As many holders as a registry's dump has: the register's own names, which must find themselves.
    let own: Vec<Holder> =
        (0..).zip(&register).map(|(asn, record)| Holder { asn, name: record.name.clone() }).collect();
    let mut itself = Run::new(&own, |holder| register[holder.asn as usize].country, true)?;
    itself.offer(&register, 1)?;
    itself.finish("the register's names as holders, country required", out)?;

    for (title, links) in [("names alone", by_name), ("country required", linked)] {
        writeln!(out, "\nA sample of the links by {title} (score, holder, record):\n")?;
        for TrialLink { holder, name, country, score } in sample(links, SHOWN) {
            let country =
                country.map_or_else(|| "--".into(), |country| String::from_utf8_lossy(&country).into_owned());
            writeln!(out, "- {score:.3} {} | {name} | {country}", holders[holder as usize].name)?;
        }
    }
    writeln!(out)?;
    Ok(())
}

struct Run {
    trial: LinkTrial,
    begun: f64,
    holders: usize,
    records: usize,
    offering: Option<f64>,
}

type Links = Vec<TrialLink>;

impl Run {
    fn new(
        holders: &[Holder],
        country: impl Fn(&Holder) -> Option<Country>,
        required: bool,
    ) -> Result<Run, Box<dyn Error>> {
        let begun = processor_seconds()?;
        let named = holders
            .iter()
            .enumerate()
            .map(|(index, holder)| (index as u32, holder.name.as_str(), country(holder)));
        let known = holders.iter().filter(|holder| !required || country(holder).is_some()).count();
        Ok(Run { trial: LinkTrial::new(named, required), begun, holders: known, records: 0, offering: None })
    }

    /// Offers the register once as it is and otherwise with names that are made from its words: the
    /// word at each place is taken from another name, so that words keep their frequency.
    fn offer(&mut self, register: &[Record], times: usize) -> Result<(), Box<dyn Error>> {
        self.offering = Some(processor_seconds()?);
        for record in register {
            self.trial.offer(&record.name, record.country, &record.lei);
        }
        let mut name = String::new();
        for round in 1..times {
            for (index, record) in register.iter().enumerate() {
                name.clear();
                for (place, word) in record.name.split_whitespace().enumerate() {
                    let donor =
                        &register[(index * 31 + round * 7919 + place * 104_729) % register.len()].name;
                    name.push_str(if place == 0 {
                        word
                    } else {
                        donor.split_whitespace().nth(place).unwrap_or(word)
                    });
                    name.push(' ');
                }
                self.trial.offer(&name, record.country, &format!("{round:02}{}", record.lei));
            }
        }
        self.records += register.len() * times;
        Ok(())
    }

    fn finish(self, title: &str, out: &mut String) -> Result<Links, Box<dyn Error>> {
        let now = processor_seconds()?;
        let offered = self.offering.map_or(0.0, |begun| now - begun);
        let (links, ambiguous) = self.trial.finish();
        writeln!(
            out,
            "| {title} | {} | {} | {:.1} | {:.1} | {} | {} | {ambiguous} |",
            self.holders,
            self.records,
            processor_seconds()? - self.begun,
            offered * 1e6 / f64::from(u32::try_from(self.records.max(1))?),
            peak_mebibytes()?,
            links.len(),
        )?;
        Ok(links)
    }
}

/// Time that this process has been on a processor, which others on the machine do not lengthen.
fn processor_seconds() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds: f64 = status.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanoseconds / 1e9)
}

/// The most memory that this process has held so far.
fn peak_mebibytes() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}

/// One holder for each AS of the tables, with the AS's own name cut off.
fn holders(folder: &Path) -> Result<Vec<Holder>, Box<dyn Error>> {
    let mut names: BTreeMap<u32, String> = BTreeMap::new();
    for file in ["asn-ipv4.csv", "asn-ipv6.csv"] {
        let path = folder.join(file);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_path(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        for row in reader.records() {
            let row = row?;
            let (asn, name) = (row[2].parse()?, &row[3]);
            let name = match name.split_once(" - ") {
                Some((handle, holder)) if !handle.contains(' ') => holder,
                _ => name,
            };
            names.entry(asn).or_insert_with(|| name.to_owned());
        }
    }
    Ok(names.into_iter().map(|(asn, name)| Holder { asn, name }).collect())
}

fn register(path: &Path) -> Result<Vec<Record>, Box<dyn Error>> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut records = Vec::new();
    for line in BufReader::new(GzDecoder::new(file)).lines().skip(1) {
        let line = line?;
        let mut fields = line.split('\t');
        let (Some(lei), Some(name), Some(country)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        records.push(Record {
            lei: lei.to_owned(),
            name: name.to_owned(),
            country: country.as_bytes().try_into().ok(),
        });
    }
    Ok(records)
}

/// The country of each AS in the delegation files.
fn countries(folder: &Path) -> Result<HashMap<u32, Country>, Box<dyn Error>> {
    let mut countries = HashMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let file = File::open(&path)?;
            let lines: Box<dyn BufRead> = if path.extension().is_some_and(|extension| extension == "gz") {
                Box::new(BufReader::new(GzDecoder::new(file)))
            } else {
                Box::new(BufReader::new(file))
            };
            for line in lines.lines() {
                let Ok(line) = line else { break };
                let fields: Vec<&str> = line.split('|').collect();
                if let [_, country, "asn", first, count, ..] = fields[..]
                    && let (Ok(country), Ok(first), Ok(count)) =
                        (country.as_bytes().try_into(), first.parse::<u32>(), count.parse::<u32>())
                {
                    countries
                        .extend((first..first.saturating_add(count.min(1024))).map(|asn| (asn, country)));
                }
            }
        }
    }
    Ok(countries)
}

/// The same ones in each run: those whose places a linear congruential sequence names.
fn sample(mut links: Links, count: usize) -> Links {
    let mut state = 1_u64;
    let mut taken = Vec::new();
    while taken.len() < count && !links.is_empty() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        taken.push(links.swap_remove((state >> 33) as usize % links.len()));
    }
    taken.sort_by(|a, b| a.score.total_cmp(&b.score).then_with(|| a.holder.cmp(&b.holder)));
    taken
}
