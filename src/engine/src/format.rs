//! The range file's layout, version 1: what each byte means, shared by reader, writer and checks.
//!
//! `docs/FORMAT.md` is the specification; this module is the same in types. Every number is
//! little-endian, every section starts at a multiple of 64 bytes, and the gaps between sections
//! are zero. The types below are plain bytes (alignment 1), so a file can be viewed as them
//! without a copy at any address, on a machine of any byte order.
//!
//! ```text
//! 0        192              192 + 64 n     64-aligned            64-aligned
//! | Header | section table |00..| section  |00..| section | ... | section |  end = file_length
//! ```

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The first eight bytes. As in PNG, a byte above 127, a line end of each kind and a
/// DOS end-of-file mark show at once when a transfer has treated the file as text.
pub const MAGIC: [u8; 8] = *b"\x89NPL\r\n\x1a\n";

/// The version this library writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// Sections start at a multiple of this many bytes: a cache line.
pub const ALIGNMENT: u64 = 64;

/// In a record: no company, or no operator.
pub const NONE: u32 = u32::MAX;

/// Bytes that an answer's record has for its name: with 16 of fixed fields it fills a cache line.
/// Of the ranges of the real table 97 in 100 have a name that fits.
pub const NAME_BYTES: usize = 48;

/// In an answer's record, where the length of its name stands: the name is longer than
/// [`NAME_BYTES`], and the field has a [`StringRef`] instead.
pub const NAME_IN_POOL: u8 = u8::MAX;

/// In a [`StringRef`], where the length stands: the text is the name that stands in the record of the
/// answer whose id the offset is.
pub const NAME_OF_ANSWER: u32 = u32::MAX;

/// The answer id that means: nothing is known, or nothing may be shown.
pub const UNKNOWN: u32 = 0;

/// How many sources a file can name: a source is one bit of an answer's evidence.
pub const MAX_SOURCES: usize = 32;

/// A file has at most this many sections; it bounds the work of opening a hostile one.
pub const MAX_SECTIONS: u32 = 64;

/// The first 192 bytes.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION`].
    pub version: U32,
    /// Bytes of this header and the section table together.
    pub header_length: U32,
    /// Bytes of the whole file.
    pub file_length: U64,
    /// Grows from build to build, so that an older file can be told from a newer one.
    pub build_number: U64,
    /// Unix seconds of the newest data in the file; 0 where no source has a date.
    pub created: U64,
    /// Entries in the section table.
    pub section_count: U32,
    /// Zero.
    pub reserved: [u8; 20],
    /// SHA-256 of header and section table, taken with [`Header::seal`] zeroed.
    pub checksum: [u8; 32],
    /// Ed25519 public key of the signer; zero where the file is unsigned.
    pub public_key: [u8; 32],
    /// Ed25519 signature over the same bytes as the checksum; zero where unsigned.
    pub signature: [u8; 64],
}

impl Header {
    /// The bytes of the header that checksum and signature do not cover: themselves.
    pub const SEAL: std::ops::Range<usize> = 64..192;
}

/// One entry of the section table, 64 bytes.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct SectionEntry {
    /// A [`SectionKind`]; a reader passes over kinds that it does not know.
    pub kind: U32,
    /// Bytes of one record; the section's length is a multiple of it.
    pub record_width: U32,
    /// Where the section starts, in bytes from the file's start.
    pub offset: U64,
    /// Bytes of the section, without the zeros behind it.
    pub length: U64,
    /// Zero.
    pub reserved: U64,
    /// SHA-256 of the section.
    pub checksum: [u8; 32],
}

/// What a section holds. Numbers are never reused; a record of another shape gets a new number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum SectionKind {
    /// First address of each IPv4 interval, ascending from 0.0.0.0.
    V4Starts = 1,
    /// Answer id of each IPv4 interval.
    V4Answers = 2,
    /// High 64 bits of the first address of each IPv6 interval, ascending from `::`.
    V6StartsHigh = 3,
    /// [`LowHalf`]s: the low 64 bits of the same, where they are not zero.
    V6StartsLow = 4,
    /// Answer id of each IPv6 interval.
    V6Answers = 5,
    /// [`AnswerRecord`]s; the first is "unknown".
    Answers = 6,
    /// [`CompanyRecord`]s in ascending order of their ids' bytes: the sorted id table.
    Companies = 7,
    /// [`OperatorRecord`]s in ascending order of AS number.
    Operators = 8,
    /// For each company where its networks start in [`SectionKind::Networks`], and the end.
    NetworkOffsets = 9,
    /// Interval numbers by company: IPv4 intervals count from 0, IPv6 intervals follow them.
    Networks = 10,
    /// [`SourceRecord`]s.
    Sources = 11,
    /// [`MetadataRecord`]s.
    Metadata = 12,
    /// UTF-8 text, each string once; records point into it.
    Strings = 13,
    /// [`RankCell`]s: the IPv4 index. Without it, or with another number of cells than docs/FORMAT.md
    /// allows, a reader searches the starts.
    V4Rank = 14,
    /// The layers above [`SectionKind::V6StartsHigh`] as a static tree: the IPv6 index.
    V6Tree = 15,
    /// A byte for each eight IPv6 intervals: bit n is set where the nth of them has a [`LowHalf`].
    V6LowMarks = 16,
}

