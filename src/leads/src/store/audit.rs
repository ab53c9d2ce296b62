//! Who saw, exported, changed and erased what. Only added to; the tables' triggers refuse all else but the purge by age.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::{Result, Store};
use crate::model::Timestamp;

/// Most entries of one answer.
const MOST: u32 = 1000;

/// Entries of the audit log that one search looks at.
const SEARCHED: i64 = 50_000;

/// One entry.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number; later ones are higher.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who: a user's name, or what of the program.
    pub actor: String,
    /// What was done: `export`, `erase`, `change`, …
    pub action: String,
    /// To what: a company's id, a segment's name.
    pub subject: String,
    /// What else there is to say.
    pub details: String,
}

/// Which entries of the audit log are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSearch {
    /// Only entries with a lower number.
    pub before: Option<i64>,
    /// Only of this actor.
    pub actor: Option<String>,
    /// Only of this action.
    pub action: Option<String>,
}

/// What a search of the audit log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFound {
    /// The newest first.
    pub entries: Vec<AuditEntry>,
    /// Where to go on, if there may be more.
    pub next: Option<i64>,
}

/// Adds an entry to a change, so that both are there or none.
pub(super) fn append(
    connection: &Connection,
    at: Timestamp,
    actor: &str,
    action: &str,
    subject: &str,
    details: &str,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO audit (at, actor, action, subject, details) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![at, actor, action, subject, details])?;
    Ok(())
}

impl Store {
    /// Adds an entry of its own: somebody looked at a company, signed in, made an export. Waits until it is durable: not for async tasks.
    pub fn audit(
        &self,
        at: Timestamp,
        actor: &str,
        action: &str,
        subject: &str,
        details: &str,
    ) -> Result<()> {
        let texts = [actor, action, subject, details].map(str::to_owned);
        self.write(move |connection| append(connection, at, &texts[0], &texts[1], &texts[2], &texts[3]))
    }

    /// The newest entries before the one of this number, or the newest of all; at most 1,000.
    pub fn audit_entries(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, at, actor, action, subject, details FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            )?;
            let rows = statement.query_map(params![before.unwrap_or(i64::MAX), limit.min(MOST)], entry)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The newest entries of the audit log that fit, at most `limit`. Looks at 50,000 entries at most: there may be more where it says where to go
    /// on, even if it found none. Waits: not for async tasks.
    pub fn search_audit(&self, search: &AuditSearch, limit: u32) -> Result<AuditFound> {
        self.read(|connection| {
            let bounds: Option<(i64, i64)> = connection
                .prepare_cached(
                    "SELECT (SELECT min(id) FROM audit), (SELECT max(id) FROM audit) FROM audit LIMIT 1",
                )?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((first, last)) = bounds else { return Ok(AuditFound::default()) };
            let before = search.before.unwrap_or(i64::MAX).clamp(first, last + 1);
            let from = before - SEARCHED;
            let mut statement = connection.prepare_cached(
                "SELECT id, at, actor, action, subject, details FROM audit
                 WHERE id < ?1 AND id >= ?2 AND (?3 IS NULL OR actor = ?3) AND (?4 IS NULL OR action = ?4)
                 ORDER BY id DESC LIMIT ?5",
            )?;
            let rows =
                statement.query_map(params![before, from, search.actor, search.action, limit], entry)?;
            let entries: Vec<AuditEntry> = rows.collect::<rusqlite::Result<_>>()?;
            let full = entries.len() == limit as usize;
            let next = entries.last().filter(|_| full).map_or(from, |last| last.id);
            Ok(AuditFound { entries, next: (next > first).then_some(next) })
        })
    }
}

/// An entry of the columns `id, at, actor, action, subject, details`.
fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        details: row.get(5)?,
    })
}
