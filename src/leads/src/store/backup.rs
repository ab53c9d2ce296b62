//! Backups: copies of one moment, made while visits go on; whole or not there at all, and readable by their owner alone.
//!
//! What is erased is gone from backups when they expire, after 30 days at most. A backup is restored without what has been objected to since.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, params};
use serde::{Deserialize, Serialize};

use super::objection::{self, StoredObjection};
use super::open::{Lock, beside, connect, lock, reader};
use super::{Result, Store, StoreError, StoreOptions, schema};
use crate::model::Timestamp;

/// Days after which a backup is removed, whatever is configured: erasure is to be complete by then.
pub const LONGEST_BACKUP_DAYS: u32 = 30;

/// Names of backups in a directory: `leads-20260617T101500.backup`.
const PREFIX: &str = "leads-";
const SUFFIX: &str = ".backup";
const TIME: &str = "%Y%m%dT%H%M%S";

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReport {
    /// When it was made.
    pub taken: Timestamp,
    /// The version of its tables.
    pub version: u32,
    /// Rows of each table, by name.
    pub rows: Vec<(String, u64)>,
}

impl Store {
    /// Makes a backup in this file; one that is there is replaced when the new one is whole and on the disk. Reads one moment; visits go on.
    /// Takes some seconds a gigabyte. Waits: not for async tasks.
    pub fn backup(&self, path: impl AsRef<Path>, actor: &str, now: Timestamp) -> Result<BackupReport> {
        self.shared.writer.settle()?;
        let report = copy(self.path(), path.as_ref(), now)?;
        self.audit(now, actor, "backup", "", "")?;
        Ok(report)
    }

    /// Makes a backup with the time in its name, and removes those of this directory that are older than so many days, 30 at most. Files
    /// with other names are left alone.
    pub fn backup_into(
        &self,
        directory: &Path,
        keep_days: u32,
        actor: &str,
        now: Timestamp,
    ) -> Result<PathBuf> {
        let name = format!("{PREFIX}{}{SUFFIX}", time_of(now).strftime(TIME));
        let path = directory.join(name);
        self.backup(&path, actor, now)?;
        expire_backups(directory, keep_days, now)?;
        Ok(path)
    }
}

fn time_of(now: Timestamp) -> DateTime {
    jiff::Timestamp::from_millisecond(now)
        .map_or(DateTime::MIN, |time| time.to_zoned(jiff::tz::TimeZone::UTC).datetime())
}

