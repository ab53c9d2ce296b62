use std::convert::Infallible;

use super::*;
use crate::outgoing::samples::{HOSTILE, detail, lead};

fn csv_of(leads: Vec<Lead>) -> String {
    let mut out = Vec::new();
    let count = leads.len() as u64;
    assert_eq!(write_csv(leads.into_iter().map(Ok::<_, Infallible>), &mut out).unwrap(), count);
    String::from_utf8(out).unwrap()
}

/// What a reader does that wants the value back: one apostrophe off.
fn restored(field: &str) -> &str {
    field.strip_prefix('\'').unwrap_or(field)
}

#[test]
fn what_a_csv_reader_reads_is_what_was_there() {
    let texts = ["Example GmbH", "a,b\"c\"\r\nd", "ünïcødé 漢字", "", "'quoted'", "''", "-1", "a;b"];
    let all: Vec<_> = texts.iter().chain(&HOSTILE).map(|text| lead(text)).collect();
    let text = csv_of(all.clone());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), all.len());
    for (row, lead) in rows.iter().zip(&all) {
        let field = |name: &str| restored(&row[COLUMNS.iter().position(|column| *column == name).unwrap()]);
        let clean = |text: &str| text.replace('\0', "\u{fffd}");
        assert_eq!(field("company_id"), clean(&lead.company.id));
        assert_eq!(field("company_name"), clean(&lead.company.name));
        assert_eq!(field("company_domain"), clean(lead.company.domain.as_ref().unwrap()));
        assert_eq!(field("owner"), clean(lead.owner.as_ref().unwrap()));
        assert_eq!(field("tags"), format!("{};b", clean(&lead.tags[0]).replace(';', ",")));
        assert_eq!((field("visits"), field("page_views"), field("seconds")), ("3", "9", "70"));
        assert_eq!(field("last_seen"), "2026-11-22T05:55:46.123Z");
        assert_eq!(field("status"), "contacted");
    }
}

#[test]
fn every_row_says_where_it_is_from_and_what_may_be_done() {
    let text = csv_of(vec![lead("a"), lead("b")]);
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        let field = |name: &str| &row[COLUMNS.iter().position(|column| *column == name).unwrap()];
        assert_eq!(field("confidence"), "40");
        assert_eq!(field("sources"), "ip-asn;gleif");
        assert_eq!(field("source_dates"), "2026-06-17;");
        assert_eq!(field("licences"), "CC-BY-4.0;not stated");
        assert_eq!(field("permitted_use"), PERMITTED_USE);
    }
}

#[test]
fn no_field_begins_as_a_formula_behind_whatever_stands_before_it() {
    let starts =
        ['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];
    for before in
        ["", "\"", "'", "''", " ", "\u{a0}", "\u{3000}", "\u{feff}", "\u{200b}", "“", "\u{202e}\" '"]
    {
        for start in starts {
            let field = format!("{before}{start}cmd|'/c calc'!A1");
            assert_eq!(defused(&field), format!("'{field}"), "{field:?}");
        }
    }
    for harmless in ["", "Example", "1=1", "a-b", " a", "\"a\"", "ü", "漢"] {
        assert_eq!(defused(harmless), harmless);
    }
    assert_eq!(defused("'a"), "''a");
    assert_eq!(defused("a\0=b"), "a\u{fffd}=b");
}

proptest::proptest! {
    #[test]
    fn defusing_can_be_taken_back(field in "[=+@'\"a\t\r\n \u{feff}-]{0,6}|\\PC{0,8}") {
        let safe = defused(&field);
        proptest::prop_assert!(!safe.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        proptest::prop_assert_eq!(restored(&safe), field.as_str());
    }
}

#[test]
fn a_line_of_ndjson_is_the_lead_with_its_provenance() {
    let all: Vec<_> = HOSTILE.iter().map(|text| detail(text)).collect();
    let mut out = Vec::new();
    write_ndjson(all.iter().cloned().map(Ok::<_, Infallible>), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count(), all.len(), "one line each");
    for (line, detail) in text.lines().zip(&all) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(&serde_json::from_value::<LeadDetail>(value.clone()).unwrap(), detail);
        let provenance: Provenance = serde_json::from_value(value["provenance"].clone()).unwrap();
        assert_eq!(provenance, Provenance::of(&detail.lead.company));
        assert_eq!(value["provenance"]["sources"][0]["licence"], "CC-BY-4.0");
    }
}

#[test]
fn an_export_streams_and_stops_at_the_first_error_with_whole_rows() {
    // Each company is asked for only when the one before is written.
    let leads = (0..3).map(|number| if number == 2 { Err("gone") } else { Ok(lead("a")) });
    let mut out = Vec::new();
    assert!(matches!(write_csv(leads.clone(), &mut out), Err(ExportError::Leads("gone"))));
    assert_eq!(csv::Reader::from_reader(out.as_slice()).records().map(Result::unwrap).count(), 2);
    let mut out = Vec::new();
    assert!(matches!(write_ndjson(leads, &mut out), Err(ExportError::Leads("gone"))));
    assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 2);

    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 < bytes.len() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0 -= bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    // It would never end if it did not stop at the full disk.
    let endless = std::iter::repeat_with(|| Ok::<_, Infallible>(lead("a")));
    assert!(
        matches!(write_csv(endless, Full(100_000)), Err(ExportError::Write(error)) if error.kind() == io::ErrorKind::StorageFull)
    );
    let endless = std::iter::repeat_with(|| Ok::<_, Infallible>(lead("a")));
    assert!(
        matches!(write_ndjson(endless, Full(100_000)), Err(ExportError::Write(error)) if error.kind() == io::ErrorKind::StorageFull)
    );
}

#[test]
fn times_are_utc_to_the_millisecond_and_never_fail() {
    assert_eq!(time(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(time(1_795_326_946_123), "2026-11-22T05:55:46.123Z");
    assert!(time(i64::MAX).starts_with("9999-12-30T") && time(i64::MIN).starts_with("0000-"));
}
