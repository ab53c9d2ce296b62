//! What is kept: SQLite in one file. The only room that knows SQL.
//!
//! # The model
//!
//! ```text
//! record       --> bounded queue --> all that waits at the end of a file, synced --> acknowledged
//!                                       `--> one writer thread: thousands of visits in one transaction --> WAL, synced
//! write        --> the same thread: what waits in one transaction --> WAL, synced --> acknowledged
//! read         --> a few connections, each a snapshot of its own with all that was acknowledged; they never hold the writer up
//! checkpointer --> copies the WAL into the file beside the writer, who only finishes the copy
//! ```
//!
//! What [`Store::record`] and every change acknowledge is on the disk: a file of arrivals or the WAL is synced before, and after a power
//! loss both are read. A full queue or disk is an error, and nothing that was acknowledged is touched by it. A batch is what waits when the
//! thread is free again: a single visit waits for nothing but its own sync.
//!
//! # The tables
//!
//! | table | a row is | goes with |
//! |---|---|---|
//! | `company`, `lead`, `tag`, `note` | a company's facts; when it was seen, status, owner; what users said | `companies`, `notes` |
//! | `visit`, `page_view` | a visit, and each page view in it | `page_views`; its cookies with `sessions` |
//! | `page_seen`, `origin_seen` | that a company saw a page, or came by an origin, on a day | `page_views` |
//! | `page`, `origin` | a path and title; a referring host and campaign: texts stand once | `page_views` |
//! | `tally` | visits, page views and seconds of a company in a day, a month, a year | `counts` |
//! | `filtered` | page views of a day that are not shown, by reason | `counts` |
//! | `segment`, `correction`, `objection`, `audit` | what users said | never; `audit` with `audit` |
//! | `request` | an objection that the owner has to decide | its decision, or `notes` |
//! | `user`, `session`, `key` | who may sign in, who has, and the keys of programs | sessions when they end |
//! | `delivery`, `alert_…` | what waits to be sent, dead letters; who is in which segment | the company, or after `keep_days` |
//!
//! A page of companies reads `tally` alone: a period is at most two ends of days, and months and years between them, so that its cost
//! grows with the companies that came and not with what they looked at.
//!
//! Days are days of UTC, and a visit ends with its day: what is counted for a day is counted once, and goes with it.
//!
//! # For other rooms' tables
//!
//! A submodule adds its migration to `schema::MIGRATIONS`, changes by [`Store::write`], which takes part in the group commit and
//! returns when that is durable, and asks by [`Store::read`].

mod alerts;
mod apply;
mod arrivals;
mod audit;
mod backup;
mod condition;
mod dashboard;
mod deliveries;
mod erasure;
mod intern;
mod kept;
mod leads;
mod objection;
mod open;
mod period;
mod reception;
mod requests;
mod retention;
mod rights;
mod schema;
mod segments;
mod totals;
mod users;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension};

use crate::model::{Record, SiteNumber};
pub use alerts::{Entered, Looked, Touched, Watch};
pub use audit::{AuditEntry, AuditFound, AuditSearch};
pub use backup::{BackupReport, LONGEST_BACKUP_DAYS, check_store, expire_backups, restore, verify_backup};
pub use dashboard::{Breakdown, LatestView, Overview, OverviewPoint, Share};
pub use deliveries::{Delivery, DeliveryState, Failed, NewDelivery, Next, Resend, TargetState};
pub use objection::{CompanySelector, StoredObjection};
pub use requests::{LONGEST_REQUEST, LONGEST_REQUESTED_NAME, ObjectionRequest};
pub use retention::{Purged, Retention};
pub use rights::{CompanyDay, CompanyExport, VisitorExport, VisitorVisit};
pub use segments::{Segment, StoredCorrection};
pub use users::{Accounts, Key, NewSession, SecondFactor, SecretHash, Session, Stage, User};
use writer::Writer;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Visits that may wait for the disk; one more is refused with [`StoreError::Busy`]. 16,384 unless set; each takes about a kilobyte.
    pub queue: usize,
    /// Connections that read at the same time, each with up to 8 MB of memory. 3 unless set; more readers wait for one another.
    pub readers: usize,
    /// The page groups of all sites. Where they are others than before, what is stored is sorted into them anew when the store is opened.
    pub page_groups: Vec<PageGroup>,
    /// The most that the file may grow to, in pages of 4,096 bytes; only the disk bounds it unless set.
    pub max_pages: Option<u32>,
}

