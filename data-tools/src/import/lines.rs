//! Lines of bounded length: a file without line ends cannot fill the memory.

use std::io::{self, BufRead, Read};
use std::path::PathBuf;

use super::input::{Input, Told};
use super::text::Refusal;
use super::{Counts, ImportError};
use crate::Progress;

/// Longest line of a source, in bytes. Real ones stay far below.
pub(super) const LONGEST_LINE: usize = 64 * 1024;

/// Why a line is refused.
pub(super) const TOO_LONG: Refusal = "a line is longer than 64 KiB";

/// A stream's lines, numbered from 1.
pub(super) struct Lines<'a> {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    told: Told<'a>,
    number: u64,
    /// The line that was read last; of one that is too long, its beginning.
    line: Vec<u8>,
    too_long: bool,
    /// Whether that line is still to be given out.
    peeked: bool,
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
        Lines {
            path: input.path,
            reader: input.reader,
            told,
            number: 0,
            line: Vec::new(),
            too_long: false,
            peeked: false,
        }
    }

    /// The number of the line that was given out last.
    pub(super) fn number(&self) -> u64 {
        self.number - u64::from(self.peeked)
    }

    /// The next line. A byte order mark before the first is dropped.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, ImportError> {
        if !std::mem::take(&mut self.peeked) && !self.read()? {
            return Ok(None);
        }
        Ok(Some(if self.too_long { Line::TooLong } else { Line::Bytes(&self.line) }))
    }

    /// The first line, while none has been given out; empty if there is none. Of one that is too
    /// long, its beginning.
    pub(super) fn peek(&mut self) -> Result<&[u8], ImportError> {
        if self.number == 0 {
            self.peeked = self.read()?;
        }
        Ok(&self.line)
    }

    /// Calls `each` with every line that is not blank, trimmed: whether it was used, none if it is
    /// no row but a comment or the like, or why it is refused.
    pub(super) fn for_each(
        mut self,
        mut each: impl FnMut(&[u8]) -> Result<Option<bool>, Refusal>,
    ) -> Result<Counts, ImportError> {
        let mut counts = Counts::default();
        while let Some(line) = self.next()? {
            let outcome = match line {
                Line::Bytes(line) if line.trim_ascii().is_empty() => Ok(None),
                Line::Bytes(line) => each(line.trim_ascii()),
                Line::TooLong => Err(TOO_LONG),
            };
            if let Some(outcome) = outcome.transpose() {
                counts.row(self.number(), outcome);
            }
        }
        Ok(counts)
    }

    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Reads a line, unless the stream has ended.
    fn read(&mut self) -> Result<bool, ImportError> {
        if self.number.is_multiple_of(4096) {
            self.told.tell();
        }
        self.line.clear();
        let bound = LONGEST_LINE as u64 + 1;
        let read = (&mut self.reader).take(bound).read_until(b'\n', &mut self.line);
        if read.map_err(|error| self.error(error))? == 0 {
            return Ok(false);
        }
        self.too_long = self.line.len() > LONGEST_LINE;
        if self.too_long && !self.line.ends_with(b"\n") {
            skip_line(&mut self.reader).map_err(|error| self.error(error))?;
        }
        if self.number == 0 && self.line.starts_with("\u{FEFF}".as_bytes()) {
            self.line.drain(..3);
        }
        self.number += 1;
        Ok(true)
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
        let end = memchr::memchr(b'\n', buffer);
        let count = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(count);
        if end.is_some() {
            return Ok(());
        }
    }
}
