//! CSV (RFC 4180, lines end with LF): a row for each network, a column for each fact.

use std::borrow::Cow;
use std::io::{self, Write};

use nameplate::{Answer, Database, Status, for_each_field};

use super::NO_LICENCE;

/// The columns, in order: both ends of the network, the fields of an answer with an underscore for
/// each dot, and the sources' licences in the order of the sources.
const COLUMNS: [&str; 18] = [
    "first",
    "last",
    "status",
    "block",
    "company_id",
    "company_name",
    "company_kind",
    "company_country",
    "company_domain",
    "company_legal_form",
    "company_industry",
    "company_register",
    "company_register_id",
    "operator_asn",
    "operator_name",
    "operator_kind",
    "confidence",
    "sources",
];

/// The one column that is no field of an answer.
const LICENCES: &str = "licences";

/// Between the names of several sources, and between their licences.
const SEPARATOR: char = ';';

pub(super) fn write(database: &Database, out: &mut dyn Write) -> io::Result<()> {
    write_rows(database, out).map_err(|error| match error.into_kind() {
        // What the system said, so that a closed output is known as one.
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
}

fn write_rows(database: &Database, out: &mut dyn Write) -> csv::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(COLUMNS.iter().chain([&LICENCES]))?;
    let mut row = [const { String::new() }; COLUMNS.len() + 1];
    for interval in database.intervals().filter(|interval| interval.answer.status() != Status::Unknown) {
        row.iter_mut().for_each(String::clear);
        row[0] = interval.network.first.to_string();
        row[1] = interval.network.last.to_string();
        fill(&interval.answer, &mut row);
        rows.write_record(row.iter().map(|field| defused(field).into_owned().into_bytes()))?;
    }
    Ok(rows.flush()?)
}

fn fill(answer: &Answer<'_>, row: &mut [String; COLUMNS.len() + 1]) {
    for_each_field(answer, |field, value| {
        let name = field.name();
        let same = |column: &str| {
            column.len() == name.len()
                && column.bytes().zip(name.bytes()).all(|(a, b)| a == b || (a, b) == (b'_', b'.'))
        };
        let Some(column) = COLUMNS.iter().position(|column| same(column)) else { return };
        append(&mut row[column], &value.to_string());
    });
    for source in answer.sources() {
        append(&mut row[COLUMNS.len()], source.licence().unwrap_or(NO_LICENCE));
    }
}

fn append(field: &mut String, text: &str) {
    if !field.is_empty() {
        field.push(SEPARATOR);
    }
    field.push_str(text);
}

/// A spreadsheet takes a field that begins with one of these characters for a formula, and runs
/// it; an apostrophe before it makes it text (OWASP, "CSV Injection").
fn defused(field: &str) -> Cow<'_, str> {
    const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if field.starts_with(FORMULA) { format!("'{field}").into() } else { field.into() }
}

#[cfg(test)]
mod tests {
    use super::defused;

    #[test]
    fn what_a_spreadsheet_would_run_becomes_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(defused(formula), format!("'{formula}"));
        }
        for text in ["", "Example", "1=1", "'=1", "a-b", " =1"] {
            assert_eq!(defused(text), text);
        }
    }
}