impl Default for StoreOptions {
    fn default() -> StoreOptions {
        StoreOptions { queue: 16_384, readers: 3, page_groups: Vec::new(), max_pages: None }
    }
}

/// Pages of a site under one name, for conditions and scores.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageGroup {
    /// The site's name.
    pub site: String,
    /// The group's name; the groups of several sites may share one.
    pub name: String,
    /// What the paths of its pages begin with, case-sensitive.
    pub prefixes: Vec<String>,
}

/// Why the store did not do what it was asked for. No text holds anything of a visit.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// More waits for the disk than may wait.
    #[error("the store is busy: too many visits are waiting for the disk; try again")]
    Busy,
    /// The disk, or the size that was set, is full. Nothing stored is lost; it goes on as soon as there is room.
    #[error("the disk of the store is full: nothing more can be kept until there is room")]
    Full,
    /// The store is being closed, or its writer has ended.
    #[error("the store is closed")]
    Closed,
    /// A newer program wrote it.
    #[error(
        "the store is of version {found}, this program knows version {known} and older: install the program that wrote it, or restore a backup"
    )]
    Newer {
        /// The store's version.
        found: u32,
        /// The program's.
        known: u32,
    },
    /// Another process has it open.
    #[error("another process writes to this store; is the daemon running?")]
    Locked,
    /// The file is something else.
    #[error("the file is no store of leads: {0}")]
    Foreign(&'static str),
    /// What was asked for can't be asked for.
    #[error("{0}")]
    Invalid(String),
    /// What was to be changed is not there.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// A file could not be made, synced or renamed.
    #[error("{what}: {reason}")]
    File {
        /// What was to be done.
        what: &'static str,
        /// What the system said.
        reason: String,
    },
    /// What SQLite said.
    #[error("the store failed: {0}")]
    Sqlite(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::ffi::{Error, ErrorCode};
        match error {
            rusqlite::Error::SqliteFailure(Error { code: ErrorCode::DiskFull, .. }, _) => StoreError::Full,
            rusqlite::Error::SqliteFailure(Error { code: ErrorCode::NotADatabase, .. }, _) => {
                StoreError::Foreign("it is not a database")
            }
            // The message may quote a value; the code's own text never does.
            rusqlite::Error::SqliteFailure(code, _) => StoreError::Sqlite(code.to_string()),
            rusqlite::Error::FromSqlConversionFailure(column, kind, _)
            | rusqlite::Error::InvalidColumnType(column, _, kind) => {
                StoreError::Sqlite(format!("column {column} holds {kind}, which it should not"))
            }
            rusqlite::Error::QueryReturnedNoRows => StoreError::Missing("row"),
            _ => StoreError::Sqlite("a statement did not fit the tables".into()),
        }
    }
}

