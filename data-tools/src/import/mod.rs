//! Importers: from a source's grammar to rows. They know nothing of answers.

mod ip_asn;
mod lines;

use std::io;
use std::path::{Path, PathBuf};

pub(crate) use ip_asn::read_ip_asn;

/// A range of one family, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// IPv4, in host order.
    V4(u32, u32),
    /// IPv6, in host order.
    V6(u128, u128),
}

/// A row of an IP-to-ASN table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsnRow<'a> {
    pub(crate) range: Range,
    pub(crate) asn: u32,
    /// The AS's holder, trimmed, not empty, without control characters.
    pub(crate) name: &'a str,
    /// ISO 3166-1 alpha-2 in capitals.
    pub(crate) country: Option<[u8; 2]>,
}

/// Why a source could not be read. Lines count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A row is not what the grammar says.
    #[error("{}, line {line}: {what}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What was found and what was expected.
        what: String,
    },
    /// The file has no row at all.
    #[error("{}: has no rows; expected an IP-to-ASN table", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl ImportError {
    fn io(path: &Path) -> impl Fn(io::Error) -> ImportError {
        move |source| ImportError::Io { path: path.into(), source }
    }

    fn row(path: &Path, line: u64, what: impl Into<String>) -> ImportError {
        ImportError::Row { path: path.into(), line, what: what.into() }
    }
}
