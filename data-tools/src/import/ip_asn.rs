//! IP-to-ASN tables.
//!
//! ip-location-db, CSV without header, addresses as text or (`-num`) as integers:
//! `1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."`
//!
//! iptoasn, TSV without header or quotes, AS 0 for what is not routed:
//! `1.0.0.0 <TAB> 1.0.0.255 <TAB> 13335 <TAB> US <TAB> CLOUDFLARENET`
//!
//! Which of the two a file is, is seen from its first line: only TSV has tabs. An integer that
//! fits 32 bits is an IPv4 address, unless the other end of its range does not fit.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use nameplate::Address;

use super::lines::{BoundedLines, LONGEST_LINE, LineTooLong};
use super::{AsnRow, ImportError, Range};
use crate::Progress;

/// Calls `each` with every row that names a holder; returns how many rows there were in all.
pub(crate) fn read_ip_asn(
    path: &Path,
    progress: &mut dyn Progress,
    mut each: impl FnMut(AsnRow<'_>),
) -> Result<u64, ImportError> {
    let file = File::open(path).map_err(ImportError::io(path))?;
    let size = file.metadata().map_err(ImportError::io(path))?.len();
    let mut input = BufReader::with_capacity(2 * LONGEST_LINE, BoundedLines::new(file));
    let start = input.fill_buf().map_err(|error| read_error(path, error))?;
    let first_line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let grammar = if first_line.contains(&b'\t') { Grammar::Tsv } else { Grammar::Csv };

    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(grammar.delimiter())
        .quoting(grammar == Grammar::Csv)
        .from_reader(input);
    progress.begin(&path.display().to_string(), Some(size));
    let mut record = ByteRecord::new();
    let (mut rows, mut told) = (0, 0);
    while reader.read_byte_record(&mut record).map_err(|error| csv_error(path, error))? {
        rows += 1;
        let row = grammar.row(&record).map_err(|what| {
            let line = record.position().map_or(0, csv::Position::line);
            ImportError::row(path, line, what)
        })?;
        if let Some(row) = row {
            each(row);
        }
        if rows % 4096 == 0 {
            let position = reader.position().byte();
            progress.advance(position - told);
            told = position;
        }
    }
    progress.end();
    if rows == 0 {
        return Err(ImportError::Empty { path: path.into() });
    }
    Ok(rows)
}

fn read_error(path: &Path, error: std::io::Error) -> ImportError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<LineTooLong>()) {
        Some(long) => ImportError::row(path, long.line, long.to_string()),
        None => ImportError::Io { path: path.into(), source: error },
    }
}

fn csv_error(path: &Path, error: csv::Error) -> ImportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => read_error(path, error),
        other => ImportError::row(path, 0, format!("{other:?}")),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Grammar {
    Csv,
    Tsv,
}

impl Grammar {
    fn delimiter(self) -> u8 {
        match self {
            Grammar::Csv => b',',
            Grammar::Tsv => b'\t',
        }
    }

    /// The row in a record; none where the record says that nobody holds the range.
    fn row(self, record: &ByteRecord) -> Result<Option<AsnRow<'_>>, String> {
        let (columns, name_column) = match self {
            Grammar::Csv => (4, 3),
            Grammar::Tsv => (5, 4),
        };
        if record.len() != columns {
            return Err(format!("{} columns, expected {columns}", record.len()));
        }
        let range = range(&record[0], &record[1])?;
        let asn = ascii(&record[2])
            .and_then(|text| text.parse().ok())
            .ok_or("the AS number is no number of 32 bits")?;
        let name = std::str::from_utf8(&record[name_column])
            .map_err(
                |_| "the holder's name is not UTF-8; convert the file, for example with iconv -f latin1",
            )?
            .trim();
        if name.chars().any(char::is_control) {
            return Err("the holder's name has control characters".into());
        }
        if asn == 0 || name.is_empty() {
            return Ok(None);
        }
        let country = match self {
            Grammar::Csv => None,
            Grammar::Tsv => country(&record[3])?,
        };
        Ok(Some(AsnRow { range, asn, name, country }))
    }
}

fn ascii(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok().filter(|text| text.is_ascii())
}

fn range(first: &[u8], last: &[u8]) -> Result<Range, String> {
    let first = bound(first).ok_or("the start is no address")?;
    let last = bound(last).ok_or("the end is no address")?;
    let (range, ordered) = match (first, last) {
        (Bound::Address(Address::V4(first)), Bound::Address(Address::V4(last))) => {
            (Range::V4(first, last), first <= last)
        }
        (Bound::Address(Address::V6(first)), Bound::Address(Address::V6(last))) => {
            (Range::V6(first, last), first <= last)
        }
        (Bound::Integer(first), Bound::Integer(last)) => {
            let range = match (u32::try_from(first), u32::try_from(last)) {
                (Ok(first), Ok(last)) => Range::V4(first, last),
                _ => Range::V6(first, last),
            };
            (range, first <= last)
        }
        _ => return Err("start and end are of different kinds".into()),
    };
    if !ordered {
        return Err("the start lies after the end".into());
    }
    Ok(range)
}

#[derive(Clone, Copy)]
enum Bound {
    Address(Address),
    Integer(u128),
}

fn bound(field: &[u8]) -> Option<Bound> {
    if !field.is_empty() && field.iter().all(u8::is_ascii_digit) {
        return ascii(field)?.parse().ok().map(Bound::Integer);
    }
    Address::parse(field).ok().map(Bound::Address)
}

/// `None` is the table's word for no country.
fn country(field: &[u8]) -> Result<Option<[u8; 2]>, String> {
    match field {
        b"" | b"None" => Ok(None),
        [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Some([*a, *b])),
        _ => Err("the country is not two capitals".into()),
    }
}
