//! From a file's bytes to typed sections: the checks of `open`, all of them O(1) in the file's
//! size, and none that reads a section's content. What they leave unchecked is order, references
//! and text; the code that reads those never trusts them.

use sha2::{Digest, Sha256};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::cpu::Cpu;
use crate::error::FormatError;
use crate::format::{
    ALIGNMENT, AnswerRecord, CompanyRecord, Header, MAGIC, MAX_SECTIONS, MAX_SOURCES, MetadataRecord,
    NAME_OF_ANSWER, OperatorRecord, SectionEntry, SectionKind, SourceRecord, StringRef, VERSION,
};
use crate::rank::RankIndex;
use crate::search::{V4Table, V6Table};
use crate::signature::PublicKey;
use crate::strings::{StringPool, text_in_record};
use crate::tree::Tree;

/// A file's sections, as slices into its bytes.
pub(crate) struct View<'a> {
    pub(crate) header: &'a Header,
    pub(crate) table: &'a [SectionEntry],
    pub(crate) v4: V4Table<'a>,
    pub(crate) v6: V6Table<'a>,
    pub(crate) answers: &'a [AnswerRecord],
    pub(crate) companies: &'a [CompanyRecord],
    pub(crate) operators: &'a [OperatorRecord],
    pub(crate) network_offsets: &'a [U32],
    pub(crate) networks: &'a [U32],
    pub(crate) sources: &'a [SourceRecord],
    pub(crate) metadata: &'a [MetadataRecord],
    pub(crate) strings: StringPool<'a>,
}

impl<'a> View<'a> {
    /// Checks header, section table and the sections' bounds, and nothing behind them.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<View<'a>, FormatError> {
        let header = check_header(bytes)?;
        let table = section_table(bytes, header)?;
        let sections = Sections { bytes, table };
        let view = View {
            header,
            table,
            v4: v4_table(&sections)?,
            v6: v6_table(&sections)?,
            answers: sections.typed(SectionKind::Answers)?,
            companies: sections.typed(SectionKind::Companies)?,
            operators: sections.typed(SectionKind::Operators)?,
            network_offsets: sections.typed(SectionKind::NetworkOffsets)?,
            networks: sections.typed(SectionKind::Networks)?,
            sources: sections.typed(SectionKind::Sources)?,
            metadata: sections.typed(SectionKind::Metadata)?,
            strings: StringPool::new(sections.typed(SectionKind::Strings)?),
        };
        view.check_counts()?;
        Ok(view)
    }

    /// The counts that must agree between sections, and the two first addresses.
    fn check_counts(&self) -> Result<(), FormatError> {
        let wrong = |kind: SectionKind, what| Err(FormatError::Section { section: kind.name(), what });
        if self.v4.starts.first().is_none_or(|start| start.get() != 0) {
            return wrong(SectionKind::V4Starts, "the first interval does not start at the first address");
        }
        if self.v6.starts_high.first().is_none_or(|start| start.get() != 0)
            || self.v6.starts_low.first().is_some_and(|low| low.interval.get() == 0)
        {
            return wrong(
                SectionKind::V6StartsHigh,
                "the first interval does not start at the first address",
            );
        }
        if self.v4.answers.len() != self.v4.starts.len() {
            return wrong(SectionKind::V4Answers, "not as many answers as intervals");
        }
        if self.v6.low_marks.len() != self.v6.starts_high.len().div_ceil(8) {
            return wrong(SectionKind::V6LowMarks, "not one byte for each eight intervals");
        }
        if self.v6.answers.len() != self.v6.starts_high.len() {
            return wrong(SectionKind::V6Answers, "not as many answers as intervals");
        }
        if self.answers.first() != Some(&AnswerRecord::UNKNOWN) {
            return wrong(SectionKind::Answers, "the first answer is not the unknown one");
        }
        if self.network_offsets.len() != self.companies.len() + 1 {
            return wrong(SectionKind::NetworkOffsets, "not one offset for each company and one for the end");
        }
        if self.sources.len() > MAX_SOURCES {
            return wrong(SectionKind::Sources, "more sources than an answer's evidence has bits");
        }
        Ok(())
    }

    /// The name of an answer; none where it is empty, does not fit its place or is no UTF-8.
    #[inline]
    pub(crate) fn name(&self, answer: &'a AnswerRecord) -> Option<&'a str> {
        match answer.name_in_pool() {
            Some(reference) => self.strings.get(reference),
            None => text_in_record(&answer.name, answer.name_length),
        }
    }

    /// The key that the file says signed it; none where it says so of none, or of what can't be a key.
    pub(crate) fn signer(&self) -> Option<PublicKey> {
        PublicKey::from_bytes(&self.header.public_key)
    }

    /// A string of the pool, or the name in an answer's record; none where the reference is empty, out of
    /// bounds or no UTF-8.
    pub(crate) fn string(&self, reference: StringRef) -> Option<&'a str> {
        if reference.length.get() == NAME_OF_ANSWER {
            let answer = self.answers.get(reference.offset.get() as usize)?;
            text_in_record(&answer.name, answer.name_length)
        } else {
            self.strings.get(reference)
        }
    }
}

fn v4_table<'a>(sections: &Sections<'a>) -> Result<V4Table<'a>, FormatError> {
    let starts = sections.typed::<U32>(SectionKind::V4Starts)?;
    let index = match sections.optional(SectionKind::V4Rank)? {
        Some(cells) => Some(RankIndex::new(cells).ok_or(FormatError::Section {
            section: SectionKind::V4Rank.name(),
            what: "not a number of cells that the format allows",
        })?),
        None => None,
    };
    Ok(V4Table { starts, answers: sections.typed(SectionKind::V4Answers)?, index, cpu: Cpu::detect() })
}

