//! What companies did in a period, read from the tallies.

use std::sync::Arc;

use hashbrown::HashMap;
use rusqlite::{Connection, params};

use super::apply::Tally;
use super::kept::{Kept, KeptTallies};
use super::period::{DAY, Period};
use super::{Result, StoreError};
use crate::model::Timestamp;
use crate::score::{Behaviour, ScoreFormula};

/// A company in a period, before it is known whether it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) company: u32,
    pub(super) tally: Tally,
    pub(super) first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
    pub(super) score: u8,
}

/// How scores are made at a moment.
pub(super) struct Scoring<'a> {
    pub(super) formula: &'a ScoreFormula,
    pub(super) groups: &'a super::intern::Groups,
    pub(super) now: Timestamp,
}

impl Scoring<'_> {
    pub(super) fn score(&self, tally: &Tally, last_seen: Timestamp) -> u8 {
        let counted = |number: i64| u64::try_from(number).unwrap_or(0);
        self.formula.score(&Behaviour {
            visits: counted(tally.visits),
            page_views: counted(tally.page_views),
            seconds: counted(tally.seconds),
            days_since_last: counted(days_since(last_seen, self.now)),
            groups: if tally.groups == 0 { Vec::new() } else { self.groups.named(tally.groups) },
        })
    }
}

/// Whole days from then until now.
pub(super) fn days_since(then: Timestamp, now: Timestamp) -> i64 {
    (now.saturating_sub(then) / DAY).max(0)
}

/// The numbers of sites by their names; of all where none is named. A name that is not known is no site.
pub(super) fn sites(connection: &Connection, names: &[String]) -> Result<Vec<(u32, String)>> {
    let mut statement = connection.prepare_cached("SELECT number, name FROM site ORDER BY number")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut sites: Vec<(u32, String)> = rows.collect::<rusqlite::Result<_>>()?;
    if names.iter().any(|name| !sites.iter().any(|(_, known)| known == name)) {
        return Err(StoreError::Missing("site"));
    }
    sites.retain(|(_, name)| names.is_empty() || names.contains(name));
    Ok(sites)
}

/// Every company that was seen in the period and is not hidden. Reads a row for each company in each span of the period that is not kept.
pub(super) fn candidates(
    connection: &Connection,
    kept: (&KeptTallies, u64),
    sites: &[(u32, String)],
    period: Period,
    scoring: &Scoring<'_>,
) -> Result<Vec<Candidate>> {
    let mut totals: HashMap<u32, Tally> = HashMap::new();
    for (site, _) in sites {
        for spans in period.spans() {
            // Of all the years there may be only some have tallies.
            let edge = |edge: &str| {
                let sql =
                    format!("SELECT {edge}(span) FROM tally WHERE site = ?1 AND span BETWEEN ?2 AND ?3");
                connection
                    .prepare_cached(&sql)?
                    .query_row(params![site, spans.start(), spans.end()], |row| row.get::<_, Option<i64>>(0))
            };
            let (Some(first), Some(last)) = (edge("min")?, edge("max")?) else { continue };
            for span in first..=last {
                let rows = of_span(connection, kept, *site, span)?;
                if totals.is_empty() {
                    totals.reserve(rows.len() * 2);
                }
                for row in rows.iter() {
                    totals.entry(row.company).or_default().add(row.tally());
                }
            }
        }
    }
    let mut found = Vec::with_capacity(totals.len());
    let mut statement = connection.prepare_cached("SELECT company, first_seen, last_seen FROM lead")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let company: u32 = row.get(0)?;
        let Some(tally) = totals.get(&company) else { continue };
        let (first_seen, last_seen) = (row.get(1)?, row.get(2)?);
        let score = scoring.score(tally, last_seen);
        found.push(Candidate { company, tally: *tally, first_seen, last_seen, score });
    }
    Ok(found)
}

/// The tallies of a site in a span; `now` is what [`KeptTallies::now`] said before the connection's snapshot began.
pub(super) fn of_span(
    connection: &Connection,
    (kept, now): (&KeptTallies, u64),
    site: u32,
    span: i64,
) -> Result<Arc<[Kept]>> {
    if let Some(rows) = kept.get((site, span)) {
        return Ok(rows);
    }
    let mut statement = connection.prepare_cached(
        "SELECT company, visits, sessions, page_views, seconds, groups FROM tally WHERE site = ?1 AND span = ?2",
    )?;
    let mut rows = statement.query(params![site, span])?;
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        read.push(Kept::new(row.get(0)?, &tally(row, 1)?)?);
    }
    let read: Arc<[Kept]> = read.into();
    kept.keep((site, span), now, Arc::clone(&read));
    Ok(read)
}

/// The same for one company; none where it is hidden or was never seen.
pub(super) fn candidate(
    connection: &Connection,
    sites: &[(u32, String)],
    period: Period,
    scoring: &Scoring<'_>,
    company: u32,
) -> Result<Option<Candidate>> {
    let mut statement =
        connection.prepare_cached("SELECT first_seen, last_seen FROM lead WHERE company = ?1")?;
    let mut rows = statement.query([company])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (first_seen, last_seen): (Timestamp, Timestamp) = (row.get(0)?, row.get(1)?);
    let mut total = Tally::default();
    let seen = Period {
        first: period.first.max(first_seen.div_euclid(DAY)),
        last: period.last.min(last_seen.div_euclid(DAY)),
    };
    if seen.first <= seen.last {
        let mut statement = connection.prepare_cached(
            "SELECT visits, sessions, page_views, seconds, groups FROM tally WHERE site = ?1 AND span = ?2 AND company = ?3",
        )?;
        for (site, _) in sites {
            for span in seen.spans().into_iter().flatten() {
                let mut rows = statement.query(params![site, span, company])?;
                while let Some(row) = rows.next()? {
                    total.add(tally(row, 0)?);
                }
            }
        }
    }
    let score = scoring.score(&total, last_seen);
    Ok(Some(Candidate { company, tally: total, first_seen, last_seen, score }))
}

/// The tally in a row's columns from `first` on.
fn tally(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Tally> {
    Ok(Tally {
        visits: row.get(first)?,
        sessions: row.get(first + 1)?,
        page_views: row.get(first + 2)?,
        seconds: row.get(first + 3)?,
        groups: row.get(first + 4)?,
    })
}
