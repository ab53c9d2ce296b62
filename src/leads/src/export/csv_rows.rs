//! CSV (RFC 4180, UTF-8, lines end with LF): a row for each company.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{ExportError, Exported, NO_LICENCE, PERMITTED_USE, time};
use crate::model::{Lead, SourceFact};

/// The columns, in order.
pub const COLUMNS: [&str; 26] = [
    "company_id",
    "company_name",
    "company_kind",
    "company_country",
    "company_domain",
    "company_legal_form",
    "company_industry",
    "company_register",
    "company_register_id",
    "visits",
    "sessions",
    "page_views",
    "seconds",
    "first_seen",
    "last_seen",
    "score",
    "tags",
    "status",
    "owner",
    "confidence",
    "sources",
    "source_titles",
    "source_dates",
    "licences",
    "attributions",
    "permitted_use",
];

/// Between the parts of a list.
const SEPARATOR: char = ';';

/// Writes a header and a row for each company, and returns how many rows. Of a [`crate::model::LeadDetail`] the company
/// and its numbers are written; visits and notes are in NDJSON alone. Memory: one company's.
///
/// # Errors
///
/// Those of `leads`, which end the export, and of `out`. What was written until then is whole rows.
pub fn write_csv<L, E>(
    leads: impl IntoIterator<Item = Result<L, E>>,
    out: impl Write,
) -> Result<u64, ExportError<E>>
where
    L: Exported,
{
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(COLUMNS).map_err(system)?;
    let mut count = 0;
    for exported in leads {
        let exported = match exported {
            Ok(exported) => exported,
            Err(error) => {
                rows.flush()?;
                return Err(ExportError::Leads(error));
            }
        };
        let row = row(exported.lead());
        rows.write_record(row.iter().map(|field| defused(field).into_owned())).map_err(system)?;
        count += 1;
    }
    rows.flush()?;
    Ok(count)
}

/// What the system said, so that a closed output is known as one.
fn system(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn row(lead: &Lead) -> [String; COLUMNS.len()] {
    let company = &lead.company;
    let text = |fact: &Option<String>| fact.clone().unwrap_or_default();
    let sources = |part: fn(&SourceFact) -> &str| list(company.sources.iter().map(part));
    [
        company.id.clone(),
        company.name.clone(),
        text(&company.kind),
        text(&company.country),
        text(&company.domain),
        text(&company.legal_form),
        text(&company.industry),
        text(&company.register),
        text(&company.register_id),
        lead.visits.to_string(),
        lead.sessions.to_string(),
        lead.page_views.to_string(),
        lead.seconds.to_string(),
        time(lead.first_seen),
        time(lead.last_seen),
        lead.score.to_string(),
        list(lead.tags.iter().map(String::as_str)),
        serde_json::to_value(lead.status)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default(),
        text(&lead.owner),
        company.confidence.to_string(),
        sources(|source| &source.name),
        sources(|source| source.title.as_deref().unwrap_or_default()),
        sources(|source| source.date.as_deref().unwrap_or_default()),
        sources(|source| source.licence.as_deref().unwrap_or(NO_LICENCE)),
        sources(|source| source.attribution.as_deref().unwrap_or_default()),
        PERMITTED_USE.to_owned(),
    ]
}

/// A list in one field. A separator within a part becomes a comma, so that the lists of a row keep their places.
fn list<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut list = String::new();
    for (place, part) in parts.enumerate() {
        if place > 0 {
            list.push(SEPARATOR);
        }
        list.push_str(&part.replace(SEPARATOR, ","));
    }
    list
}

/// A field that no spreadsheet takes for a formula.
///
/// What makes one is `=`, `+`, `-`, `@`, their full-width and small forms, or a tab or line end, as the first character, or
/// as the first behind quotes, spaces and characters without width, which some programs take off (OWASP, "CSV Injection").
/// Such a field gets an apostrophe before it; and so does one that begins with an apostrophe, so that taking one
/// apostrophe off whatever begins with one always gives the value back. A NUL, which no spreadsheet can show and some end a
/// field at, becomes U+FFFD.
pub fn defused(field: &str) -> Cow<'_, str> {
    let inert: Cow<'_, str> =
        if field.contains('\0') { field.replace('\0', "\u{fffd}").into() } else { field.into() };
    let first = inert.trim_start_matches(|character: char| {
        matches!(character, '"' | '\'' | '`' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' | '＂' | '＇')
            || (character.is_whitespace() && !matches!(character, '\t' | '\r' | '\n'))
            || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    });
    let formula = first.starts_with(|character: char| {
        matches!(character, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '|' | '%')
            || matches!(
                character,
                '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫' | '−' | '⁼' | '⁺' | '⁻'
            )
    });
    if formula || inert.starts_with('\'') { format!("'{inert}").into() } else { inert }
}
