//! Erasure of a visitor, by the cookie's id, and of a company, in short transactions between the visits.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::apply::{Applier, Tally};
use super::period::{DAY, days_of_span, spans_of};
use super::rights::number_of;
use super::{Result, Store, audit};
use crate::model::{CookieId, Timestamp};

/// Visits that are removed in one transaction, so that others wait some milliseconds at most.
const VISITS: u32 = 100;
/// Days that are looked through in one.
const DAYS: i64 = 100;
/// Texts that are looked for in one.
const TEXTS: usize = 20;

/// Removes what every read begins with, so that the company is in none from now on; the rest is [`Store::remove_rows_of`]'s.
pub(super) fn hide(connection: &Connection, number: u32) -> Result<()> {
    for table in ["tag", "note", "lead"] {
        connection.execute(&format!("DELETE FROM {table} WHERE company = ?1"), [number])?;
    }
    connection.execute("DELETE FROM company WHERE number = ?1", [number])?;
    connection.execute("INSERT INTO removal (company) VALUES (?1) ON CONFLICT DO NOTHING", [number])?;
    Ok(())
}

/// The days that visits or tallies are of.
pub(super) fn days(connection: &Connection) -> Result<Option<(i64, i64)>> {
    let visits: (Option<i64>, Option<i64>) = (
        connection.query_row("SELECT min(day) FROM visit", [], |row| row.get(0))?,
        connection.query_row("SELECT max(day) FROM visit", [], |row| row.get(0))?,
    );
    let (mut first, mut last) = (visits.0, visits.1);
    let months = *spans_of(0)[1..].first().unwrap_or(&i64::MAX);
    for site in site_numbers(connection)? {
        let edge = |edge: &str| -> Result<Option<i64>> {
            let sql = format!("SELECT {edge}(span) FROM tally WHERE site = ?1 AND span < ?2");
            Ok(connection.prepare_cached(&sql)?.query_row(params![site, months], |row| row.get(0))?)
        };
        first = first.into_iter().chain(edge("min")?).min();
        last = last.into_iter().chain(edge("max")?).max();
    }
    Ok(first.zip(last))
}

fn site_numbers(connection: &Connection) -> Result<Vec<u32>> {
    let mut statement = connection.prepare_cached("SELECT number FROM site ORDER BY number")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Pages and origins whose last page views may have gone.
#[derive(Default)]
struct Texts {
    pages: BTreeSet<i64>,
    origins: BTreeSet<i64>,
}

impl Texts {
    fn add(&mut self, others: Texts) {
        self.pages.extend(others.pages);
        self.origins.extend(others.origins);
    }
}

/// A visit that is being removed.
struct Leaving {
    day: i64,
    site: u32,
    company: u32,
    tally: Tally,
}

/// Removes a visit's rows.
fn remove_visit(connection: &Connection, id: i64, texts: &mut Texts) -> Result<(u64, Leaving)> {
    let mut statement = connection
        .prepare_cached("SELECT day, site, company, session IS NOT NULL FROM visit WHERE id = ?1")?;
    let (day, site, company, sessions) =
        statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let mut tally = Tally { visits: 1, sessions, ..Tally::default() };
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    let mut statement =
        connection.prepare_cached("SELECT at, page, origin FROM page_view WHERE visit = ?1")?;
    let mut rows = statement.query([id])?;
    let (mut pages, mut origins) = (BTreeSet::new(), BTreeSet::new());
    while let Some(row) = rows.next()? {
        let at = row.get(0)?;
        (first, last) = (first.min(at), last.max(at));
        tally.page_views += 1;
        pages.insert(row.get::<_, i64>(1)?);
        origins.extend(row.get::<_, Option<i64>>(2)?);
    }
    tally.seconds = if tally.page_views == 0 { 0 } else { (last - first) / 1000 };
    let mut removed = connection.prepare_cached("DELETE FROM page_view WHERE visit = ?1")?.execute([id])?;
    removed += connection.prepare_cached("DELETE FROM visit WHERE id = ?1")?.execute([id])?;
    for (kind, things) in [("page", &pages), ("origin", &origins)] {
        for thing in things {
            // Another visit of the company may have seen it on that day.
            removed += connection
                .prepare_cached(&format!(
                    "DELETE FROM {kind}_seen WHERE site = ?1 AND day = ?2 AND {kind} = ?3 AND company = ?4 AND NOT EXISTS (
                        SELECT 1 FROM visit AS v JOIN page_view AS p ON p.visit = v.id
                        WHERE v.day = ?2 AND v.company = ?4 AND v.site = ?1 AND p.{kind} = ?3)"
                ))?
                .execute(params![site, day, thing, company])?;
        }
    }
    texts.pages.extend(pages);
    texts.origins.extend(origins);
    Ok((removed as u64, Leaving { day, site, company, tally }))
}

