//! Every check there is: what `open` leaves out because it would have to read the whole file.

use sha2::{Digest, Sha256};
use zerocopy::little_endian::U32;

use crate::answer::{CompanyKind, OperatorKind, Status};
use crate::database::Database;
use crate::error::FormatError;
use crate::format::{AnswerRecord, MAX_SOURCES, NAME_BYTES, NONE, SectionKind, StringRef};
use crate::layout::{View, sealed_bytes};
use crate::search::low_marks;
use crate::signature::PublicKey;

impl Database {
    /// Reads the whole file and checks all that docs/FORMAT.md promises: checksums, a signed file's
    /// signature by the key that it names, zeros between sections, order of intervals and records, references, text, and that the reverse lookup
    /// says what the intervals say. Returns the first contradiction. O(file); a 16 MB file takes
    /// some tens of milliseconds.
    pub fn verify(&self) -> Result<(), FormatError> {
        let view = self.view();
        checksums(self.bytes(), view)?;
        padding(self.bytes(), view)?;
        reserved_header_bytes(view)?;
        own_signature(self.bytes(), view)?;
        intervals(view)?;
        answers(view)?;
        companies(view)?;
        operators(view)?;
        sources_and_metadata(view)?;
        reverse_lookup(view)?;
        indexes(view)?;
        string_pool(view)
    }

    /// Whether the holder of the secret key made the file: its signature is of this key, and each byte
    /// is covered by it, directly or by a section's checksum. O(file), for a file of 20 MB some 15 ms; most of
    /// it is spent on the checksums, without which a signature says nothing about the answers.
    ///
    /// Fails with [`FormatError::Unsigned`], [`FormatError::OtherKey`] or [`FormatError::Signature`], or
    /// with what is wrong with a checksum. It does not check what [`Database::verify`] checks beyond that:
    /// whoever holds the key can sign a file that is wrong.
    pub fn verify_signature(&self, key: &PublicKey) -> Result<(), FormatError> {
        let view = self.view();
        reserved_header_bytes(view)?;
        if view.header.public_key == [0; 32] {
            return Err(FormatError::Unsigned);
        }
        if view.header.public_key != *key.as_bytes() {
            return Err(FormatError::OtherKey);
        }
        signature(self.bytes(), view, key)?;
        checksums(self.bytes(), view)?;
        padding(self.bytes(), view)
    }
}

fn section_error(kind: SectionKind, what: &'static str) -> FormatError {
    FormatError::Section { section: kind.name(), what }
}

fn record_error(kind: SectionKind, record: usize, what: &'static str) -> FormatError {
    FormatError::Record { section: kind.name(), record: record as u64, what }
}

fn checksums(bytes: &[u8], view: &View<'_>) -> Result<(), FormatError> {
    for entry in view.table {
        let start = entry.offset.get() as usize;
        let content = &bytes[start..start + entry.length.get() as usize];
        if entry.checksum != *Sha256::digest(content) {
            let section =
                SectionKind::from_number(entry.kind.get()).map_or("of an unknown kind", SectionKind::name);
            return Err(FormatError::Section { section, what: "its checksum does not fit" });
        }
    }
    Ok(())
}

fn padding(bytes: &[u8], view: &View<'_>) -> Result<(), FormatError> {
    let mut end = view.header.header_length.get() as usize;
    for entry in view.table {
        let start = entry.offset.get() as usize;
        if let Some(place) = bytes[end..start].iter().position(|byte| *byte != 0) {
            return Err(FormatError::Padding { offset: (end + place) as u64 });
        }
        end = start + entry.length.get() as usize;
    }
    Ok(())
}

fn reserved_header_bytes(view: &View<'_>) -> Result<(), FormatError> {
    let header = view.header;
    if header.reserved != [0; 20] || view.table.iter().any(|entry| entry.reserved.get() != 0) {
        return Err(FormatError::Header { what: "reserved bytes are not zero" });
    }
    match (header.public_key == [0; 32], header.signature == [0; 64]) {
        (true, false) => Err(FormatError::Header { what: "a signature without a key" }),
        (false, true) => Err(FormatError::Header { what: "a key without a signature" }),
        _ => Ok(()),
    }
}

