//! Export of a visitor, by the cookie's id, and of a company; what is read of a company's facts.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::apply::identified_by;
use super::erasure::days;
use super::leads::{notes, page_views, status_of};
use super::period::{DAY, date_of};
use super::{Result, Store};
use crate::model::{CompanyFacts, CookieId, LeadStatus, Note, Timestamp, VisitDetail};

/// All that is kept of a visitor.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VisitorExport {
    /// The visits, the oldest first.
    pub visits: Vec<VisitorVisit>,
}

/// One visit of a visitor.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VisitorVisit {
    /// The company whose network it came from.
    pub company: CompanyFacts,
    /// What was looked at.
    #[serde(flatten)]
    pub visit: VisitDetail,
}

/// All that is kept of a company.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompanyExport {
    /// What is known of it, with its sources.
    pub company: CompanyFacts,
    /// The first page view of all time.
    pub first_seen: Timestamp,
    /// The last one.
    pub last_seen: Timestamp,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// What the owner does with it.
    pub status: LeadStatus,
    /// Whose it is.
    pub owner: Option<String>,
    /// Notes, the newest first.
    pub notes: Vec<Note>,
    /// The visits, the oldest first.
    pub visits: Vec<VisitDetail>,
    /// What is counted of each day; it may be kept for longer than the visits.
    pub days: Vec<CompanyDay>,
}

/// What is counted for a company.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyDay {
    /// The site's name.
    pub site: String,
    /// The day: `2026-06-17`.
    pub day: String,
    /// Visits.
    pub visits: u64,
    /// Page views.
    pub page_views: u64,
    /// Seconds.
    pub seconds: u64,
}

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

impl Store {
    /// All that is kept under a visitor's cookie. Waits: not for async tasks.
    pub fn export_visitor(&self, visitor: CookieId, actor: &str, now: Timestamp) -> Result<VisitorExport> {
        let export = self.read(|connection| {
            let mut visits = Vec::new();
            let Some((first, last)) = days(connection)? else { return Ok(VisitorExport { visits }) };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {FACTS}, v.id, v.identified_by, n.name FROM visit AS v JOIN {FACTS_FROM}
                 JOIN site AS n ON n.number = v.site WHERE v.day = ?1 AND v.visitor = ?2 AND c.number = v.company ORDER BY v.id"
            ))?;
            for day in first..=last {
                let mut rows = statement.query(params![day, visitor.0.to_be_bytes()])?;
                while let Some(row) = rows.next()? {
                    let visit = visit(connection, row.get(11)?, row.get(13)?, row.get(12)?)?;
                    visits.push(VisitorVisit { company: facts(row)?, visit });
                }
            }
            Ok(VisitorExport { visits })
        })?;
        // Which visitor is not said: the log outlives the cookies.
        self.audit(now, actor, "export visitor", "", &format!("{} visits", export.visits.len()))?;
        Ok(export)
    }

    /// All that is kept of a company; none where it is not known. Waits: not for async tasks.
    pub fn export_company(&self, id: &str, actor: &str, now: Timestamp) -> Result<Option<CompanyExport>> {
        let export = self.read(|connection| {
            let Some(number) = number_of(connection, id)? else { return Ok(None) };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {FACTS}, l.first_seen, l.last_seen, l.status, l.owner FROM {FACTS_FROM}
                 JOIN lead AS l ON l.company = c.number WHERE c.number = ?1"
            ))?;
            let known = statement
                .query_row([number], |row| {
                    Ok((
                        facts(row)?,
                        row.get::<_, i64>(11)?,
                        row.get::<_, i64>(12)?,
                        row.get::<_, i64>(13)?,
                        row.get(14)?,
                    ))
                })
                .optional()?;
            let Some((company, first_seen, last_seen, status, owner)) = known else { return Ok(None) };
            let (mut visits, mut counted) = (Vec::new(), Vec::new());
            let mut of_day = connection.prepare_cached(
                "SELECT v.id, n.name, v.identified_by FROM visit AS v JOIN site AS n ON n.number = v.site
                 WHERE v.day = ?1 AND v.company = ?2 ORDER BY v.id",
            )?;
            let mut tally = connection.prepare_cached(
                "SELECT n.name, t.visits, t.page_views, t.seconds FROM site AS n CROSS JOIN tally AS t
                 ON t.site = n.number AND t.span = ?1 AND t.company = ?2 ORDER BY n.number",
            )?;
            for day in first_seen.div_euclid(DAY)..=last_seen.div_euclid(DAY) {
                let mut rows = of_day.query(params![day, number])?;
                while let Some(row) = rows.next()? {
                    visits.push(visit(connection, row.get(0)?, row.get(1)?, row.get(2)?)?);
                }
                let mut rows = tally.query(params![day, number])?;
                while let Some(row) = rows.next()? {
                    counted.push(CompanyDay {
                        site: row.get(0)?,
                        day: date_of(day).to_string(),
                        visits: row.get::<_, i64>(1)?.unsigned_abs(),
                        page_views: row.get::<_, i64>(2)?.unsigned_abs(),
                        seconds: row.get::<_, i64>(3)?.unsigned_abs(),
                    });
                }
            }
            let mut tags =
                connection.prepare_cached("SELECT tag FROM tag WHERE company = ?1 ORDER BY tag")?;
            let tags = tags.query_map([number], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            let (status, notes) = (status_of(status), notes(connection, number)?);
            let days = counted;
            Ok(Some(CompanyExport {
                company,
                first_seen,
                last_seen,
                tags,
                status,
                owner,
                notes,
                visits,
                days,
            }))
        })?;
        if export.is_some() {
            self.audit(now, actor, "export company", id, "")?;
        }
        Ok(export)
    }
}

/// A visit with all its page views.
fn visit(connection: &Connection, id: i64, site: String, by: i64) -> Result<VisitDetail> {
    let pages = page_views(connection, id, u32::MAX)?;
    let at = |view: Option<&crate::model::PageView>| view.map_or(0, |view| view.at);
    Ok(VisitDetail {
        site,
        started: at(pages.first()),
        ended: at(pages.last()),
        identified_by: identified_by(by),
        pages,
    })
}
