//! Makes a range file from flat intervals.
//!
//! The writer holds the file's content in memory: 8 bytes for an IPv4 interval, 20 for an IPv6
//! one, 24 and in the end 64 more for a distinct answer, 64 for a company, 16 for an operator, and each distinct string
//! once with 8 bytes beside it. What comes out depends on what went in and on nothing else.

use std::collections::HashMap;
use std::io::{self, Write};

use sha2::{Digest, Sha256};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromZeros, IntoBytes};

use crate::answer::{CompanyKind, OperatorKind, Status};
use crate::arrange::AnswerDraft;
use crate::format::{
    ALIGNMENT, CompanyRecord, Header, LowHalf, MAGIC, MAX_SOURCES, MetadataRecord, NONE, OperatorRecord,
    SectionEntry, SectionKind, SourceRecord, StringRef, UNKNOWN, VERSION, align,
};
use crate::search::low_marks;
use crate::signature::SecretKey;
use crate::strings::{PoolFull, StringPoolBuilder};
use crate::{arrange, rank, tree};

/// Intervals of both families in a file: the index marks a count with its highest bit.
const MAX_INTERVALS: usize = (1 << 31) - 1;

/// Why a file could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The output refused.
    #[error("writing the range file: {0}")]
    Io(#[from] io::Error),
    /// A number or an offset does not fit its field.
    #[error("the format holds at most {limit} {what}; split the input")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        limit: u64,
    },
    /// More text than 32-bit offsets reach.
    #[error("the format holds at most 4 GiB of text; split the input")]
    TooMuchText,
    /// A fact that every record of its kind must have is missing, or is not of its form.
    #[error("{what}")]
    Invalid {
        /// Which.
        what: &'static str,
    },
    /// Two companies, or two operators, claim one id.
    #[error("the {what} is there twice")]
    Duplicate {
        /// "company id" or "AS number".
        what: &'static str,
    },
    /// Intervals must come in ascending order without overlap.
    #[error("interval {number} starts after its end, or before the end of the interval before it")]
    Order {
        /// Which interval of its family, from 0.
        number: u64,
    },
}

impl From<PoolFull> for WriteError {
    fn from(_: PoolFull) -> WriteError {
        WriteError::TooMuchText
    }
}

/// A company to write; absent facts are `None`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "the fields are those of `Company`")]
pub struct CompanyFields<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub kind: Option<CompanyKind>,
    /// Two ASCII capitals.
    pub country: Option<[u8; 2]>,
    pub domain: Option<&'a str>,
    pub legal_form: Option<&'a str>,
    pub industry: Option<&'a str>,
    pub register: Option<&'a str>,
    pub register_id: Option<&'a str>,
}

/// A source to write; absent facts are `None`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "the fields are those of `Source`")]
pub struct SourceFields<'a> {
    pub name: &'a str,
    pub title: Option<&'a str>,
    pub licence: Option<&'a str>,
    pub attribution: Option<&'a str>,
    pub url: Option<&'a str>,
    pub date: Option<&'a str>,
    pub rows: u64,
}

/// A company in a [`Writer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CompanyRef(u32);

/// An operator in a [`Writer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperatorRef(u32);

/// Evidence: a set of the [`Writer`]'s sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SourceSet(u32);

impl SourceSet {
    /// The sources of both.
    #[must_use]
    pub const fn union(self, other: SourceSet) -> SourceSet {
        SourceSet(self.0 | other.0)
    }
}

/// An answer in a [`Writer`]; the finished file numbers answers anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AnswerRef(u32);

impl AnswerRef {
    /// Nothing is known, or nothing may be shown.
    pub const UNKNOWN: AnswerRef = AnswerRef(UNKNOWN);
}

/// Collects the content of a range file, then writes it.
///
/// ```
/// use nameplate::{Address, Database, SourceFields, Writer};
///
/// let mut writer = Writer::new();
/// let source = writer.source(&SourceFields { name: "example", ..Default::default() })?;
/// let operator = writer.operator(64500, "Example Telecom", None)?;
/// let answer = writer.operator_answer(operator, source)?;
/// writer.push_v4(0xc000_0200, 0xc000_02ff, answer)?;
///
/// let mut file = Vec::new();
/// writer.finish(&mut file)?;
/// let database = Database::from_bytes(&file)?;
/// assert_eq!(database.lookup(Address::V4(0xc000_0201)).operator().unwrap().asn(), 64500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Writer {
    strings: StringPoolBuilder,
    answers: Vec<AnswerDraft>,
    answer_ids: HashMap<AnswerDraft, u32>,
    companies: Vec<CompanyRecord>,
    company_ids: HashMap<StringRef, u32>,
    operators: Vec<OperatorRecord>,
    operator_asns: HashMap<u32, u32>,
    sources: Vec<SourceRecord>,
    metadata: Vec<MetadataRecord>,
    v4: Intervals<u32>,
    v6: Intervals<u128>,
    build_number: u64,
    created: u64,
    key: Option<SecretKey>,
}

