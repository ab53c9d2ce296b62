//! Visits on the disk before they are in the tables: two files beside the store that are only appended to, and used in turns.
//!
//! A visit changes pages all over the tables and their indexes, and writing those for each acknowledgement would be most of the work. Here it
//! is some hundred bytes at the end of a file. The writer moves what has arrived into the tables, thousands of visits in one transaction, and
//! in it notes the number of the last one: whatever is interrupted, a visit is counted once.
//!
//! ```text
//! frame   length of what follows the checksum (u32) | its checksum, CRC-32 (u32) | store (u64) | number of the first visit (u64) | visits, JSON, one a line
//! ```
//!
//! Numbers go on by one from frame to frame; what doesn't fit, is of another store or has another checksum is left from an earlier turn, or
//! was never acknowledged.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::open::beside;
use super::{Result, StoreError};
use crate::model::{
    CompanyFacts, CookieId, Filtered, IdentifiedBy, Page, Record, Seen, SiteNumber, Timestamp,
};

/// From this size on the other file has its turn, as soon as all of it is in the tables.
const TURN: u64 = 8 << 20;
/// Bytes of a frame before its visits.
const HEAD: usize = 24;
/// Where a frame's checksum begins to count.
const CHECKED: usize = 8;

/// The names of the files: the store's with these at the end.
pub(super) const SUFFIXES: [&str; 2] = ["-arrived-0", "-arrived-1"];

/// A visit as it stands in the files.
#[derive(Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Line<'a> {
    Counted {
        site: u32,
        at: Timestamp,
        reason: Filtered,
    },
    Seen {
        site: u32,
        at: Timestamp,
        company: Cow<'a, CompanyFacts>,
        identified_by: IdentifiedBy,
        page: Cow<'a, Page>,
        visitor: Option<u128>,
        session: Option<u128>,
    },
}

impl<'a> From<&'a Record> for Line<'a> {
    fn from(record: &'a Record) -> Line<'a> {
        match record {
            Record::Counted { site, at, reason } => Line::Counted { site: site.0, at: *at, reason: *reason },
            Record::Seen(seen) => Line::Seen {
                site: seen.site.0,
                at: seen.at,
                company: Cow::Borrowed(&seen.company),
                identified_by: seen.identified_by,
                page: Cow::Borrowed(&seen.page),
                visitor: seen.visitor.map(|id| id.0),
                session: seen.session.map(|id| id.0),
            },
        }
    }
}

impl From<Line<'_>> for Record {
    fn from(line: Line<'_>) -> Record {
        match line {
            Line::Counted { site, at, reason } => Record::Counted { site: SiteNumber(site), at, reason },
            Line::Seen { site, at, company, identified_by, page, visitor, session } => {
                Record::Seen(Box::new(Seen {
                    site: SiteNumber(site),
                    at,
                    company: company.into_owned(),
                    identified_by,
                    page: page.into_owned(),
                    visitor: visitor.map(CookieId),
                    session: session.map(CookieId),
                }))
            }
        }
    }
}

/// One of the two files.
struct Turn {
    path: PathBuf,
    file: File,
    /// Where the next frame goes.
    end: u64,
    /// The last visit in it.
    last: u64,
}

/// The two files.
pub(super) struct Arrivals {
    store: u64,
    /// [`TURN`] but in tests.
    longest: u64,
    turns: [Turn; 2],
    current: usize,
    next: u64,
    frame: Vec<u8>,
}

/// What was acknowledged and is not in the tables yet.
pub(super) struct Waiting {
    pub(super) records: Vec<Record>,
    /// The number of the last one, in the tables or waiting.
    pub(super) last: u64,
}

