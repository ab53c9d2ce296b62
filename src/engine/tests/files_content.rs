//! Files whose records contradict the format while every checksum is right: each check of
//! `verify` alone, with the error it must give; and the same files asked without `verify`, which
//! may answer wrongly and must come back.

mod common;

use common::*;
use nameplate::format::SectionKind::{self, *};
use nameplate::{CompanyFields, Database, FormatError, SourceSet, Status, Writer};
use proptest::prelude::*;

/// Makes one defect and asserts that `open` lets it pass, that nothing panics, and what `verify`
/// says.
#[track_caller]
fn refuses(expected: &FormatError, defect: impl FnOnce(&mut Parts)) {
    let mut parts = Parts::sample();
    defect(&mut parts);
    refuses_file(expected, &parts.assemble());
}

#[track_caller]
fn refuses_file(expected: &FormatError, file: &[u8]) {
    let database = match Database::from_bytes(file) {
        Ok(database) => database,
        Err(error) => panic!("open finds it already: {error}"),
    };
    assert_eq!(database.verify().as_ref(), Err(expected));
    let addresses = [edges(&sample()), edges(file)].concat();
    for (_, database) in ways_of_searching(file) {
        exercise(&database, &addresses);
    }
}

#[track_caller]
fn refuses_record(kind: SectionKind, record: u64, what: &'static str, defect: impl FnOnce(&mut Parts)) {
    refuses(&record_error(kind, record, what), defect);
}

/// Copies one record over another.
fn copy_record(parts: &mut Parts, kind: SectionKind, from: usize, to: usize) {
    let record = parts.record(kind, from).to_vec();
    parts.put(kind, to, 0, &record);
}

fn swap_records(parts: &mut Parts, kind: SectionKind, one: usize, other: usize) {
    let record = parts.record(kind, one).to_vec();
    copy_record(parts, kind, other, one);
    parts.put(kind, other, 0, &record);
}

#[test]
fn the_sample_verifies() {
    refuses_nothing(&sample());
    refuses_nothing(&deep());
    refuses_nothing(&file_of(nameplate::Writer::new()));
}

fn refuses_nothing(file: &[u8]) {
    for (_, database) in ways_of_searching(file) {
        exercise(&database, &edges(file));
    }
    open_verified(file);
}

#[test]
fn a_record_error_names_section_record_and_what_to_do() {
    assert_eq!(
        record_error(V4Starts, 3, "not above the record before it").to_string(),
        "section V4_STARTS, record 3: not above the record before it; copy or build the file again"
    );
    assert_eq!(
        FormatError::Padding { offset: 1064 }.to_string(),
        "byte 1064 lies between sections and is not zero; copy or build the file again"
    );
}

#[test]
fn every_section_has_a_checksum() {
    for kind in SectionKind::ALL {
        let mut file = sample();
        file[entry_of(kind) + entry::CHECKSUM] ^= 1;
        reseal(&mut file);
        refuses_file(&section_error(kind, "its checksum does not fit"), &file);
    }
}

#[test]
fn the_bytes_between_sections_are_zero() {
    let file = sample();
    let mut end = get_u32(&file, header::HEADER_LENGTH) as usize;
    let mut gaps = 0;
    for kind in SectionKind::ALL {
        let section = range_of(&file, kind);
        for offset in [end, section.start - 1] {
            if (end..section.start).contains(&offset) {
                let mut file = sample();
                file[offset] = 0x80;
                refuses_file(&FormatError::Padding { offset: offset as u64 }, &file);
                gaps += 1;
            }
        }
        end = section.end;
    }
    assert!(gaps > 10, "the sample has gaps to test");
}

#[test]
fn reserved_bytes_of_the_header_are_zero() {
    let error = FormatError::Header { what: "reserved bytes are not zero" };
    for byte in header::RESERVED {
        let mut file = sample();
        file[byte] = 1;
        reseal(&mut file);
        refuses_file(&error, &file);
    }
}

#[test]
fn reserved_bytes_of_the_section_table_are_zero() {
    let error = FormatError::Header { what: "reserved bytes are not zero" };
    for kind in SectionKind::ALL {
        for byte in 0..8 {
            let mut file = sample();
            file[entry_of(kind) + entry::RESERVED + byte] = 1;
            reseal(&mut file);
            refuses_file(&error, &file);
        }
    }
}

#[test]
fn a_signature_needs_a_key() {
    let error = FormatError::Header { what: "a signature without a key" };
    for byte in header::SIGNATURE {
        let mut file = sample();
        file[byte] = 1;
        refuses_file(&error, &file);
    }
}

#[test]
fn v4_intervals_ascend() {
    let what = "not above the record before it";
    refuses_record(V4Starts, 3, what, |parts| swap_records(parts, V4Starts, 2, 3));
    refuses_record(V4Starts, 4, what, |parts| copy_record(parts, V4Starts, 3, 4));
    refuses_record(V4Starts, 9, what, |parts| parts.put_u32(V4Starts, 9, 0, 0));
}