/// Takes a removed visit out of the tallies.
fn take_off(connection: &Connection, visit: &Leaving) -> Result<()> {
    let [day, month, year] = spans_of(visit.day);
    let groups: i64 = {
        let mut statement = connection.prepare_cached(
            "SELECT DISTINCT g.groups FROM visit AS v JOIN page_view AS p ON p.visit = v.id JOIN page AS g ON g.number = p.page
             WHERE v.day = ?1 AND v.company = ?2 AND v.site = ?3",
        )?;
        let rows =
            statement.query_map(params![visit.day, visit.company, visit.site], |row| row.get::<_, i64>(0))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().fold(0, |all, groups| all | groups)
    };
    for span in [day, month, year] {
        let groups = if span == day {
            groups
        } else {
            let days = days_of_span(span);
            let mut statement = connection
                .prepare_cached("SELECT groups FROM tally WHERE site = ?1 AND span = ?2 AND company = ?3")?;
            let mut all = 0;
            for day in days {
                let groups =
                    statement.query_row(params![visit.site, day, visit.company], |row| row.get::<_, i64>(0));
                all |= groups.optional()?.unwrap_or(0);
            }
            all
        };
        let tally = &visit.tally;
        connection
            .prepare_cached(
                "UPDATE tally SET visits = visits - ?4, sessions = max(sessions - ?5, 0), page_views = page_views - ?6,
                    seconds = seconds - ?7, groups = ?8
                 WHERE site = ?1 AND span = ?2 AND company = ?3",
            )?
            .execute(params![
                visit.site,
                span,
                visit.company,
                tally.visits,
                tally.sessions,
                tally.page_views,
                tally.seconds,
                groups
            ])?;
        connection
            .prepare_cached(
                "DELETE FROM tally WHERE site = ?1 AND span = ?2 AND company = ?3 AND page_views <= 0",
            )?
            .execute(params![visit.site, span, visit.company])?;
    }
    Ok(())
}