/// A signed file's signature is that of the key beside it: this finds damage. Whose the key is, only
/// a caller can say: [`Database::verify_signature`].
fn own_signature(bytes: &[u8], view: &View<'_>) -> Result<(), FormatError> {
    if view.header.public_key == [0; 32] {
        return Ok(());
    }
    let key = view.signer().ok_or(FormatError::Signature)?;
    signature(bytes, view, &key)
}

fn signature(bytes: &[u8], view: &View<'_>, key: &PublicKey) -> Result<(), FormatError> {
    let sealed = sealed_bytes(&bytes[..view.header.header_length.get() as usize]);
    if key.accepts(&sealed, &view.header.signature) { Ok(()) } else { Err(FormatError::Signature) }
}

fn intervals(view: &View<'_>) -> Result<(), FormatError> {
    let v4 = view.v4.starts.iter().map(|start| u128::from(start.get()));
    ascending(SectionKind::V4Starts, v4)?;
    low_halves(view)?;
    ascending(SectionKind::V6StartsHigh, (0..view.v6.starts_high.len()).filter_map(|i| view.v6.start(i)))?;
    interval_answers(SectionKind::V4Answers, view.v4.answers, view)?;
    interval_answers(SectionKind::V6Answers, view.v6.answers, view)
}

fn ascending(kind: SectionKind, starts: impl Iterator<Item = u128>) -> Result<(), FormatError> {
    let mut before = None;
    for (index, start) in starts.enumerate() {
        if before.is_some_and(|before| before >= start) {
            return Err(record_error(kind, index, "not above the record before it"));
        }
        before = Some(start);
    }
    Ok(())
}

/// The low halves that are not zero, in the order of their intervals.
fn low_halves(view: &View<'_>) -> Result<(), FormatError> {
    let kind = SectionKind::V6StartsLow;
    ascending(kind, view.v6.starts_low.iter().map(|half| half.interval.get().into()))?;
    for (index, half) in view.v6.starts_low.iter().enumerate() {
        if half.interval.get() as usize >= view.v6.starts_high.len() {
            return Err(record_error(kind, index, "names an interval that does not exist"));
        }
        if half.low.get() == 0 {
            return Err(record_error(kind, index, "a low half of zero"));
        }
    }
    let right = low_marks(view.v6.starts_low, view.v6.starts_high.len());
    match right.iter().zip(view.v6.low_marks).position(|(right, found)| right != found) {
        Some(index) => Err(record_error(SectionKind::V6LowMarks, index, "does not mark the low halves")),
        None => Ok(()),
    }
}

fn interval_answers(kind: SectionKind, ids: &[U32], view: &View<'_>) -> Result<(), FormatError> {
    let mut before = None;
    for (index, id) in ids.iter().enumerate() {
        if id.get() as usize >= view.answers.len() {
            return Err(record_error(kind, index, "names an answer that does not exist"));
        }
        if before == Some(id) {
            return Err(record_error(kind, index, "the same answer as the interval before it"));
        }
        before = Some(id);
    }
    Ok(())
}