#[test]
fn v6_intervals_ascend_in_both_halves() {
    let what = "not above the record before it";
    refuses_record(V6StartsHigh, 2, what, |parts| swap_records(parts, V6StartsHigh, 1, 2));
    let low = |low: u64| low.to_le_bytes();
    refuses_record(V6StartsHigh, 4, what, |parts| parts.put(V6StartsLow, 0, 4, &low(0x102)));
    refuses_record(V6StartsHigh, 4, what, |parts| parts.put(V6StartsLow, 1, 4, &low(0x100)));
    refuses_record(V6StartsHigh, 5, what, |parts| parts.put(V6StartsHigh, 5, 0, &[0; 8]));
}

/// The sample's intervals 3, 4 and 5 have low halves.
#[test]
fn low_halves_are_those_of_ascending_intervals_that_exist_and_not_zero() {
    let what = "not above the record before it";
    refuses_record(V6StartsLow, 1, what, |parts| swap_records(parts, V6StartsLow, 0, 1));
    refuses_record(V6StartsLow, 2, what, |parts| parts.put_u32(V6StartsLow, 2, 0, 4));
    for interval in [6, u32::MAX] {
        let what = "names an interval that does not exist";
        refuses_record(V6StartsLow, 2, what, |parts| parts.put_u32(V6StartsLow, 2, 0, interval));
    }
    refuses_record(V6StartsLow, 2, "a low half of zero", |parts| parts.put(V6StartsLow, 2, 4, &[0; 8]));
}

#[test]
fn a_mark_says_of_each_interval_whether_it_has_a_low_half() {
    let what = "does not mark the low halves";
    for bit in 0..8 {
        refuses_record(V6LowMarks, 0, what, |parts| parts.record(V6LowMarks, 0)[0] ^= 1 << bit);
    }
    refuses_record(V6LowMarks, 0, what, |parts| {
        parts.section(V6StartsLow).content.truncate(24);
    });
    refuses_file(&record_error(V6LowMarks, 87, what), &{
        let mut parts = Parts::of(&deep());
        parts.record(V6LowMarks, 87)[0] = 0;
        parts.assemble()
    });
}

#[test]
fn an_interval_names_an_answer_that_exists() {
    let what = "names an answer that does not exist";
    for id in [6, u32::MAX] {
        refuses_record(V4Answers, 3, what, |parts| parts.put_u32(V4Answers, 3, 0, id));
        refuses_record(V6Answers, 5, what, |parts| parts.put_u32(V6Answers, 5, 0, id));
    }
}

#[test]
fn neighbours_have_different_answers() {
    let what = "the same answer as the interval before it";
    refuses_record(V4Answers, 4, what, |parts| copy_record(parts, V4Answers, 3, 4));
    refuses_record(V6Answers, 2, what, |parts| copy_record(parts, V6Answers, 1, 2));
}

/// The reference to a name that stands in the record of an answer.
fn name_of_answer(id: usize) -> [u8; 8] {
    string_ref(id as u32, u32::MAX)
}

/// Offsets in a record of ANSWERS.
mod answer {
    pub(super) const STATUS: usize = 0;
    pub(super) const CONFIDENCE: usize = 1;
    pub(super) const NAME_LENGTH: usize = 2;
    pub(super) const RESERVED: usize = 3;
    pub(super) const COMPANY: usize = 4;
    pub(super) const OPERATOR: usize = 8;
    pub(super) const SOURCES: usize = 12;
    pub(super) const NAME: usize = 16;
}

const NONE: u32 = u32::MAX;

/// The sample's answers.
const OF_ZULU: usize = 1;
const OF_ALFA: usize = 2;
const OF_TELECOM: usize = 3;
const OF_HOSTING: usize = 4;
const PRIVATE_USE: usize = 5;

#[track_caller]
fn refuses_answer(record: usize, field: usize, value: &[u8], what: &'static str) {
    refuses_record(Answers, record as u64, what, |parts| parts.put(Answers, record, field, value));
}

#[test]
fn an_answer_has_a_status_that_exists() {
    for status in [4, 5, 255] {
        refuses_answer(OF_ZULU, answer::STATUS, &[status], "a status that does not exist");
    }
}

#[test]
fn an_answers_reserved_bytes_are_zero() {
    refuses_answer(OF_HOSTING, answer::RESERVED, &[1], "reserved bytes are not zero");
}

#[test]
fn a_company_answer_names_a_company_and_no_other_does() {
    let what = "a company answer names a company, and no other does";
    refuses_answer(OF_ZULU, answer::COMPANY, &NONE.to_le_bytes(), what);
    refuses_answer(OF_TELECOM, answer::COMPANY, &0_u32.to_le_bytes(), what);
    refuses_answer(PRIVATE_USE, answer::COMPANY, &0_u32.to_le_bytes(), what);
    refuses_answer(OF_ALFA, answer::STATUS, &[Status::Operator as u8], what);
    refuses_answer(OF_TELECOM, answer::STATUS, &[Status::Company as u8], what);
}

