//! The questions: pages of companies, one company with its visits, what was not shown.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;
use rusqlite::{Connection, OptionalExtension, params};

use super::apply::identified_by;
use super::condition::{Asked, STATUSES};
use super::kept::KeptTallies;
use super::period::{ALWAYS, DAY, Period, date_of};
use super::rights::{FACTS, FACTS_FROM, facts, number_of};
use super::totals::{Candidate, Scoring, candidate, candidates, sites};
use super::{Result, Store, StoreError, folded, from_word};
use crate::model::{
    FilteredCount, FilteredQuery, Lead, LeadDetail, LeadStatus, LeadsPage, LeadsQuery, Note, Page, PageView,
    Sort, Timestamp, VisitDetail,
};
use crate::score::ScoreFormula;
use crate::segment::{Condition, Field, Predicate, Test};

/// Companies on a page unless the query says.
const PAGE: u32 = 50;
/// The most it may say.
const LARGEST_PAGE: u32 = 500;
/// Visits of a company that are told, and page views of each of them.
const TIMELINE: u32 = 100;
const TIMELINE_PAGES: u32 = 500;
/// Companies in the orders that are kept for the next pages, 8 MB, and orders.
const KEPT_COMPANIES: usize = 2_000_000;
const KEPT_ORDERS: usize = 64;

/// Orders whose first page was given out: the next pages are of the same order, whoever comes meanwhile.
pub(super) struct Orders {
    kept: Mutex<VecDeque<(u64, Arc<[u32]>)>>,
    next: AtomicU64,
}

impl Default for Orders {
    fn default() -> Orders {
        // Another process's cursors must not fit.
        let begin = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |time| time.as_nanos() as u64);
        Orders { kept: Mutex::default(), next: AtomicU64::new(begin) }
    }
}

impl Orders {
    fn keep(&self, order: &Arc<[u32]>) -> u64 {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((token, Arc::clone(order)));
        let companies =
            |kept: &VecDeque<(u64, Arc<[u32]>)>| kept.iter().map(|(_, order)| order.len()).sum::<usize>();
        while kept.len() > KEPT_ORDERS || (kept.len() > 1 && companies(&kept) > KEPT_COMPANIES) {
            kept.pop_front();
        }
        token
    }

    fn get(&self, token: u64) -> Option<Arc<[u32]>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| *known == token).map(|(_, order)| Arc::clone(order))
    }
}

/// Where a page ended.
struct Cursor {
    /// Which order.
    token: u64,
    /// Of which query.
    query: u64,
    /// How many companies of the order were passed.
    passed: usize,
    /// The last of them, and what it was ordered by, for when the order is not kept any more.
    company: u32,
    key: i64,
}

impl Cursor {
    fn text(&self) -> String {
        format!("{:x}-{:x}-{:x}-{:x}-{:x}", self.token, self.query, self.passed, self.company, self.key)
    }

    fn parse(text: &str, query: u64) -> Result<Cursor> {
        let mut parts = text.split('-');
        let mut next = || parts.next().and_then(|part| u64::from_str_radix(part, 16).ok());
        let cursor = (|| {
            Some(Cursor {
                token: next()?,
                query: next()?,
                passed: usize::try_from(next()?).ok()?,
                company: u32::try_from(next()?).ok()?,
                key: next()?.cast_signed(),
            })
        })();
        match cursor {
            Some(cursor) if cursor.query == query && parts.next().is_none() => Ok(cursor),
            _ => Err(StoreError::Invalid("the cursor is not of this query".into())),
        }
    }
}

/// What a query asks, but for where and how much of it.
fn fingerprint(query: &LeadsQuery) -> Result<u64> {
    let query = LeadsQuery { cursor: None, limit: None, ..query.clone() };
    let text = serde_json::to_string(&query).map_err(|error| StoreError::Invalid(error.to_string()))?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Ok(hasher.finish())
}