fn answers(view: &View<'_>) -> Result<(), FormatError> {
    for (index, answer) in view.answers.iter().enumerate() {
        let wrong = |what| record_error(SectionKind::Answers, index, what);
        answer_shape(answer).map_err(wrong)?;
        if index > 0 && answer.status == Status::Unknown as u8 {
            return Err(wrong("a second unknown answer"));
        }
        let exists =
            |reference: U32, count: usize| reference.get() == NONE || (reference.get() as usize) < count;
        if !exists(answer.company, view.companies.len()) {
            return Err(wrong("names a company that does not exist"));
        }
        if !exists(answer.operator, view.operators.len()) {
            return Err(wrong("names an operator that does not exist"));
        }
        let sources = view.sources.len();
        if sources < MAX_SOURCES && answer.sources.get() >> sources != 0 {
            return Err(wrong("names a source that does not exist"));
        }
        let name = view.name(answer);
        if name.is_none() != (answer.name_length == 0) {
            return Err(wrong("its name is not UTF-8 in its place"));
        }
        if !name_is_in_its_place(answer) {
            return Err(wrong("its name is in the pool and fits the record, or has no zeros behind it"));
        }
        let reference = match (view.companies.get(answer.company.get() as usize), answer.operator.get()) {
            (Some(company), _) => Some(company.name),
            (None, NONE) => None,
            (None, operator) => Some(view.operators[operator as usize].name),
        };
        // In the pool equal text is one string.
        let named = reference.is_none_or(|reference| match answer.name_in_pool() {
            Some(own) => own == reference,
            None => name == view.string(reference),
        });
        if !named {
            return Err(wrong("its name is not that of its company or operator"));
        }
    }
    Ok(())
}

/// A name that fits stands in the record, a longer one in the pool, and zeros follow either.
fn name_is_in_its_place(answer: &AnswerRecord) -> bool {
    let used = match answer.name_in_pool() {
        Some(reference) if reference.length.get() as usize <= NAME_BYTES => return false,
        Some(_) => size_of::<StringRef>(),
        None => usize::from(answer.name_length),
    };
    answer.name[used..].iter().all(|byte| *byte == 0)
}

/// Which fields an answer of each status has.
fn answer_shape(answer: &AnswerRecord) -> Result<(), &'static str> {
    let Some(status) = Status::from_number(answer.status) else {
        return Err("a status that does not exist");
    };
    if answer.reserved != 0 {
        return Err("reserved bytes are not zero");
    }
    if (answer.company.get() != NONE) != (status == Status::Company) {
        return Err("a company answer names a company, and no other does");
    }
    if (1..=100).contains(&answer.confidence) != (status == Status::Company) || answer.confidence > 100 {
        return Err("a company answer has a confidence of 1 to 100, and no other has one");
    }
    if status == Status::Operator && answer.operator.get() == NONE {
        return Err("an operator answer without an operator");
    }
    if (answer.name_length != 0) != (status != Status::Unknown) {
        return Err("every answer but the unknown one has a name");
    }
    if matches!(status, Status::Unknown | Status::Reserved)
        && (answer.operator.get() != NONE || answer.sources.get() != 0)
    {
        return Err("an answer about no network names an operator or a source");
    }
    Ok(())
}

fn companies(view: &View<'_>) -> Result<(), FormatError> {
    let mut before = "";
    for (index, company) in view.companies.iter().enumerate() {
        let wrong = |what| record_error(SectionKind::Companies, index, what);
        let texts = [
            company.id,
            company.name,
            company.domain,
            company.legal_form,
            company.industry,
            company.register,
            company.register_id,
        ];
        if !texts.iter().all(|reference| text(view, *reference)) {
            return Err(wrong("a text is not UTF-8 in its place"));
        }
        let id = view.string(company.id).ok_or_else(|| wrong("has no id"))?;
        if view.string(company.name).is_none() {
            return Err(wrong("has no name"));
        }
        if id <= before {
            return Err(wrong("its id is not above that of the record before it"));
        }
        before = id;
        if company.country != [0; 2] && !company.country.iter().all(u8::is_ascii_uppercase) {
            return Err(wrong("its country is not two capitals"));
        }
        if company.kind != 0 && CompanyKind::from_number(company.kind).is_none() {
            return Err(wrong("a kind that does not exist"));
        }
        if company.reserved != [0; 5] {
            return Err(wrong("reserved bytes are not zero"));
        }
    }
    Ok(())
}

fn operators(view: &View<'_>) -> Result<(), FormatError> {
    ascending(SectionKind::Operators, view.operators.iter().map(|operator| operator.asn.get().into()))?;
    for (index, operator) in view.operators.iter().enumerate() {
        let wrong = |what| record_error(SectionKind::Operators, index, what);
        if operator.kind != 0 && OperatorKind::from_number(operator.kind).is_none() {
            return Err(wrong("a kind that does not exist"));
        }
        if operator.reserved != [0; 3] {
            return Err(wrong("reserved bytes are not zero"));
        }
        if view.string(operator.name).is_none() {
            return Err(wrong("has no name in UTF-8"));
        }
    }
    Ok(())
}

