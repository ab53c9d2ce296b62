//! Tables: CSV and its kin, record by record. A quote that never closes costs one row, not the
//! rest of the file.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::input::Input;
use super::lines::{Line, Lines, TOO_LONG};
use super::text::Refusal;
use super::{Counts, ImportError};
use crate::Progress;

/// The longest record, in bytes: records may span lines inside quotes.
const LONGEST_RECORD: usize = 256 * 1024;
/// The most columns. GLEIF's golden copy has some 340.
const MOST_COLUMNS: usize = 2048;

/// A stream's records.
pub(super) struct Table<'a> {
    lines: Lines<'a>,
    parser: Reader,
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// The bytes of the record that is being read.
    record: Vec<u8>,
    /// Lines read while a quote was open that never closed; each ends in a line end.
    put_back: Vec<u8>,
    /// The number of the first of them.
    put_back_line: u64,
    /// Line of the record that was read last.
    line: u64,
    /// Columns that every record must have; 0 for any number.
    columns: usize,
}

/// One record.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    fields: &'a [u8],
    ends: &'a [usize],
    /// Line of its beginning, from 1.
    pub(super) line: u64,
}

impl<'a> Record<'a> {
    /// How many fields.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A field; empty beyond the last.
    pub(super) fn get(&self, column: usize) -> &'a [u8] {
        let Some(end) = self.ends.get(column) else { return &[] };
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.fields[start..*end]
    }

    /// A field of a column that may be missing.
    pub(super) fn at(&self, column: Option<usize>) -> &'a [u8] {
        column.map_or(&[], |column| self.get(column))
    }
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    /// Whether `"` quotes.
    pub(super) quoting: bool,
}

impl Dialect {
    pub(super) const CSV: Dialect = Dialect { delimiter: b',', quoting: true };
    pub(super) const TSV: Dialect = Dialect { delimiter: b'\t', quoting: false };

    /// Guesses from the first line: whichever of tab, semicolon and comma is most common.
    pub(super) fn guess(start: &[u8]) -> Dialect {
        let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |delimiter: u8| first.iter().filter(|byte| **byte == delimiter).count();
        let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|delimiter| count(*delimiter));
        Dialect { delimiter: delimiter.unwrap_or(b','), quoting: true }
    }
}

/// What a table's first record says: which column has which name.
pub(super) struct Header {
    names: Vec<String>,
}

impl Header {
    /// The column of a name; names are compared without case and without spaces around them.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own.eq_ignore_ascii_case(name))
    }

    /// All names, trimmed.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The column of a name that must be there.
    pub(super) fn require(&self, path: &std::path::Path, name: &str) -> Result<usize, ImportError> {
        self.column(name).ok_or_else(|| ImportError::file(path, format!("its header has no column {name:?}")))
    }
}

