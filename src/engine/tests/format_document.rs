//! docs/FORMAT.md held to the engine: its tables of fields have no hole and the engine's sizes,
//! its list of sections is the engine's, and its example is what the writer writes.

mod common;

use std::fmt::Write;

use common::*;
use nameplate::format::{self, SectionKind};
use nameplate::{CompanyFields, CompanyKind, OperatorKind, SourceFields, Status, Writer};

const DOCUMENT: &str = include_str!("../../../docs/FORMAT.md");

/// The rows of the first table behind a heading, as cells.
fn table_behind(heading: &str) -> Vec<Vec<&'static str>> {
    let start = DOCUMENT.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let rows = DOCUMENT[start..].lines().skip_while(|line| !line.starts_with('|'));
    rows.take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn each_table_of_fields_covers_its_record_without_a_hole() {
    for (heading, length) in [
        ("## Header", size_of::<format::Header>()),
        ("## Section table", size_of::<format::SectionEntry>()),
        ("### String references", size_of::<format::StringRef>()),
        ("### 6 ANSWERS", size_of::<format::AnswerRecord>()),
        ("### 7 COMPANIES", size_of::<format::CompanyRecord>()),
        ("### 8 OPERATORS", size_of::<format::OperatorRecord>()),
        ("### 11 SOURCES", size_of::<format::SourceRecord>()),
        ("### 12 METADATA", size_of::<format::MetadataRecord>()),
        (
            "### 3 V6_STARTS_HIGH, 4 V6_STARTS_LOW, 5 V6_ANSWERS, 16 V6_LOW_MARKS",
            size_of::<format::LowHalf>(),
        ),
        ("### 14 V4_RANK", size_of::<format::RankCell>()),
    ] {
        let mut end = 0;
        for row in table_behind(heading) {
            let number = |cell: &str| cell.parse::<usize>().unwrap_or_else(|_| panic!("{heading}: {cell}"));
            assert_eq!(number(row[0]), end, "{heading}: {row:?}");
            end += number(row[1]);
        }
        assert_eq!(end, length, "{heading}");
    }
}

#[test]
fn the_list_of_sections_is_the_engines() {
    let listed: Vec<(u32, String, u32)> = table_behind("## Sections")
        .iter()
        .map(|row| (row[0].parse().unwrap(), row[1].trim_matches('`').to_owned(), row[2].parse().unwrap()))
        .collect();
    let mut engines: Vec<(u32, String, u32)> = SectionKind::ALL
        .iter()
        .map(|kind| (*kind as u32, kind.name().to_owned(), kind.record_width()))
        .collect();
    engines.sort_unstable();
    assert_eq!(listed, engines);
}

#[test]
fn the_numbers_of_statuses_and_kinds_are_the_engines() {
    let listed = |heading: &str| -> Vec<(u8, &str)> {
        let rows = table_behind(heading);
        rows.iter().map(|row| (row[0].parse().unwrap(), row[1].trim_matches('`'))).collect()
    };
    let statuses: Vec<_> = Status::ALL.iter().map(|value| (*value as u8, value.as_str())).collect();
    assert_eq!(listed("#### Statuses"), statuses);
    let none = [(0, "none")].into_iter();
    let kinds = CompanyKind::ALL.iter().map(|value| (*value as u8, value.as_str()));
    assert_eq!(listed("#### Company kinds"), none.clone().chain(kinds).collect::<Vec<_>>());
    let kinds = OperatorKind::ALL.iter().map(|value| (*value as u8, value.as_str()));
    assert_eq!(listed("#### Operator kinds"), none.chain(kinds).collect::<Vec<_>>());
}

/// The file of the document's last chapter.
fn example() -> Vec<u8> {
    let mut writer = Writer::new();
    writer.build_number(1);
    writer.created(1_781_654_400);
    writer.fact("generator", "example").unwrap();
    let source = writer
        .source(&SourceFields { name: "ip-asn", date: Some("2026-06-17"), rows: 3, ..Default::default() })
        .unwrap();
    let operator = writer.operator(64500, "Example Telecom", Some(OperatorKind::Access)).unwrap();
    let company = writer
        .company(&CompanyFields {
            id: "asn:64501",
            name: "Zoë BV",
            kind: Some(CompanyKind::Business),
            country: Some(*b"NL"),
            legal_form: Some("BV"),
            ..Default::default()
        })
        .unwrap();
    let company = writer.company_answer(company, Some(operator), 50, source).unwrap();
    let operator = writer.operator_answer(operator, source).unwrap();
    writer.push_v4(0xc000_0200, 0xc000_02ff, company).unwrap();
    writer.push_v4(0xc633_6400, 0xc633_64ff, operator).unwrap();
    let documentation = 0x2001_0db8_u128 << 96;
    writer.push_v6(documentation, documentation | u128::MAX >> 32, company).unwrap();
    file_of(writer)
}

/// As `hexdump -C` prints it: a line of zeros that follows a line of zeros becomes a star.
fn hexdump(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut before: &[u8] = &[];
    let mut starred = false;
    for (number, line) in bytes.chunks(16).enumerate() {
        if line == before {
            if !starred {
                text.push_str("*\n");
            }
            starred = true;
            continue;
        }
        (before, starred) = (line, false);
        let hexadecimal = line
            .chunks(8)
            .map(|half| half.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "));
        let hexadecimal = hexadecimal.collect::<Vec<_>>().join("  ");
        let shown = |byte: &u8| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' };
        let ascii: String = line.iter().map(shown).collect();
        writeln!(text, "{:08x}  {hexadecimal:<48}  |{ascii}|", number * 16).unwrap();
    }
    writeln!(text, "{:08x}", bytes.len()).unwrap();
    text
}

#[test]
fn the_example_is_what_the_writer_writes() {
    let file = example();
    let dump = hexdump(&file);
    let shown = DOCUMENT.split("```hexdump\n").nth(1).and_then(|rest| rest.split("```").next());
    assert!(shown == Some(dump.as_str()), "docs/FORMAT.md should show\n{dump}");
    let database = open_verified(&file);
    assert_eq!(database.lookup_text(b"192.0.2.77").unwrap().company().unwrap().name(), "Zoë BV");
}