impl SectionKind {
    /// Every kind, in the order in which sections are written: what a lookup reads comes first, so
    /// that it lies together.
    pub const ALL: [SectionKind; 16] = [
        SectionKind::V4Rank,
        SectionKind::V6Tree,
        SectionKind::V6LowMarks,
        SectionKind::V4Starts,
        SectionKind::V4Answers,
        SectionKind::V6StartsHigh,
        SectionKind::V6StartsLow,
        SectionKind::V6Answers,
        SectionKind::Answers,
        SectionKind::Companies,
        SectionKind::Operators,
        SectionKind::NetworkOffsets,
        SectionKind::Networks,
        SectionKind::Sources,
        SectionKind::Metadata,
        SectionKind::Strings,
    ];

    /// Bytes of one record of this section.
    pub const fn record_width(self) -> u32 {
        match self {
            SectionKind::V4Starts
            | SectionKind::V4Answers
            | SectionKind::V6Answers
            | SectionKind::NetworkOffsets
            | SectionKind::Networks => 4,
            SectionKind::V6StartsHigh | SectionKind::V6Tree => 8,
            SectionKind::V6StartsLow => size_of::<LowHalf>() as u32,
            SectionKind::V4Rank => size_of::<RankCell>() as u32,
            SectionKind::Answers => size_of::<AnswerRecord>() as u32,
            SectionKind::Companies => size_of::<CompanyRecord>() as u32,
            SectionKind::Operators => size_of::<OperatorRecord>() as u32,
            SectionKind::Sources => size_of::<SourceRecord>() as u32,
            SectionKind::Metadata => size_of::<MetadataRecord>() as u32,
            SectionKind::Strings | SectionKind::V6LowMarks => 1,
        }
    }

    /// The name used in docs/FORMAT.md and in errors.
    pub const fn name(self) -> &'static str {
        match self {
            SectionKind::V4Starts => "V4_STARTS",
            SectionKind::V4Answers => "V4_ANSWERS",
            SectionKind::V6StartsHigh => "V6_STARTS_HIGH",
            SectionKind::V6StartsLow => "V6_STARTS_LOW",
            SectionKind::V6Answers => "V6_ANSWERS",
            SectionKind::Answers => "ANSWERS",
            SectionKind::Companies => "COMPANIES",
            SectionKind::Operators => "OPERATORS",
            SectionKind::NetworkOffsets => "NETWORK_OFFSETS",
            SectionKind::Networks => "NETWORKS",
            SectionKind::Sources => "SOURCES",
            SectionKind::Metadata => "METADATA",
            SectionKind::Strings => "STRINGS",
            SectionKind::V4Rank => "V4_RANK",
            SectionKind::V6Tree => "V6_TREE",
            SectionKind::V6LowMarks => "V6_LOW_MARKS",
        }
    }

    /// The kind with this number, if this library knows it.
    pub fn from_number(number: u32) -> Option<SectionKind> {
        Self::ALL.into_iter().find(|kind| *kind as u32 == number)
    }
}

/// The low half of an IPv6 interval's first address, 12 bytes. One address in a thousand has any other
/// than zero, so only those stand in the file.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct LowHalf {
    /// Index of the interval; ascending.
    pub interval: U32,
    /// The low 64 bits, not zero.
    pub low: U64,
}

/// 64 slots of the IPv4 index, 12 bytes; [`SectionKind::V4Rank`] in docs/FORMAT.md explains them.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct RankCell {
    /// Bit n is set where an interval starts in slot n.
    pub bitmap: U64,
    /// Intervals that start before the first slot; the highest bit marks an irregular cell.
    pub base: U32,
}

/// A piece of the string pool, or the name in an answer's record; length 0 means that there is no such
/// string.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, Hash, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct StringRef {
    /// Bytes from the start of the pool; with [`NAME_OF_ANSWER`] an answer id.
    pub offset: U32,
    /// Bytes of UTF-8, or [`NAME_OF_ANSWER`].
    pub length: U32,
}

