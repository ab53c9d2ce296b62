//! Who saw, exported, changed and erased what. Only added to; the tables' triggers refuse all else but the purge by age.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{Result, Store};
use crate::model::Timestamp;

/// Most entries of one answer.
const MOST: u32 = 1000;

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
            let rows = statement.query_map(params![before.unwrap_or(i64::MAX), limit.min(MOST)], |row| {
                Ok(AuditEntry {
                    id: row.get(0)?,
                    at: row.get(1)?,
                    actor: row.get(2)?,
                    action: row.get(3)?,
                    subject: row.get(4)?,
                    details: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
