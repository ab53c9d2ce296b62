//! Tables: CSV (RFC 4180) and its kin, record by record.
//!
//! A quote that never closes costs one row, not the rest of the file: a record of several lines
//! whose quotes are not what the RFC says, or that grows too long, loses its first line, and the
//! others are read again on their own.

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
/// How many bytes may be read again beyond what has been read once: a file in which every line
/// opens a quote must not take its length squared.
const FREE_BYTES_AGAIN: u64 = 64 << 20;

/// A stream's records.
pub(super) struct Table<'a> {
    lines: Lines<'a>,
    parser: Reader,
    dialect: Dialect,
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// The bytes of the record that is being read.
    record: Vec<u8>,
    /// How many lines that is.
    record_lines: u64,
    /// Lines to be read again; each ends in a line end.
    put_back: Vec<u8>,
    /// How far into them the reading has come, and the number of the line that begins there.
    put_back_at: usize,
    put_back_line: u64,
    /// Bytes read from the stream, and bytes put back.
    once: u64,
    again: u64,
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
        let count = |delimiter: u8| memchr::memchr_iter(delimiter, first).count();
        // Of equally common ones the last is taken.
        let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter));
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
    /// The records of an input. The dialect may depend on the input's first line.
    pub(super) fn new(
        input: Input,
        progress: &'a mut dyn Progress,
        dialect: impl FnOnce(&[u8]) -> Dialect,
    ) -> Result<Table<'a>, ImportError> {
        let mut lines = Lines::new(input, progress);
        let dialect = dialect(lines.peek()?);
        let parser = ReaderBuilder::new().delimiter(dialect.delimiter).quoting(dialect.quoting).build();
        Ok(Table {
            lines,
            parser,
            dialect,
            fields: vec![0; 4096],
            ends: vec![0; 64],
            record: Vec::new(),
            record_lines: 0,
            put_back: Vec::new(),
            put_back_at: 0,
            put_back_line: 0,
            once: 0,
            again: 0,
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
            counts.row(record.line, each(record));
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
        self.record_lines = 0;
        let (mut parsed, mut written, mut ended) = (0, 0, 0);
        loop {
            let first = self.record.is_empty();
            match self.pull()? {
                Pulled::End if first => return Ok(Read::End),
                Pulled::End => return self.give_up(counts),
                Pulled::TooLong => {
                    counts.refuse(self.lines.number(), TOO_LONG);
                    return if first { Ok(Read::Refused) } else { self.give_up(counts) };
                }
                Pulled::Line(number) if first => self.line = number,
                Pulled::Line(_) => {}
            }
            if first && self.record.iter().all(u8::is_ascii_whitespace) {
                self.record.clear();
                self.record_lines = 0;
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
            if done {
                return self.judged(parsed, ended, counts);
            }
            if self.record.len() > LONGEST_RECORD {
                return self.give_up(counts);
            }
        }
    }

    /// A record that the parser takes for whole.
    fn judged(&mut self, parsed: usize, columns: usize, counts: &mut Counts) -> Result<Read, ImportError> {
        if self.record_lines > 1 && !quotes_are_right(&self.record, self.dialect.delimiter) {
            return self.give_up(counts);
        }
        let reason = if columns > MOST_COLUMNS {
            "it has more than 2048 columns"
        } else if !self.record[parsed..].iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            "a line has a carriage return that does not end it"
        } else {
            return Ok(Read::Record(columns));
        };
        counts.refuse(self.line, reason);
        Ok(Read::Refused)
    }

    /// Appends a line and its end to the record; a last line without its end is a line all the same.
    fn pull(&mut self) -> Result<Pulled, ImportError> {
        let rest = &self.put_back[self.put_back_at..];
        let number = if let Some(end) = memchr::memchr(b'\n', rest) {
            self.record.extend_from_slice(&rest[..=end]);
            self.put_back_at += end + 1;
            self.put_back_line += 1;
            self.put_back_line - 1
        } else {
            match self.lines.next()? {
                None => return Ok(Pulled::End),
                Some(Line::TooLong) => return Ok(Pulled::TooLong),
                Some(Line::Bytes(line)) => {
                    self.once += line.len() as u64;
                    self.record.extend_from_slice(line);
                }
            }
            self.lines.number()
        };
        if !self.record.ends_with(b"\n") {
            self.record.push(b'\n');
        }
        self.record_lines += 1;
        Ok(Pulled::Line(number))
    }

    /// A record did not end: its first line is refused, the others are read again on their own.
    fn give_up(&mut self, counts: &mut Counts) -> Result<Read, ImportError> {
        counts.refuse(self.line, "a quote does not close");
        let end = memchr::memchr(b'\n', &self.record).map_or(self.record.len(), |end| end + 1);
        let mut lines = self.record.split_off(end);
        self.again += lines.len() as u64;
        if self.again > FREE_BYTES_AGAIN + self.once {
            let what = "too many quotes do not close; is this the right kind of file?";
            return Err(ImportError::file(self.lines.path(), what));
        }
        lines.extend_from_slice(&self.put_back[self.put_back_at..]);
        self.put_back = lines;
        self.put_back_at = 0;
        self.put_back_line = self.line + 1;
        Ok(Read::Refused)
    }
}

/// Whether quotes only stand around whole fields (RFC 4180, rules 5 to 7). A stray quote swallows
/// lines until the next field in quotes, and there it closes in front of that field's text.
fn quotes_are_right(record: &[u8], delimiter: u8) -> bool {
    let (mut field_begins, mut quoted) = (true, false);
    let mut bytes = record.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if !quoted {
            quoted = field_begins && byte == b'"';
        } else if byte == b'"' {
            match bytes.peek() {
                Some(b'"') => _ = bytes.next(),
                Some(b'\r' | b'\n') | None => quoted = false,
                Some(next) if *next == delimiter => quoted = false,
                Some(_) => return false,
            }
        }
        field_begins = !quoted && byte == delimiter;
    }
    !quoted
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
