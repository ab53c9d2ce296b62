//! Builds range files from public sources.
//!
//! A source's row flows one way:
//!
//! ```text
//! import --> evidence --> resolve (organisation) --> flatten --> nameplate::Writer
//! ```
//!
//! `import` reads a source's grammar and knows nothing of answers; `resolve` decides what may be
//! said about whom, by the rules in `organisation`; `flatten` lets the most specific range win.
//! Natural persons are filtered here: what is not written into the file cannot leak from it.

mod build;
mod config;
mod evidence;
mod explain;
mod flatten;
mod import;
pub mod matching;
pub mod organisation;
mod resolve;
mod special_purpose;

pub use build::{BuildReport, SourceReport, build, explain};
pub use config::{BuildConfig, CompanySwitches, ListKind, SourceConfig, SourceKind};
pub use explain::Explanation;
pub use flatten::{Claim, Flatten, Rank, Won, flatten};
pub use import::{Counts, ImportError, Refused, check};
pub use resolve::{RULES, Rule};
pub use special_purpose::{SPECIAL_PURPOSE, SpecialPurpose};

/// Hears how far a build has come. All methods may be left as they are.
pub trait Progress {
    /// A step begins, of so many units (bytes, rows) where that is known.
    fn begin(&mut self, _what: &str, _total: Option<u64>) {}
    /// The step has come so much further.
    fn advance(&mut self, _by: u64) {}
    /// The step is done.
    fn end(&mut self) {}
}

/// Says nothing.
impl Progress for () {}

/// Why a build failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The configuration says something that cannot be.
    #[error("{place}: {what}")]
    Config {
        /// File and, where known, line.
        place: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// A source could not be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A source's terms were not accepted.
    #[error(
        "source {source_name:?} is under terms that forbid some uses; with --accept-terms you state that yours is allowed"
    )]
    Terms {
        /// The source's short name.
        source_name: String,
    },
    /// The suppression list could not be read.
    #[error(transparent)]
    Suppression(nameplate::Error),
    /// The result does not fit the format.
    #[error(transparent)]
    Write(#[from] nameplate::WriteError),
}
