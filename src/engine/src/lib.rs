//! Which company or operator is behind an IP address.
//!
//! # The problem
//!
//! A server wants to know, inside a request, whose network an address belongs to: without a
//! network call, without a lock, without keeping the address. The readers in use walk a tree bit
//! by bit and then decode a nested record; most of a lookup's time goes there.
//!
//! # The model
//!
//! A *range file* is prepared once and only read afterwards. It cuts each family's address space
//! into *intervals* without gaps, sorted by first address; each interval carries an *answer id*.
//! An answer is a record of fixed width that points to a company, an operator, or neither, and
//! says from which sources. So a lookup is one search in a sorted array and one or two loads:
//!
//! ```text
//! address --search--> interval --> answer id --> answer --> company  --> name, country, ...
//!                                                       \-> operator --> AS number, name
//! ```
//!
//! The file is mapped into memory and used as it is. `docs/FORMAT.md` in the repository says what
//! each byte means.
//!
//! # Example
//!
//! ```
//! use nameplate::{Database, SourceFields, Status, Writer};
//!
//! let mut writer = Writer::new();
//! let source = writer.source(&SourceFields { name: "example", ..Default::default() })?;
//! let operator = writer.operator(64500, "Example Telecom", None)?;
//! let answer = writer.operator_answer(operator, source)?;
//! writer.push_v4(0xc633_6400, 0xc633_64ff, answer)?;
//! let mut file = Vec::new();
//! writer.finish(&mut file)?;
//!
//! let database = Database::from_bytes(&file)?;
//! let answer = database.lookup_text(b"198.51.100.7")?;
//! assert_eq!(answer.status(), Status::Operator);
//! assert_eq!(answer.operator().unwrap().name(), "Example Telecom");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it promises
//!
//! - A lookup allocates nothing, takes no lock, makes no system call, and keeps no copy of the
//!   address; errors never quote their input.
//! - A damaged or hostile file never makes a lookup panic or read outside the file.
//! - No threads, no signal handlers, no global state.
//!
//! # Map of the modules
//!
//! `address` reads addresses; `search` finds intervals with the indexes of `rank` (IPv4) and `tree`
//! (IPv6), compiled for what `cpu` finds; `database` and `answer` turn them into answers, and `hit` into a
//! few words of them; `fields` names
//! what an answer holds; `metadata` says what a file says about itself; `format` is the layout, `layout` its first checks, `verify` all of them, and
//! `signature` says who made a file; `writer` makes files, `arrange` orders their content, and `publish`
//! puts them in place; `suppression` leaves out of a file what a list names; `generations` replaces a
//! file while it answers, by `swap`, and `backing` says where
//! its bytes are meanwhile: mapped from the file, or in the memory of `sealed`.

mod address;
mod address_text;
mod answer;
mod arrange;
mod backing;
mod cpu;
mod database;
mod error;
mod fields;
pub mod format;
mod generations;
mod hit;
mod layout;
mod metadata;
mod publish;
mod rank;
#[cfg(target_os = "linux")]
mod sealed;
mod search;
mod signature;
mod strings;
mod suppression;
mod swap;
mod sync;
mod tree;
mod verify;
mod writer;

pub use address::{Address, InvalidAddress};
pub use address_text::AddressText;
pub use answer::{Answer, Company, CompanyKind, Network, Operator, OperatorKind, Source, Status};
pub use database::{Database, Interval, OpenOptions};
pub use error::{Error, FormatError};
pub use fields::{Field, Value, for_each_field, write_json};
pub use format::UNKNOWN;
pub use generations::{GenerationOptions, Generations, OwnedSnapshot, ReloadStatus, Snapshot};
pub use hit::Hit;
pub use metadata::Metadata;
pub use publish::{publish, publish_other};
pub use signature::{KeyError, PublicKey, SecretKey};
pub use suppression::{
    InvalidNetwork, InvalidSuppression, Suppression, SuppressionError, SuppressionList, SuppressionRule,
};
pub use writer::{
    AnswerRef, CompanyFields, CompanyRef, OperatorRef, SourceFields, SourceSet, WriteError, Writer,
};
