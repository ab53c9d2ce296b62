//! What users keep beside the companies: segments, corrections, and what they change of a company.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::rights::number_of;
use super::{Result, Store, StoreError, audit};
use crate::model::{LeadChange, Timestamp};
use crate::segment::Condition;

/// Longest name of a segment or tag, in bytes; longest note.
const LONGEST_NAME: usize = 200;
const LONGEST_NOTE: usize = 20_000;
/// Tags of a company.
const MOST_TAGS: usize = 100;

/// A condition under a name.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// Of whom it holds.
    pub condition: Condition,
    /// Who changed it last.
    pub author: String,
    /// When.
    pub changed: Timestamp,
}

/// A correction of what the engine says: its rule is JSON, which the store does not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCorrection {
    /// Its number.
    pub id: i64,
    /// When it was entered.
    pub at: Timestamp,
    /// By whom.
    pub author: String,
    /// What it says.
    pub rule: String,
}

/// The condition of a segment.
pub(super) fn condition(connection: &Connection, name: &str) -> Result<Condition> {
    let mut statement = connection.prepare_cached("SELECT condition FROM segment WHERE name = ?1")?;
    let text: Option<String> = statement.query_row([name], |row| row.get(0)).optional()?;
    read(&text.ok_or(StoreError::Missing("segment"))?)
}

fn read(text: &str) -> Result<Condition> {
    serde_json::from_str(text)
        .map_err(|_| StoreError::Sqlite("a segment's condition is not one any more".into()))
}

impl Store {
    /// Keeps a condition under a name; another one of that name is replaced.
    pub fn save_segment(
        &self,
        name: &str,
        condition: &Condition,
        author: &str,
        now: Timestamp,
    ) -> Result<()> {
        check_length("a segment's name", name, LONGEST_NAME)?;
        condition.check().map_err(|error| StoreError::Invalid(error.to_string()))?;
        let text =
            serde_json::to_string(condition).map_err(|error| StoreError::Invalid(error.to_string()))?;
        let (name, author) = (name.to_owned(), author.to_owned());
        self.write(move |connection| {
            connection.execute(
                "INSERT INTO segment (name, condition, author, changed) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET condition = excluded.condition, author = excluded.author, changed = excluded.changed",
                params![name, text, author, now],
            )?;
            audit::append(connection, now, &author, "save segment", &name, &text)
        })
    }

    /// All segments, by name.
    pub fn segments(&self) -> Result<Vec<Segment>> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT name, condition, author, changed FROM segment ORDER BY name")?;
            let mut rows = statement.query([])?;
            let mut segments = Vec::new();
            while let Some(row) = rows.next()? {
                let condition = read(&row.get::<_, String>(1)?)?;
                segments.push(Segment {
                    name: row.get(0)?,
                    condition,
                    author: row.get(2)?,
                    changed: row.get(3)?,
                });
            }
            Ok(segments)
        })
    }

    /// Forgets a segment; says whether there was one.
    pub fn remove_segment(&self, name: &str, author: &str, now: Timestamp) -> Result<bool> {
        let (name, author) = (name.to_owned(), author.to_owned());
        self.write(move |connection| {
            let removed = connection.execute("DELETE FROM segment WHERE name = ?1", [&name])? > 0;
            if removed {
                audit::append(connection, now, &author, "remove segment", &name, "")?;
            }
            Ok(removed)
        })
    }

    /// Keeps a correction; its number.
    pub fn add_correction(&self, rule: &str, author: &str, now: Timestamp) -> Result<i64> {
        let (rule, author) = (rule.to_owned(), author.to_owned());
        self.write(move |connection| {
            let id = connection.query_row(
                "INSERT INTO correction (at, author, rule) VALUES (?1, ?2, ?3) RETURNING id",
                params![now, author, rule],
                |row| row.get(0),
            )?;
            audit::append(connection, now, &author, "add correction", &format!("{id}"), &rule)?;
            Ok(id)
        })
    }

    /// All corrections, the oldest first.
    pub fn corrections(&self) -> Result<Vec<StoredCorrection>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT id, at, author, rule FROM correction ORDER BY id")?;
            let rows = statement.query_map([], |row| {
                Ok(StoredCorrection {
                    id: row.get(0)?,
                    at: row.get(1)?,
                    author: row.get(2)?,
                    rule: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Forgets a correction; says whether there was one.
    pub fn remove_correction(&self, id: i64, author: &str, now: Timestamp) -> Result<bool> {
        let author = author.to_owned();
        self.write(move |connection| {
            let removed = connection.execute("DELETE FROM correction WHERE id = ?1", [id])? > 0;
            if removed {
                audit::append(connection, now, &author, "remove correction", &format!("{id}"), "")?;
            }
            Ok(removed)
        })
    }

    /// Changes what a user may change of a company, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] where the company is not known; [`StoreError::Invalid`] for texts that are empty or too long.
    pub fn change_lead(&self, id: &str, change: &LeadChange, actor: &str, now: Timestamp) -> Result<()> {
        for tag in change.tags.iter().flatten() {
            check_length("a tag", tag, LONGEST_NAME)?;
        }
        if change.tags.as_ref().is_some_and(|tags| tags.len() > MOST_TAGS) {
            return Err(StoreError::Invalid(format!("a company has at most {MOST_TAGS} tags")));
        }
        if change.owner.as_ref().is_some_and(|owner| owner.len() > LONGEST_NAME) {
            return Err(StoreError::Invalid(format!("an owner's name has at most {LONGEST_NAME} bytes")));
        }
        if let Some(note) = &change.note {
            check_length("a note", note, LONGEST_NOTE)?;
        }
        let (id, change, actor) = (id.to_owned(), change.clone(), actor.to_owned());
        self.write(move |connection| {
            let number = number_of(connection, &id)?.ok_or(StoreError::Missing("company"))?;
            if let Some(tags) = &change.tags {
                connection.execute("DELETE FROM tag WHERE company = ?1", [number])?;
                for tag in tags {
                    connection.execute(
                        "INSERT OR IGNORE INTO tag (company, tag) VALUES (?1, ?2)",
                        params![number, tag],
                    )?;
                }
            }
            if let Some(status) = change.status {
                connection.execute(
                    "UPDATE lead SET status = ?2 WHERE company = ?1",
                    params![number, status as i64],
                )?;
            }
            if let Some(owner) = &change.owner {
                let owner = Some(owner).filter(|owner| !owner.is_empty());
                connection
                    .execute("UPDATE lead SET owner = ?2 WHERE company = ?1", params![number, owner])?;
            }
            if let Some(note) = &change.note {
                connection.execute(
                    "INSERT INTO note (company, at, author, text) VALUES (?1, ?2, ?3, ?4)",
                    params![number, now, actor, note],
                )?;
            }
            // What was changed, and not to what: the log outlives notes and companies.
            let changed = [
                ("tags", change.tags.is_some()),
                ("status", change.status.is_some()),
                ("owner", change.owner.is_some()),
                ("note", change.note.is_some()),
            ];
            let told: Vec<&str> =
                changed.into_iter().filter_map(|(name, changed)| changed.then_some(name)).collect();
            audit::append(connection, now, &actor, "change company", &id, &told.join(", "))
        })
    }
}

fn check_length(what: &str, text: &str, longest: usize) -> Result<()> {
    if text.is_empty() || text.len() > longest {
        return Err(StoreError::Invalid(format!("{what} has 1 to {longest} bytes")));
    }
    Ok(())
}
