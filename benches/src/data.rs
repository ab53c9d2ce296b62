//! The data that all subjects hold: the range file of the real tables, and its intervals.
//!
//! The intervals are read from the file's sections and not by lookups, so that the comparison of
//! answers also compares our search with what is written in the file.

use std::fs;
use std::path::{Path, PathBuf};

use nameplate::format::{Header, LowHalf, SectionEntry, SectionKind};
use nameplate::{Database, UNKNOWN, publish};
use nameplate_build::{BuildConfig, build};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::Result;

/// An address as a number.
pub trait Bits: Copy + Ord + Send + Sync + 'static {
    /// How wide it is.
    const BITS: u32;
    /// Widens.
    fn to_u128(self) -> u128;
    /// Takes the low bits.
    fn from_u128(bits: u128) -> Self;
}

impl Bits for u32 {
    const BITS: u32 = 32;
    fn to_u128(self) -> u128 {
        self.into()
    }
    fn from_u128(bits: u128) -> u32 {
        bits as u32
    }
}

impl Bits for u128 {
    const BITS: u32 = 128;
    fn to_u128(self) -> u128 {
        self
    }
    fn from_u128(bits: u128) -> u128 {
        bits
    }
}

/// A range of addresses, both ends included, and the answer id that all of them have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval<A> {
    /// First address.
    pub first: A,
    /// Last address.
    pub last: A,
    /// Answer id in the range file; 0 in gaps.
    pub id: u32,
}

/// A range file, open, with its intervals: sorted and without gaps.
pub struct Data {
    /// The file, mapped as [`Database::open`] does it.
    pub database: Database,
    /// Where it is.
    pub path: PathBuf,
    /// All of IPv4.
    pub v4: Vec<Interval<u32>>,
    /// All of IPv6.
    pub v6: Vec<Interval<u128>>,
}

impl Data {
    /// Opens a range file and reads its intervals.
    pub fn open(path: &Path) -> Result<Data> {
        let database = Database::open(path)?;
        let bytes = fs::read(path)?;
        let starts = section::<U32>(&bytes, SectionKind::V4Starts)?.iter().map(|start| start.get());
        let v4 = intervals(&starts.collect::<Vec<_>>(), section(&bytes, SectionKind::V4Answers)?);
        let high = section::<U64>(&bytes, SectionKind::V6StartsHigh)?;
        let mut starts: Vec<u128> = high.iter().map(|high| u128::from(high.get()) << 64).collect();
        for half in section::<LowHalf>(&bytes, SectionKind::V6StartsLow)? {
            starts[half.interval.get() as usize] |= u128::from(half.low.get());
        }
        let v6 = intervals(&starts, section(&bytes, SectionKind::V6Answers)?);
        Ok(Data { database, path: path.into(), v4, v6 })
    }

    /// Builds the range file of the real tables in `directory`, or of the sample where they have
    /// not been fetched, at `path`.
    pub fn build(directory: &Path, path: &Path) -> Result<Data> {
        let (whole, sample) = (directory.join("nameplate.toml"), directory.join("sample.toml"));
        let config = BuildConfig::read(&whole)?;
        let fetched = config.sources.iter().flat_map(|source| &source.files).all(|file| file.exists());
        let config = if fetched { config } else { BuildConfig::read(&sample)? };
        let (writer, _) = build(&config, &mut ())?;
        publish(writer, path)?;
        let data = Data::open(path)?;
        data.database.verify()?;
        Ok(data)
    }

    /// The IPv4 intervals that have an answer.
    pub fn v4_hits(&self) -> Vec<Interval<u32>> {
        self.v4.iter().filter(|interval| interval.id != UNKNOWN).copied().collect()
    }

    /// The IPv6 intervals that have an answer and that every subject can hold: without
    /// `::ffff:0:0/96`, which we answer as IPv4, and `::/96`, where an MMDB keeps IPv4.
    pub fn v6_hits(&self) -> Vec<Interval<u128>> {
        let outside = |interval: &&Interval<u128>| interval.id != UNKNOWN && interval.first >> 48 != 0;
        self.v6.iter().filter(outside).copied().collect()
    }

    /// The name that goes with an answer id; "" where there is none.
    pub fn name(&self, id: u32) -> &str {
        self.database.answer(id).and_then(|answer| answer.name()).unwrap_or_default()
    }

    /// The AS number that goes with an answer id.
    pub fn asn(&self, id: u32) -> Option<u32> {
        Some(self.database.answer(id)?.operator()?.asn())
    }

    /// Bytes of a section of the file.
    pub fn section_bytes(&self, kind: SectionKind) -> u64 {
        let mut sections = self.database.metadata().sections();
        sections.find(|(name, _, _)| *name == Some(kind.name())).map_or(0, |(_, _, length)| length)
    }
}

/// Joins starts and answers; each interval ends before the next begins.
fn intervals<A: Bits>(starts: &[A], answers: &[U32]) -> Vec<Interval<A>> {
    let lasts = starts[1..].iter().map(|next| next.to_u128() - 1).chain([u128::MAX]);
    starts
        .iter()
        .zip(lasts)
        .zip(answers)
        .map(|((first, last), id)| Interval { first: *first, last: A::from_u128(last), id: id.get() })
        .collect()
}

/// The records of a section of a file that [`Database::open`] has accepted.
fn section<T>(bytes: &[u8], kind: SectionKind) -> Result<&[T]>
where
    T: FromBytes + Immutable + KnownLayout + Unaligned,
{
    let missing = || format!("the range file has no {}", kind.name());
    let (header, rest) = Header::ref_from_prefix(bytes).map_err(|_| missing())?;
    let count = header.section_count.get() as usize;
    let (table, _) = <[SectionEntry]>::ref_from_prefix_with_elems(rest, count).map_err(|_| missing())?;
    let entry = table.iter().find(|entry| entry.kind.get() == kind as u32).ok_or_else(missing)?;
    let start = entry.offset.get() as usize;
    let content = bytes.get(start..start + entry.length.get() as usize).ok_or_else(missing)?;
    Ok(<[T]>::ref_from_bytes(content).map_err(|_| missing())?)
}
