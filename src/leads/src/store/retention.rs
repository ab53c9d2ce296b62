//! How long what is kept, and the purge. It works in short transactions between the visits; what is deleted is overwritten in the file, and
//! the WAL is emptied at the end.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::erasure::hide;
use super::period::{DAY, day_of, days_of_span, spans_of};
use super::{Result, Store};
use crate::model::Timestamp;

/// Rows that one transaction removes.
const CHUNK: i64 = 1000;
/// Page views of visits that one transaction removes, more or less.
const PAGE_VIEWS: usize = 2000;

/// Days for which each kind of data is kept, today not counted; days are those of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Visits with their page views, and the texts of pages and referrers.
    pub page_views: u32,
    /// The values of the two cookies in visits that are kept for longer.
    pub cookies: u32,
    /// Companies, since they were last seen; with them all that is said about them.
    pub companies: u32,
    /// Counts, of companies and of what is not shown. A month's or year's sum goes when all of it is so old.
    pub counts: u32,
    /// The audit log; at least a day.
    pub audit: u32,
    /// Notes, and requests that nobody decided.
    pub notes: u32,
}

/// What a purge removed, in rows.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purged {
    /// Visits.
    pub visits: u64,
    /// Visits whose cookies were taken out.
    pub cookies: u64,
    /// Companies.
    pub companies: u64,
    /// Counts.
    pub counts: u64,
    /// Texts of pages and referrers.
    pub texts: u64,
    /// Entries of the audit log.
    pub audit: u64,
    /// Notes and requests.
    pub notes: u64,
}

