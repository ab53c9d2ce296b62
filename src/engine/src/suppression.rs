//! Who has asked not to be shown: the suppression list, and files without what it names.
//!
//! # The model
//!
//! A list is a text file of rules, each a company (by id, register number or domain) or a network,
//! with a date and a reason; docs/SUPPRESSION.md is its specification. Applying a list to a range
//! file makes the file that would have been built without what the list names:
//!
//! ```text
//! range file --+
//!              +--> without the companies, their operators, the networks --> range file
//! list of rules+    (Writer: gaps merged, ids numbered anew, no string left)
//! ```
//!
//! The builder puts that file in place; [`OpenOptions::suppression`](crate::OpenOptions::suppression)
//! makes it in memory and answers from it. So there is one meaning of "suppressed" for both, no way
//! out of an open file on which a check could be forgotten, and lookups cost what they always cost.
//! The price is paid when a file is opened: see [`Database::suppress`](crate::Database::suppress).
//!
//! # What a rule hides
//!
//! - The company: its answers become unknown, and it has no record and no network any more.
//! - Operators of the same name, and those of the AS numbers that its id (`asn:64500`) or the rule
//!   names: their answers become unknown, and other companies in their AS have no operator. A
//!   suppressed company would else come back as the operator of its own network.
//! - A network's addresses are unknown, whoever has them, and ranges beside it end where it begins.
//!
//! Case and spaces do not count in ids, registers, numbers and names; a domain is the same with
//! `www.` and without.
//!
//! # What cannot go unnoticed
//!
//! A list that is missing, empty, cut off or changed by anything but this module is an error. There
//! is no way to read it as "nothing suppressed".

mod apply;
mod rule;
mod text;

use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

use crate::answer::Network;
use crate::backing::open;
use crate::error::Error;
use crate::publish::{Mode, directory_of, replace};
use crate::writer::CompanyFields;
pub(crate) use apply::Hidden;
pub use rule::{InvalidNetwork, InvalidSuppression, Suppression, SuppressionRule};
pub use text::SuppressionError;

/// Mode of a new list: it says who objected, and why. A list that is replaced keeps its own.
const NEW_LIST_MODE: u32 = 0o640;

/// The rules of a suppression list, in the order in which they were added.
///
/// ```
/// use nameplate::{Suppression, SuppressionList, SuppressionRule};
///
/// let mut list = SuppressionList::default();
/// let rule = SuppressionRule::Domain("example.com".into());
/// assert!(list.add(Suppression::new(rule, "2026-06-17", "objection by letter")?));
/// assert_eq!(SuppressionList::parse(list.to_string().as_bytes())?.entries(), list.entries());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SuppressionList {
    entries: Vec<Suppression>,
    /// What tells each rule from another; to look a company up takes a few steps in it.
    keys: HashSet<String>,
}

impl SuppressionList {
    /// Reads a list. A file that is missing, or is not whole, is an error and never an empty list.
    ///
    /// O(bytes): a million rules (61 MB) take about a second, and 330 MB while they are read.
    pub fn open(path: &Path) -> Result<SuppressionList, Error> {
        let bytes = read(path).map_err(|error| cannot_read(path, error))?;
        Self::parse(&bytes).map_err(|source| Error::Suppression { path: path.into(), source })
    }

    /// Reads a list's bytes: all of them, with the checksum in the last line.
    pub fn parse(bytes: &[u8]) -> Result<SuppressionList, SuppressionError> {
        text::parse(bytes)
    }

    /// Makes an empty list where there is none: mode 0640, with the durability of [`publish`](crate::publish).
    /// A list that is there is left alone, and is an error.
    pub fn create(path: &Path) -> Result<(), Error> {
        let _lock = lock_directory(path).map_err(Error::io(path))?;
        match fs::symlink_metadata(path) {
            Ok(_) => return Err(Error::Suppression { path: path.into(), source: SuppressionError::Exists }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io(path)(error)),
        }
        SuppressionList::default().write(path, None).map_err(Error::io(path))
    }