impl Store {
    /// A page of companies. Its cost grows with the companies that were seen in the period, some tenths of a microsecond for each of its days
    /// and months, and not with what they looked at. A condition on texts reads all companies once.
    ///
    /// The pages that follow by cursor are of the same order: each company is on one of them at most, and on one unless it was removed, whatever visits
    /// arrive. Of very old cursors, and after a restart, the order is made anew.
    ///
    /// Waits: not for async tasks.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] for what can't be asked for; [`StoreError::Missing`] for an unknown site or segment.
    pub fn leads(&self, query: &LeadsQuery, formula: &ScoreFormula, now: Timestamp) -> Result<LeadsPage> {
        let limit = query.limit.unwrap_or(PAGE);
        if !(1..=LARGEST_PAGE).contains(&limit) {
            return Err(StoreError::Invalid(format!("a page has 1 to {LARGEST_PAGE} companies")));
        }
        let period = Period::parse(query.from.as_deref(), query.to.as_deref(), now)?;
        let fingerprint = fingerprint(query)?;
        let cursor = query.cursor.as_deref().map(|text| Cursor::parse(text, fingerprint)).transpose()?;
        let scoring = Scoring { formula, groups: &self.shared.groups, now };
        let kept_tallies = (&*self.shared.kept, self.shared.kept.now());
        self.read(|connection| {
            let sites = sites(connection, &query.sites)?;
            let kept =
                cursor.as_ref().and_then(|cursor| Some((cursor, self.shared.orders.get(cursor.token)?)));
            let (order, token, from, found) = if let Some((cursor, order)) = kept {
                (order, cursor.token, cursor.passed, HashMap::new())
            } else {
                {
                    let mut found = matching(connection, kept_tallies, &sites, period, query, &scoring)?;
                    sort(connection, query, &mut found)?;
                    let from = cursor.map_or(0, |cursor| continued(query, &found, &cursor));
                    let order: Arc<[u32]> = found.iter().map(|candidate| candidate.company).collect();
                    let more = order.len() > from + limit as usize;
                    let token = if more { self.shared.orders.keep(&order) } else { 0 };
                    let page = found.into_iter().skip(from).take(limit as usize);
                    (order, token, from, page.map(|candidate| (candidate.company, candidate)).collect())
                }
            };
            let end = (from + limit as usize).min(order.len());
            let mut companies = Vec::with_capacity(limit as usize);
            let mut last = (0, 0);
            for company in &order[from.min(end)..end] {
                let candidate = match found.get(company) {
                    Some(candidate) => Some(*candidate),
                    None => candidate(connection, &sites, period, &scoring, *company)?,
                };
                last.0 = *company;
                // One that was removed since is on no page.
                let Some(candidate) = candidate else { continue };
                last.1 = key(query.sort, &candidate);
                companies.extend(lead(connection, &candidate)?);
            }
            let cursor = (end < order.len()).then(|| {
                Cursor { token, query: fingerprint, passed: end, company: last.0, key: last.1 }.text()
            });
            Ok(LeadsPage { companies, cursor })
        })
    }

    /// A company with its numbers of all the time that is kept, its latest 100 visits with at most 500 page views each, and its notes. None
    /// where it is not known, or hidden. Waits: not for async tasks.
    pub fn lead(&self, id: &str, formula: &ScoreFormula, now: Timestamp) -> Result<Option<LeadDetail>> {
        self.lead_on(&[], id, formula, now)
    }

    /// The same with the numbers and visits of these sites alone; of all where none is named. When it was first and last seen, tags, status
    /// and owner are the company's, wherever it came.
    pub fn lead_on(
        &self,
        names: &[String],
        id: &str,
        formula: &ScoreFormula,
        now: Timestamp,
    ) -> Result<Option<LeadDetail>> {
        let scoring = Scoring { formula, groups: &self.shared.groups, now };
        self.read(|connection| {
            let Some(number) = number_of(connection, id)? else { return Ok(None) };
            let sites = sites(connection, names)?;
            let Some(candidate) = candidate(connection, &sites, ALWAYS, &scoring, number)? else {
                return Ok(None);
            };
            let Some(lead) = lead(connection, &candidate)? else { return Ok(None) };
            let timeline = timeline(connection, &sites, &candidate)?;
            Ok(Some(LeadDetail { lead, timeline, notes: notes(connection, number)? }))
        })
    }