fn sources_and_metadata(view: &View<'_>) -> Result<(), FormatError> {
    for (index, source) in view.sources.iter().enumerate() {
        let wrong = |what| record_error(SectionKind::Sources, index, what);
        let texts = [source.title, source.licence, source.attribution, source.url, source.date];
        if view.string(source.name).is_none() || !texts.iter().all(|reference| text(view, *reference)) {
            return Err(wrong("its name is missing, or a text is not UTF-8 in its place"));
        }
        if source.reserved.get() != 0 {
            return Err(wrong("reserved bytes are not zero"));
        }
    }
    for (index, fact) in view.metadata.iter().enumerate() {
        if view.string(fact.key).is_none() || !text(view, fact.value) {
            let what = "its key is missing, or a text is not UTF-8 in its place";
            return Err(record_error(SectionKind::Metadata, index, what));
        }
    }
    Ok(())
}

/// The indexes are what the writer makes of the starts: there is one right index for each table.
fn indexes(view: &View<'_>) -> Result<(), FormatError> {
    let wrong = |kind| Err(section_error(kind, "does not fit the starts that it indexes"));
    if view.v4.index.is_some_and(|index| !index.is_index_of(view.v4.starts)) {
        return wrong(SectionKind::V4Rank);
    }
    if view.v6.index.is_some_and(|index| !index.is_index_of(view.v6.starts_high)) {
        return wrong(SectionKind::V6Tree);
    }
    Ok(())
}

/// The pool is text also where no record names it: lookups are quicker then (see `strings`).
fn string_pool(view: &View<'_>) -> Result<(), FormatError> {
    match std::str::from_utf8(view.strings.bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err(section_error(SectionKind::Strings, "is not UTF-8")),
    }
}

/// An empty reference, or UTF-8 inside the pool.
fn text(view: &View<'_>, reference: StringRef) -> bool {
    reference.length.get() == 0 || view.string(reference).is_some()
}

/// The reverse lookup lists the intervals of each company, all of them, in ascending order.
fn reverse_lookup(view: &View<'_>) -> Result<(), FormatError> {
    let offsets = SectionKind::NetworkOffsets;
    let company_of = |number: usize| {
        let id = match number.checked_sub(view.v4.answers.len()) {
            None => view.v4.answers.get(number)?,
            Some(index) => view.v6.answers.get(index)?,
        };
        let company = view.answers.get(id.get() as usize)?.company.get();
        (company != NONE).then_some(company as usize)
    };
    let mut end = 0;
    for (company, pair) in view.network_offsets.windows(2).enumerate() {
        let (start, next) = (pair[0].get() as usize, pair[1].get() as usize);
        if start != end || next < start {
            return Err(record_error(offsets, company, "does not start where the one before it ends"));
        }
        let numbers = view
            .networks
            .get(start..next)
            .ok_or_else(|| record_error(offsets, company, "reaches past the end of NETWORKS"))?;
        for (place, number) in numbers.iter().enumerate() {
            let wrong = |what| Err(record_error(SectionKind::Networks, start + place, what));
            if place > 0 && numbers[place - 1].get() >= number.get() {
                return wrong("not above the record before it");
            }
            if company_of(number.get() as usize) != Some(company) {
                return wrong("an interval that does not belong to the company");
            }
        }
        end = next;
    }
    if end != view.networks.len() {
        return Err(section_error(SectionKind::Networks, "more networks than its offsets reach"));
    }
    let intervals = view.v4.answers.len() + view.v6.answers.len();
    let with_company = (0..intervals).filter(|number| company_of(*number).is_some()).count();
    if with_company != view.networks.len() {
        return Err(section_error(SectionKind::Networks, "does not list every interval that has a company"));
    }
    Ok(())
}
