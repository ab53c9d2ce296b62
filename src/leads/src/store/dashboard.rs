//! What the dashboard draws and watches: sums over a period, and the latest page views. Sums are read from the tallies, as pages of companies
//! are; of page views only those that are shown are read.

use std::ops::RangeInclusive;

use hashbrown::{HashMap, HashSet};
use rusqlite::{Connection, OptionalExtension, params};

use super::apply::identified_by;
use super::period::{DAY, Period, date_of, day_of, days_of_span, spans_of};
use super::totals::{of_span, sites};
use super::{Result, Store};
use crate::model::{FilteredQuery, IdentifiedBy, Timestamp};

/// Periods of up to so many days are drawn by day, longer ones by month.
const MOST_DAYS: i64 = 62;
/// Days before the last one that are drawn at most: the longest that counts are kept.
const LONGEST: i64 = 3660;
/// Values of a breakdown that stand by themselves.
const TOP: usize = 10;
/// Visits of a company, and page views of a visit, that are looked at for the latest ones.
const LATEST_VISITS: u32 = 50;
/// Companies and visits of a period, in sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Whether a point is a month; else a day.
    pub by_month: bool,
    /// In the order of time, without gaps.
    pub points: Vec<OverviewPoint>,
    /// Of the whole period.
    pub totals: Share,
    /// By the kind of company.
    pub kinds: Breakdown,
    /// By country.
    pub countries: Breakdown,
    /// By industry.
    pub industries: Breakdown,
}

/// A day or month of an overview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverviewPoint {
    /// Its first day within the period: `2026-06-17`.
    pub from: String,
    /// Companies that came.
    pub companies: u64,
    /// Their visits.
    pub visits: u64,
}

/// A part of the companies of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// What they have in common; empty for what is put together.
    pub name: String,
    /// Companies that came.
    pub companies: u64,
    /// Their visits.
    pub visits: u64,
    /// Their page views.
    pub page_views: u64,
}

/// The companies of a period by something that is known of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// The ten values with the most companies.
    pub top: Vec<Share>,
    /// All other values.
    pub others: Share,
    /// Companies of which it is not known.
    pub unknown: Share,
}

/// A page view, as it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatestView {
    /// The visit's number, and its own within the visit: no other page view has both.
    pub key: (i64, i64),
    /// When.
    pub at: Timestamp,
    /// The site's name.
    pub site: String,
    /// The company's id.
    pub company: String,
    /// Its name.
    pub name: String,
    /// Its country, if it is known.
    pub country: Option<String>,
    /// How it is known that it was this company.
    pub identified_by: IdentifiedBy,
    /// The page's path.
    pub path: String,
    /// The page's title.
    pub title: Option<String>,
    /// The referring host.
    pub referrer: Option<String>,
}

/// What is summed up of a company while an overview is read.
struct Seen {
    values: [Option<u16>; 3],
    visits: i64,
    page_views: i64,
}

impl Store {
    /// Companies and visits of a period. Reads a row for each company in each day or month that is drawn, and all companies once; ten years
    /// before the last day at most. Waits: not for async tasks.
    pub fn overview(&self, query: &FilteredQuery, now: Timestamp) -> Result<Overview> {
        let period = period_of(query, now)?;
        let by_month = period.last - period.first >= MOST_DAYS;
        let drawn = points(period, by_month);
        let tallies = (&*self.shared.kept, self.shared.kept.now());
        self.read(|connection| {
            let sites = sites(connection, &query.sites)?;
            let mut names = [const { Vec::new() }; 3];
            let mut companies = companies(connection, &mut names)?;
            let mut points = Vec::with_capacity(drawn.len());
            for (first, spans) in drawn {
                // A company has one row on each site in each span.
                let once = sites.len() < 2 && spans.start() == spans.end();
                let mut distinct = HashSet::new();
                let (mut count, mut visits) = (0_u64, 0_i64);
                for (site, span) in places(&sites, spans) {
                    for kept in of_span(connection, tallies, site, span)?.iter() {
                        // One that is being removed is not there any more.
                        let Some(seen) = companies.get_mut(&kept.company) else { continue };
                        let its = kept.tally();
                        seen.visits += its.visits;
                        seen.page_views += its.page_views;
                        visits += its.visits;
                        count += u64::from(once || distinct.insert(kept.company));
                    }
                }
                let from = date_of(first).to_string();
                points.push(OverviewPoint { from, companies: count, visits: visits.unsigned_abs() });
            }
            let came: Vec<&Seen> = companies.values().filter(|seen| seen.page_views > 0).collect();
            let [kinds, countries, industries] =
                std::array::from_fn(|which| breakdown(&came, which, std::mem::take(&mut names[which])));
            let totals = came.iter().fold(Share::default(), |sum, seen| sum.with(seen));
            Ok(Overview { by_month, points, totals, kinds, countries, industries })
        })
    }

