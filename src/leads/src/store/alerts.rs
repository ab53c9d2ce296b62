//! Who is in which segment, for alerts: which companies were seen since the last look, and what the look found.
//!
//! While somebody watches, a trigger marks each company whose last visit moves, within the visit's own transaction: nothing is
//! missed over a kill. A look reads the marks, asks which of those companies are in, and then, as one change, adds
//! deliveries, keeps who is in, and removes the marks that it read.

use rusqlite::{Connection, OptionalExtension, params};

use super::condition::Asked;
use super::deliveries::{NewDelivery, add};
use super::period::{ALWAYS, Period};
use super::totals::{Candidate, Scoring, candidate, sites};
use super::{Result, Store, StoreError, segments};
use crate::model::Timestamp;
use crate::score::ScoreFormula;

/// Rows in one change, so that visits wait some milliseconds at most.
const CHUNK: usize = 500;

/// Marks each company that is seen.
const TRIGGERS: &str = "
CREATE TRIGGER IF NOT EXISTS alert_first AFTER INSERT ON lead BEGIN
    INSERT INTO alert_touched (company, turn) VALUES (NEW.company, 1) ON CONFLICT DO UPDATE SET turn = turn + 1;
END;
CREATE TRIGGER IF NOT EXISTS alert_again AFTER UPDATE OF last_seen ON lead BEGIN
    INSERT INTO alert_touched (company, turn) VALUES (NEW.company, 1) ON CONFLICT DO UPDATE SET turn = turn + 1;
END;";
const NO_TRIGGERS: &str = "DROP TRIGGER IF EXISTS alert_first; DROP TRIGGER IF EXISTS alert_again; DELETE FROM alert_touched; DELETE FROM alert_watch;";

/// A company that was seen since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touched {
    company: u32,
    turn: i64,
}

/// What a target is told of.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The target's name.
    pub target: String,
    /// Of whom: a stored segment, over the last 30 days; everybody, of all time, if absent.
    pub segment: Option<String>,
    /// Only of these sites; all if empty.
    pub sites: Vec<String>,
}

/// What a look found of a company and a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// Its number in the store.
    pub number: u32,
    /// Its id.
    pub company: String,
    /// The day, in UTC since 1970, on which the target was told of it last; none if it was not in.
    pub told: Option<i64>,
}

impl Store {
    /// Begins to mark companies that are seen, or ends it and forgets the marks. Who is in which segment stays known.
    ///
    /// This and all below wait: not for async tasks.
    pub fn watch_visits(&self, watched: bool) -> Result<()> {
        self.write(move |connection| {
            Ok(connection.execute_batch(if watched { TRIGGERS } else { NO_TRIGGERS })?)
        })
    }

    /// Some of the companies that were seen since the last look, at most 500.
    pub fn touched(&self) -> Result<Vec<Touched>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT company, turn FROM alert_touched LIMIT ?1")?;
            let rows = statement
                .query_map([CHUNK as i64], |row| Ok(Touched { company: row.get(0)?, turn: row.get(1)? }))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Which of these companies are in what is watched now, and since when the target knows; and who is not.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if there is no such segment or site.
    pub fn look(
        &self,
        watch: &Watch,
        touched: &[Touched],
        formula: &ScoreFormula,
        now: Timestamp,
    ) -> Result<(Vec<Entered>, Vec<u32>)> {
        let numbers: Vec<u32> = touched.iter().map(|touched| touched.company).collect();
        self.read(|connection| {
            let scoring = Scoring { formula, groups: &self.shared.groups, now };
            let inside = inside(connection, watch, &numbers, &scoring)?;
            let mut statement = connection.prepare_cached(
                "SELECT c.id, (SELECT day FROM alert_member WHERE target = ?1 AND company = c.number) FROM company AS c WHERE c.number = ?2",
            )?;
            let mut entered = Vec::new();
            for number in &inside {
                let row = statement.query_row(params![watch.target, number], |row| Ok((row.get(0)?, row.get(1)?)));
                if let Some((company, told)) = row.optional()? {
                    entered.push(Entered { number: *number, company, told });
                }
            }
            let outside = numbers.iter().copied().filter(|number| !inside.contains(number)).collect();
            Ok((entered, outside))
        })
    }

    /// Keeps what a look found: deliveries, who is in since `day`, who is out, and that `touched` were looked at, as one change.
    pub fn looked(&self, found: Looked, queue: u32, now: Timestamp) -> Result<()> {
        self.write(move |connection| {
            add(connection, &found.deliveries, queue, now)?;
            let mut enter = connection.prepare_cached(
                "INSERT INTO alert_member (target, company, day) SELECT ?1, number, ?3 FROM company WHERE number = ?2
                 ON CONFLICT DO UPDATE SET day = excluded.day",
            )?;
            for (target, company, day) in &found.entered {
                enter.execute(params![target, company, day])?;
            }
            let mut leave = connection.prepare_cached("DELETE FROM alert_member WHERE target = ?1 AND company = ?2")?;
            for (target, company) in &found.left {
                leave.execute(params![target, company])?;
            }
            let mut done = connection.prepare_cached("DELETE FROM alert_touched WHERE company = ?1 AND turn = ?2")?;
            for touched in &found.touched {
                done.execute(params![touched.company, touched.turn])?;
            }
            Ok(())
        })
    }