    /// Page views that were not shown as a company's, by site, day and reason.
    pub fn filtered(&self, query: &FilteredQuery, now: Timestamp) -> Result<Vec<FilteredCount>> {
        let period = Period::parse(query.from.as_deref(), query.to.as_deref(), now)?;
        self.read(|connection| {
            let mut counts = Vec::new();
            let mut statement = connection.prepare_cached(
                "SELECT day, reason, count FROM filtered WHERE site = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day, reason",
            )?;
            for (site, name) in sites(connection, &query.sites)? {
                let mut rows = statement.query(params![site, period.first, period.last])?;
                while let Some(row) = rows.next()? {
                    let count: i64 = row.get(2)?;
                    counts.push(FilteredCount {
                        site: name.clone(),
                        day: date_of(row.get(0)?).to_string(),
                        reason: from_word(row.get(1)?)?,
                        count: count.unsigned_abs(),
                    });
                }
            }
            Ok(counts)
        })
    }
}

/// The companies of the query, in no order.
fn matching(
    connection: &Connection,
    kept: (&KeptTallies, u64),
    sites: &[(u32, String)],
    period: Period,
    query: &LeadsQuery,
    scoring: &Scoring<'_>,
) -> Result<Vec<Candidate>> {
    let mut conditions: Vec<Condition> = query.filter.iter().cloned().collect();
    if let Some(name) = &query.segment {
        conditions.push(super::segments::condition(connection, name)?);
    }
    for condition in &conditions {
        condition.check().map_err(|error| StoreError::Invalid(error.to_string()))?;
    }
    if let Some(part) = query.search.as_ref().filter(|part| !part.is_empty()) {
        let test = |field| Condition::Test(Test { field, holds: Predicate::Contains(part.clone()) });
        conditions.push(Condition::Any { any: vec![test(Field::Name), test(Field::Domain)] });
    }
    let found = candidates(connection, kept, sites, period, scoring)?;
    if conditions.is_empty() {
        return Ok(found);
    }
    let marks = Asked::new(connection, scoring.groups, sites, period, scoring.now, &found)
        .holds(&Condition::All { all: conditions })?;
    Ok(found.into_iter().zip(marks).filter_map(|(candidate, holds)| holds.then_some(candidate)).collect())
}

/// What companies are ordered by; names are not here.
fn key(sort: Sort, candidate: &Candidate) -> i64 {
    match sort {
        Sort::LastSeen => candidate.last_seen,
        Sort::FirstSeen => candidate.first_seen,
        Sort::Score => i64::from(candidate.score),
        Sort::Visits => candidate.tally.visits,
        Sort::PageViews => candidate.tally.page_views,
        Sort::Seconds => candidate.tally.seconds,
        Sort::Name => 0,
    }
}

/// Brings the companies into the query's order; those that are equal by their numbers.
fn sort(connection: &Connection, query: &LeadsQuery, found: &mut Vec<Candidate>) -> Result<()> {
    if query.sort != Sort::Name {
        found.sort_unstable_by_key(|candidate| {
            let key = key(query.sort, candidate);
            // Complemented, the highest is first.
            (if query.ascending { key } else { !key }, candidate.company)
        });
        return Ok(());
    }
    let places: HashMap<u32, Candidate> =
        found.iter().map(|candidate| (candidate.company, *candidate)).collect();
    let mut named: Vec<(String, Candidate)> = Vec::with_capacity(found.len());
    let mut statement = connection.prepare_cached("SELECT number, name FROM company")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(candidate) = places.get(&row.get::<_, u32>(0)?) {
            let name =
                row.get_ref(1)?.as_str().map_err(|_| StoreError::Sqlite("a name is no text".into()))?;
            named.push((folded(name), *candidate));
        }
    }
    named.sort_unstable_by(|(a_name, a), (b_name, b)| {
        let order = a_name.cmp(b_name);
        (if query.ascending { order } else { order.reverse() }).then(a.company.cmp(&b.company))
    });
    *found = named.into_iter().map(|(_, candidate)| candidate).collect();
    Ok(())
}

/// Where to go on in an order that was made anew.
fn continued(query: &LeadsQuery, order: &[Candidate], cursor: &Cursor) -> usize {
    if query.sort == Sort::Name {
        // Names hardly change; where the company is gone, so many companies have been seen.
        let place = order.iter().position(|candidate| candidate.company == cursor.company);
        return place.map_or(cursor.passed, |place| place + 1);
    }
    let place = |key: i64, company: u32| (if query.ascending { key } else { !key }, company);
    order.partition_point(|candidate| {
        place(key(query.sort, candidate), candidate.company) <= place(cursor.key, cursor.company)
    })
}