impl Default for Writer {
    fn default() -> Writer {
        Writer::new()
    }
}

impl Writer {
    /// A file without content: every address is unknown.
    pub fn new() -> Writer {
        Writer {
            strings: StringPoolBuilder::default(),
            answers: vec![AnswerDraft::UNKNOWN],
            answer_ids: HashMap::from([(AnswerDraft::UNKNOWN, UNKNOWN)]),
            companies: Vec::new(),
            company_ids: HashMap::new(),
            operators: Vec::new(),
            operator_asns: HashMap::new(),
            sources: Vec::new(),
            metadata: Vec::new(),
            v4: Intervals::default(),
            v6: Intervals::default(),
            build_number: 0,
            created: 0,
            key: None,
        }
    }

    /// Numbers the build; servers refuse a file with a lower number than the one they serve.
    pub fn build_number(&mut self, number: u64) {
        self.build_number = number;
    }

    /// Dates the file: Unix seconds of its newest data.
    pub fn created(&mut self, unix_seconds: u64) {
        self.created = unix_seconds;
    }

    /// Signs the file with this key when it is finished. An unsigned file has no signer.
    pub fn sign(&mut self, key: SecretKey) {
        self.key = Some(key);
    }

    /// Adds a fact about the file itself.
    pub fn fact(&mut self, key: &str, value: &str) -> Result<(), WriteError> {
        require(!key.is_empty(), "a fact about the file without a key")?;
        let fact = MetadataRecord { key: self.strings.intern(key)?, value: self.strings.intern(value)? };
        self.metadata.push(fact);
        Ok(())
    }

    /// Adds a source, at most [`MAX_SOURCES`].
    pub fn source(&mut self, fields: &SourceFields<'_>) -> Result<SourceSet, WriteError> {
        if self.sources.len() == MAX_SOURCES {
            return Err(WriteError::TooMany { what: "sources", limit: MAX_SOURCES as u64 });
        }
        require(!fields.name.is_empty(), "a source without a name")?;
        let record = SourceRecord {
            name: self.strings.intern(fields.name)?,
            title: self.strings.intern_option(fields.title)?,
            licence: self.strings.intern_option(fields.licence)?,
            attribution: self.strings.intern_option(fields.attribution)?,
            url: self.strings.intern_option(fields.url)?,
            date: self.strings.intern_option(fields.date)?,
            rows: U64::new(fields.rows),
            reserved: U64::ZERO,
        };
        self.sources.push(record);
        Ok(SourceSet(1 << (self.sources.len() - 1)))
    }

    /// Adds a company; its id must be new.
    pub fn company(&mut self, fields: &CompanyFields<'_>) -> Result<CompanyRef, WriteError> {
        require(!fields.id.is_empty(), "a company without an id")?;
        require(!fields.name.is_empty(), "a company without a name")?;
        let capitals = |country: [u8; 2]| country.iter().all(u8::is_ascii_uppercase);
        require(fields.country.is_none_or(capitals), "a company whose country is not two capitals")?;
        let record = CompanyRecord {
            id: self.strings.intern(fields.id)?,
            name: self.strings.intern(fields.name)?,
            domain: self.strings.intern_option(fields.domain)?,
            legal_form: self.strings.intern_option(fields.legal_form)?,
            industry: self.strings.intern_option(fields.industry)?,
            register: self.strings.intern_option(fields.register)?,
            register_id: self.strings.intern_option(fields.register_id)?,
            country: fields.country.unwrap_or_default(),
            kind: fields.kind.map_or(0, |kind| kind as u8),
            reserved: [0; 5],
        };
        let index = count(self.companies.len(), "companies")?;
        if self.company_ids.insert(record.id, index).is_some() {
            return Err(WriteError::Duplicate { what: "company id" });
        }
        self.companies.push(record);
        Ok(CompanyRef(index))
    }

    /// Adds an operator; its AS number must be new.
    pub fn operator(
        &mut self,
        asn: u32,
        name: &str,
        kind: Option<OperatorKind>,
    ) -> Result<OperatorRef, WriteError> {
        require(!name.is_empty(), "an operator without a name")?;
        let record = OperatorRecord {
            asn: U32::new(asn),
            kind: kind.map_or(0, |kind| kind as u8),
            reserved: [0; 3],
            name: self.strings.intern(name)?,
        };
        let index = count(self.operators.len(), "operators")?;
        if self.operator_asns.insert(asn, index).is_some() {
            return Err(WriteError::Duplicate { what: "AS number" });
        }
        self.operators.push(record);
        Ok(OperatorRef(index))
    }

