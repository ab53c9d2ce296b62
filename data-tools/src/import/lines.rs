//! Lines of bounded length: a file without line ends cannot fill the memory.

use std::io::{self, BufRead, Read};
use std::path::PathBuf;

use super::ImportError;
use super::input::{Input, Told};
use crate::Progress;

/// Longest line of a source, in bytes. Real ones stay far below.
pub(super) const LONGEST_LINE: usize = 64 * 1024;

/// Why a line is refused.
pub(super) const TOO_LONG: &str = "a line is longer than 64 KiB";

/// A stream's lines, numbered from 1.
pub(super) struct Lines<'a> {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    told: Told<'a>,
    number: u64,
    line: Vec<u8>,
}

/// A line, or that one was skipped.
pub(super) enum Line<'a> {
    /// Its bytes, with the line end if it has one.
    Bytes(&'a [u8]),
    /// It is longer than [`LONGEST_LINE`].
    TooLong,
}

impl<'a> Lines<'a> {
    pub(super) fn new(input: Input, progress: &'a mut dyn Progress) -> Lines<'a> {
        let told = Told::begin(&input, progress);
        Lines { path: input.path, reader: input.reader, told, number: 0, line: Vec::new() }
    }

    /// The number of the line that was read last.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line. A byte order mark before the first is dropped.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, ImportError> {
        if self.number % 4096 == 0 {
            self.told.tell();
        }
        self.line.clear();
        let bound = LONGEST_LINE as u64 + 1;
        let read = (&mut self.reader).take(bound).read_until(b'\n', &mut self.line);
        if read.map_err(|error| self.error(error))? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.line.len() > LONGEST_LINE {
            if !self.line.ends_with(b"\n") {
                skip_line(&mut self.reader).map_err(|error| self.error(error))?;
            }
            return Ok(Some(Line::TooLong));
        }
        let mark = if self.number == 1 && self.line.starts_with("\u{FEFF}".as_bytes()) { 3 } else { 0 };
        Ok(Some(Line::Bytes(&self.line[mark..])))
    }

    /// The first bytes of the stream, before any line was read.
    pub(super) fn peek(&mut self) -> Result<&[u8], ImportError> {
        let path = &self.path;
        self.reader.fill_buf().map_err(|source| ImportError::Io { path: path.clone(), source })
    }

    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    fn error(&self, source: io::Error) -> ImportError {
        ImportError::Io { path: self.path.clone(), source }
    }
}

fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let count = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(count);
        if end.is_some() {
            return Ok(());
        }
    }
}