/// The company with what is known of it.
fn lead(connection: &Connection, candidate: &Candidate) -> Result<Option<Lead>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {FACTS}, l.status, l.owner FROM {FACTS_FROM} JOIN lead AS l ON l.company = c.number WHERE c.number = ?1"
    ))?;
    let known = statement
        .query_row([candidate.company], |row| Ok((facts(row)?, row.get::<_, i64>(11)?, row.get(12)?)))
        .optional()?;
    let Some((company, status, owner)) = known else { return Ok(None) };
    let mut statement = connection.prepare_cached("SELECT tag FROM tag WHERE company = ?1 ORDER BY tag")?;
    let tags = statement.query_map([candidate.company], |row| row.get(0))?;
    let tally = &candidate.tally;
    Ok(Some(Lead {
        company,
        visits: tally.visits.unsigned_abs(),
        sessions: tally.sessions.unsigned_abs(),
        page_views: tally.page_views.unsigned_abs(),
        seconds: tally.seconds.unsigned_abs(),
        first_seen: candidate.first_seen,
        last_seen: candidate.last_seen,
        score: candidate.score,
        tags: tags.collect::<rusqlite::Result<_>>()?,
        status: status_of(status),
        owner,
    }))
}

/// The status of a number in the store.
pub(super) fn status_of(number: i64) -> LeadStatus {
    usize::try_from(number).ok().and_then(|place| STATUSES.get(place).copied()).unwrap_or_default()
}

/// The latest visits of a company, the newest first.
fn timeline(
    connection: &Connection,
    sites: &[(u32, String)],
    candidate: &Candidate,
) -> Result<Vec<VisitDetail>> {
    let mut timeline = Vec::new();
    let mut visits = connection.prepare_cached(
        "SELECT id, site, identified_by FROM visit WHERE day = ?1 AND company = ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    let first = candidate.first_seen.div_euclid(DAY);
    for day in (first..=candidate.last_seen.div_euclid(DAY)).rev() {
        let mut rows = visits.query(params![day, candidate.company, TIMELINE])?;
        while let Some(row) = rows.next()? {
            let site: u32 = row.get(1)?;
            let Some((_, site)) = sites.iter().find(|(number, _)| *number == site) else { continue };
            let pages = page_views(connection, row.get(0)?, TIMELINE_PAGES)?;
            let (Some(began), Some(ended)) = (pages.first(), pages.last()) else { continue };
            timeline.push(VisitDetail {
                site: site.clone(),
                started: began.at,
                ended: ended.at,
                identified_by: identified_by(row.get(2)?),
                pages,
            });
        }
        if timeline.len() >= TIMELINE as usize {
            break;
        }
    }
    timeline.sort_by_key(|visit| std::cmp::Reverse((visit.ended, visit.started)));
    timeline.truncate(TIMELINE as usize);
    Ok(timeline)
}

/// The page views of a visit, the first one first.
pub(super) fn page_views(connection: &Connection, visit: i64, most: u32) -> Result<Vec<PageView>> {
    let mut statement = connection.prepare_cached(
        "SELECT v.at, p.path, p.title, o.referrer, o.utm_source, o.utm_medium, o.utm_campaign
         FROM page_view AS v JOIN page AS p ON p.number = v.page LEFT JOIN origin AS o ON o.number = v.origin
         WHERE v.visit = ?1 ORDER BY v.at, v.number LIMIT ?2",
    )?;
    let rows = statement.query_map(params![visit, most], |row| {
        let page = Page {
            path: row.get(1)?,
            title: row.get(2)?,
            referrer: row.get(3)?,
            utm_source: row.get(4)?,
            utm_medium: row.get(5)?,
            utm_campaign: row.get(6)?,
        };
        Ok(PageView { at: row.get(0)?, page })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The notes on a company, the newest first.
pub(super) fn notes(connection: &Connection, company: u32) -> Result<Vec<Note>> {
    let mut statement = connection
        .prepare_cached("SELECT id, at, author, text FROM note WHERE company = ?1 ORDER BY id DESC")?;
    let rows = statement.query_map([company], |row| {
        Ok(Note { id: row.get(0)?, at: row.get(1)?, author: row.get(2)?, text: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