fn v6_table<'a>(sections: &Sections<'a>) -> Result<V6Table<'a>, FormatError> {
    let starts_high = sections.typed::<U64>(SectionKind::V6StartsHigh)?;
    let index = match sections.optional(SectionKind::V6Tree)? {
        Some(keys) => Some(Tree::new(keys, starts_high.len()).ok_or(FormatError::Section {
            section: SectionKind::V6Tree.name(),
            what: "not as many keys as the intervals need",
        })?),
        None => None,
    };
    Ok(V6Table {
        starts_high,
        low_marks: sections.typed(SectionKind::V6LowMarks)?,
        starts_low: sections.typed(SectionKind::V6StartsLow)?,
        answers: sections.typed(SectionKind::V6Answers)?,
        index,
        cpu: Cpu::detect(),
    })
}

/// What checksum and signature are taken over: header and section table, the seal zeroed. At most
/// 4.3 KB, since a file has at most [`MAX_SECTIONS`].
pub(crate) fn sealed_bytes(header_and_table: &[u8]) -> Vec<u8> {
    let mut bytes = header_and_table.to_vec();
    bytes[Header::SEAL].fill(0);
    bytes
}

fn check_header(bytes: &[u8]) -> Result<&Header, FormatError> {
    let found = bytes.len() as u64;
    if bytes.is_empty() {
        return Err(FormatError::Empty);
    }
    if !bytes.starts_with(&MAGIC[..MAGIC.len().min(bytes.len())]) {
        return Err(FormatError::Magic);
    }
    let cut_off = |expected| FormatError::CutOff { expected, found };
    // The version comes before all else: a newer format may have another header.
    let (_, version) =
        bytes.get(..12).map(|start| start.split_at(8)).ok_or_else(|| cut_off(size_of::<Header>() as u64))?;
    match u32::from_le_bytes([version[0], version[1], version[2], version[3]]) {
        0 => return Err(FormatError::Header { what: "format version 0" }),
        VERSION => {}
        found => return Err(FormatError::NewerVersion { found, known: VERSION }),
    }
    let (header, _) = Header::ref_from_prefix(bytes).map_err(|_| cut_off(size_of::<Header>() as u64))?;
    let length = u64::from(header.header_length.get());
    let sections = header.section_count.get();
    if sections > MAX_SECTIONS
        || length != size_of::<Header>() as u64 + u64::from(sections) * size_of::<SectionEntry>() as u64
    {
        return Err(FormatError::Header { what: "its length does not fit the number of sections" });
    }
    if found < length {
        return Err(cut_off(header.file_length.get().max(length)));
    }
    if header.checksum != *Sha256::digest(sealed_bytes(&bytes[..length as usize])) {
        return Err(FormatError::HeaderChecksum);
    }
    let expected = header.file_length.get();
    if found < expected {
        return Err(cut_off(expected));
    }
    if found > expected {
        return Err(FormatError::TrailingBytes { extra: found - expected });
    }
    Ok(header)
}

/// The section table, its entries aligned, ascending, without overlap and inside the file.
fn section_table<'a>(bytes: &'a [u8], header: &Header) -> Result<&'a [SectionEntry], FormatError> {
    let table = &bytes[size_of::<Header>()..header.header_length.get() as usize];
    let table = <[SectionEntry]>::ref_from_bytes(table)
        .map_err(|_| FormatError::Header { what: "the section table's length" })?;
    let mut end = u64::from(header.header_length.get());
    for entry in table {
        let section =
            SectionKind::from_number(entry.kind.get()).map_or("of an unknown kind", SectionKind::name);
        let wrong = |what| FormatError::Section { section, what };
        let (offset, length) = (entry.offset.get(), entry.length.get());
        if offset % ALIGNMENT != 0 {
            return Err(wrong("does not start at a multiple of 64 bytes"));
        }
        if offset < end {
            return Err(wrong("overlaps what comes before it"));
        }
        end = offset.checked_add(length).ok_or_else(|| wrong("its length overflows"))?;
        if end > bytes.len() as u64 {
            return Err(wrong("reaches past the end of the file"));
        }
        let width = u64::from(entry.record_width.get());
        if width == 0 || length % width != 0 {
            return Err(wrong("its length is no multiple of its record width"));
        }
    }
    if end != bytes.len() as u64 {
        return Err(FormatError::Header { what: "the file's length is not the last section's end" });
    }
    Ok(table)
}

struct Sections<'a> {
    bytes: &'a [u8],
    table: &'a [SectionEntry],
}

impl<'a> Sections<'a> {
    /// The records of a section that must be there exactly once.
    fn typed<T>(&self, kind: SectionKind) -> Result<&'a [T], FormatError>
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned,
    {
        self.optional(kind)?.ok_or(FormatError::MissingSection { section: kind.name() })
    }

    /// The records of a section that may be there once.
    fn optional<T>(&self, kind: SectionKind) -> Result<Option<&'a [T]>, FormatError>
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned,
    {
        let section = kind.name();
        let mut found = self.table.iter().filter(|entry| entry.kind.get() == kind as u32);
        let Some(entry) = found.next() else { return Ok(None) };
        if found.next().is_some() {
            return Err(FormatError::Section { section, what: "is there twice" });
        }
        if entry.record_width.get() != kind.record_width() {
            return Err(FormatError::Section { section, what: "its records have another width" });
        }
        let start = entry.offset.get() as usize;
        let content = &self.bytes[start..start + entry.length.get() as usize];
        <[T]>::ref_from_bytes(content).map(Some).map_err(|_| FormatError::Section {
            section,
            what: "its length is no multiple of its record width",
        })
    }
}