    /// The answer that a company uses the network itself. Equal answers are one.
    pub fn company_answer(
        &mut self,
        company: CompanyRef,
        operator: Option<OperatorRef>,
        confidence: u8,
        sources: SourceSet,
    ) -> Result<AnswerRef, WriteError> {
        self.intern_answer(AnswerDraft {
            status: Status::Company as u8,
            confidence: confidence.clamp(1, 100),
            company: U32::new(company.0),
            operator: U32::new(operator.map_or(NONE, |operator| operator.0)),
            sources: U32::new(sources.0),
            name: self.companies[company.0 as usize].name,
        })
    }

    /// The answer that the network is an operator's.
    pub fn operator_answer(
        &mut self,
        operator: OperatorRef,
        sources: SourceSet,
    ) -> Result<AnswerRef, WriteError> {
        self.intern_answer(AnswerDraft {
            status: Status::Operator as u8,
            operator: U32::new(operator.0),
            sources: U32::new(sources.0),
            name: self.operators[operator.0 as usize].name,
            ..AnswerDraft::UNKNOWN
        })
    }

    /// The answer that the addresses are of a special-purpose block.
    pub fn reserved_answer(&mut self, block: &str) -> Result<AnswerRef, WriteError> {
        require(!block.is_empty(), "a special-purpose block without a name")?;
        let name = self.strings.intern(block)?;
        self.intern_answer(AnswerDraft { status: Status::Reserved as u8, name, ..AnswerDraft::UNKNOWN })
    }

    fn intern_answer(&mut self, draft: AnswerDraft) -> Result<AnswerRef, WriteError> {
        if let Some(id) = self.answer_ids.get(&draft) {
            return Ok(AnswerRef(*id));
        }
        let id = count(self.answers.len(), "answers")?;
        self.answer_ids.insert(draft, id);
        self.answers.push(draft);
        Ok(AnswerRef(id))
    }

    /// Adds an IPv4 interval, both ends included, behind all earlier ones. Gaps become "unknown",
    /// and an interval that touches the one before it and has its answer is merged with it.
    pub fn push_v4(&mut self, first: u32, last: u32, answer: AnswerRef) -> Result<(), WriteError> {
        self.v4.push(first, last, last.checked_add(1), answer.0)
    }

    /// The same for an IPv6 interval.
    pub fn push_v6(&mut self, first: u128, last: u128, answer: AnswerRef) -> Result<(), WriteError> {
        self.v6.push(first, last, last.checked_add(1), answer.0)
    }

    /// Writes the file, in one pass from its first byte to its last.
    pub fn finish(mut self, out: &mut impl Write) -> Result<(), WriteError> {
        drop((self.answer_ids, self.company_ids, self.operator_asns));
        self.v4.close();
        self.v6.close();
        let intervals = self.v4.starts.len() + self.v6.starts.len();
        if intervals > MAX_INTERVALS {
            return Err(WriteError::TooMany { what: "intervals", limit: MAX_INTERVALS as u64 });
        }
        arrange::answers(&mut self.answers, &mut self.v4.answers, &mut self.v6.answers);
        arrange::companies(&mut self.companies, &mut self.answers, &self.strings);
        arrange::operators(&mut self.operators, &mut self.answers);
        let (strings, answers) = arrange::strings(
            self.strings,
            &self.answers,
            &mut self.companies,
            &mut self.operators,
            &mut self.sources,
            &mut self.metadata,
        );
        let (network_offsets, networks) =
            arrange::reverse(&answers, self.companies.len(), &self.v4.answers, &self.v6.answers);

        let v4_starts: Vec<U32> = self.v4.starts.drain(..).map(U32::new).collect();
        let v6_high: Vec<U64> = self.v6.starts.iter().map(|start| U64::new((start >> 64) as u64)).collect();
        let v6_low = low_halves(&self.v6.starts);
        self.v6.starts.clear();
        let v6_low_marks = low_marks(&v6_low, v6_high.len());
        let v4_rank = rank::build(&v4_starts);
        let v6_tree = tree::build(&v6_high);
        let sections: [(SectionKind, &[u8]); SectionKind::ALL.len()] = [
            (SectionKind::V4Rank, v4_rank.as_bytes()),
            (SectionKind::V6Tree, v6_tree.as_bytes()),
            (SectionKind::V6LowMarks, &v6_low_marks),
            (SectionKind::V4Starts, v4_starts.as_bytes()),
            (SectionKind::V4Answers, self.v4.answers.as_bytes()),
            (SectionKind::V6StartsHigh, v6_high.as_bytes()),
            (SectionKind::V6StartsLow, v6_low.as_bytes()),
            (SectionKind::V6Answers, self.v6.answers.as_bytes()),
            (SectionKind::Answers, answers.as_bytes()),
            (SectionKind::Companies, self.companies.as_bytes()),
            (SectionKind::Operators, self.operators.as_bytes()),
            (SectionKind::NetworkOffsets, network_offsets.as_bytes()),
            (SectionKind::Networks, networks.as_bytes()),
            (SectionKind::Sources, self.sources.as_bytes()),
            (SectionKind::Metadata, self.metadata.as_bytes()),
            (SectionKind::Strings, &strings),
        ];
        write_file(&sections, self.build_number, self.created, self.key.as_ref(), out)
    }
}