/// Removes the backups in a directory that are older than so many days, 30 at most; how many they were.
pub fn expire_backups(directory: &Path, keep_days: u32, now: Timestamp) -> Result<u64> {
    let failed = file("the directory of backups could not be read");
    let oldest =
        time_of(now.saturating_sub(i64::from(keep_days.min(LONGEST_BACKUP_DAYS)) * super::period::DAY));
    let mut removed = 0;
    for entry in fs::read_dir(directory).map_err(&failed)? {
        let entry = entry.map_err(&failed)?;
        let name = entry.file_name();
        let time = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
        let Some(Ok(time)) = time.map(|time| DateTime::strptime(TIME, time)) else { continue };
        if time < oldest {
            fs::remove_file(entry.path()).map_err(file("an old backup could not be removed"))?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// An error of the file system, without the path.
fn file(what: &'static str) -> impl Fn(io::Error) -> StoreError {
    move |error| StoreError::File { what, reason: error.to_string() }
}

/// Copies a store, or a backup, to a new file.
fn copy(from: &Path, to: &Path, now: Timestamp) -> Result<BackupReport> {
    let temporary = Temporary::new(to)?;
    let report = {
        let source = reader(from)?;
        let mut target = connect(&temporary.0, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // All in one step is one snapshot: in several it would begin anew with each visit.
        match Backup::new(&source, &mut target)?.step(-1)? {
            StepResult::Done => {}
            _ => return Err(StoreError::Busy),
        }
        // One file: no WAL beside it.
        target.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
        let rows = count_rows(&target)?;
        let write = target.unchecked_transaction()?;
        write.execute_batch(
            "CREATE TABLE IF NOT EXISTS backup_rows (name TEXT PRIMARY KEY, rows INTEGER NOT NULL) STRICT;
             DELETE FROM backup_rows;",
        )?;
        for (name, rows) in &rows {
            write.execute(
                "INSERT INTO backup_rows (name, rows) VALUES (?1, ?2)",
                params![name, rows.cast_signed()],
            )?;
        }
        write.execute("INSERT OR REPLACE INTO fact (key, value) VALUES ('backup_taken', ?1)", [now])?;
        write.commit()?;
        verify(&target)?
    };
    temporary.publish(to)?;
    Ok(report)
}

/// The rows of each table of the store.
fn count_rows(connection: &Connection) -> Result<Vec<(String, u64)>> {
    let names: Vec<String> = {
        let mut statement = connection.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN ('backup_rows', 'fact')
             ORDER BY name",
        )?;
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
    };
    let mut rows = Vec::with_capacity(names.len());
    for name in names {
        let quoted = name.replace('"', "\"\"");
        let count: i64 =
            connection.query_row(&format!("SELECT count(*) FROM \"{quoted}\""), [], |row| row.get(0))?;
        rows.push((name, count.unsigned_abs()));
    }
    Ok(rows)
}

/// What a store says of itself, for whoever looks while it may be in use: the version of its tables, after SQLite has looked through its pages.
/// Takes some seconds a gigabyte.
pub fn check_store(path: &Path) -> Result<u32> {
    let connection = reader(path)?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != schema::APPLICATION {
        return Err(StoreError::Foreign("another program's database"));
    }
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > schema::version() {
        return Err(StoreError::Newer { found: version, known: schema::version() });
    }
    let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound == "ok" {
        Ok(version)
    } else {
        Err(StoreError::Invalid("the store is damaged: restore a backup".into()))
    }
}

/// Reads all of a backup: whether SQLite finds it sound, its tables are those of this program or of an older one, and each has as many rows
/// as when it was made. Takes some seconds a gigabyte.
pub fn verify_backup(path: &Path) -> Result<BackupReport> {
    verify(&reader(path)?)
}

fn verify(connection: &Connection) -> Result<BackupReport> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != schema::APPLICATION {
        return Err(StoreError::Foreign("another program's database"));
    }
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > schema::version() {
        return Err(StoreError::Newer { found: version, known: schema::version() });
    }
    let damaged =
        |what: &str| StoreError::Invalid(format!("the backup is damaged: {what}; take another one"));
    let sound: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|_| damaged("it can't be read to its end"))?;
    if sound != "ok" {
        return Err(damaged("its pages do not fit together"));
    }
    if schema::tables_of(version)? != schema::tables(connection)? {
        return Err(damaged("its tables are not those of its version"));
    }
    let expected: Vec<(String, u64)> = {
        let mut statement = connection
            .prepare("SELECT name, rows FROM backup_rows ORDER BY name")
            .map_err(|_| StoreError::Foreign("it is a store, and no backup of one"))?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    let rows = count_rows(connection)?;
    if rows != expected {
        return Err(damaged("rows are missing, or there are more than there were"));
    }
    let taken =
        connection.query_row("SELECT value FROM fact WHERE key = 'backup_taken'", [], |row| row.get(0))?;
    Ok(BackupReport { taken, version, rows })
}

/// Puts a backup in a store's place, after reading all of it; without what has been objected to since it was made. No process may have the
/// store open. Until it is replaced the old one is whole; a second run after an interruption does it all again.
pub fn restore(backup: &Path, store: &Path, actor: &str, now: Timestamp) -> Result<BackupReport> {
    let lock = lock(store)?;
    let report = verify_backup(backup)?;
    // A store that can't be read any more is what backups are for.
    let objections = reader(store).and_then(|old| objection::list(&old)).unwrap_or_else(|error| {
        if store.exists() {
            tracing::warn!(%error, "the old store can't be read: objections that are not in the backup have to be entered again");
        }
        Vec::new()
    });
    let temporary = Temporary::new(store)?;
    {
        let source = reader(backup)?;
        let mut target = connect(&temporary.0, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        match Backup::new(&source, &mut target)?.step(-1)? {
            StepResult::Done => {}
            _ => return Err(StoreError::Busy),
        }
        target.execute_batch("DROP TABLE backup_rows; DELETE FROM fact WHERE key = 'backup_taken';")?;
        // Visits that arrived after the backup are the old store's.
        super::arrivals::forget_identity(&target)?;
    }
    {
        let restored = Store::open(&temporary.0, StoreOptions { readers: 1, ..StoreOptions::default() })?;
        for StoredObjection { company, reason, author, .. } in objections {
            restored.suppress(&company, &reason, &author, now)?;
        }
        restored.audit(now, actor, "restore", "", "")?;
    }
    let _ = fs::remove_file(beside(&temporary.0, "-lock"));
    if store.exists() {
        // Nothing of the old one's WAL may be taken for the new one's.
        if let Ok(old) = connect(store, OpenFlags::SQLITE_OPEN_READ_WRITE) {
            // So that the old one is whole in its file until it is replaced. One that can't be read is not.
            let _ = old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
        for suffix in ["-wal", "-shm"] {
            match fs::remove_file(beside(store, suffix)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(file("the old store's log could not be removed")(error));
                }
                _ => {}
            }
        }
    }
    temporary.publish(store)?;
    drop(lock);
    Ok(report)
}

/// A file that is being made beside its place. What an interrupted run left is used again.
struct Temporary(PathBuf, Lock);

impl Temporary {
    fn new(place: &Path) -> Result<Temporary> {
        let path = beside(place, ".part");
        let failed = file("the copy could not be made");
        let made = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(&failed)?;
        let lock = Lock::take(made).map_err(&failed)?.ok_or(StoreError::Locked)?;
        let made = lock.file();
        made.set_permissions(fs::Permissions::from_mode(0o600)).map_err(&failed)?;
        made.set_len(0).map_err(&failed)?;
        for suffix in ["-journal", "-wal", "-shm"] {
            // What is left of an interrupted run must not be taken for this one's.
            let _ = fs::remove_file(beside(&path, suffix));
        }
        Ok(Temporary(path, lock))
    }

    /// Syncs it and puts it in its place.
    fn publish(self, place: &Path) -> Result<()> {
        let failed = file("the copy could not be put in its place");
        // SQLite wrote through handles of its own; a sync is of the file.
        self.1.file().sync_all().map_err(&failed)?;
        fs::rename(&self.0, place).map_err(&failed)?;
        let directory =
            place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(&failed)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Published, it has no such name any more.
        let _ = fs::remove_file(&self.0);
    }
}
