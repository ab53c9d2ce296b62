//! What a batch of visits writes.
//!
//! Each page view is a row of its own, and a visit where one begins; what is summed up (tallies, first and last seen,
//! counts of what is not shown) is summed up in memory first, and written once for the batch.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use rusqlite::{CachedStatement, Connection, params};

use super::intern::{Groups, Interned};
use super::objection::Objections;
use super::period::{day_of, spans_of};
use super::{Result, StoreError};
use crate::model::{CookieId, Filtered, IdentifiedBy, Record, Seen, Timestamp};

/// Page views of a company that are this far apart belong to two visits: 30 minutes.
pub(super) const VISIT_GAP: i64 = 30 * 60 * 1000;

/// Visits that are remembered, and pairs of company and page: then they are looked up in the store.
const REMEMBERED: usize = 100_000;

/// Whose page views are one visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct VisitKey {
    day: i64,
    site: u32,
    company: u32,
    identified_by: IdentifiedBy,
    session: Option<CookieId>,
}

/// A visit that may get more page views.
#[derive(Clone, Copy, Debug)]
struct OpenVisit {
    id: i64,
    first: Timestamp,
    last: Timestamp,
    page_views: i64,
}

/// What is counted for a company on a site in a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) visits: i64,
    pub(super) sessions: i64,
    pub(super) page_views: i64,
    pub(super) seconds: i64,
    pub(super) groups: i64,
}

/// The writer's memory. All of it can be forgotten at any time; it is whenever a transaction is rolled back.
pub(super) struct Applier {
    groups: Arc<Groups>,
    pub(super) objections: Objections,
    interned: Interned,
    sites: HashSet<u32>,
    open: HashMap<VisitKey, OpenVisit>,
    seen: HashSet<(bool, u32, i64, i64, u32)>,
    next_visit: Option<i64>,
    /// The last page view that ever was; looked up once.
    newest: Option<Timestamp>,
    /// Visits that went on until then, or longer, are all among the open ones. All are where nothing was forgotten.
    open_since: Option<Timestamp>,
    /// Sites and spans whose tallies were changed; it is emptied when that is committed.
    pub(super) touched: HashSet<(u32, i64)>,
}

/// What a batch sums up.
#[derive(Default)]
struct Sums {
    tallies: HashMap<(u32, i64, u32), Tally>,
    leads: HashMap<u32, (Timestamp, Timestamp)>,
    filtered: HashMap<(u32, i64, Filtered), i64>,
    /// Page views with their visits and numbers, and what was seen with site, day and company: written in the order of their tables.
    page_views: Vec<(i64, i64, Timestamp, i64, Option<i64>)>,
    pages: Vec<(u32, i64, i64, u32)>,
    origins: Vec<(u32, i64, i64, u32)>,
}

/// The statements of a page view, looked up once for a batch.
struct Statements<'c> {
    visit: CachedStatement<'c>,
    page_view: CachedStatement<'c>,
    page_seen: CachedStatement<'c>,
    origin_seen: CachedStatement<'c>,
}

impl Statements<'_> {
    fn write_page_views(&mut self, sums: &mut Sums) -> Result<()> {
        sums.page_views.sort_unstable();
        for (visit, number, at, page, origin) in sums.page_views.drain(..) {
            self.page_view.execute(params![visit, number, at, page, origin])?;
        }
        Ok(())
    }

    fn write_seen(&mut self, sums: &mut Sums) -> Result<()> {
        sums.pages.sort_unstable();
        for (site, day, page, company) in sums.pages.drain(..) {
            self.page_seen.execute(params![site, day, page, company])?;
        }
        sums.origins.sort_unstable();
        for (site, day, origin, company) in sums.origins.drain(..) {
            self.origin_seen.execute(params![site, day, origin, company])?;
        }
        Ok(())
    }
}

impl<'c> Statements<'c> {
    fn new(connection: &'c Connection) -> Result<Statements<'c>> {
        let prepare = |sql| connection.prepare_cached(sql);
        Ok(Statements {
            visit: prepare(
                "INSERT INTO visit (id, day, site, company, identified_by, session, visitor) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            page_view: prepare(
                "INSERT INTO page_view (visit, number, at, page, origin) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            page_seen: prepare(
                "INSERT OR IGNORE INTO page_seen (site, day, page, company) VALUES (?1, ?2, ?3, ?4)",
            )?,
            origin_seen: prepare(
                "INSERT OR IGNORE INTO origin_seen (site, day, origin, company) VALUES (?1, ?2, ?3, ?4)",
            )?,
        })
    }
}

impl Applier {
    pub(super) fn new(groups: Arc<Groups>, objections: Objections) -> Applier {
        Applier {
            groups,
            objections,
            interned: Interned::default(),
            sites: HashSet::new(),
            open: HashMap::new(),
            seen: HashSet::new(),
            next_visit: None,
            newest: None,
            open_since: None,
            touched: HashSet::new(),
        }
    }