#[test]
fn a_company_answer_has_a_confidence_of_1_to_100_and_no_other_has_one() {
    let what = "a company answer has a confidence of 1 to 100, and no other has one";
    for confidence in [0, 101, 255] {
        refuses_answer(OF_ALFA, answer::CONFIDENCE, &[confidence], what);
    }
    for confidence in [1, 100, 101, 255] {
        refuses_answer(OF_TELECOM, answer::CONFIDENCE, &[confidence], what);
        refuses_answer(PRIVATE_USE, answer::CONFIDENCE, &[confidence], what);
    }
}

#[test]
fn an_operator_answer_names_an_operator() {
    let what = "an operator answer without an operator";
    refuses_answer(OF_TELECOM, answer::OPERATOR, &NONE.to_le_bytes(), what);
}

#[test]
fn every_answer_but_the_unknown_one_has_a_name() {
    let what = "every answer but the unknown one has a name";
    for record in [OF_ZULU, OF_ALFA, OF_TELECOM, OF_HOSTING, PRIVATE_USE] {
        refuses_answer(record, answer::NAME_LENGTH, &[0], what);
    }
    refuses_answer(PRIVATE_USE, answer::STATUS, &[Status::Unknown as u8], what);
}

#[test]
fn an_answers_name_is_that_of_its_company_or_else_of_its_operator() {
    let what = "its name is not that of its company or operator";
    // Zulu has an operator too: the company's name goes before.
    for (record, kind, named, others) in [
        (OF_ZULU, Companies, 1, [OF_ALFA, OF_TELECOM, PRIVATE_USE]),
        (OF_ALFA, Companies, 0, [OF_ZULU, OF_TELECOM, PRIVATE_USE]),
        (OF_TELECOM, Operators, 1, [OF_HOSTING, OF_ZULU, PRIVATE_USE]),
        (OF_HOSTING, Operators, 0, [OF_TELECOM, OF_ALFA, PRIVATE_USE]),
    ] {
        // Both records have it at the same place.
        let field = company::NAME;
        assert_eq!(field, operator::NAME);
        for other in others {
            refuses_record(Answers, record as u64, what, |parts| {
                parts.put(kind, named, field, &name_of_answer(other));
            });
        }
        // A piece of the right name.
        refuses_record(Answers, record as u64, what, |parts| {
            let length = parts.record(Answers, record)[answer::NAME_LENGTH] - 1;
            let piece = parts.record(Answers, record)[answer::NAME..][..usize::from(length)].to_vec();
            let piece = parts.pool(&piece);
            parts.put(kind, named, field, &piece);
        });
    }
    // The same text elsewhere in the pool: equal text is one string, so the references are the same.
    for long in [OF_COMPANY, OF_OPERATOR] {
        refuses_long(long, what, |parts| {
            let reference = parts.record(Answers, long)[answer::NAME..][..8].to_vec();
            let (offset, length) = (get_u32(&reference, 0), get_u32(&reference, 4));
            let text = parts.section(Strings).content[offset as usize..][..length as usize].to_vec();
            let elsewhere = parts.pool(&text);
            parts.put(Answers, long, answer::NAME, &elsewhere);
        });
    }
    // Another company, another operator.
    refuses_answer(OF_ZULU, answer::COMPANY, &0_u32.to_le_bytes(), what);
    refuses_answer(OF_TELECOM, answer::OPERATOR, &0_u32.to_le_bytes(), what);
    refuses_record(Answers, OF_ALFA as u64, what, |parts| {
        let id = parts.record(Companies, 0)[company::ID..][..8].to_vec();
        parts.put(Companies, 0, company::NAME, &id);
    });
}

#[test]
fn an_answer_about_no_network_names_no_operator_and_no_source() {
    let what = "an answer about no network names an operator or a source";
    refuses_answer(PRIVATE_USE, answer::OPERATOR, &0_u32.to_le_bytes(), what);
    refuses_answer(PRIVATE_USE, answer::SOURCES, &1_u32.to_le_bytes(), what);
    refuses_record(Answers, OF_TELECOM as u64, what, |parts| {
        parts.put(Answers, OF_TELECOM, answer::STATUS, &[Status::Unknown as u8]);
        parts.put(Answers, OF_TELECOM, answer::NAME_LENGTH, &[0]);
    });
}

#[test]
fn there_is_one_unknown_answer() {
    refuses_record(Answers, PRIVATE_USE as u64, "a second unknown answer", |parts| {
        copy_record(parts, Answers, 0, PRIVATE_USE);
    });
}

#[test]
fn an_answer_names_a_company_that_exists() {
    for index in [2, NONE - 1] {
        let what = "names a company that does not exist";
        refuses_answer(OF_ZULU, answer::COMPANY, &u32::to_le_bytes(index), what);
    }
}

