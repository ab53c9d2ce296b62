//! What can be wrong with a range file, in sentences that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::signature::KeyError;
use crate::suppression::SuppressionError;

/// Why a range file or a suppression list could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file's bytes are not a range file that this library can serve from.
    #[error("{}: {source}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: FormatError,
    },
    /// The file is no suppression list that can be relied on.
    #[error("{}: {source}", path.display())]
    Suppression {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        source: SuppressionError,
    },
    /// The file is no key.
    #[error("{}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: KeyError,
    },
    /// A file that was to replace another is older.
    #[error("{}: build {found} is older than build {serving}, which stays; allow older builds to go back to it", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its build number.
        found: u64,
        /// That of the one which stays.
        serving: u64,
    },
    /// Readers hold so many replaced files that there is no place for another.
    #[error("{}: readers still hold {held} files that were replaced; the last one stays until some of them are done", path.display())]
    Held {
        /// The file that was to replace the last one.
        path: PathBuf,
        /// How many.
        held: usize,
    },
}

impl Error {
    /// The same about another file: for what was made from it in memory.
    pub(crate) fn about(mut self, file: &Path) -> Error {
        match &mut self {
            Error::Io { path, .. }
            | Error::Format { path, .. }
            | Error::Suppression { path, .. }
            | Error::Key { path, .. }
            | Error::Older { path, .. }
            | Error::Held { path, .. } => *path = file.into(),
        }
        self
    }

    /// All that [`class`](Self::class) may say.
    pub const CLASSES: [&'static str; 12] = [
        "missing",
        "io",
        "empty",
        "foreign",
        "newer",
        "unsigned",
        "signature",
        "damaged",
        "suppression",
        "key",
        "older",
        "held",
    ];

    /// The kind of error in a word, one of [`CLASSES`](Self::CLASSES), for counters and states that programs read.
    pub fn class(&self) -> &'static str {
        match self {
            Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => "missing",
            Error::Io { .. } => "io",
            Error::Format { source, .. } => match source {
                FormatError::Empty => "empty",
                FormatError::Magic => "foreign",
                FormatError::NewerVersion { .. } => "newer",
                FormatError::Unsigned => "unsigned",
                FormatError::OtherKey | FormatError::Signature => "signature",
                _ => "damaged",
            },
            Error::Suppression { .. } => "suppression",
            Error::Key { .. } => "key",
            Error::Older { .. } => "older",
            Error::Held { .. } => "held",
        }
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}

/// What is wrong with the bytes of a range file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// No bytes at all.
    #[error("the file is empty; build or copy it again")]
    Empty,
    /// The file does not begin with the magic bytes.
    #[error("not a nameplate range file: it does not begin with the format's eight magic bytes")]
    Magic,
    /// A later format.
    #[error("format version {found}, but this program reads up to version {known}; update nameplate")]
    NewerVersion {
        /// The file's version.
        found: u32,
        /// The newest that this library reads.
        known: u32,
    },
    /// Shorter than it says it is.
    #[error("the file is cut off: {found} bytes of {expected}; copy or build it again")]
    CutOff {
        /// Bytes that the file says it has (or that a header needs).
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// Longer than it says it is.
    #[error("{extra} bytes follow the end of the file's data; copy or build it again")]
    TrailingBytes {
        /// How many.
        extra: u64,
    },
    /// The header does not fit its own checksum.
    #[error("the header is damaged: its checksum does not fit; copy or build the file again")]
    HeaderChecksum,
    /// A header field has a value that the format does not allow.
    #[error("the header is damaged: {what}; copy or build the file again")]
    Header {
        /// Which field, and how.
        what: &'static str,
    },
    /// A section that must be there is not.
    #[error("section {section} is missing; build the file again")]
    MissingSection {
        /// Its name in docs/FORMAT.md.
        section: &'static str,
    },
    /// A section contradicts the format.
    #[error("section {section}: {what}; copy or build the file again")]
    Section {
        /// Its name in docs/FORMAT.md.
        section: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// A record contradicts the format.
    #[error("section {section}, record {record}: {what}; copy or build the file again")]
    Record {
        /// Its name in docs/FORMAT.md.
        section: &'static str,
        /// The record's index in the section, from 0.
        record: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// There is no signature, and one was asked for.
    #[error("the file is not signed; get it from whoever signs it, or build it with --sign")]
    Unsigned,
    /// There is a signature, of another key than the one that was asked for.
    #[error("the file is signed with another key than the one given; is it from where you think?")]
    OtherKey,
    /// There is a signature that is none of the key that the file names.
    #[error("the signature does not fit: the file was changed after it was signed; copy it again")]
    Signature,
    /// A byte outside header and sections is not zero.
    #[error("byte {offset} lies between sections and is not zero; copy or build the file again")]
    Padding {
        /// Bytes from the file's start.
        offset: u64,
    },
}