    /// Forgets all that the store may not have.
    pub(super) fn forget(&mut self) {
        self.interned.forget();
        self.sites.clear();
        self.open.clear();
        self.seen.clear();
        self.next_visit = None;
        self.open_since = self.newest.map(|newest| newest.saturating_add(1));
    }

    /// Writes the records, within a transaction of the caller's.
    pub(super) fn apply(&mut self, connection: &Connection, records: &[Record]) -> Result<()> {
        let mut sums = Sums::default();
        let mut statements = Statements::new(connection)?;
        self.look_up_newest(connection)?;
        for record in records {
            match record {
                Record::Counted { site, at, reason } => {
                    self.check_site(connection, site.0)?;
                    *sums.filtered.entry((site.0, day_of(*at)?, *reason)).or_default() += 1;
                }
                Record::Seen(seen) => self.see(connection, &mut statements, &mut sums, seen)?,
            }
        }
        statements.write_page_views(&mut sums)?;
        statements.write_seen(&mut sums)?;
        sums.write(connection, &mut self.touched)
    }

    fn check_site(&mut self, connection: &Connection, site: u32) -> Result<()> {
        if self.sites.contains(&site) {
            return Ok(());
        }
        if !connection.prepare_cached("SELECT 1 FROM site WHERE number = ?1")?.exists([site])? {
            return Err(StoreError::Missing("site"));
        }
        self.sites.insert(site);
        Ok(())
    }

    fn see(
        &mut self,
        connection: &Connection,
        statements: &mut Statements<'_>,
        sums: &mut Sums,
        seen: &Seen,
    ) -> Result<()> {
        let (site, at) = (seen.site.0, seen.at);
        let day = day_of(at)?;
        self.check_site(connection, site)?;
        let objections = &self.objections;
        let company = self.interned.company(connection, &seen.company, |facts| objections.name(facts))?;
        let Some(company) = company else {
            *sums.filtered.entry((site, day, Filtered::Suppressed)).or_default() += 1;
            return Ok(());
        };
        let page = self.interned.page(connection, &self.groups, site, day, &seen.page)?;
        let origin = self.interned.origin(connection, day, &seen.page)?;

        let session = seen.session.or(seen.visitor);
        let key = VisitKey { day, site, company, identified_by: seen.identified_by, session };
        let mut tally = Tally { page_views: 1, groups: page.groups, ..Tally::default() };
        let known = match self.open.get(&key) {
            Some(open) if open.takes(at) => Some(*open),
            // Whatever is not among the open ones ended too long ago.
            None if self.open_since.is_none_or(|since| at - VISIT_GAP >= since) => None,
            _ => {
                statements.write_page_views(sums)?;
                find_visit(connection, key, at)?
            }
        };
        let visit = if let Some(open) = known {
            let longer = OpenVisit {
                first: open.first.min(at),
                last: open.last.max(at),
                page_views: open.page_views + 1,
                ..open
            };
            tally.seconds = longer.seconds() - open.seconds();
            longer
        } else {
            let id = self.begin_visit(connection, statements, key, seen.visitor)?;
            tally.visits = 1;
            tally.sessions = i64::from(session.is_some());
            OpenVisit { id, first: at, last: at, page_views: 1 }
        };
        sums.page_views.push((visit.id, visit.page_views - 1, at, page.number, origin));
        self.newest = self.newest.max(Some(at));
        if self.open.len() >= REMEMBERED {
            self.close_visits(at);
        }
        self.open.insert(key, visit);
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        if self.seen.insert((true, site, day, page.number, company)) {
            sums.pages.push((site, day, page.number, company));
        }
        if let Some(origin) = origin
            && self.seen.insert((false, site, day, origin, company))
        {
            sums.origins.push((site, day, origin, company));
        }
        sums.tallies.entry((site, day, company)).or_default().add(tally);
        let times = sums.leads.entry(company).or_insert((at, at));
        *times = (times.0.min(at), times.1.max(at));
        Ok(())
    }
}

impl Applier {
    fn look_up_newest(&mut self, connection: &Connection) -> Result<()> {
        if self.newest.is_none() {
            self.newest = connection.query_row("SELECT max(last_seen) FROM lead", [], |row| row.get(0))?;
            self.open_since = self.newest.map(|newest| newest.saturating_add(1));
        }
        Ok(())
    }

    /// Makes room among the open visits at that time.
    fn close_visits(&mut self, at: Timestamp) {
        self.open.retain(|_, open| open.last > at - VISIT_GAP);
        let mut since = Some(at - VISIT_GAP + 1);
        if self.open.len() >= REMEMBERED {
            self.open.clear();
            since = self.newest.map(|newest| newest.saturating_add(1));
        }
        self.open_since = self.open_since.max(since);
    }