    /// Page views of companies in a period, for the shares of those that are not shown. Reads as a page of companies does. Waits: not for
    /// async tasks.
    pub fn shown_page_views(&self, query: &FilteredQuery, now: Timestamp) -> Result<u64> {
        let period = period_of(query, now)?;
        let tallies = (&*self.shared.kept, self.shared.kept.now());
        self.read(|connection| {
            let sites = sites(connection, &query.sites)?;
            let mut sum = 0_i64;
            for (site, span) in period.spans().into_iter().flat_map(|spans| places(&sites, spans)) {
                let kept = of_span(connection, tallies, site, span)?;
                sum += kept.iter().map(|kept| kept.tally().page_views).sum::<i64>();
            }
            Ok(sum.unsigned_abs())
        })
    }

    /// The latest page views of companies, the newest first. Reads when each company was seen last, and the last visits of those that were seen
    /// last. Waits: not for async tasks.
    pub fn latest(&self, limit: u32) -> Result<Vec<LatestView>> {
        self.read(|connection| {
            let sites: HashMap<u32, String> = sites(connection, &[])?.into_iter().collect();
            // So many page views are of at most as many companies, each of which is among those that were seen last.
            let mut statement = connection
                .prepare_cached("SELECT company, last_seen FROM lead ORDER BY last_seen DESC LIMIT ?1")?;
            let last = statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let last: Vec<(u32, Timestamp)> = last.collect::<rusqlite::Result<_>>()?;
            let mut views: Vec<LatestView> = Vec::new();
            for (company, seen) in last {
                // Whoever was seen before the oldest that is shown has none among them, nor has anybody after.
                if views.len() == limit as usize && views.last().is_some_and(|oldest| seen < oldest.at) {
                    break;
                }
                latest_of(connection, &sites, company, seen.div_euclid(DAY), limit, &mut views)?;
                views.sort_by_key(|view| std::cmp::Reverse(view.at));
                views.truncate(limit as usize);
            }
            Ok(views)
        })
    }
}

/// The query's period without the days that can have no counts: those to come, and those of more than ten years before.
fn period_of(query: &FilteredQuery, now: Timestamp) -> Result<Period> {
    let period = Period::parse(query.from.as_deref(), query.to.as_deref(), now)?;
    let last = period.last.min(day_of(now)?).max(period.first);
    Ok(Period { first: period.first.max(last - LONGEST), last })
}

/// Each of the spans on each of the sites.
fn places(sites: &[(u32, String)], spans: RangeInclusive<i64>) -> impl Iterator<Item = (u32, i64)> + use<'_> {
    sites.iter().flat_map(move |(site, _)| spans.clone().map(move |span| (*site, span)))
}

/// The first day of each point, and the spans that it is made of: days, or a whole month.
fn points(period: Period, by_month: bool) -> Vec<(i64, RangeInclusive<i64>)> {
    let mut points = Vec::new();
    let mut day = period.first;
    while day <= period.last {
        let month = spans_of(day)[1];
        let days = days_of_span(month);
        let last = if by_month { (*days.end()).min(period.last) } else { day };
        let whole = by_month && day == *days.start() && last == *days.end();
        points.push((day, if whole { month..=month } else { day..=last }));
        day = last + 1;
    }
    points
}