impl<'a> Table<'a> {
    /// The records of an input. The dialect may depend on how the input begins.
    pub(super) fn new(
        input: Input,
        progress: &'a mut dyn Progress,
        dialect: impl FnOnce(&[u8]) -> Dialect,
    ) -> Result<Table<'a>, ImportError> {
        let mut lines = Lines::new(input, progress);
        let Dialect { delimiter, quoting } = dialect(lines.peek()?);
        let parser = ReaderBuilder::new().delimiter(delimiter).quoting(quoting).build();
        Ok(Table {
            lines,
            parser,
            fields: vec![0; 4096],
            ends: vec![0; 64],
            record: Vec::new(),
            put_back: Vec::new(),
            put_back_line: 0,
            line: 0,
            columns: 0,
        })
    }

    /// Takes the first record as the header. From then on every record must have as many columns.
    pub(super) fn header(&mut self) -> Result<Header, ImportError> {
        let path = self.lines.path().to_owned();
        let mut counts = Counts::default();
        let Some(record) = self.next(&mut counts)? else {
            return Err(match counts.refused.keys().next() {
                Some(reason) => ImportError::file(&path, format!("its header cannot be read: {reason}")),
                None => ImportError::Empty { path },
            });
        };
        let name = |column| String::from_utf8_lossy(record.get(column)).trim().to_owned();
        let names: Vec<String> = (0..record.len()).map(name).collect();
        if !counts.refused.is_empty() {
            return Err(ImportError::file(&path, "its header cannot be read"));
        }
        let mut sorted: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        sorted.sort();
        if sorted.windows(2).any(|pair| pair[0] == pair[1] && !pair[0].is_empty()) {
            return Err(ImportError::file(&path, "its header names a column twice"));
        }
        self.columns = names.len();
        Ok(Header { names })
    }

    /// Every record must have so many columns.
    pub(super) fn expect_columns(&mut self, columns: usize) {
        self.columns = columns;
    }

    /// Calls `each` with every further record: whether it was used, or why it is refused.
    pub(super) fn for_each(
        mut self,
        mut each: impl FnMut(Record<'_>) -> Result<bool, Refusal>,
    ) -> Result<Counts, ImportError> {
        let mut counts = Counts::default();
        while let Some(record) = self.next(&mut counts)? {
            let line = record.line;
            match each(record) {
                Ok(used) => {
                    counts.rows += 1;
                    counts.used += u64::from(used);
                }
                Err(reason) => counts.refuse(line, reason),
            }
        }
        Ok(counts)
    }

    /// The next record; rows that are none are counted as refused.
    pub(super) fn next(&mut self, counts: &mut Counts) -> Result<Option<Record<'_>>, ImportError> {
        loop {
            let length = match self.read(counts)? {
                Read::End => return Ok(None),
                Read::Refused => continue,
                Read::Record(columns) => columns,
            };
            if self.columns != 0 && length != self.columns {
                counts.refuse(self.line, "its number of columns is wrong");
                continue;
            }
            let ends = &self.ends[..length];
            return Ok(Some(Record { fields: &self.fields, ends, line: self.line }));
        }
    }

    fn read(&mut self, counts: &mut Counts) -> Result<Read, ImportError> {
        self.parser.reset();
        self.record.clear();
        let (mut parsed, mut written, mut ended) = (0, 0, 0);
        loop {
            let first = self.record.is_empty();
            match self.pull()? {
                Pulled::End if first => return Ok(Read::End),
                Pulled::End => return Ok(self.give_up(counts)),
                Pulled::TooLong => {
                    counts.refuse(self.lines.number(), TOO_LONG);
                    return Ok(if first { Read::Refused } else { self.give_up(counts) });
                }
                Pulled::Line(number) if first => self.line = number,
                Pulled::Line(_) => {}
            }
            if first && self.record.iter().all(u8::is_ascii_whitespace) {
                self.record.clear();
                continue;
            }
            let done = loop {
                let (result, read, output, ends) = self.parser.read_record(
                    &self.record[parsed..],
                    &mut self.fields[written..],
                    &mut self.ends[ended..],
                );
                parsed += read;
                written += output;
                ended += ends;
                match result {
                    ReadRecordResult::OutputFull => self.fields.resize(self.fields.len() * 2, 0),
                    ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                    ReadRecordResult::Record => break true,
                    ReadRecordResult::InputEmpty | ReadRecordResult::End => break false,
                }
            };
            if done && ended > MOST_COLUMNS {
                counts.refuse(self.line, "it has more than 2048 columns");
                return Ok(Read::Refused);
            }
            if done {
                return Ok(Read::Record(ended));
            }
            if self.record.len() > LONGEST_RECORD {
                return Ok(self.give_up(counts));
            }
        }
    }

    /// Appends a line and its end to the record; a last line without its end is a line all the same.
    fn pull(&mut self) -> Result<Pulled, ImportError> {
        let number = if let Some(end) = self.put_back.iter().position(|byte| *byte == b'\n') {
            self.record.extend(self.put_back.drain(..=end));
            self.put_back_line += 1;
            self.put_back_line - 1
        } else {
            match self.lines.next()? {
                None => return Ok(Pulled::End),
                Some(Line::TooLong) => return Ok(Pulled::TooLong),
                Some(Line::Bytes(line)) => self.record.extend_from_slice(line),
            }
            self.lines.number()
        };
        if !self.record.ends_with(b"\n") {
            self.record.push(b'\n');
        }
        Ok(Pulled::Line(number))
    }

    /// A record did not end: its first line is refused, the others are read again on their own.
    fn give_up(&mut self, counts: &mut Counts) -> Read {
        counts.refuse(self.line, "a quote does not close");
        let end = self.record.iter().position(|byte| *byte == b'\n').map_or(self.record.len(), |end| end + 1);
        self.put_back.splice(..0, self.record.drain(end..));
        self.put_back_line = self.line + 1;
        Read::Refused
    }
}

enum Pulled {
    /// A line of this number.
    Line(u64),
    TooLong,
    End,
}

enum Read {
    /// A record of so many columns.
    Record(usize),
    Refused,
    End,
}