/// What the store's calls give.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A store of leads. Cheap to clone; the file is closed, and what waits is written, when the last clone goes.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    groups: Arc<intern::Groups>,
    orders: leads::Orders,
    kept: Arc<kept::KeptTallies>,
    // Before the writer, so that its connection is the last one, which empties the WAL.
    readers: Readers,
    writer: Writer,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Store").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a store, or makes one that only its owner can read. Brings an older one up to date: each step is a transaction, so that it is whole
    /// whenever it is interrupted.
    ///
    /// One process at a time may write; a second one that opens it is refused.
    #[expect(clippy::needless_pass_by_value, reason = "whoever opens a store makes its options for it")]
    pub fn open(path: impl AsRef<Path>, options: StoreOptions) -> Result<Store> {
        let path = path.as_ref().to_owned();
        let opened = open::open(&path, &options)?;
        let readers = Readers::open(&path, options.readers.max(1))?;
        let groups = Arc::clone(&opened.groups);
        let kept = Arc::new(kept::KeptTallies::default());
        let writer = Writer::start(opened, options.queue.max(1), Arc::clone(&kept))?;
        let orders = leads::Orders::default();
        Ok(Store { shared: Arc::new(Shared { path, groups, orders, kept, readers, writer }) })
    }

    /// The number of the site of this name, which it gets at its first mention.
    pub fn site(&self, name: &str) -> Result<SiteNumber> {
        let known = |connection: &Connection, name: &str| {
            let mut statement = connection.prepare_cached("SELECT number FROM site WHERE name = ?1")?;
            statement.query_row([name], |row| row.get::<_, u32>(0)).optional()
        };
        if let Some(number) = self.read(|connection| Ok(known(connection, name)?))? {
            return Ok(SiteNumber(number));
        }
        let name = name.to_owned();
        self.write(move |connection| {
            connection.execute("INSERT INTO site (name) VALUES (?1) ON CONFLICT DO NOTHING", [&name])?;
            Ok(SiteNumber(known(connection, &name)?.ok_or(StoreError::Missing("site"))?))
        })
    }

    /// Keeps a visit; resolves when it is durable, within a sync of the disk if little else is going on.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] and [`StoreError::Full`] where there is no room; then nothing of the visit is kept. Whoever stops waiting does not
    /// take it back.
    pub async fn record(&self, record: Record) -> Result<()> {
        let (done, acknowledged) = tokio::sync::oneshot::channel();
        self.shared.writer.visit(record, done)?;
        acknowledged.await.map_err(|_| StoreError::Closed)?
    }

    /// [`record`](Self::record) for threads that may wait; not for async tasks.
    pub fn record_blocking(&self, record: Record) -> Result<()> {
        let (done, acknowledged) = tokio::sync::oneshot::channel();
        self.shared.writer.visit(record, done)?;
        acknowledged.blocking_recv().map_err(|_| StoreError::Closed)?
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Changes something and returns when that is durable. All or nothing of it happens, and what else is in the same batch doesn't notice.
    ///
    /// Waits for the writer: not for async tasks. Short, a few milliseconds, for visits wait meanwhile.
    pub(in crate::store) fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send_change(false, move |_, connection| change(connection))
    }

    /// The same with what the writer remembers, for changes of what visits write.
    fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut apply::Applier, &Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send_change(true, change)
    }

    fn send_change<T: Send + 'static>(
        &self,
        of_visits: bool,
        change: impl FnOnce(&mut apply::Applier, &Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, finished) = std::sync::mpsc::sync_channel(1);
        let kept = of_visits.then(|| Arc::clone(&self.shared.kept));
        self.shared.writer.change(Box::new(move |begun| {
            let result = begun.and_then(|(applier, connection)| change(applier, connection));
            let failed = result.is_err();
            let answer = move |committed: Result<()>| {
                if let Some(kept) = kept {
                    kept.forget();
                }
                // Nobody may be waiting any more.
                drop(done.send(committed.and(result)));
            };
            (failed, Box::new(answer))
        }))?;
        finished.recv().map_err(|_| StoreError::Closed)?
    }

    /// Asks in a snapshot of its own, while visits go on; what was acknowledged before is in it. Waits where all readers are busy: not for async tasks.
    pub(in crate::store) fn read<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        // Where the tables can't take all of it, the answer is what they have.
        let _ = self.shared.writer.settle();
        self.shared.readers.with(|connection| {
            // One snapshot for all statements; nothing is written, so that dropping it is enough.
            let snapshot = connection.unchecked_transaction()?;
            ask(&snapshot)
        })
    }
}

/// A text without its case, as conditions compare it.
fn folded(text: &str) -> String {
    // Letter by letter: the sigma at a word's end must not depend on what follows.
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The word that serde has for a value without fields, as the tables have it.
fn word<T: serde::Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreError::Invalid("a value that has no word".into())),
    }
}

/// The value of a word.
fn from_word<T: serde::de::DeserializeOwned>(word: String) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(word))
        .map_err(|_| StoreError::Sqlite("a column holds a word that this program does not know".into()))
}

/// Connections that only read, handed from one caller to the next.
struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Readers {
    fn open(path: &Path, count: usize) -> Result<Readers> {
        let idle = (0..count).map(|_| open::reader(path)).collect::<Result<_>>()?;
        Ok(Readers { idle: Mutex::new(idle), returned: Condvar::new() })
    }

    fn with<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        /// Gives the connection back even if the caller panics.
        struct Held<'a>(&'a Readers, Option<Connection>);
        impl Drop for Held<'_> {
            fn drop(&mut self) {
                if let Some(connection) = self.1.take() {
                    self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                    self.0.returned.notify_one();
                }
            }
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = loop {
            match idle.pop() {
                Some(connection) => break connection,
                None => idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(idle);
        let held = Held(self, Some(connection));
        ask(held.1.as_ref().ok_or(StoreError::Closed)?)
    }
}