    /// Makes known to a target who is in what it watches, without a word to it, if it did not watch just that before. Says
    /// whether it did so.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if there is no such segment or site yet.
    pub fn begin_watch(&self, watch: &Watch, formula: &ScoreFormula, now: Timestamp) -> Result<bool> {
        let scoring = Scoring { formula, groups: &self.shared.groups, now };
        let found = self.read(|connection| {
            let condition =
                watch.segment.as_ref().map(|name| segments::condition(connection, name)).transpose()?;
            let what = serde_json::to_string(&(&watch.segment, condition, &watch.sites))
                .map_err(|error| StoreError::Invalid(error.to_string()))?;
            let known: Option<String> = connection
                .query_row("SELECT what FROM alert_watch WHERE target = ?1", [&watch.target], |row| {
                    row.get(0)
                })
                .optional()?;
            if known.as_ref() == Some(&what) {
                return Ok(None);
            }
            let mut statement = connection.prepare("SELECT company FROM lead")?;
            let all = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<u32>>>()?;
            Ok(Some((what, inside(connection, watch, &all, &scoring)?)))
        })?;
        let Some((what, inside)) = found else { return Ok(false) };
        let target = watch.target.clone();
        self.write(move |connection| {
            connection.execute("DELETE FROM alert_watch WHERE target = ?1", [&target])?;
            Ok(connection.execute("DELETE FROM alert_member WHERE target = ?1", [&target])?)
        })?;
        let day = now.div_euclid(super::period::DAY);
        for chunk in inside.chunks(CHUNK) {
            let entered = chunk.iter().map(|company| (watch.target.clone(), *company, day)).collect();
            self.looked(Looked { entered, ..Looked::default() }, 0, now)?;
        }
        // Last: a kill before makes it begin anew.
        let target = watch.target.clone();
        self.write(move |connection| {
            connection
                .execute("INSERT INTO alert_watch (target, what) VALUES (?1, ?2)", params![target, what])?;
            Ok(true)
        })
    }

    /// Finds who has left what is watched by time alone, and forgets that they were in; how many.
    pub fn sweep_watch(&self, watch: &Watch, formula: &ScoreFormula, now: Timestamp) -> Result<u64> {
        let left = self.read(|connection| {
            let scoring = Scoring { formula, groups: &self.shared.groups, now };
            let mut statement = connection.prepare("SELECT company FROM alert_member WHERE target = ?1")?;
            let members = statement
                .query_map([&watch.target], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<u32>>>()?;
            let inside: hashbrown::HashSet<u32> =
                inside(connection, watch, &members, &scoring)?.into_iter().collect();
            Ok(members.into_iter().filter(|member| !inside.contains(member)).collect::<Vec<_>>())
        })?;
        for chunk in left.chunks(CHUNK) {
            let left = chunk.iter().map(|company| (watch.target.clone(), *company)).collect();
            self.looked(Looked { left, ..Looked::default() }, 0, now)?;
        }
        Ok(left.len() as u64)
    }
}

/// What a look found.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// To be sent.
    pub deliveries: Vec<NewDelivery>,
    /// Target, company, and the day on which the target was told of it.
    pub entered: Vec<(String, u32, i64)>,
    /// Target and company that is not in any more.
    pub left: Vec<(String, u32)>,
    /// Whom it was about.
    pub touched: Vec<Touched>,
}

/// Which of these companies are in what is watched, in their order.
fn inside(
    connection: &Connection,
    watch: &Watch,
    companies: &[u32],
    scoring: &Scoring<'_>,
) -> Result<Vec<u32>> {
    let sites = sites(connection, &watch.sites)?;
    let period = if watch.segment.is_some() { Period::parse(None, None, scoring.now)? } else { ALWAYS };
    let mut found: Vec<Candidate> = Vec::with_capacity(companies.len());
    for company in companies {
        // Seen within the period, on these sites.
        let candidate = candidate(connection, &sites, period, scoring, *company)?;
        found.extend(candidate.filter(|candidate| candidate.tally.page_views > 0));
    }
    let marks = match &watch.segment {
        None => vec![true; found.len()],
        Some(name) => {
            let condition = segments::condition(connection, name)?;
            Asked::new(connection, scoring.groups, &sites, period, scoring.now, &found).holds(&condition)?
        }
    };
    Ok(found.iter().zip(marks).filter_map(|(candidate, holds)| holds.then_some(candidate.company)).collect())
}