/// Every company with what it can be told apart by; the values' names, each of which stands once.
fn companies(connection: &Connection, names: &mut [Vec<String>; 3]) -> Result<HashMap<u32, Seen>> {
    let mut known: [HashMap<String, u16>; 3] = std::array::from_fn(|_| HashMap::new());
    let mut companies = HashMap::new();
    let mut statement = connection.prepare_cached("SELECT number, kind, country, industry FROM company")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut values = [None; 3];
        for (which, value) in values.iter_mut().enumerate() {
            let Some(text) = row.get_ref(which + 1)?.as_str_or_null().unwrap_or_default() else { continue };
            *value = match known[which].get(text) {
                Some(number) => Some(*number),
                // Of more values than there are industries, the rest counts as not known.
                None => u16::try_from(names[which].len()).ok().inspect(|number| {
                    known[which].insert(text.to_owned(), *number);
                    names[which].push(text.to_owned());
                }),
            };
        }
        companies.insert(row.get(0)?, Seen { values, visits: 0, page_views: 0 });
    }
    Ok(companies)
}

fn breakdown(came: &[&Seen], which: usize, names: Vec<String>) -> Breakdown {
    let mut shares: Vec<Share> = names.into_iter().map(|name| Share { name, ..Share::default() }).collect();
    let mut unknown = Share::default();
    for seen in came {
        let share = match seen.values[which] {
            Some(number) => &mut shares[usize::from(number)],
            None => &mut unknown,
        };
        *share = std::mem::take(share).with(seen);
    }
    shares.retain(|share| share.companies > 0);
    shares.sort_by(|a, b| {
        (b.companies, b.visits).cmp(&(a.companies, a.visits)).then_with(|| a.name.cmp(&b.name))
    });
    let rest = shares.split_off(shares.len().min(TOP));
    let others = rest.iter().fold(Share::default(), |sum, share| Share {
        name: String::new(),
        companies: sum.companies + share.companies,
        visits: sum.visits + share.visits,
        page_views: sum.page_views + share.page_views,
    });
    Breakdown { top: shares, others, unknown }
}

impl Share {
    fn with(self, seen: &Seen) -> Share {
        Share {
            companies: self.companies + 1,
            visits: self.visits + seen.visits.unsigned_abs(),
            page_views: self.page_views + seen.page_views.unsigned_abs(),
            ..self
        }
    }
}

/// Adds the latest page views of a company that was seen last on that day, in no order.
fn latest_of(
    connection: &Connection,
    sites: &HashMap<u32, String>,
    company: u32,
    day: i64,
    limit: u32,
    views: &mut Vec<LatestView>,
) -> Result<()> {
    let facts: Option<(String, String, Option<String>)> = connection
        .prepare_cached("SELECT id, name, country FROM company WHERE number = ?1")?
        .query_row([company], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((id, name, country)) = facts else { return Ok(()) };
    let mut visits = connection.prepare_cached(
        "SELECT id, site, identified_by FROM visit WHERE day BETWEEN ?1 AND ?2 AND company = ?3 ORDER BY id DESC LIMIT ?4",
    )?;
    let mut pages = connection.prepare_cached(
        "SELECT v.at, p.path, p.title, o.referrer, v.number
         FROM page_view AS v JOIN page AS p ON p.number = v.page LEFT JOIN origin AS o ON o.number = v.origin
         WHERE v.visit = ?1 ORDER BY v.number DESC LIMIT ?2",
    )?;
    // The day before too: a day begins with few page views.
    let mut rows = visits.query(params![day - 1, day, company, LATEST_VISITS])?;
    while let Some(row) = rows.next()? {
        let Some(site) = sites.get(&row.get::<_, u32>(1)?) else { continue };
        let by = identified_by(row.get(2)?);
        let visit: i64 = row.get(0)?;
        let mut of_visit = pages.query(params![visit, limit])?;
        while let Some(view) = of_visit.next()? {
            views.push(LatestView {
                key: (visit, view.get(4)?),
                at: view.get(0)?,
                site: site.clone(),
                company: id.clone(),
                name: name.clone(),
                country: country.clone(),
                identified_by: by,
                path: view.get(1)?,
                title: view.get(2)?,
                referrer: view.get(3)?,
            });
        }
    }
    Ok(())
}
