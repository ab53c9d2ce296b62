//! Puts a file's content into its final order: what the format asks for (companies by id, operators
//! by AS number, networks by company), and what makes lookups quick.
//!
//! A few operators hold most of the ranges, and a few visitors' networks make most of the lookups.
//! So answers are numbered by how many intervals have them, and the string pool begins with those of
//! their names that do not fit a record, in the same order: what most lookups read lies together in a
//! small part of the file, which stays in the processor's caches.

use std::cmp::Reverse;

use hashbrown::HashMap;
use zerocopy::IntoBytes;
use zerocopy::little_endian::U32;

use crate::format::{
    AnswerRecord, CompanyRecord, MetadataRecord, NAME_BYTES, NAME_IN_POOL, NAME_OF_ANSWER, NONE,
    OperatorRecord, SourceRecord, StringRef,
};
use crate::strings::StringPoolBuilder;

/// An answer in the making: its name is in the pool.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AnswerDraft {
    pub(crate) status: u8,
    pub(crate) confidence: u8,
    pub(crate) company: U32,
    pub(crate) operator: U32,
    pub(crate) sources: U32,
    pub(crate) name: StringRef,
}

impl AnswerDraft {
    /// The answer id [`UNKNOWN`](crate::format::UNKNOWN).
    pub(crate) const UNKNOWN: AnswerDraft = AnswerDraft {
        status: 0,
        confidence: 0,
        company: U32::new(NONE),
        operator: U32::new(NONE),
        sources: U32::ZERO,
        name: StringRef { offset: U32::ZERO, length: U32::ZERO },
    };
}

/// Numbers answers by how many intervals have them, most first; "unknown" stays number 0.
pub(crate) fn answers(answers: &mut Vec<AnswerDraft>, v4: &mut [U32], v6: &mut [U32]) {
    let mut intervals = vec![0_u32; answers.len()];
    for id in v4.iter().chain(&*v6) {
        intervals[id.get() as usize] += 1;
    }
    let Order { order, place } =
        sorted_order(answers.len(), |id| (id != 0, Reverse(intervals[id as usize]), id));
    for id in v4.iter_mut().chain(v6) {
        *id = U32::new(place[id.get() as usize]);
    }
    *answers = order.iter().map(|id| answers[*id as usize]).collect();
}

/// Sorts companies by the bytes of their ids, and lets the answers follow.
pub(crate) fn companies(
    companies: &mut Vec<CompanyRecord>,
    answers: &mut [AnswerDraft],
    strings: &StringPoolBuilder,
) {
    let order = sorted_order(companies.len(), |index| strings.get(companies[index as usize].id));
    for answer in answers {
        if let Some(place) = order.place.get(answer.company.get() as usize) {
            answer.company = U32::new(*place);
        }
    }
    *companies = order.order.iter().map(|index| companies[*index as usize]).collect();
}

/// Sorts operators by AS number, and lets the answers follow.
pub(crate) fn operators(operators: &mut Vec<OperatorRecord>, answers: &mut [AnswerDraft]) {
    let order = sorted_order(operators.len(), |index| operators[index as usize].asn.get());
    for answer in answers {
        if let Some(place) = order.place.get(answer.operator.get() as usize) {
            answer.operator = U32::new(*place);
        }
    }
    *operators = order.order.iter().map(|index| operators[*index as usize]).collect();
}

/// `order[new] = old` and `place[old] = new`.
struct Order {
    order: Vec<u32>,
    place: Vec<u32>,
}

fn sorted_order<K: Ord>(length: usize, key: impl Fn(u32) -> K) -> Order {
    let mut order: Vec<u32> = (0..length as u32).collect();
    order.sort_unstable_by_key(|index| key(*index));
    let mut place = vec![0; length];
    for (new, old) in order.iter().enumerate() {
        place[*old as usize] = new as u32;
    }
    Order { order, place }
}