/// Brings a company's first and last page view up to date; hides it where nothing is counted for it any more.
fn settle(connection: &Connection, company: u32) -> Result<()> {
    let mut statement =
        connection.prepare_cached("SELECT first_seen, last_seen FROM lead WHERE company = ?1")?;
    let seen: Option<(i64, i64)> =
        statement.query_row([company], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((first_seen, last_seen)) = seen else { return Ok(()) };
    let sites = site_numbers(connection)?;
    let mut counted =
        connection.prepare_cached("SELECT 1 FROM tally WHERE site = ?1 AND span = ?2 AND company = ?3")?;
    let mut of_day = connection.prepare_cached(
        "SELECT min(p.at), max(p.at) FROM visit AS v JOIN page_view AS p ON p.visit = v.id WHERE v.day = ?1 AND v.company = ?2",
    )?;
    let mut times = |day: i64| -> Result<Option<(i64, i64)>> {
        let seen: (Option<i64>, Option<i64>) =
            of_day.query_row(params![day, company], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if let (Some(first), Some(last)) = seen {
            return Ok(Some((first, last)));
        }
        for site in &sites {
            if counted.exists(params![site, day, company])? {
                // The page views have gone by age; the day is known.
                return Ok(Some(((day * DAY).max(first_seen), (day * DAY).max(first_seen).min(last_seen))));
            }
        }
        Ok(None)
    };
    let days = first_seen.div_euclid(DAY)..=last_seen.div_euclid(DAY);
    let mut first = None;
    for day in days.clone() {
        first = times(day)?;
        if first.is_some() {
            break;
        }
    }
    let Some((first, _)) = first else { return hide(connection, company) };
    let mut last = first;
    for day in days.rev() {
        if let Some((_, latest)) = times(day)? {
            last = latest;
            break;
        }
    }
    connection
        .prepare_cached("UPDATE lead SET first_seen = ?2, last_seen = ?3 WHERE company = ?1")?
        .execute(params![company, first, last])?;
    Ok(())
}

impl Store {
    /// Removes all that is kept under a visitor's cookie, and takes it out of every count. The number of rows that are gone. Waits: not for
    /// async tasks.
    pub fn erase_visitor(&self, visitor: CookieId, actor: &str, now: Timestamp) -> Result<u64> {
        // What has not come into the tables would come after.
        self.shared.writer.settle()?;
        let Some((first, last)) = self.read(days)? else { return Ok(0) };
        let (mut removed, mut from, mut texts) = (0, first, Texts::default());
        while from <= last {
            let (count, next, touched) = self.change(move |applier, connection| {
                let mut statement = connection
                    .prepare_cached("SELECT id FROM visit WHERE day = ?1 AND visitor = ?2 LIMIT ?3")?;
                let (mut count, mut touched, mut companies) = (0, Texts::default(), BTreeSet::new());
                for day in from..=last.min(from + DAYS) {
                    let ids = statement
                        .query_map(params![day, visitor.0.to_be_bytes(), VISITS], |row| row.get(0))?;
                    let ids: Vec<i64> = ids.collect::<rusqlite::Result<_>>()?;
                    for id in &ids {
                        let (rows, visit) = remove_visit(connection, *id, &mut touched)?;
                        take_off(connection, &visit)?;
                        companies.insert(visit.company);
                        count += rows;
                    }
                    if !ids.is_empty() {
                        // The same day again: there may be more.
                        settle_all(applier, connection, &companies)?;
                        return Ok((count, day, touched));
                    }
                }
                Ok((count, from + DAYS + 1, touched))
            })?;
            removed += count;
            from = next;
            texts.add(touched);
        }
        removed += self.remove_texts(texts)?;
        removed += self.finish_removals()?;
        self.audit(now, actor, "erase visitor", "", &format!("{removed} rows"))?;
        self.forget_deleted()?;
        Ok(removed)
    }

    /// Removes all that is kept of a company; it is out of every read at once. Its next visit makes it a new one: [`suppress`](Self::suppress)
    /// keeps it away. The number of rows that are gone. Waits: not for async tasks.
    pub fn erase_company(&self, id: &str, actor: &str, now: Timestamp) -> Result<u64> {
        // What has not come into the tables would come after.
        self.shared.writer.settle()?;
        let (id, actor) = (id.to_owned(), actor.to_owned());
        let known = self.change(move |applier, connection| {
            let Some(number) = number_of(connection, &id)? else { return Ok(false) };
            hide(connection, number)?;
            applier.forget();
            audit::append(connection, now, &actor, "erase company", &id, "")?;
            Ok(true)
        })?;
        if !known {
            return Ok(0);
        }
        let removed = 1 + self.finish_removals()?;
        self.forget_deleted()?;
        Ok(removed)
    }

    /// Removes what is left of hidden companies, also of those whose removal was interrupted. The number of rows.
    pub(super) fn finish_removals(&self) -> Result<u64> {
        let numbers: Vec<u32> = self.read(|connection| {
            let mut statement = connection.prepare("SELECT company FROM removal")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        let mut removed = 0;
        for number in numbers {
            removed += self.remove_rows_of(number)?;
        }
        Ok(removed)
    }

    /// Removes what is left of a hidden company, in short transactions. The number of rows.
    fn remove_rows_of(&self, number: u32) -> Result<u64> {
        let (mut removed, mut texts) = (0, Texts::default());
        if let Some((first, last)) = self.read(days)? {
            let mut from = first;
            while from <= last {
                let (count, next, touched) = self.write(move |connection| {
                    let mut statement = connection
                        .prepare_cached("SELECT id FROM visit WHERE day = ?1 AND company = ?2 LIMIT ?3")?;
                    let mut tally = connection
                        .prepare_cached("DELETE FROM tally WHERE site = ?1 AND span = ?2 AND company = ?3")?;
                    let sites = site_numbers(connection)?;
                    let (mut count, mut touched) = (0, Texts::default());
                    for day in from..=last.min(from + DAYS) {
                        let ids = statement.query_map(params![day, number, VISITS], |row| row.get(0))?;
                        let ids: Vec<i64> = ids.collect::<rusqlite::Result<_>>()?;
                        for id in &ids {
                            count += remove_visit(connection, *id, &mut touched)?.0;
                        }
                        for site in &sites {
                            for span in spans_of(day) {
                                count += tally.execute(params![site, span, number])? as u64;
                            }
                        }
                        if !ids.is_empty() {
                            return Ok((count, day, touched));
                        }
                    }
                    Ok((count, from + DAYS + 1, touched))
                })?;
                removed += count;
                from = next;
                texts.add(touched);
            }
        }
        removed += self.remove_texts(texts)?;
        self.write(move |connection| {
            connection.execute("DELETE FROM removal WHERE company = ?1", [number])?;
            connection
                .execute("DELETE FROM source_list WHERE number NOT IN (SELECT sources FROM company)", [])?;
            Ok(())
        })?;
        Ok(removed)
    }

    /// Removes the texts among these that nobody has seen any more: a path or a title may tell who came.
    fn remove_texts(&self, texts: Texts) -> Result<u64> {
        let mut removed = 0;
        for (kind, things) in [("page", texts.pages), ("origin", texts.origins)] {
            let things: Vec<i64> = things.into_iter().collect();
            for some in things.chunks(TEXTS) {
                let some = some.to_vec();
                removed += self.change(move |applier, connection| {
                    let sites = site_numbers(connection)?;
                    let (first, last) = days(connection)?.unwrap_or((0, -1));
                    let mut seen = connection.prepare_cached(&format!(
                        "SELECT 1 FROM {kind}_seen WHERE site = ?1 AND day = ?2 AND {kind} = ?3"
                    ))?;
                    let mut removed = 0;
                    'texts: for thing in some {
                        for site in &sites {
                            for day in first..=last {
                                if seen.exists(params![site, day, thing])? {
                                    continue 'texts;
                                }
                            }
                        }
                        removed += connection
                            .prepare_cached(&format!("DELETE FROM {kind} WHERE number = ?1"))?
                            .execute([thing])?;
                    }
                    applier.forget();
                    Ok(removed as u64)
                })?;
            }
        }
        Ok(removed)
    }

    /// Empties the WAL, in which rows are left that are gone from the file. Tries for some seconds where readers still need it; then it is
    /// emptied with the next checkpoints.
    pub(super) fn forget_deleted(&self) -> Result<()> {
        for _ in 0..50 {
            if self.shared.writer.truncate()? {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Ok(())
    }
}

fn settle_all(applier: &mut Applier, connection: &Connection, companies: &BTreeSet<u32>) -> Result<()> {
    applier.forget();
    companies.iter().try_for_each(|company| settle(connection, *company))
}