    /// Reads a list, lets `change` change it, and puts the new one in place of the old, whole and
    /// durable as [`publish`](crate::publish) does, if it differs. Owner, group and mode stay, as far as the system lets
    /// them.
    ///
    /// Changes made at the same time, by threads or processes, wait for one another (a lock on the
    /// directory), so none is lost. Fails as [`SuppressionList::open`] does, and then changes nothing.
    pub fn update<T>(path: &Path, change: impl FnOnce(&mut SuppressionList) -> T) -> Result<T, Error> {
        // A symbolic link stays one: what it leads to is replaced.
        let real = fs::canonicalize(path).map_err(|error| cannot_read(path, error))?;
        let _lock = lock_directory(&real).map_err(Error::io(path))?;
        let mut list = Self::open(&real)?;
        let before = list.to_string();
        let result = change(&mut list);
        if list.to_string() != before {
            let old = fs::metadata(&real).map_err(Error::io(path))?;
            list.write(&real, Some(&old)).map_err(Error::io(path))?;
        }
        Ok(result)
    }

    fn reserve(&mut self, entries: usize) {
        self.entries.reserve(entries);
        self.keys.reserve(entries);
    }

    fn write(&self, path: &Path, old: Option<&Metadata>) -> io::Result<()> {
        let mode = Mode::Exactly(old.map_or(NEW_LIST_MODE, |old| old.mode() & 0o777));
        replace(path, mode, |out| {
            if let Some(old) = old {
                // Only root may give a file away; whoever is not keeps the group at least.
                let _ = fchown(out.get_ref(), None, Some(old.gid()));
                let _ = fchown(out.get_ref(), Some(old.uid()), None);
            }
            write!(out, "{self}")
        })
    }

    /// The rules with their dates and reasons, in the order in which they were added.
    pub fn entries(&self) -> &[Suppression] {
        &self.entries
    }

    /// The entry with this rule. O(entries).
    pub fn find(&self, rule: &SuppressionRule) -> Option<&Suppression> {
        let key = rule.key();
        self.entries.iter().find(|entry| entry.rule().key() == key)
    }

    /// Adds an entry; false where its rule is there already, which then keeps its date and reason.
    pub fn add(&mut self, entry: Suppression) -> bool {
        let new = self.keys.insert(entry.rule().key());
        if new {
            self.entries.push(entry);
        }
        new
    }

    /// Takes the entry with this rule out; false where there is none. O(entries).
    pub fn remove(&mut self, rule: &SuppressionRule) -> bool {
        let key = rule.key();
        let there = self.keys.remove(&key);
        if there {
            self.entries.retain(|entry| entry.rule().key() != key);
        }
        there
    }

    /// Whether a rule names the company: by its id, by register and number, or by its domain. O(1).
    pub fn suppresses_company(&self, company: &CompanyFields<'_>) -> bool {
        let named = |key: &str| self.keys.contains(key);
        if self.keys.is_empty() {
            return false;
        }
        named(&rule::company_key(company.id))
            || company.domain.is_some_and(|domain| named(&rule::domain_key(domain)))
            || company
                .register
                .zip(company.register_id)
                .is_some_and(|(register, number)| named(&rule::register_key(register, number)))
    }

    /// The AS numbers that rules name, by ids `asn:…`. O(entries).
    pub fn suppressed_as(&self) -> impl Iterator<Item = u32> {
        self.entries.iter().filter_map(|entry| match entry.rule() {
            SuppressionRule::Company(id) => rule::as_number(id),
            _ => None,
        })
    }

    /// The networks that rules name, IPv4 first, ascending; those that overlap or touch are one.
    /// O(entries log entries).
    pub fn networks(&self) -> Vec<Network> {
        let networks = self.entries.iter().filter_map(|entry| match entry.rule() {
            SuppressionRule::Network(network) => Some(*network),
            _ => None,
        });
        rule::merged(networks.collect())
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn cannot_read(path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => {
            Error::Suppression { path: path.into(), source: SuppressionError::Missing }
        }
        _ => Error::io(path)(error),
    }
}

/// Held while a list is read, changed and replaced. The directory is locked and not the list: a
/// lock on a file that is replaced is a lock on the old one.
fn lock_directory(path: &Path) -> io::Result<File> {
    let directory = File::open(directory_of(path))?;
    directory.lock()?;
    Ok(directory)
}