    /// Writes a visit's row; its id.
    fn begin_visit(
        &mut self,
        connection: &Connection,
        statements: &mut Statements<'_>,
        key: VisitKey,
        visitor: Option<CookieId>,
    ) -> Result<i64> {
        let id = match self.next_visit {
            Some(id) => id,
            None => connection.query_row("SELECT ifnull(max(id), 0) + 1 FROM visit", [], |row| row.get(0))?,
        };
        self.next_visit = Some(id + 1);
        let bytes = |id: Option<CookieId>| id.map(|id| id.0.to_be_bytes());
        let by = identified_number(key.identified_by);
        let (session, visitor) = (bytes(key.session), bytes(visitor));
        statements.visit.execute(params![id, key.day, key.site, key.company, by, session, visitor])?;
        Ok(id)
    }
}

impl OpenVisit {
    /// Whether a page view at that time belongs to it.
    fn takes(&self, at: Timestamp) -> bool {
        at > self.first - VISIT_GAP && at < self.last + VISIT_GAP
    }

    fn seconds(&self) -> i64 {
        (self.last - self.first) / 1000
    }
}

/// The visit in the store that a page view belongs to.
fn find_visit(connection: &Connection, key: VisitKey, at: Timestamp) -> Result<Option<OpenVisit>> {
    // The newest ones: page views come in the order in which they happened, more or less.
    let mut statement = connection.prepare_cached(
        "SELECT v.id, min(p.at), max(p.at), max(p.number) + 1
         FROM (SELECT id FROM visit WHERE day = ?1 AND company = ?2 AND session IS ?3 AND site = ?4 AND identified_by = ?5
               ORDER BY id DESC LIMIT 3) AS v
         CROSS JOIN page_view AS p ON p.visit = v.id
         GROUP BY v.id ORDER BY v.id DESC",
    )?;
    let session = key.session.map(|id| id.0.to_be_bytes());
    let by = identified_number(key.identified_by);
    let mut rows = statement.query(params![key.day, key.company, session, key.site, by])?;
    while let Some(row) = rows.next()? {
        let open =
            OpenVisit { id: row.get(0)?, first: row.get(1)?, last: row.get(2)?, page_views: row.get(3)? };
        if open.takes(at) {
            return Ok(Some(open));
        }
    }
    Ok(None)
}

pub(super) fn identified_number(by: IdentifiedBy) -> i64 {
    match by {
        IdentifiedBy::Network => 0,
        IdentifiedBy::FormDomain => 1,
    }
}

pub(super) fn identified_by(number: i64) -> IdentifiedBy {
    if number == 1 { IdentifiedBy::FormDomain } else { IdentifiedBy::Network }
}

impl Tally {
    pub(super) fn add(&mut self, other: Tally) {
        self.visits += other.visits;
        self.sessions += other.sessions;
        self.page_views += other.page_views;
        self.seconds += other.seconds;
        self.groups |= other.groups;
    }
}

impl Sums {
    fn write(self, connection: &Connection, touched: &mut HashSet<(u32, i64)>) -> Result<()> {
        let mut statement = connection.prepare_cached(
            "INSERT INTO tally (site, span, company, visits, sessions, page_views, seconds, groups)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET
                visits = visits + excluded.visits, sessions = sessions + excluded.sessions,
                page_views = page_views + excluded.page_views, seconds = seconds + excluded.seconds,
                groups = groups | excluded.groups",
        )?;
        // In the order of the table: neighbours are on the same page.
        let mut tallies: Vec<_> = self.tallies.into_iter().collect();
        tallies.sort_unstable_by_key(|(key, _)| *key);
        let mut known = (i64::MIN, [0; 3]);
        for ((site, day, company), tally) in tallies {
            if known.0 != day {
                known = (day, spans_of(day));
            }
            touched.extend(known.1.map(|span| (site, span)));
            for span in known.1 {
                statement.execute(params![
                    site,
                    span,
                    company,
                    tally.visits,
                    tally.sessions,
                    tally.page_views,
                    tally.seconds,
                    tally.groups
                ])?;
            }
        }
        let mut statement = connection.prepare_cached(
            "INSERT INTO lead (company, first_seen, last_seen) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET
                first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)",
        )?;
        let mut leads: Vec<_> = self.leads.into_iter().collect();
        leads.sort_unstable_by_key(|(company, _)| *company);
        for (company, (first, last)) in leads {
            statement.execute(params![company, first, last])?;
        }
        for ((site, day, reason), count) in self.filtered {
            connection
                .prepare_cached(
                    "INSERT INTO filtered (site, day, reason, count) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET count = count + excluded.count",
                )?
                .execute(params![site, day, reason.name(), count])?;
        }
        Ok(())
    }
}
