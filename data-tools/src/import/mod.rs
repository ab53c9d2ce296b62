//! Importers: from a source's grammar to rows. They know nothing of answers.
//!
//! ```text
//! file -> input (gzip, zip, zstd; bounded) -> lines -> table -> an importer -> Row
//! ```
//!
//! An importer streams: it keeps no row, so its memory does not grow with its input. A row that
//! is not what the grammar says is refused, counted and explained; a file is refused where the
//! whole is in doubt: it is cut off, holds nothing that could be used, or refuses too many rows.

mod arin;
mod companies_house;
mod corrections;
mod delegated;
mod gleif;
mod input;
mod ip_asn;
mod kbo;
mod lines;
mod list;
mod mmdb;
mod objects;
mod own_table;
mod register;
mod row;
mod rpsl;
mod sirene;
mod table;
mod terms;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::Progress;
use crate::config::{ListKind, SourceConfig, SourceKind};

use text::Refusal;

pub(crate) use corrections::{Corrections, Saying};
pub use row::Kind;
pub(crate) use row::{
    Country, Holder, Listed, NetworkRow, Organisation, Range, Role, Row, Subject, SystemRow,
};
pub(crate) use terms::terms;

/// Calls `each` with what every row of one of the source's files says.
pub(crate) fn import(
    source: &SourceConfig,
    path: &Path,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let counts = match source.kind {
        SourceKind::IpAsn => ip_asn::read(path, progress, each),
        SourceKind::Delegated => delegated::read(path, progress, each),
        SourceKind::Mmdb => mmdb::read(path, progress, each),
        SourceKind::Table => own_table::read(path, progress, each),
        SourceKind::AsList => list::read_systems(path, listed(source, path)?, progress, each),
        SourceKind::NetworkList => list::read_networks(path, listed(source, path)?, progress, each),
        SourceKind::DomainList => list::read_domains(path, listed(source, path)?, progress, each),
        SourceKind::Arin => arin::read(path, progress, each),
        SourceKind::CompaniesHouse => companies_house::read(path, progress, each),
        SourceKind::Gleif => gleif::read(path, progress, each),
        SourceKind::Kbo => kbo::read(path, progress, each),
        SourceKind::Rpsl => rpsl::read(path, progress, each),
        SourceKind::Sirene => sirene::read(path, progress, each),
    }?;
    counts.judged(path)
}

/// What a list's members are.
fn listed(source: &SourceConfig, path: &Path) -> Result<Kind, ImportError> {
    let missing =
        || ImportError::file(path, "is a list: its source has to say of what, as lists = \"hosting\"");
    source.lists.map(ListKind::kind).ok_or_else(missing)
}

/// Reads a file as a source of a kind, and says what would become of its rows. Builds nothing;
/// memory does not grow with the file.
pub fn check(source: &SourceConfig, path: &Path, progress: &mut dyn Progress) -> Result<Counts, ImportError> {
    import(source, path, progress, &mut |_| {})
}

/// What became of a file's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows read.
    pub rows: u64,
    /// Rows that say something that is used. The rest of the rows were read and say nothing.
    pub used: u64,
    /// Rows refused, by reason.
    pub refused: BTreeMap<&'static str, Refused>,
}

/// Rows refused for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How many.
    pub count: u64,
    /// The first one's line, from 1.
    pub first_line: u64,
}

impl Counts {
    /// One row: whether it was used, or why it is refused.
    fn row(&mut self, line: u64, outcome: Result<bool, Refusal>) {
        match outcome {
            Ok(used) => {
                self.rows += 1;
                self.used += u64::from(used);
            }
            Err(reason) => self.refuse(line, reason),
        }
    }

    /// One row, refused.
    fn refuse(&mut self, line: u64, reason: Refusal) {
        self.rows += 1;
        self.refused.entry(reason).or_insert(Refused { count: 0, first_line: line }).count += 1;
    }

    /// All refused rows.
    pub fn refused_rows(&self) -> u64 {
        self.refused.values().map(|refused| refused.count).sum()
    }

    /// Adds another file's counts.
    pub(crate) fn add(&mut self, other: &Counts) {
        self.rows += other.rows;
        self.used += other.used;
        for (reason, refused) in &other.refused {
            let all = self.refused.entry(reason).or_insert(Refused { count: 0, ..*refused });
            all.count += refused.count;
        }
    }

    /// A file that refuses more than a tenth of its rows, or every row, or that says nothing at
    /// all, is not the file one takes it for.
    fn judged(self, path: &Path) -> Result<Counts, ImportError> {
        let refused = self.refused_rows();
        if self.rows == 0 {
            return Err(ImportError::Empty { path: path.into() });
        }
        if refused == self.rows || refused > 100.max(self.rows / 10) {
            let (reason, first) =
                self.refused.iter().max_by_key(|(_, refused)| refused.count).expect("rows were refused");
            return Err(ImportError::Doubtful {
                path: path.into(),
                refused,
                rows: self.rows,
                reason,
                line: first.first_line,
            });
        }
        if self.used == 0 {
            return Err(ImportError::file(
                path,
                format!("none of its {} rows says anything; is this the right kind of file?", self.rows),
            ));
        }
        Ok(self)
    }
}

/// Why a source could not be read. Lines count from 1. No message quotes what a file holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The operating system refused, or the compressed data are damaged or cut off.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file as a whole is not what the grammar says.
    #[error("{}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was found, what was expected and what to do.
        what: String,
    },
    /// Too many rows were refused.
    #[error("{}: {refused} of {rows} rows refused, most because {reason} (first on line {line}); is this the right kind of file?", path.display())]
    Doubtful {
        /// The file.
        path: PathBuf,
        /// Rows refused.
        refused: u64,
        /// Rows read.
        rows: u64,
        /// The commonest reason.
        reason: &'static str,
        /// Where it was first met.
        line: u64,
    },
    /// The file has no row at all.
    #[error("{}: has no rows", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl ImportError {
    fn io(path: &Path) -> impl Fn(io::Error) -> ImportError {
        move |source| ImportError::Io { path: path.into(), source }
    }

    fn file(path: &Path, what: impl Into<String>) -> ImportError {
        ImportError::File { path: path.into(), what: what.into() }
    }
}