#[test]
fn an_answer_names_an_operator_that_exists() {
    for index in [2, NONE - 1] {
        let what = "names an operator that does not exist";
        refuses_answer(OF_ZULU, answer::OPERATOR, &u32::to_le_bytes(index), what);
        refuses_answer(OF_TELECOM, answer::OPERATOR, &u32::to_le_bytes(index), what);
    }
}

#[test]
fn an_answer_names_sources_that_exist() {
    for sources in [1_u32 << 2, 1 << 31, u32::MAX] {
        let what = "names a source that does not exist";
        refuses_answer(OF_HOSTING, answer::SOURCES, &sources.to_le_bytes(), what);
    }
}

/// A file of two answers whose names are longer than a record has room for.
const OF_COMPANY: usize = 1;
const OF_OPERATOR: usize = 2;

fn long_names() -> Vec<u8> {
    let mut writer = Writer::new();
    let name = "Zoë".repeat(13);
    let company = writer.company(&CompanyFields { id: "x", name: &name, ..Default::default() }).unwrap();
    let operator = writer.operator(1, &"O".repeat(49), None).unwrap();
    let company = writer.company_answer(company, None, 1, SourceSet::default()).unwrap();
    let operator = writer.operator_answer(operator, SourceSet::default()).unwrap();
    writer.push_v4(0, 0, company).unwrap();
    writer.push_v4(1, 1, operator).unwrap();
    file_of(writer)
}

#[track_caller]
fn refuses_long(record: usize, what: &'static str, change: impl FnOnce(&mut Parts)) {
    let mut parts = Parts::of(&long_names());
    change(&mut parts);
    refuses_file(&record_error(Answers, record as u64, what), &parts.assemble());
}

#[test]
fn a_name_of_48_bytes_stands_in_its_record_and_a_longer_one_in_the_pool() {
    let mut writer = Writer::new();
    let names = [1, 47, 48, 49, 255, 256, 70_000].map(|length| "N".repeat(length));
    for (number, name) in names.iter().enumerate() {
        let operator = writer.operator(number as u32, name, None).unwrap();
        let answer = writer.operator_answer(operator, SourceSet::default()).unwrap();
        writer.push_v4(number as u32, number as u32, answer).unwrap();
    }
    let file = file_of(writer);
    let database = open_verified(&file);
    let mut found = [""; 7];
    let ids: Vec<u32> = (0..7).map(|address| database.lookup_v4(address)).collect();
    database.names(&ids, &mut found);
    assert_eq!(found.map(str::to_owned), names);
    let mut parts = Parts::of(&file);
    let lengths = (1..8).map(|record| parts.record(Answers, record)[answer::NAME_LENGTH]).collect::<Vec<_>>();
    assert_eq!(lengths, [1, 47, 48, 255, 255, 255, 255]);
}

#[test]
fn an_answers_name_is_text_in_its_place() {
    let what = "its name is not UTF-8 in its place";
    for record in [OF_ZULU, OF_TELECOM, PRIVATE_USE] {
        for length in [49, 254] {
            refuses_answer(record, answer::NAME_LENGTH, &[length], what);
        }
        refuses_answer(record, answer::NAME, &[0xff], what);
    }
    refuses_answer(OF_ZULU, answer::NAME_LENGTH, &[3], what);
    for text in NO_TEXTS {
        refuses_long(OF_COMPANY, what, |parts| {
            let text = text(parts);
            parts.put(Answers, OF_COMPANY, answer::NAME, &text);
        });
    }
}

#[test]
fn a_name_that_fits_its_record_stands_there_and_zeros_follow_every_name() {
    let what = "its name is in the pool and fits the record, or has no zeros behind it";
    refuses_record(Answers, OF_TELECOM as u64, what, |parts| {
        let name = parts.pool(b"Example Telecom");
        parts.put(Answers, OF_TELECOM, answer::NAME_LENGTH, &[255]);
        parts.put(Answers, OF_TELECOM, answer::NAME, &[0; 48]);
        parts.put(Answers, OF_TELECOM, answer::NAME, &name);
    });
    refuses_answer(OF_TELECOM, answer::NAME + 47, b"x", what);
    refuses_long(OF_OPERATOR, what, |parts| parts.put(Answers, OF_OPERATOR, answer::NAME + 8, &[1]));
}

/// A step from a reference to an answer ends at that answer's record.
#[test]
fn a_text_that_is_an_answers_name_stands_in_its_record() {
    let error = record_error(Companies, 0, "a text is not UTF-8 in its place");
    let mut parts = Parts::of(&long_names());
    parts.put(Companies, 0, company::OPTIONAL_TEXTS[0], &name_of_answer(OF_OPERATOR));
    refuses_file(&error, &parts.assemble());
}