impl Store {
    /// Removes all that is older than it may be, and finishes what was interrupted. Visits are held up by some milliseconds at a time. It may be
    /// interrupted anywhere and run again. Waits: not for async tasks.
    pub fn purge(&self, retention: &Retention, now: Timestamp) -> Result<Purged> {
        let today = day_of(now)?;
        let before = |days: u32| today - i64::from(days);
        let old_companies = before(retention.companies) * DAY;
        let mut purged =
            Purged { visits: self.purge_visits(before(retention.page_views))?, ..Purged::default() };
        let day = before(retention.page_views);
        for kind in ["page", "origin"] {
            self.purge_by(
                &format!(
                    "DELETE FROM {kind}_seen WHERE (site, day, {kind}, company) IN (
                    SELECT s.site, s.day, s.{kind}, s.company FROM site CROSS JOIN {kind}_seen AS s
                    ON s.site = site.number AND s.day < ?1 LIMIT ?2)"
                ),
                day,
            )?;
            purged.texts += self.purge_by(
                &format!("DELETE FROM {kind} WHERE number IN (SELECT number FROM {kind} WHERE last_day < ?1 LIMIT ?2)"),
                day,
            )?;
        }
        purged.cookies = self.purge_cookies(before(retention.cookies))?;
        loop {
            let hidden = self.change(move |applier, connection| {
                let numbers: Vec<u32> = {
                    let mut statement = connection
                        .prepare_cached("SELECT company FROM lead WHERE last_seen < ?1 LIMIT 100")?;
                    statement
                        .query_map([old_companies], |row| row.get(0))?
                        .collect::<rusqlite::Result<_>>()?
                };
                numbers.iter().try_for_each(|number| hide(connection, *number))?;
                applier.forget();
                Ok(numbers.len() as u64)
            })?;
            purged.companies += hidden;
            if hidden == 0 {
                break;
            }
        }
        self.finish_removals()?;
        purged.counts = self.purge_counts(before(retention.counts))?;
        purged.notes = self.purge_by(
            "DELETE FROM note WHERE id IN (SELECT id FROM note WHERE at < ?1 LIMIT ?2)",
            before(retention.notes) * DAY,
        )?;
        purged.notes += self.purge_by(
            "DELETE FROM request WHERE id IN (SELECT id FROM request WHERE at < ?1 LIMIT ?2)",
            before(retention.notes) * DAY,
        )?;
        purged.audit = self.purge_audit(before(retention.audit.max(1)) * DAY)?;
        self.audit(now, "retention", "purge", "", &serde_json::to_string(&purged).unwrap_or_default())?;
        self.forget_deleted()?;
        Ok(purged)
    }

    fn purge_visits(&self, before: i64) -> Result<u64> {
        let mut removed = 0;
        loop {
            let visits = self.change(move |applier, connection| {
                let mut ids =
                    connection.prepare_cached("SELECT id FROM visit WHERE day < ?1 ORDER BY day LIMIT ?2")?;
                let ids: Vec<i64> = ids
                    .query_map(params![before, CHUNK], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()?;
                let (mut visits, mut page_views) = (0, 0);
                for id in ids {
                    page_views +=
                        connection.prepare_cached("DELETE FROM page_view WHERE visit = ?1")?.execute([id])?;
                    visits += connection.prepare_cached("DELETE FROM visit WHERE id = ?1")?.execute([id])?;
                    if page_views >= PAGE_VIEWS {
                        break;
                    }
                }
                applier.forget();
                Ok(visits as u64)
            })?;
            removed += visits;
            if visits == 0 {
                return Ok(removed);
            }
        }
    }

    /// Runs a statement with an age and a number of rows until nothing is left.
    fn purge_by(&self, sql: &str, age: i64) -> Result<u64> {
        let mut removed = 0;
        loop {
            let sql = sql.to_owned();
            let rows = self.change(move |applier, connection| {
                let rows = connection.prepare_cached(&sql)?.execute(params![age, CHUNK])?;
                applier.forget();
                Ok(rows as u64)
            })?;
            removed += rows;
            if rows == 0 {
                return Ok(removed);
            }
        }
    }

    fn purge_cookies(&self, before: i64) -> Result<u64> {
        // All visits are looked through beside the writer, who is only asked for the days that have some.
        let days: Vec<i64> = self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT DISTINCT day FROM visit WHERE day < ?1 AND session IS NOT NULL")?;
            let rows = statement.query_map([before], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        let mut cleared = 0;
        for day in days {
            loop {
                let rows = self.change(move |applier, connection| {
                    let rows = connection
                        .prepare_cached(
                            "UPDATE visit SET session = NULL, visitor = NULL WHERE id IN (
                                SELECT id FROM visit WHERE day = ?1 AND session IS NOT NULL LIMIT ?2)",
                        )?
                        .execute(params![day, CHUNK])?;
                    applier.forget();
                    Ok(rows as u64)
                })?;
                cleared += rows;
                if rows == 0 {
                    break;
                }
            }
        }
        Ok(cleared)
    }

    fn purge_counts(&self, before: i64) -> Result<u64> {
        // The first span of each kind that is kept: the one that holds the first day that is kept.
        let [day, month, year] = spans_of(before.max(0));
        let mut removed = 0;
        for span in [day, month, year] {
            let kind = if span == day { 0 } else { days_kind(span) };
            removed += self.purge_by(
                &format!(
                    "DELETE FROM tally WHERE (site, span, company) IN (
                        SELECT t.site, t.span, t.company FROM site CROSS JOIN tally AS t
                        ON t.site = site.number AND t.span >= {kind} AND t.span < ?1 LIMIT ?2)"
                ),
                span,
            )?;
        }
        removed += self.purge_by(
            "DELETE FROM filtered WHERE (site, day, reason) IN (SELECT site, day, reason FROM filtered WHERE day < ?1 LIMIT ?2)",
            before,
        )?;
        Ok(removed)
    }

    fn purge_audit(&self, before: Timestamp) -> Result<u64> {
        self.write(move |connection| {
            connection.execute(
                "INSERT OR REPLACE INTO fact (key, value) VALUES ('audit_purged_before', ?1)",
                [before],
            )?;
            Ok(())
        })?;
        // The log's triggers let go what is older than that, and older than a day before its last entry.
        let floor = self.read(newest_entry)?.map_or(i64::MIN, |newest| newest - DAY);
        self.purge_by(
            "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ?1 LIMIT ?2)",
            before.min(floor.saturating_add(1)),
        )
    }
}

fn newest_entry(connection: &Connection) -> Result<Option<Timestamp>> {
    Ok(connection.query_row("SELECT max(at) FROM audit", [], |row| row.get(0))?)
}

/// Where the spans of a month's or year's kind begin.
fn days_kind(span: i64) -> i64 {
    debug_assert!(days_of_span(span).start() < days_of_span(span).end(), "a month or a year");
    span >> 24 << 24
}
