//! A range file that is replaced while it answers.
//!
//! ```text
//! path --open--> signature? --> not older? --> whole? --> without what the list names --publish--> current
//!    \-- any of them fails: counted, and what was served is served on
//! ```
//!
//! Each file that was opened is a *generation*, numbered from 1. A reader takes a [`Snapshot`], answers
//! from it, and lets go of it; so what it says is of one generation, however many files come meanwhile.
//! The module `swap` keeps readers and files apart: readers wait for nobody, a replaced file is gone when
//! its last reader is, and there are never more than [`GENERATIONS`] of them.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::database::{Database, OpenOptions};
use crate::error::Error;
use crate::signature::PublicKey;
use crate::suppression::SuppressionList;
use crate::swap;

/// Files that are open at once, the current one included. A reader that never lets go costs the memory of one.
const GENERATIONS: usize = 8;

/// Cache lines in which the readers of one generation are counted: 16 KB in all.
const STRIPES: usize = 16;

type Swap = swap::Swap<Database, GENERATIONS, STRIPES>;

/// How the files of a [`Generations`] are opened, the first and all that follow.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct GenerationOptions {
    /// [`OpenOptions::copy`].
    pub copy: bool,
    /// [`OpenOptions::prefault`].
    pub prefault: bool,
    /// [`OpenOptions::verify`]. Whoever reloads wants it: a file that came over a network or from a worn
    /// disk then cannot replace a good one.
    pub verify: bool,
    /// Takes only files that this key signed: [`OpenOptions::public_key`].
    pub public_key: Option<PublicKey>,
    /// The suppression list's file, read anew each time, before the range file:
    /// [`OpenOptions::suppression`].
    pub suppression: Option<PathBuf>,
    /// Takes files with a lower build number than the one that they are to replace.
    pub allow_older: bool,
}

impl GenerationOptions {
    /// The file, and how many entries its suppression list has.
    fn open(&self, path: &Path, serving: Option<u64>) -> Result<(Database, usize), Error> {
        let list = self.suppression.as_deref().map(SuppressionList::open).transpose()?;
        let options = OpenOptions::default()
            .copy(self.copy)
            .prefault(self.prefault)
            .verify(self.verify)
            .public_key(self.public_key.as_ref())
            .suppression(list.as_ref());
        let database = options.open_if(path, |database| {
            let found = database.metadata().build_number();
            match serving {
                Some(serving) if found < serving && !self.allow_older => {
                    Err(Error::Older { path: path.into(), found, serving })
                }
                _ => Ok(()),
            }
        })?;
        Ok((database, list.map_or(0, |list| list.entries().len())))
    }
}

/// A range file that is opened anew when [`Generations::reload`] is called, while any number of threads read.
///
/// It starts no thread, handles no signal and watches no file: who calls `reload`, and when, is the
/// caller's affair. It works after fork as long as no other thread was inside `reload` at that moment;
/// parent and child then reload each for itself.
///
/// ```no_run
/// use nameplate::{GenerationOptions, Generations};
///
/// let options = GenerationOptions { verify: true, ..Default::default() };
/// let generations = Generations::open("nameplate.npl".as_ref(), options)?;
/// let snapshot = generations.snapshot();
/// println!("{}", snapshot.lookup_text(b"192.0.2.1").expect("an address").status());
/// drop(snapshot);
/// generations.reload()?;
/// # Ok::<(), nameplate::Error>(())
/// ```
pub struct Generations {
    path: PathBuf,
    swap: Arc<Swap>,
    /// How the next file is opened. Whoever reloads holds it: one reload at a time, for build numbers are
    /// compared with what is then replaced.
    reloading: Mutex<GenerationOptions>,
    status: Mutex<ReloadStatus>,
}

/// What became of the reloads so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReloadStatus {
    /// Those that put a new generation in place.
    pub reloads: u64,
    /// Those that failed, and left the one that was there.
    pub failures: u64,
    /// Why the last one failed ([`Error::class`]); none where it did not.
    pub last_error: Option<&'static str>,
    /// Entries of the suppression list that the current generation was opened with; 0 without a list.
    pub suppressions: usize,
}