#[test]
fn a_name_in_an_answers_record_stands_there_alone() {
    let mut writer = Writer::new();
    let company = CompanyFields { id: "x", name: "Same", domain: Some("Same"), ..Default::default() };
    let company = writer.company(&company).unwrap();
    let operators = [1, 2].map(|asn| writer.operator(asn, "Same", None).unwrap());
    let answers = operators.map(|operator| writer.operator_answer(operator, SourceSet::default()).unwrap());
    writer.push_v4(0, 0, answers[1]).unwrap();
    writer.push_v4(1, 1, answers[0]).unwrap();
    let company = writer.company_answer(company, None, 1, SourceSet::default()).unwrap();
    writer.push_v4(2, 2, company).unwrap();
    let file = file_of(writer);
    let database = open_verified(&file);
    let company = database.company("x").unwrap();
    assert_eq!((company.name(), company.domain()), ("Same", Some("Same")));
    assert!(database.operators().all(|operator| operator.name() == "Same"));
    let mut parts = Parts::of(&file);
    assert_eq!(parts.section(Strings).content, b"x");
    assert_eq!(parts.record(Companies, 0)[company::NAME..][..16], name_of_answer(1).repeat(2));
    assert_eq!(parts.record(Operators, 1)[operator::NAME..][..8], name_of_answer(1));
}

/// A text that reaches past the pool, is the name of the unknown answer, starts behind the pool, is the
/// name of an answer that does not exist, is no UTF-8, or ends or starts within a character.
const NO_TEXTS: [fn(&mut Parts) -> [u8; 8]; 7] = [
    Parts::past_the_pool,
    |_| name_of_answer(0),
    |parts| string_ref(parts.section(Strings).content.len() as u32 + 1, 1),
    |_| string_ref(u32::MAX, u32::MAX),
    |parts| parts.pool(b"Zo\xeb"),
    |parts| {
        let whole = parts.pool("Zoë".as_bytes());
        string_ref(get_u32(&whole, 0), 3)
    },
    |parts| {
        let whole = parts.pool("Zoë".as_bytes());
        string_ref(get_u32(&whole, 0) + 3, 1)
    },
];

#[track_caller]
fn refuses_texts(kind: SectionKind, record: usize, field: usize, what: &'static str) {
    refuses_texts_after(|_| (), kind, record, field, what);
}

/// The same after another change, without which an earlier check would find the text.
#[track_caller]
fn refuses_texts_after(
    change: impl Fn(&mut Parts),
    kind: SectionKind,
    record: usize,
    field: usize,
    what: &'static str,
) {
    for text in NO_TEXTS {
        refuses_record(kind, record as u64, what, |parts| {
            change(parts);
            let text = text(parts);
            parts.put(kind, record, field, &text);
        });
    }
}

/// No answer is called after the company any more, so that its name can be looked at by itself.
fn forget_answers(parts: &mut Parts, answers: &[usize]) {
    for answer in answers {
        copy_record(parts, Answers, OF_HOSTING, *answer);
    }
}

/// Offsets in a record of COMPANIES.
mod company {
    pub(super) const ID: usize = 0;
    pub(super) const NAME: usize = 8;
    pub(super) const OPTIONAL_TEXTS: [usize; 5] = [16, 24, 32, 40, 48];
    pub(super) const COUNTRY: usize = 56;
    pub(super) const KIND: usize = 58;
    pub(super) const RESERVED: std::ops::Range<usize> = 59..64;
}

#[test]
fn a_companys_texts_are_in_the_pool() {
    let what = "a text is not UTF-8 in its place";
    for field in [&[company::ID], &company::OPTIONAL_TEXTS[..]].concat() {
        refuses_texts(Companies, 1, field, what);
    }
    refuses_texts_after(|parts| forget_answers(parts, &[OF_ZULU]), Companies, 1, company::NAME, what);
}

#[test]
fn a_company_has_an_id_and_a_name() {
    refuses_record(Companies, 0, "has no id", |parts| parts.put(Companies, 0, company::ID, &[0; 8]));
    refuses_record(Companies, 1, "has no id", |parts| parts.put(Companies, 1, company::ID, &[0; 8]));
    refuses_record(Companies, 1, "has no name", |parts| {
        forget_answers(parts, &[OF_ZULU]);
        parts.put(Companies, 1, company::NAME, &[0; 8]);
    });
}

#[test]
fn company_ids_ascend() {
    let what = "its id is not above that of the record before it";
    refuses_record(Companies, 1, what, |parts| {
        swap_records(parts, Companies, 0, 1);
        parts.put_u32(Answers, OF_ZULU, answer::COMPANY, 0);
        parts.put_u32(Answers, OF_ALFA, answer::COMPANY, 1);
    });
    refuses_record(Companies, 1, what, |parts| {
        let id = parts.record(Companies, 0)[..8].to_vec();
        parts.put(Companies, 1, company::ID, &id);
    });
    // The same id as another string of the pool.
    refuses_record(Companies, 1, what, |parts| {
        let id = parts.pool(ALFA.as_bytes());
        parts.put(Companies, 1, company::ID, &id);
    });
}

#[test]
fn a_companys_country_is_two_capitals() {
    for country in [b"de", b"D\0", b"\0E", b"D1", b"\xc3\x84"] {
        refuses_record(Companies, 1, "its country is not two capitals", |parts| {
            parts.put(Companies, 1, company::COUNTRY, country);
        });
    }
}