/// The reverse lookup: interval numbers by company, and where each company's start.
pub(crate) fn reverse(
    answers: &[AnswerRecord],
    companies: usize,
    v4: &[U32],
    v6: &[U32],
) -> (Vec<U32>, Vec<U32>) {
    let company_of = |answer: &U32| {
        let company = answers[answer.get() as usize].company.get();
        (company != NONE).then_some(company as usize)
    };
    let mut ends = vec![0_u32; companies + 1];
    for company in v4.iter().chain(v6).filter_map(company_of) {
        ends[company + 1] += 1;
    }
    for company in 0..companies {
        ends[company + 1] += ends[company];
    }
    let offsets: Vec<U32> = ends.iter().copied().map(U32::new).collect();
    let mut networks = vec![U32::ZERO; ends[companies] as usize];
    for (number, answer) in v4.iter().chain(v6).enumerate() {
        if let Some(company) = company_of(answer) {
            networks[ends[company] as usize] = U32::new(number as u32);
            ends[company] += 1;
        }
    }
    (offsets, networks)
}

/// Makes the answers' records and lays the pool out anew, moving every reference. A name that fits its
/// answer's record stands there alone, and who else is called so refers to that answer.
pub(crate) fn strings(
    pool: StringPoolBuilder,
    answers: &[AnswerDraft],
    companies: &mut [CompanyRecord],
    operators: &mut [OperatorRecord],
    sources: &mut [SourceRecord],
    metadata: &mut [MetadataRecord],
) -> (Vec<u8>, Vec<AnswerRecord>) {
    let mut mover = Mover { old: pool, new: Vec::new(), places: HashMap::new() };
    let records = answers.iter().zip(0..).map(|(answer, id)| mover.answer(answer, id)).collect();
    for company in companies {
        let CompanyRecord { id, name, domain, legal_form, industry, register, register_id, .. } = company;
        mover.move_all([id, name, domain, legal_form, industry, register, register_id]);
    }
    for operator in operators {
        mover.move_all([&mut operator.name]);
    }
    for source in sources {
        let SourceRecord { name, title, licence, attribution, url, date, .. } = source;
        mover.move_all([name, title, licence, attribution, url, date]);
    }
    for fact in metadata {
        mover.move_all([&mut fact.key, &mut fact.value]);
    }
    (mover.new, records)
}

/// Copies strings from one pool to another, each once, in the order in which they are asked for.
struct Mover {
    old: StringPoolBuilder,
    new: Vec<u8>,
    /// From a string's old offset to what names it now: a pool has each string once.
    places: HashMap<u32, StringRef>,
}

impl Mover {
    /// The record of an answer; the first to have a name that fits is where that name stands.
    fn answer(&mut self, answer: &AnswerDraft, id: u32) -> AnswerRecord {
        let AnswerDraft { status, confidence, company, operator, sources, name: mut reference } = *answer;
        let text = self.old.get(reference);
        let mut name = [0; NAME_BYTES];
        let name_length = match u8::try_from(text.len()) {
            Ok(length) if text.len() <= NAME_BYTES => {
                name[..text.len()].copy_from_slice(text);
                let here = StringRef { offset: U32::new(id), length: U32::new(NAME_OF_ANSWER) };
                // The unknown answer has no name, and nobody refers to it.
                if length > 0 {
                    self.places.entry(reference.offset.get()).or_insert(here);
                }
                length
            }
            _ => {
                self.move_all([&mut reference]);
                name[..size_of::<StringRef>()].copy_from_slice(reference.as_bytes());
                NAME_IN_POOL
            }
        };
        AnswerRecord { status, confidence, name_length, reserved: 0, company, operator, sources, name }
    }

    fn move_all<const N: usize>(&mut self, references: [&mut StringRef; N]) {
        for reference in references {
            if reference.length.get() == 0 {
                continue;
            }
            let next = StringRef { offset: U32::new(self.new.len() as u32), length: reference.length };
            let place = *self.places.entry(reference.offset.get()).or_insert(next);
            if place == next {
                self.new.extend_from_slice(self.old.get(*reference));
            }
            *reference = place;
        }
    }
}