impl Arrivals {
    /// Opens the files, or makes them.
    pub(super) fn open(path: &Path, connection: &Connection) -> Result<(Arrivals, Waiting)> {
        let (store, moved) = (identity(connection)?, moved(connection)?);
        let failed = file("visits that have arrived could not be read");
        let mut waiting: Vec<(u64, Record)> = Vec::new();
        let mut open = |suffix: &str| -> Result<Turn> {
            let path = beside(path, suffix);
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)
                .map_err(&failed)?;
            let bytes = fs::read(&path).map_err(&failed)?;
            let (mut end, mut last) = (0, 0);
            while let Some((first, lines, length)) = frame(&bytes[end..], store) {
                if end > 0 && first != last + 1 {
                    break;
                }
                let mut number = first;
                for line in serde_json::Deserializer::from_slice(lines).into_iter::<Line<'_>>() {
                    let line = line.map_err(|_| {
                        StoreError::Invalid(
                            "visits that have arrived were written by a newer program: install it again"
                                .into(),
                        )
                    })?;
                    if number > moved {
                        waiting.push((number, line.into()));
                    }
                    number += 1;
                }
                last = number - 1;
                end += length;
            }
            if last <= moved {
                // All of it is in the tables, or of another store.
                file.set_len(0).map_err(&failed)?;
                (end, last) = (0, 0);
            }
            Ok(Turn { path, file, end: end as u64, last })
        };
        let turns = [open(SUFFIXES[0])?, open(SUFFIXES[1])?];
        sync_directory(path)?;
        waiting.sort_unstable_by_key(|(number, _)| *number);
        let last = turns.iter().map(|turn| turn.last).fold(moved, u64::max);
        let current = usize::from(turns[1].last > turns[0].last);
        let arrivals = Arrivals { store, longest: TURN, turns, current, next: last + 1, frame: Vec::new() };
        let records = waiting.into_iter().map(|(_, record)| record).collect();
        Ok((arrivals, Waiting { records, last }))
    }

    /// Puts visits on the disk; the number of the last one. `moved` says up to which number the tables have them. Nothing of it is kept if
    /// that fails.
    pub(super) fn append<'r>(
        &mut self,
        records: impl Iterator<Item = &'r Record>,
        moved: u64,
    ) -> Result<u64> {
        if self.turns[self.current].end >= self.longest && self.turns[1 - self.current].last <= moved {
            self.current = 1 - self.current;
            self.turns[self.current].end = 0;
        }
        self.frame.clear();
        self.frame.resize(CHECKED, 0);
        self.frame.extend_from_slice(&self.store.to_le_bytes());
        self.frame.extend_from_slice(&self.next.to_le_bytes());
        let mut last = self.next - 1;
        for record in records {
            serde_json::to_writer(&mut self.frame, &Line::from(record))
                .map_err(|error| StoreError::Invalid(error.to_string()))?;
            self.frame.push(b'\n');
            last += 1;
        }
        let length = u32::try_from(self.frame.len() - CHECKED)
            .map_err(|_| StoreError::Invalid("too much has arrived at once".into()))?;
        let checksum = crc32fast::hash(&self.frame[CHECKED..]);
        self.frame[..4].copy_from_slice(&length.to_le_bytes());
        self.frame[4..CHECKED].copy_from_slice(&checksum.to_le_bytes());
        let turn = &mut self.turns[self.current];
        let written = turn.file.write_all_at(&self.frame, turn.end).and_then(|()| turn.file.sync_data());
        if let Err(error) = written {
            // What was refused must not be found there later. The next frame would overwrite it, too.
            let _ = turn.file.set_len(turn.end);
            return Err(match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
                _ => file("visits could not be written")(error),
            });
        }
        turn.end += self.frame.len() as u64;
        turn.last = last;
        self.next = last + 1;
        Ok(last)
    }

    /// Empties the files; all that was in them is in the tables.
    pub(super) fn clear(&mut self) -> Result<()> {
        for turn in &mut self.turns {
            turn.file.set_len(0).map_err(file("visits that have arrived could not be removed"))?;
            turn.end = 0;
        }
        Ok(())
    }

    /// Removes the files; all that was in them is in the tables.
    pub(super) fn remove(self) {
        for turn in self.turns {
            // What is left is found to be in the tables when the store is opened again.
            let _ = fs::remove_file(turn.path);
        }
    }

    /// For asking how much room the disk has.
    pub(super) fn file(&self) -> &File {
        &self.turns[self.current].file
    }
}

/// The frame that these bytes begin with: the number of its first visit, its visits, its length.
fn frame(bytes: &[u8], store: u64) -> Option<(u64, &[u8], usize)> {
    let number = |from: usize, to: usize| bytes.get(from..to);
    let length = u32::from_le_bytes(number(0, 4)?.try_into().ok()?) as usize;
    let checksum = u32::from_le_bytes(number(4, CHECKED)?.try_into().ok()?);
    let content = bytes.get(CHECKED..CHECKED.checked_add(length)?)?;
    if content.len() < HEAD - CHECKED || crc32fast::hash(content) != checksum {
        return None;
    }
    let of = u64::from_le_bytes(number(CHECKED, 16)?.try_into().ok()?);
    let first = u64::from_le_bytes(number(16, HEAD)?.try_into().ok()?);
    (of == store && first > 0).then_some((first, &content[HEAD - CHECKED..], CHECKED + length))
}

/// Which store it is: files beside it that are another one's, or of before it was restored, are not read.
fn identity(connection: &Connection) -> Result<u64> {
    let known: Option<i64> = connection
        .query_row("SELECT value FROM fact WHERE key = 'identity'", [], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        return Ok(known.cast_unsigned());
    }
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|_| StoreError::Invalid("the system has no random numbers".into()))?;
    let made = u64::from_le_bytes(bytes);
    connection.execute("INSERT INTO fact (key, value) VALUES ('identity', ?1)", [made.cast_signed()])?;
    Ok(made)
}

/// Makes it a store of its own.
pub(super) fn forget_identity(connection: &Connection) -> Result<()> {
    connection.execute("DELETE FROM fact WHERE key IN ('identity', 'moved')", [])?;
    Ok(())
}

/// The number of the last visit that is in the tables.
fn moved(connection: &Connection) -> Result<u64> {
    let moved: Option<i64> = connection
        .query_row("SELECT value FROM fact WHERE key = 'moved'", [], |row| row.get(0))
        .optional()?;
    Ok(moved.unwrap_or(0).cast_unsigned())
}