#[test]
fn a_company_has_a_kind_that_exists() {
    for kind in [5, 255] {
        refuses_record(Companies, 1, "a kind that does not exist", |parts| {
            parts.put(Companies, 1, company::KIND, &[kind]);
        });
    }
}

#[test]
fn a_companys_reserved_bytes_are_zero() {
    for byte in company::RESERVED {
        refuses_record(Companies, 0, "reserved bytes are not zero", |parts| {
            parts.put(Companies, 0, byte, &[1]);
        });
    }
}

/// Offsets in a record of OPERATORS.
mod operator {
    pub(super) const KIND: usize = 4;
    pub(super) const RESERVED: std::ops::Range<usize> = 5..8;
    pub(super) const NAME: usize = 8;
}

#[test]
fn operators_ascend() {
    let what = "not above the record before it";
    refuses_record(Operators, 1, what, |parts| {
        swap_records(parts, Operators, 0, 1);
        parts.put_u32(Answers, OF_HOSTING, answer::OPERATOR, 1);
        parts.put_u32(Answers, OF_TELECOM, answer::OPERATOR, 0);
    });
    refuses_record(Operators, 1, what, |parts| {
        copy_record(parts, Operators, 0, 1);
        forget_answers(parts, &[OF_TELECOM]);
    });
}

#[test]
fn an_operator_has_a_kind_that_exists() {
    for kind in [7, 255] {
        refuses_record(Operators, 0, "a kind that does not exist", |parts| {
            parts.put(Operators, 0, operator::KIND, &[kind]);
        });
    }
}

#[test]
fn an_operators_reserved_bytes_are_zero() {
    for byte in operator::RESERVED {
        refuses_record(Operators, 1, "reserved bytes are not zero", |parts| {
            parts.put(Operators, 1, byte, &[1]);
        });
    }
}

#[test]
fn an_operator_has_a_name_in_the_pool() {
    let what = "has no name in UTF-8";
    let forget_telecom = |parts: &mut Parts| forget_answers(parts, &[OF_TELECOM]);
    refuses_texts_after(forget_telecom, Operators, 1, operator::NAME, what);
    refuses_record(Operators, 1, what, |parts| {
        forget_telecom(parts);
        parts.put(Operators, 1, operator::NAME, &[0; 8]);
    });
}

#[test]
fn a_source_has_a_name_and_texts_in_the_pool() {
    let what = "its name is missing, or a text is not UTF-8 in its place";
    for field in [0, 8, 16, 24, 32, 40] {
        refuses_texts(Sources, 1, field, what);
    }
    refuses_record(Sources, 0, what, |parts| parts.put(Sources, 0, 0, &[0; 8]));
}

#[test]
fn a_sources_reserved_bytes_are_zero() {
    for byte in 56..64 {
        refuses_record(Sources, 1, "reserved bytes are not zero", |parts| {
            parts.put(Sources, 1, byte, &[1]);
        });
    }
}

#[test]
fn a_fact_has_a_key_and_texts_in_the_pool() {
    let what = "its key is missing, or a text is not UTF-8 in its place";
    for field in [0, 8] {
        refuses_texts(Metadata, 1, field, what);
    }
    refuses_record(Metadata, 0, what, |parts| parts.put(Metadata, 0, 0, &[0; 8]));
}

#[test]
fn a_damaged_pool_is_found_where_it_is_used() {
    let what = "its name is not UTF-8 in its place";
    refuses_long(OF_COMPANY, what, |parts| parts.section(Strings).content[0] = 0xff);
    refuses_long(OF_COMPANY, what, |parts| parts.section(Strings).content.clear());
    refuses_record(Companies, 0, "a text is not UTF-8 in its place", |parts| {
        parts.section(Strings).content = b"X".to_vec();
        // What comes before COMPANIES needs no more text than that then.
        parts.put(Operators, 0, operator::NAME, &string_ref(0, 1));
        parts.put(Answers, OF_HOSTING, answer::NAME_LENGTH, &[1]);
        parts.put(Answers, OF_HOSTING, answer::NAME, &[0; 48]);
        parts.put(Answers, OF_HOSTING, answer::NAME, b"X");
        forget_answers(parts, &[OF_ZULU, OF_ALFA, OF_TELECOM]);
    });
}

