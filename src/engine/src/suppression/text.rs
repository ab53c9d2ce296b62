//! The list as a text file; docs/SUPPRESSION.md is the specification.
//!
//! ```text
//! nameplate suppression list, version 1
//! 2026-06-17 <tab> domain <tab> example.com <tab> objection by letter
//! end <tab> 1 <tab> sha256:… of all bytes before this line
//! ```

use std::fmt;

use sha2::{Digest, Sha256};

use super::rule::{Suppression, SuppressionRule};
use super::{InvalidSuppression, SuppressionList};

/// The first line, up to the version.
const TITLE: &str = "nameplate suppression list, version ";

/// The version that is written, and the only one that is read.
const VERSION: &str = "1";

/// The first field of the last line; those of entries begin with a digit.
const END: &str = "end";

/// Bytes of the shortest entry: a date, `id`, a character each for id and reason, and what is between.
const SHORTEST_ENTRY: usize = 18;

/// What is wrong with a suppression list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SuppressionError {
    /// No such file.
    #[error(
        "there is no suppression list; restore it from a backup, or begin one with nameplate suppress create"
    )]
    Missing,
    /// A new list was to be made where a file is.
    #[error("is there already; it is left as it is: nameplate suppress add adds to it")]
    Exists,
    /// No bytes at all. An empty list has a first and a last line.
    #[error("the suppression list is empty, without even its first line; restore it from a backup")]
    Empty,
    /// The first line is another.
    #[error("not a suppression list: the first line is not that of one; restore it from a backup")]
    Title,
    /// A later format.
    #[error("a suppression list of version {found}, but this program reads version 1; update nameplate")]
    Version {
        /// The list's version.
        found: u32,
    },
    /// The last line is not the one with count and checksum.
    #[error("the suppression list is cut off: its last line is missing or damaged; restore it from a backup")]
    CutOff,
    /// The bytes are not those that were written.
    #[error(
        "the suppression list was damaged or edited: its checksum does not fit; restore it from a backup"
    )]
    Checksum,
    /// A line is none that a list has, though the checksum fits.
    #[error("the suppression list, line {line}: {what}; restore it from a backup")]
    Line {
        /// From 1.
        line: usize,
        /// What it should be.
        what: &'static str,
    },
}

impl fmt::Display for SuppressionList {
    /// The bytes of the list's file. Where an alternate form is asked for, they are the same.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("{TITLE}{VERSION}\n");
        for entry in self.entries() {
            use fmt::Write;
            writeln!(text, "{}\t{}\t{}", entry.date(), entry.rule(), entry.reason())?;
        }
        let end = last_line(self.entries().len(), text.as_bytes());
        out.write_str(&text)?;
        out.write_str(&end)
    }
}

/// With its line end.
fn last_line(count: usize, before: &[u8]) -> String {
    use fmt::Write;
    let mut line = format!("{END}\t{count}\tsha256:");
    for byte in Sha256::digest(before) {
        write!(line, "{byte:02x}").unwrap_or_default();
    }
    line.push('\n');
    line
}

pub(super) fn parse(bytes: &[u8]) -> Result<SuppressionList, SuppressionError> {
    if bytes.is_empty() {
        return Err(SuppressionError::Empty);
    }
    check_title(bytes)?;
    // The last line must be the one that would have been written: so no byte of it is free.
    let start = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    let (before, end) = bytes.split_at(start);
    let end = std::str::from_utf8(end).map_err(|_| SuppressionError::CutOff)?;
    let mut fields = end.split('\t');
    let (word, count) = (fields.next(), fields.next());
    let count: usize = count
        .filter(|_| word == Some(END) && end.ends_with('\n'))
        .and_then(|count| count.parse().ok())
        .ok_or(SuppressionError::CutOff)?;
    if end != last_line(count, before) {
        return Err(SuppressionError::Checksum);
    }
    let text = std::str::from_utf8(before)
        .map_err(|_| SuppressionError::Line { line: 1, what: "the list is not UTF-8" })?;
    let mut list = SuppressionList::default();
    // The checksum fits, but whoever can write a file can make one that does.
    list.reserve(count.min(text.len() / SHORTEST_ENTRY));
    let mut lines = 1;
    // What the checksum covers ends with a line end.
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n').skip(1) {
        lines += 1;
        let wrong = |InvalidSuppression(what)| SuppressionError::Line { line: lines, what };
        list.add(parse_entry(line).map_err(wrong)?);
    }
    if lines != count + 1 {
        let what = "the count does not fit the number of entries";
        return Err(SuppressionError::Line { line: lines + 1, what });
    }
    Ok(list)
}

/// Before all else: the other checks are this version's.
fn check_title(bytes: &[u8]) -> Result<(), SuppressionError> {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let whole = bytes.len() > line.len();
    let version = std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix(TITLE));
    match version {
        Some(VERSION) if whole => Ok(()),
        Some(version) if whole => match version.parse() {
            Ok(found) => Err(SuppressionError::Version { found }),
            Err(_) => Err(SuppressionError::Title),
        },
        _ if !whole && format!("{TITLE}{VERSION}").as_bytes().starts_with(line) => {
            Err(SuppressionError::CutOff)
        }
        _ => Err(SuppressionError::Title),
    }
}

fn parse_entry(line: &str) -> Result<Suppression, InvalidSuppression> {
    const FIELDS: InvalidSuppression = InvalidSuppression(
        "an entry is date, kind of rule, what it names, and reason, with tabs between them",
    );
    let fields: Vec<&str> = line.split('\t').collect();
    let (date, rule, reason) = match fields[..] {
        [date, "id", id, reason] => (date, SuppressionRule::Company(id.into()), reason),
        [date, "register", register, number, reason] => {
            (date, SuppressionRule::Register { register: register.into(), number: number.into() }, reason)
        }
        [date, "domain", domain, reason] => (date, SuppressionRule::Domain(domain.into()), reason),
        [date, "network", network, reason] => {
            let network = network.parse().map_err(|_| InvalidSuppression("the network is none"))?;
            (date, SuppressionRule::Network(network), reason)
        }
        _ => return Err(FIELDS),
    };
    Suppression::new(rule, date, reason)
}
