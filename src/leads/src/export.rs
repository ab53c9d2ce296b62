//! Leads as files: CSV and NDJSON. Both stream: what is written is forgotten.
//!
//! Every row carries where its facts are from, how sure they are, and what may be done with them, for a row that is copied
//! out of its file must not lose that. docs/LEADS-EXPORT.md has columns and keys.

use std::fmt;
use std::io::{self, Write};

use jiff::Timestamp as Instant;
use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Serialize};

use crate::model::{CompanyFacts, Lead, LeadDetail, SourceFact, Timestamp};

mod csv_rows;

pub use csv_rows::{COLUMNS, defused, write_csv};

/// What may be done with a company's data: in every row, every event and every message.
pub const PERMITTED_USE: &str = "Says whose network or form a visit came from, not who the visitor was. \
    Use only for the purposes in the site's privacy notice; a visit is no ground to approach a person. \
    At first contact name the source and the right to object (GDPR Art. 14 and 21); an objection ends the use. \
    Pass on only with these words and the sources' licences.";

/// What a source's licence is called where nobody said.
pub const NO_LICENCE: &str = "not stated";

/// Where a company's facts are from, and what may be done with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// What says so.
    pub sources: Vec<Source>,
    /// 1 to 100, as the engine gave it.
    pub confidence: u8,
    /// [`PERMITTED_USE`].
    pub permitted_use: String,
}

/// A source with its date and licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// As the range file names it.
    #[serde(flatten)]
    pub fact: SourceFact,
}

impl fmt::Display for Source {
    /// `ip-asn, 2026-06-17, CC-BY-4.0`, and whom the licence wants named.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SourceFact { name, date, licence, attribution, .. } = &self.fact;
        let date = date.as_deref().unwrap_or("no date");
        write!(formatter, "{name}, {date}, {}", licence.as_deref().unwrap_or(NO_LICENCE))?;
        match attribution {
            Some(attribution) => write!(formatter, ", {attribution}"),
            None => Ok(()),
        }
    }
}

impl Provenance {
    /// Of what the engine said of a company.
    pub fn of(company: &CompanyFacts) -> Provenance {
        Provenance {
            sources: company.sources.iter().map(|fact| Source { fact: fact.clone() }).collect(),
            confidence: company.confidence,
            permitted_use: PERMITTED_USE.to_owned(),
        }
    }
}

/// What has a row: a company with its numbers.
pub trait Exported: Serialize {
    /// The company.
    fn lead(&self) -> &Lead;
}

impl Exported for Lead {
    fn lead(&self) -> &Lead {
        self
    }
}

impl Exported for LeadDetail {
    fn lead(&self) -> &Lead {
        &self.lead
    }
}

/// A line of NDJSON.
#[derive(Serialize)]
struct Line<'a, L> {
    #[serde(flatten)]
    exported: &'a L,
    provenance: Provenance,
}

/// Writes a line of JSON for each company: [`Lead`], or [`LeadDetail`] with its visits and notes, and `provenance`. Returns
/// how many. Memory: one company's.
///
/// # Errors
///
/// Those of `leads`, which end the export, and of `out`. What was written until then is whole lines.
pub fn write_ndjson<L, E>(
    leads: impl IntoIterator<Item = Result<L, E>>,
    mut out: impl Write,
) -> Result<u64, ExportError<E>>
where
    L: Exported,
{
    let mut count = 0;
    let mut line = Vec::new();
    for exported in leads {
        let exported = exported.map_err(ExportError::Leads)?;
        line.clear();
        let provenance = Provenance::of(&exported.lead().company);
        serde_json::to_writer(&mut line, &Line { exported: &exported, provenance })
            .map_err(io::Error::from)?;
        line.push(b'\n');
        out.write_all(&line)?;
        count += 1;
    }
    out.flush()?;
    Ok(count)
}

/// What ended an export.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError<E> {
    /// The next company could not be read.
    #[error("the next company could not be read: {0}")]
    Leads(E),
    /// It could not be written.
    #[error("the export could not be written: {0}")]
    Write(#[from] io::Error),
}

/// RFC 3339 in UTC with milliseconds: `2026-11-22T05:55:46.123Z`. Times outside of the years 0 to 9999 become the nearest in them.
pub fn time(at: Timestamp) -> String {
    const FIRST: i64 = -62_167_219_200_000;
    const LAST: i64 = 253_402_207_200_000;
    let instant = Instant::from_millisecond(at.clamp(FIRST, LAST)).unwrap_or(Instant::UNIX_EPOCH);
    DateTimePrinter::new().precision(Some(3)).timestamp_to_string(&instant)
}

#[cfg(test)]
#[path = "export/tests.rs"]
mod tests;
