//! Opening the file: its mode, its lock, the settings of each connection.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, params};
use rustix::fs::{FlockOperation, flock};

use super::arrivals::{Arrivals, Waiting};
use super::intern::Groups;
use super::objection::Objections;
use super::{Result, StoreError, StoreOptions, schema};

/// Only the daemon's user sees who came.
const MODE: u32 = 0o600;
/// How long a statement waits for another process that reads or copies.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Rows that are sorted into page groups in one transaction.
const SORTED: i64 = 50_000;

/// What the writer's threads begin with.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) checkpointer: Connection,
    /// Looks up sites.
    pub(super) sites: Connection,
    pub(super) arrivals: Arrivals,
    pub(super) waiting: Waiting,
    /// Whether visits may be acknowledged before they are in the tables.
    pub(super) ahead: bool,
    pub(super) groups: Arc<Groups>,
    pub(super) objections: Objections,
    /// Held while the store is open.
    pub(super) lock: Lock,
}

pub(super) fn open(path: &Path, options: &StoreOptions) -> Result<Opened> {
    let lock = lock(path)?;
    let writer = prepare(path)?;
    if let Some(pages) = options.max_pages {
        pragma(&writer, "max_page_count", &pages.to_string())?;
    }
    let groups = sort_into_groups(&writer, options)?;
    let objections = Objections::load(&writer)?;
    let checkpointer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // The main file is synced by who brings the WAL back.
    pragma(&checkpointer, "synchronous", "FULL")?;
    pragma(&checkpointer, "wal_autocheckpoint", "0")?;
    pragma(&checkpointer, "cache_size", "-256")?;
    let (arrivals, waiting) = Arrivals::open(path, &writer)?;
    let (sites, ahead) = (reader(path)?, options.max_pages.is_none());
    Ok(Opened {
        writer,
        checkpointer,
        sites,
        arrivals,
        waiting,
        ahead,
        groups: Arc::new(groups),
        objections,
        lock,
    })
}

/// A connection that writes, to a store that is made and brought up to date. Its lock is held by the caller.
pub(super) fn prepare(path: &Path) -> Result<Connection> {
    make(path)?;
    let writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Before a setting changes what may be another program's.
    schema::identify(&writer)?;
    // Before anything is written: what is deleted is overwritten, in the file and in what is moved out of it.
    pragma(&writer, "secure_delete", "ON")?;
    let mode: String =
        writer.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(foreign)?;
    if mode != "wal" {
        return Err(StoreError::Sqlite("the file system of the store has no write-ahead log".into()));
    }
    // FULL syncs the WAL at each commit: NORMAL would lose the last ones in a power loss.
    pragma(&writer, "synchronous", "FULL")?;
    pragma(&writer, "wal_autocheckpoint", "0")?;
    pragma(&writer, "journal_size_limit", "33554432")?;
    pragma(&writer, "cache_size", "-32768")?;
    schema::migrate(&writer)?;
    Ok(writer)
}

/// A connection that can't write.
pub(super) fn reader(path: &Path) -> Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    pragma(&connection, "query_only", "ON")?;
    pragma(&connection, "cache_size", "-8192")?;
    Ok(connection)
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(foreign)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(100);
    // Functions of the schema run with no more rights than ours; triggers of a file that was tampered with can't reach out.
    pragma(&connection, "trusted_schema", "OFF")?;
    // Else a statement is planned anew whenever other values are bound to it, for a partial index may fit them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    pragma(&connection, "temp_store", "MEMORY")?;
    pragma(&connection, "foreign_keys", "OFF")?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("folded", 1, flags, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Text(text) => Some(super::folded(&String::from_utf8_lossy(text))),
            _ => None,
        })
    })?;
    connection.create_scalar_function("begins", 2, flags, |context| {
        Ok(match (context.get_raw(0), context.get_raw(1)) {
            (ValueRef::Text(text), ValueRef::Text(prefix)) => Some(text.starts_with(prefix)),
            _ => None,
        })
    })?;
    Ok(connection)
}

fn pragma(connection: &Connection, name: &str, value: &str) -> Result<()> {
    connection.execute_batch(&format!("PRAGMA {name} = {value}")).map_err(foreign)
}

/// The error of a file that SQLite can't read as one of its own.
fn foreign(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::CannotOpen) => StoreError::File {
            what: "the store could not be opened",
            reason: "is its directory there, and may this user write in it?".into(),
        },
        _ => error.into(),
    }
}

/// A lock on a file, given back when it goes. Closing the file would not do: a child that is just being started has a copy of its handle.
pub(super) struct Lock(File);

impl Lock {
    /// None where another process has it.
    pub(super) fn take(file: File) -> std::io::Result<Option<Lock>> {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Lock(file))),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.0
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // It is ours; and the handle is closed next.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

/// Keeps other processes from writing. A file of its own: closing another handle of the store's own file would drop SQLite's locks.
pub(super) fn lock(path: &Path) -> Result<Lock> {
    let error = |error: std::io::Error| StoreError::File {
        what: "the store's lock could not be made",
        reason: error.to_string(),
    };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(MODE)
        .open(beside(path, "-lock"))
        .map_err(error)?;
    Lock::take(file).map_err(error)?.ok_or(StoreError::Locked)
}

/// The path with something appended to its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes an empty file that only its owner can read; SQLite gives its WAL the same mode.
fn make(path: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(MODE).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            Err(StoreError::File { what: "the store could not be made", reason: error.to_string() })
        }
    }
}

/// Where page groups are others than before, sorts what is stored into them, as far as its page views are still there.
fn sort_into_groups(connection: &Connection, options: &StoreOptions) -> Result<Groups> {
    let begun = connection.unchecked_transaction()?;
    let (groups, changed) = Groups::configure(&begun, &options.page_groups)?;
    if !changed {
        begun.commit()?;
        return Ok(groups);
    }
    let pages: Vec<(i64, u32, String)> = {
        let mut statement = begun.prepare("SELECT number, site, path FROM page")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    for (number, site, path) in pages {
        begun
            .prepare_cached("UPDATE page SET groups = ?2 WHERE number = ?1")?
            .execute(params![number, groups.of(site, &path)])?;
    }
    // One transaction, for half of it would be wrong numbers. It is before the store opens, so that no visit waits.
    begun.execute("UPDATE tally SET groups = 0 WHERE groups <> 0", [])?;
    let mut last = (0_i64, 0_i64, 0_i64, 0_i64);
    loop {
        let seen: Vec<(i64, i64, i64, i64, i64)> = {
            let mut statement = begun.prepare_cached(
                "SELECT s.site, s.day, s.page, s.company, p.groups FROM page_seen AS s JOIN page AS p ON p.number = s.page
                 WHERE (s.site, s.day, s.page, s.company) > (?1, ?2, ?3, ?4) ORDER BY s.site, s.day, s.page, s.company LIMIT ?5",
            )?;
            let rows = statement.query_map(params![last.0, last.1, last.2, last.3, SORTED], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })?;
            rows.collect::<rusqlite::Result<_>>()?
        };
        let Some((site, day, page, company, _)) = seen.last() else { break };
        last = (*site, *day, *page, *company);
        for (site, day, _, company, bits) in seen.into_iter().filter(|row| row.4 != 0) {
            for span in super::period::spans_of(day) {
                begun
                    .prepare_cached(
                        "UPDATE tally SET groups = groups | ?4 WHERE site = ?1 AND span = ?2 AND company = ?3",
                    )?
                    .execute(params![site, span, company, bits])?;
            }
        }
    }
    begun.commit()?;
    Ok(groups)
}
