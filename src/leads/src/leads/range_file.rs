//! Which range file is served: what it says about itself, and how much of the address space it knows.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::PoisonError;

use nameplate::{Interval, Status};

use super::Leads;

/// The range file that visits are looked up in.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeFile {
    /// Where it is.
    pub path: PathBuf,
    /// How many times a file was put in place since the start, this one included.
    pub generation: u64,
    /// Grows from build to build.
    pub build_number: u64,
    /// Unix seconds of the newest data; none where no source has a date.
    pub created: Option<u64>,
    /// Whether it names a key that signed it.
    pub signed: bool,
    /// Bytes.
    pub bytes: u64,
    /// Companies in it.
    pub companies: usize,
    /// Operators in it.
    pub operators: usize,
    /// Reloads that failed since the start; the file before them is still served.
    pub failed_reloads: u64,
    /// Why the last reload failed, if it did.
    pub last_error: Option<&'static str>,
    /// Entries of the suppression list that it is served without.
    pub suppressions: usize,
    /// What IPv4's addresses are.
    pub ipv4: Addresses,
    /// What IPv6's networks are: ranges, for its addresses say nothing.
    pub ipv6: Addresses,
    /// What it was built from.
    pub sources: Vec<RangeFileSource>,
    /// What else it says.
    pub facts: Vec<(String, String)>,
}

/// A source of the range file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeFileSource {
    /// Short name.
    pub name: String,
    /// Title for people.
    pub title: Option<String>,
    /// Date of the data.
    pub date: Option<String>,
    /// Licence.
    pub licence: Option<String>,
    /// Whom the licence wants named.
    pub attribution: Option<String>,
    /// Where it comes from.
    pub url: Option<String>,
    /// Rows that were read of it.
    pub rows: u64,
}

/// Addresses, or ranges of them, by what is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// A company's.
    pub company: u64,
    /// An operator's: its customers' and not its own.
    pub operator: u64,
    /// Special-purpose ones.
    pub reserved: u64,
    /// Nobody's that is known.
    pub unknown: u64,
}

impl Addresses {
    fn add(&mut self, status: Status, count: u64) {
        match status {
            Status::Company => self.company += count,
            Status::Operator => self.operator += count,
            Status::Reserved => self.reserved += count,
            Status::Unknown => self.unknown += count,
        }
    }

    /// All of them.
    pub const fn all(&self) -> u64 {
        self.company + self.operator + self.reserved + self.unknown
    }
}

impl Leads {
    /// The range file that is served now. The first call for a file walks all its ranges, some tens of milliseconds: not for async tasks.
    pub fn range_file(&self) -> RangeFile {
        let status = self.generations.status();
        let snapshot = self.generations.snapshot();
        let generation = snapshot.generation();
        let metadata = snapshot.metadata();
        let mut covered = self.covered.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, ipv4, ipv6) = match *covered {
            Some(known) if known.0 == generation => known,
            _ => *covered.insert((
                generation,
                count(snapshot.intervals_v4(), addresses),
                count(snapshot.intervals_v6(), |_| 1),
            )),
        };
        let text = |text: Option<&str>| text.map(str::to_owned);
        RangeFile {
            path: self.generations.path().to_owned(),
            generation,
            build_number: metadata.build_number(),
            created: Some(metadata.created()).filter(|created| *created > 0),
            signed: metadata.signer().is_some(),
            bytes: metadata.file_length(),
            companies: metadata.companies(),
            operators: metadata.operators(),
            failed_reloads: status.failures,
            last_error: status.last_error,
            suppressions: status.suppressions,
            ipv4,
            ipv6,
            sources: metadata
                .sources()
                .map(|source| RangeFileSource {
                    name: source.name().to_owned(),
                    title: text(source.title()),
                    date: text(source.date()),
                    licence: text(source.licence()),
                    attribution: text(source.attribution()),
                    url: text(source.url()),
                    rows: source.rows(),
                })
                .collect(),
            facts: metadata.facts().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        }
    }
}

fn count<'a>(intervals: impl Iterator<Item = Interval<'a>>, of: impl Fn(&Interval<'_>) -> u64) -> Addresses {
    let mut counted = Addresses::default();
    for interval in intervals {
        counted.add(interval.answer.status(), of(&interval));
    }
    counted
}

fn addresses(interval: &Interval<'_>) -> u64 {
    match (interval.network.first, interval.network.last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            u64::from(last.to_bits()).saturating_sub(first.to_bits().into()) + 1
        }
        _ => 0,
    }
}