/// Where the pool as a whole is UTF-8 a string needs only its ends looked at; that must not let
/// bytes through which no string has.
#[test]
fn a_pool_with_bytes_that_are_no_text_is_refused_and_its_good_strings_are_read() {
    let mut parts = Parts::sample();
    parts.pool(b"Zo\xeb");
    let file = parts.assemble();
    let error = section_error(Strings, "is not UTF-8");
    refuses_file(&error, &file);
    let database = Database::from_bytes(&file).unwrap_or_else(|error| panic!("{error}"));
    let answer = database.lookup_text(b"192.0.2.1").unwrap();
    assert_eq!((answer.name(), answer.company().unwrap().name()), (Some("Zoë Zulu GmbH"), "Zoë Zulu GmbH"));
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// There is one right index for a slot size: each bit of it counts.
#[test]
fn every_flipped_bit_of_an_index_is_found_and_panics_in_no_lookup() {
    for (file, kind) in [(sample(), V4Rank), (deep(), V6Tree)] {
        let addresses = edges(&file);
        let mut parts = Parts::of(&file);
        for bit in 0..parts.section(kind).content.len() * 8 {
            flip(&mut parts.section(kind).content, bit);
            let damaged = parts.assemble();
            let database = Database::from_bytes(&damaged).unwrap_or_else(|error| panic!("{error}"));
            let error = section_error(kind, "does not fit the starts that it indexes");
            assert_eq!(database.verify(), Err(error), "bit {bit}");
            let answers = batch(&database, &addresses);
            assert!(batch(&database.portable(), &addresses) == answers, "bit {bit}");
            flip(&mut parts.section(kind).content, bit);
        }
    }
}

#[test]
fn an_index_of_other_starts_is_found() {
    for (kind, index) in [
        (V4Rank, rank_cells(&[0, 1 << 30], 19, 7)),
        (V6Tree, tree_keys(&(0..700).map(|number| number << 32).collect::<Vec<u64>>())),
    ] {
        refuses_file(&section_error(kind, "does not fit the starts that it indexes"), &{
            let mut parts = Parts::of(&deep());
            parts.section(kind).content = index;
            parts.assemble()
        });
    }
}

/// The sample's reverse lookup: Alfa has intervals 4 and 13, Zulu 3, 7 and 11.
#[test]
fn the_sample_has_the_reverse_lookup_that_these_tests_change() {
    let mut parts = Parts::sample();
    let numbers = |content: &[u8]| content.chunks(4).map(|number| get_u32(number, 0)).collect::<Vec<_>>();
    assert_eq!(numbers(&parts.section(NetworkOffsets).content), [0, 2, 5]);
    assert_eq!(numbers(&parts.section(Networks).content), [4, 13, 3, 7, 11]);
}

#[test]
fn a_companys_networks_start_where_those_of_the_one_before_it_end() {
    let what = "does not start where the one before it ends";
    refuses_record(NetworkOffsets, 0, what, |parts| parts.put_u32(NetworkOffsets, 0, 0, 1));
    refuses_record(NetworkOffsets, 1, what, |parts| parts.put_u32(NetworkOffsets, 2, 0, 1));
}

#[test]
fn a_companys_networks_end_within_the_section() {
    let what = "reaches past the end of NETWORKS";
    for end in [6, u32::MAX] {
        refuses_record(NetworkOffsets, 1, what, |parts| parts.put_u32(NetworkOffsets, 2, 0, end));
        refuses_record(NetworkOffsets, 0, what, |parts| parts.put_u32(NetworkOffsets, 1, 0, end));
    }
}

#[test]
fn a_companys_networks_ascend() {
    let what = "not above the record before it";
    refuses_record(Networks, 1, what, |parts| swap_records(parts, Networks, 0, 1));
    refuses_record(Networks, 3, what, |parts| copy_record(parts, Networks, 2, 3));
}

#[test]
fn a_companys_networks_are_its_own() {
    let what = "an interval that does not belong to the company";
    // Zulu's.
    refuses_record(Networks, 0, what, |parts| parts.put_u32(Networks, 0, 0, 3));
    // Nobody's; an operator's; numbers that no interval has.
    for number in [5, 6, 16, u32::MAX] {
        refuses_record(Networks, 1, what, |parts| parts.put_u32(Networks, 1, 0, number));
    }
    // A company's first network moved over to the company before it.
    refuses_record(Networks, 2, what, |parts| {
        parts.put_u32(Networks, 2, 0, 14);
        parts.put_u32(NetworkOffsets, 1, 0, 3);
    });
}

#[test]
fn there_are_no_more_networks_than_the_offsets_reach() {
    let error = section_error(Networks, "more networks than its offsets reach");
    refuses(&error, |parts| parts.section(Networks).content.extend_from_slice(&[0; 4]));
    refuses(&error, |parts| parts.put_u32(NetworkOffsets, 2, 0, 4));
}

#[test]
fn every_interval_that_has_a_company_is_listed() {
    let error = section_error(Networks, "does not list every interval that has a company");
    refuses(&error, |parts| {
        parts.section(Networks).content.truncate(16);
        parts.put_u32(NetworkOffsets, 2, 0, 4);
    });
    refuses(&error, |parts| {
        parts.section(Networks).content.clear();
        parts.section(NetworkOffsets).content.fill(0);
    });
}

#[test]
fn an_answer_that_lacks_what_its_status_promises_is_unknown_to_an_unverified_reader() {
    for (record, field) in [(OF_ZULU, answer::COMPANY), (OF_TELECOM, answer::OPERATOR)] {
        for index in [2, NONE] {
            let mut parts = Parts::sample();
            parts.put_u32(Answers, record, field, index);
            let database = Database::from_bytes(&parts.assemble()).unwrap_or_else(|error| panic!("{error}"));
            let answer = database.answer(record as u32).unwrap();
            assert_eq!((answer.status(), answer.network()), (Status::Unknown, None));
            let mut line = String::new();
            nameplate::write_json(&answer, &mut line);
            assert_eq!(line, r#"{"status":"unknown"}"#);
        }
    }
}

#[test]
fn an_interval_of_an_answer_that_does_not_exist_is_unknown_to_an_unverified_reader() {
    let mut parts = Parts::sample();
    parts.put_u32(V4Answers, 3, 0, 6);
    let database = Database::from_bytes(&parts.assemble()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(database.lookup_text(b"192.0.2.1").unwrap().status(), Status::Unknown);
    assert!(database.answer(6).is_none());
}

#[test]
fn a_start_of_zero_after_the_first_overflows_no_network_of_an_unverified_reader() {
    let mut parts = Parts::sample();
    // The starts behind Zulu's intervals 3 and 11, which is number 1 of IPv6.
    parts.put_u32(V4Starts, 4, 0, 0);
    parts.put(V6StartsHigh, 2, 0, &[0; 8]);
    let database = Database::from_bytes(&parts.assemble()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(database.networks(ZULU).count(), 3);
    assert!(database.verify().is_err());
}

#[test]
fn a_block_is_that_of_a_reserved_answer_alone_also_to_an_unverified_reader() {
    let mut parts = Parts::sample();
    let block = parts.record(Answers, PRIVATE_USE)[answer::NAME..].to_vec();
    parts.put(Answers, OF_TELECOM, answer::NAME, &block);
    let database = Database::from_bytes(&parts.assemble()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(database.answer(OF_TELECOM as u32).unwrap().block(), None);
    assert_eq!(database.answer(PRIVATE_USE as u32).unwrap().block(), Some("Private-Use"));
}

#[test]
fn a_text_that_cannot_be_read_is_absent_to_an_unverified_reader() {
    let mut parts = Parts::sample();
    let past = parts.past_the_pool();
    parts.put(Companies, 0, company::NAME, &past);
    let database = Database::from_bytes(&parts.assemble()).unwrap_or_else(|error| panic!("{error}"));
    let mut line = String::new();
    nameplate::write_json(&database.answer(OF_ALFA as u32).unwrap(), &mut line);
    let expected =
        r#"{"status":"company","company":{"id":"asn:64499"},"confidence":50,"sources":["ip-asn"]}"#;
    assert_eq!(line, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Hostile content under right checksums: whatever stands in the records, nothing panics.
    #[test]
    fn no_content_makes_a_reader_panic(
        changes in prop::collection::vec(
            (0..14_usize, any::<prop::sample::Index>(), prop_oneof![0..16_u32, any::<u32>(), Just(u32::MAX)]),
            1..12,
        ),
    ) {
        let mut parts = Parts::sample();
        // The sample's tree has no keys to change, and its marks are not four bytes.
        parts.sections.remove(place_of(V6Tree));
        parts.sections.rotate_left(2);
        for (section, place, value) in changes {
            let content = &mut parts.sections[section].content;
            let place = place.index(content.len() / 4) * 4;
            put(content, place, &value.to_le_bytes());
        }
        let file = parts.assemble();
        if let Ok(database) = Database::from_bytes(&file) {
            exercise(&database, &edges(&sample()));
            exercise(&database, &edges_of(&parts));
            let _ = database.verify();
            exercise(&database.portable(), &edges_of(&parts));
        }
    }
}

/// A value of the kind that leads an index astray.
fn telling_word() -> impl Strategy<Value = u32> {
    prop_oneof![
        0..1000_u32,
        any::<u32>(),
        (0..1000_u32).prop_map(|below| u32::MAX - below),
        (0..1000_u32).prop_map(|above| 0x7fff_ff00 + above),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Hostile indexes under right checksums: counts, bitmaps, keys and starts that say anything.
    #[test]
    fn no_index_makes_a_reader_panic(
        changes in prop::collection::vec(
            (prop::sample::select(&[V4Rank, V6Tree, V4Starts, V6StartsHigh, V6StartsLow, V6LowMarks, V4Answers, V6Answers][..]),
             any::<prop::sample::Index>(), telling_word(), 1..40_usize),
            1..12,
        ),
    ) {
        let mut parts = Parts::of(&deep());
        for (kind, place, value, length) in changes {
            let content = &mut parts.section(kind).content;
            let place = place.index(content.len() / 4);
            for word in content.chunks_mut(4).skip(place).take(length) {
                put(word, 0, &value.to_le_bytes());
            }
        }
        let file = parts.assemble();
        if Database::from_bytes(&file).is_ok() {
            let addresses = [edges(&deep()), edges_of(&parts)].concat();
            for (_, database) in ways_of_searching(&file) {
                exercise(&database, &addresses);
                let _ = database.verify();
            }
        }
    }
}