/// Notes it, in the transaction that puts it there.
pub(super) fn note_moved(connection: &Connection, last: u64) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO fact (key, value) VALUES ('moved', ?1)")?
        .execute([last.cast_signed()])?;
    Ok(())
}

/// New files are there after a power loss, too.
fn sync_directory(path: &Path) -> Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(file("the store's directory could not be synced"))
}

/// An error of the file system, without the path.
fn file(what: &'static str) -> impl Fn(io::Error) -> StoreError {
    move |error| StoreError::File { what, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::open::prepare;

    fn visit(number: usize) -> Record {
        Record::Seen(Box::new(Seen {
            site: SiteNumber(1),
            at: Timestamp::try_from(number).unwrap(),
            company: CompanyFacts {
                id: "lei:1".into(), name: "Ünë \"\n".into(), ..CompanyFacts::default()
            },
            identified_by: IdentifiedBy::FormDomain,
            page: Page { path: format!("/{number}"), ..Page::default() },
            visitor: Some(CookieId(u128::MAX)),
            session: None,
        }))
    }

    fn place() -> (tempfile::TempDir, PathBuf, Connection) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("leads.db");
        let connection = prepare(&path).unwrap();
        (directory, path, connection)
    }

    fn waiting(path: &Path, connection: &Connection) -> (Vec<Record>, u64) {
        let (_, waiting) = Arrivals::open(path, connection).unwrap();
        (waiting.records, waiting.last)
    }

    #[test]
    fn what_arrived_is_read_again_until_it_is_in_the_tables() {
        let (_directory, path, connection) = place();
        let (mut arrivals, _) = Arrivals::open(&path, &connection).unwrap();
        let counted = Record::Counted { site: SiteNumber(2), at: 7, reason: Filtered::Bot };
        let records = [visit(1), counted, visit(3)];
        arrivals.append(records[..2].iter(), 0).unwrap();
        assert_eq!(arrivals.append(records[2..].iter(), 0).unwrap(), 3);
        assert_eq!(waiting(&path, &connection), (records.to_vec(), 3));
        note_moved(&connection, 2).unwrap();
        assert_eq!(waiting(&path, &connection), (records[2..].to_vec(), 3));
        note_moved(&connection, 3).unwrap();
        assert_eq!(waiting(&path, &connection), (Vec::new(), 3));
    }

    #[test]
    fn a_frame_that_is_cut_off_or_changed_is_not_read_and_those_before_it_are() {
        let (_directory, path, connection) = place();
        let (mut arrivals, _) = Arrivals::open(&path, &connection).unwrap();
        arrivals.append([visit(1)].iter(), 0).unwrap();
        let first = arrivals.turns[0].end as usize;
        arrivals.append([visit(2)].iter(), 0).unwrap();
        let file = beside(&path, SUFFIXES[0]);
        let whole = fs::read(&file).unwrap();
        for at in first..whole.len() {
            fs::write(&file, &whole[..at]).unwrap();
            assert_eq!(waiting(&path, &connection), (vec![visit(1)], 1), "cut at {at}");
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&file, &changed).unwrap();
            assert_eq!(waiting(&path, &connection), (vec![visit(1)], 1), "changed at {at}");
        }
    }

    #[test]
    fn files_of_another_store_are_emptied() {
        let (_directory, path, connection) = place();
        let (mut arrivals, _) = Arrivals::open(&path, &connection).unwrap();
        arrivals.append([visit(1)].iter(), 0).unwrap();
        forget_identity(&connection).unwrap();
        assert_eq!(waiting(&path, &connection), (Vec::new(), 0));
        assert_eq!(fs::metadata(beside(&path, SUFFIXES[0])).unwrap().len(), 0);
    }

    #[test]
    fn the_files_take_turns_and_what_earlier_turns_left_is_not_read() {
        let (_directory, path, connection) = place();
        let (mut arrivals, _) = Arrivals::open(&path, &connection).unwrap();
        arrivals.longest = 1000;
        for number in 1..200 {
            // The tables are behind by up to ten visits.
            let moved = number / 10 * 10;
            arrivals.append([visit(number)].iter(), moved as u64).unwrap();
            note_moved(&connection, moved as u64).unwrap();
            let copies: Vec<_> =
                SUFFIXES.iter().map(|suffix| fs::read(beside(&path, suffix)).unwrap()).collect();
            let expected: Vec<_> = (moved + 1..=number).map(visit).collect();
            assert_eq!(waiting(&path, &connection), (expected, number as u64));
            // Opening emptied what is in the tables; this run goes on with what it had.
            for (suffix, copy) in SUFFIXES.iter().zip(copies) {
                fs::write(beside(&path, suffix), copy).unwrap();
            }
        }
        assert!(arrivals.turns.iter().all(|turn| fs::metadata(&turn.path).unwrap().len() < 10_000));
    }
}