/// What is said about an interval, 64 bytes: one cache line, which has the name too, since the name
/// is what most lookups are for.
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct AnswerRecord {
    /// A [`crate::Status`] number.
    pub status: u8,
    /// 0 to 100; 0 where the answer names no company.
    pub confidence: u8,
    /// Bytes of the name, 0 to [`NAME_BYTES`], or [`NAME_IN_POOL`].
    pub name_length: u8,
    /// Zero.
    pub reserved: u8,
    /// Index of the company, or [`NONE`].
    pub company: U32,
    /// Index of the operator, or [`NONE`].
    pub operator: U32,
    /// Evidence: bit n is set where source n says so.
    pub sources: U32,
    /// The name to show, in UTF-8: the company's, the operator's, or that of the special-purpose
    /// block; a [`StringRef`] where it does not fit. Zeros behind either.
    pub name: [u8; NAME_BYTES],
}

impl AnswerRecord {
    /// The record of the answer id [`UNKNOWN`].
    pub const UNKNOWN: AnswerRecord = AnswerRecord {
        status: 0,
        confidence: 0,
        name_length: 0,
        reserved: 0,
        company: U32::new(NONE),
        operator: U32::new(NONE),
        sources: U32::ZERO,
        name: [0; NAME_BYTES],
    };

    /// Where the name is in the string pool, if it is there and not in the record.
    #[inline]
    pub(crate) fn name_in_pool(&self) -> Option<StringRef> {
        let reference = || StringRef::read_from_prefix(&self.name).ok();
        if self.name_length == NAME_IN_POOL { Some(reference()?.0) } else { None }
    }
}

/// A company, 64 bytes: one cache line.
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct CompanyRecord {
    /// Stable from build to build, as `lei:…` or `asn:…`; unique in the file.
    pub id: StringRef,
    /// Name as registered.
    pub name: StringRef,
    /// Internet domain.
    pub domain: StringRef,
    /// Legal form as written, as `GmbH`.
    pub legal_form: StringRef,
    /// Industry's code or name, as the register gives it.
    pub industry: StringRef,
    /// Name of the register.
    pub register: StringRef,
    /// Number in that register.
    pub register_id: StringRef,
    /// ISO 3166-1 alpha-2 in capitals; two zeros where unknown.
    pub country: [u8; 2],
    /// A [`crate::CompanyKind`] number.
    pub kind: u8,
    /// Zero.
    pub reserved: [u8; 5],
}

/// An operator, 16 bytes.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct OperatorRecord {
    /// AS number; unique in the file.
    pub asn: U32,
    /// An [`crate::OperatorKind`] number; 0 where the kind can't be told.
    pub kind: u8,
    /// Zero.
    pub reserved: [u8; 3],
    /// Name of the AS's holder.
    pub name: StringRef,
}

/// A source that the file was built from, 64 bytes.
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct SourceRecord {
    /// Short name, as answers show it: `ip-asn`.
    pub name: StringRef,
    /// Title for people.
    pub title: StringRef,
    /// Licence, as an SPDX expression where there is one.
    pub licence: StringRef,
    /// Whom the licence wants named, in its words.
    pub attribution: StringRef,
    /// Where the source is described.
    pub url: StringRef,
    /// Date of the data, as `2026-06-17`.
    pub date: StringRef,
    /// Rows that were used.
    pub rows: U64,
    /// Zero.
    pub reserved: U64,
}

/// A fact about the file itself, 16 bytes.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct MetadataRecord {
    /// As `generator`.
    pub key: StringRef,
    /// As `nameplate-build 0.1.0`.
    pub value: StringRef,
}

/// The next multiple of [`ALIGNMENT`] at or above `offset`, if there is one.
pub(crate) fn align(offset: u64) -> Option<u64> {
    offset.checked_next_multiple_of(ALIGNMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_sizes_are_those_of_the_specification() {
        assert_eq!(size_of::<Header>(), 192);
        assert_eq!(std::mem::offset_of!(Header, checksum), Header::SEAL.start);
        assert_eq!(size_of::<SectionEntry>(), 64);
        assert_eq!(size_of::<AnswerRecord>(), 64);
        assert_eq!(size_of::<CompanyRecord>(), 64);
        assert_eq!(size_of::<OperatorRecord>(), 16);
        assert_eq!(size_of::<SourceRecord>(), 64);
        assert_eq!(size_of::<MetadataRecord>(), 16);
        assert_eq!(size_of::<RankCell>(), 12);
        assert_eq!(size_of::<LowHalf>(), 12);
    }
}
