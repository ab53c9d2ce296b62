//! Bounds a line's length, so that a file without line ends cannot fill the memory.

use std::io::{self, Read};

/// Longest line of a source, in bytes. Real ones stay below 300.
pub(super) const LONGEST_LINE: usize = 64 * 1024;

/// Passes bytes through until a line grows too long.
pub(super) struct BoundedLines<R> {
    inner: R,
    /// Bytes since the last line end.
    length: usize,
    /// Complete lines seen.
    lines: u64,
}

/// What [`BoundedLines`] puts into the error it returns.
#[derive(Debug, thiserror::Error)]
#[error("longer than {LONGEST_LINE} bytes; is this a table?")]
pub(super) struct LineTooLong {
    /// Which, from 1.
    pub(super) line: u64,
}

impl<R: Read> BoundedLines<R> {
    pub(super) fn new(inner: R) -> BoundedLines<R> {
        BoundedLines { inner, length: 0, lines: 0 }
    }
}

impl<R: Read> Read for BoundedLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        for part in buffer[..count].split_inclusive(|byte| *byte == b'\n') {
            self.length += part.len();
            if self.length > LONGEST_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, LineTooLong { line: self.lines + 1 }));
            }
            if part.ends_with(b"\n") {
                self.length = 0;
                self.lines += 1;
            }
        }
        Ok(count)
    }
}