impl Generations {
    /// Opens the first generation. Fails and costs as [`OpenOptions::open`] does with these options.
    pub fn open(path: &Path, options: GenerationOptions) -> Result<Generations, Error> {
        let (database, suppressions) = options.open(path, None)?;
        let generations = Self::starting_with(database, path, options);
        lock(&generations.status).suppressions = suppressions;
        Ok(generations)
    }

    /// Takes a database that is open already as the first generation; the next are opened from `path`.
    pub fn starting_with(database: Database, path: &Path, options: GenerationOptions) -> Generations {
        Generations {
            path: path.into(),
            swap: Arc::new(Swap::new(database)),
            reloading: Mutex::new(options),
            status: Mutex::default(),
        }
    }

    /// The current generation, for as long as the snapshot lives. Takes no lock and waits for nobody,
    /// reloads included; costs some 10 ns. Take one for each piece of work and let go of it: a snapshot
    /// that is kept keeps its file in memory.
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot(Swap::read(&*self.swap))
    }

    /// The same for keeping beside other things: it borrows from nothing.
    pub fn owned_snapshot(&self) -> OwnedSnapshot {
        OwnedSnapshot(Swap::read(Arc::clone(&self.swap)))
    }

    /// Opens the file and the suppression list anew and puts them in place; gives the new generation's
    /// number. Where anything fails, the current generation stays, and the failure is counted: when a
    /// file is missing, empty, damaged, signed by nobody or another, or older ([`Error::Older`]), when the
    /// list cannot be read whole, and when readers hold seven replaced generations ([`Error::Held`]).
    ///
    /// Costs what opening with these options costs, and until readers have let go of the old file the
    /// memory of both. Reloads of several threads run one after the other.
    pub fn reload(&self) -> Result<u64, Error> {
        let options = lock(&self.reloading);
        self.replace_counted(&options)
    }

    /// Reloads with the suppression list at `list`, and from then on reads it at each reload, instead of
    /// the one that was given before, if one was. Where that fails, the list is what it was too.
    pub fn suppress(&self, list: &Path) -> Result<u64, Error> {
        let mut options = lock(&self.reloading);
        let with_list = GenerationOptions { suppression: Some(list.into()), ..options.clone() };
        let generation = self.replace_counted(&with_list)?;
        *options = with_list;
        Ok(generation)
    }

    fn replace_counted(&self, options: &GenerationOptions) -> Result<u64, Error> {
        let result = self.replace(options);
        let mut status = lock(&self.status);
        match &result {
            Ok((_, suppressions)) => {
                status.reloads += 1;
                status.suppressions = *suppressions;
            }
            Err(_) => status.failures += 1,
        }
        status.last_error = result.as_ref().err().map(Error::class);
        result.map(|(generation, _)| generation)
    }

    fn replace(&self, options: &GenerationOptions) -> Result<(u64, usize), Error> {
        let serving = self.snapshot().metadata().build_number();
        let (database, suppressions) = options.open(&self.path, Some(serving))?;
        // A database that is not taken is closed here.
        let generation = self
            .swap
            .publish(database)
            .map_err(|swap::Full(_)| Error::Held { path: self.path.clone(), held: GENERATIONS - 1 })?;
        Ok((generation, suppressions))
    }

    /// What became of the reloads so far. Waits for nothing that takes long.
    pub fn status(&self) -> ReloadStatus {
        *lock(&self.status)
    }

    /// Generations that are in memory, the current one included: more than one while readers hold others.
    pub fn held(&self) -> usize {
        self.swap.alive()
    }

    /// The file that [`Generations::reload`] opens.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A lock under which nothing can be left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One generation's [`Database`], which stays as it is while this lives. It may go to another thread.
pub struct Snapshot<'a>(swap::Guard<&'a Swap, Database, GENERATIONS, STRIPES>);

impl Snapshot<'_> {
    /// Which generation it is, from 1. Answer ids hold within one.
    pub fn generation(&self) -> u64 {
        self.0.number()
    }
}

impl Deref for Snapshot<'_> {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.0
    }
}

/// A [`Snapshot`] that borrows from nothing; it outlives the [`Generations`] that it is of.
pub struct OwnedSnapshot(swap::Guard<Arc<Swap>, Database, GENERATIONS, STRIPES>);

impl OwnedSnapshot {
    /// Which generation it is, from 1. Answer ids hold within one.
    pub fn generation(&self) -> u64 {
        self.0.number()
    }
}

impl Deref for OwnedSnapshot {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.0
    }
}