/// The low halves of first addresses that are not zero.
fn low_halves(starts: &[u128]) -> Vec<LowHalf> {
    let halves = starts.iter().zip(0..).map(|(start, interval)| (interval, *start as u64));
    halves
        .filter(|(_, low)| *low != 0)
        .map(|(interval, low)| LowHalf { interval: U32::new(interval), low: U64::new(low) })
        .collect()
}

/// Header, section table and sections, in this order.
fn write_file(
    sections: &[(SectionKind, &[u8])],
    build_number: u64,
    created: u64,
    key: Option<&SecretKey>,
    out: &mut impl Write,
) -> Result<(), WriteError> {
    let too_large = || WriteError::TooMany { what: "bytes", limit: u64::MAX };
    let header_length = size_of::<Header>() + sections.len() * size_of::<SectionEntry>();
    let mut end = header_length as u64;
    let mut table = Vec::with_capacity(sections.len());
    for (kind, content) in sections {
        let offset = align(end).ok_or_else(too_large)?;
        let length = content.len() as u64;
        end = offset.checked_add(length).ok_or_else(too_large)?;
        table.push(SectionEntry {
            kind: U32::new(*kind as u32),
            record_width: U32::new(kind.record_width()),
            offset: U64::new(offset),
            length: U64::new(length),
            reserved: U64::ZERO,
            checksum: Sha256::digest(content).into(),
        });
    }
    let mut header = Header::new_zeroed();
    header.magic = MAGIC;
    header.version = U32::new(VERSION);
    header.header_length = U32::new(header_length as u32);
    header.file_length = U64::new(end);
    header.build_number = U64::new(build_number);
    header.created = U64::new(created);
    header.section_count = U32::new(sections.len() as u32);

    let mut start = [header.as_bytes(), table.as_bytes()].concat();
    // The seal is still zero: these are the sealed bytes.
    header.checksum = Sha256::digest(&start).into();
    if let Some(key) = key {
        header.public_key = *key.public_key().as_bytes();
        header.signature = key.sign(&start);
    }
    start[..size_of::<Header>()].copy_from_slice(header.as_bytes());

    out.write_all(&start)?;
    let mut written = header_length as u64;
    for ((_, content), entry) in sections.iter().zip(&table) {
        let padding = (entry.offset.get() - written) as usize;
        out.write_all(&[0; ALIGNMENT as usize][..padding])?;
        out.write_all(content)?;
        written = entry.offset.get() + entry.length.get();
    }
    out.flush()?;
    Ok(())
}

/// Intervals of one family on their way to the file: starts and answer ids, without gaps.
struct Intervals<A> {
    starts: Vec<A>,
    answers: Vec<U32>,
    /// The first address that no interval covers yet; none when the last address is covered.
    next: Option<A>,
    pushed: u64,
}

impl<A: Default> Default for Intervals<A> {
    fn default() -> Self {
        Intervals { starts: Vec::new(), answers: Vec::new(), next: Some(A::default()), pushed: 0 }
    }
}

impl<A: Copy + Ord> Intervals<A> {
    fn push(&mut self, first: A, last: A, after: Option<A>, answer: u32) -> Result<(), WriteError> {
        let next = self.next.filter(|next| *next <= first && first <= last);
        let next = next.ok_or(WriteError::Order { number: self.pushed })?;
        if next < first {
            self.append(next, UNKNOWN);
        }
        self.append(first, answer);
        self.next = after;
        self.pushed += 1;
        Ok(())
    }

    /// Covers the rest of the address space with "unknown".
    fn close(&mut self) {
        if let Some(next) = self.next.take() {
            self.append(next, UNKNOWN);
        }
    }

    fn append(&mut self, start: A, answer: u32) {
        if self.answers.last().is_none_or(|last| last.get() != answer) {
            self.starts.push(start);
            self.answers.push(U32::new(answer));
        }
    }
}

fn require(holds: bool, what: &'static str) -> Result<(), WriteError> {
    if holds { Ok(()) } else { Err(WriteError::Invalid { what }) }
}

fn count(length: usize, what: &'static str) -> Result<u32, WriteError> {
    let limit = NONE - 1;
    u32::try_from(length)
        .ok()
        .filter(|length| *length < limit)
        .ok_or(WriteError::TooMany { what, limit: limit.into() })
}
