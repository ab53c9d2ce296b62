//! Conditions as SQL: each test of a text is one statement with bound parameters, whose companies are marked among the candidates; numbers of the
//! period are compared as they are; AND, OR and NOT join the marks.
//!
//! No text of a condition becomes part of a statement: the columns are named here, the values are bound.

use hashbrown::{HashMap, HashSet};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::period::Period;
use super::totals::{Candidate, days_since};
use super::{Result, StoreError, folded, word};
use crate::model::{LeadStatus, Timestamp};
use crate::segment::{Condition, Field, Predicate, Test};

/// Looking up so many days of single pages is quicker than reading all that was seen.
const SEEKS: usize = 20_000;

/// All statuses; their places are their numbers in the store.
pub(super) const STATUSES: [LeadStatus; 5] =
    [LeadStatus::New, LeadStatus::Open, LeadStatus::Contacted, LeadStatus::Customer, LeadStatus::Ignored];

/// Among whom, and when, a condition is asked.
pub(super) struct Asked<'a> {
    pub(super) connection: &'a Connection,
    pub(super) groups: &'a super::intern::Groups,
    pub(super) sites: &'a [(u32, String)],
    pub(super) period: Period,
    pub(super) now: Timestamp,
    pub(super) candidates: &'a [Candidate],
    places: HashMap<u32, usize>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        groups: &'a super::intern::Groups,
        sites: &'a [(u32, String)],
        period: Period,
        now: Timestamp,
        candidates: &'a [Candidate],
    ) -> Asked<'a> {
        let places =
            candidates.iter().enumerate().map(|(place, candidate)| (candidate.company, place)).collect();
        Asked { connection, groups, sites, period, now, candidates, places }
    }

    /// For each candidate whether the condition holds, which was checked before.
    pub(super) fn holds(&self, condition: &Condition) -> Result<Vec<bool>> {
        let joined = |parts: &[Condition], all: bool| -> Result<Vec<bool>> {
            let mut marks = vec![all; self.candidates.len()];
            for part in parts {
                for (mark, holds) in marks.iter_mut().zip(self.holds(part)?) {
                    *mark = if all { *mark && holds } else { *mark || holds };
                }
            }
            Ok(marks)
        };
        match condition {
            Condition::All { all } => joined(all, true),
            Condition::Any { any } => joined(any, false),
            Condition::Not { not } => Ok(self.holds(not)?.into_iter().map(|holds| !holds).collect()),
            Condition::Test(test) => self.test(test),
        }
    }

    fn test(&self, test: &Test) -> Result<Vec<bool>> {
        let number = |of: &dyn Fn(&Candidate) -> i64| {
            let holds = |candidate: &Candidate| match test.holds {
                Predicate::AtLeast(least) => of(candidate) >= least,
                Predicate::AtMost(most) => of(candidate) <= most,
                Predicate::Known(known) => known,
                _ => false,
            };
            Ok(self.candidates.iter().map(holds).collect())
        };
        match test.field {
            Field::Visits => number(&|candidate| candidate.tally.visits),
            Field::PageViews => number(&|candidate| candidate.tally.page_views),
            Field::Seconds => number(&|candidate| candidate.tally.seconds),
            Field::Score => number(&|candidate| i64::from(candidate.score)),
            Field::DaysSinceFirst => number(&|candidate| days_since(candidate.first_seen, self.now)),
            Field::DaysSinceLast => number(&|candidate| days_since(candidate.last_seen, self.now)),
            Field::PageGroup => Ok(self.page_group(&test.holds)),
            _ => match &test.holds {
                // What is not known is what is left of what is.
                Predicate::Known(false) => {
                    let known = self.text(test.field, &Predicate::Known(true))?;
                    Ok(known.into_iter().map(|holds| !holds).collect())
                }
                holds => self.text(test.field, holds),
            },
        }
    }

    fn page_group(&self, holds: &Predicate) -> Vec<bool> {
        let names = self.groups.names.iter().enumerate();
        let bits =
            names.filter(|(_, name)| text_holds(holds, name)).fold(0, |bits, (bit, _)| bits | 1_i64 << bit);
        let marked = |candidate: &Candidate| match holds {
            Predicate::Known(known) => (candidate.tally.groups != 0) == *known,
            _ => candidate.tally.groups & bits != 0,
        };
        self.candidates.iter().map(marked).collect()
    }

    fn text(&self, field: Field, holds: &Predicate) -> Result<Vec<bool>> {
        let company = |column: &str| {
            let (predicate, values) = predicate(column, holds);
            self.marked(&format!("SELECT number FROM company WHERE {predicate}"), values)
        };
        match field {
            Field::Name => company("name"),
            Field::Country => company("country"),
            Field::Kind => company("kind"),
            Field::Industry => company("industry"),
            Field::LegalForm => company("legal_form"),
            Field::Domain => company("domain"),
            Field::Confidence => company("confidence"),
            Field::Tag => {
                let (predicate, values) = predicate("tag", holds);
                self.marked(&format!("SELECT company FROM tag WHERE {predicate}"), values)
            }
            Field::Owner => {
                let (predicate, values) = predicate("owner", holds);
                self.marked(&format!("SELECT company FROM lead WHERE {predicate}"), values)
            }
            Field::Status => {
                let mut wanted = Vec::new();
                for (number, status) in (0_i64..).zip(STATUSES) {
                    if text_holds(holds, &word(&status)?) {
                        wanted.push(Value::Integer(number));
                    }
                }
                let places = vec!["?"; wanted.len()].join(", ");
                self.marked(&format!("SELECT company FROM lead WHERE status IN ({places})"), wanted)
            }
            Field::Page => self.seen("page", "path", holds),
            Field::Referrer => self.seen("origin", "referrer", holds),
            Field::UtmSource => self.seen("origin", "utm_source", holds),
            Field::UtmMedium => self.seen("origin", "utm_medium", holds),
            Field::UtmCampaign => self.seen("origin", "utm_campaign", holds),
            Field::PageGroup
            | Field::Visits
            | Field::PageViews
            | Field::Seconds
            | Field::Score
            | Field::DaysSinceFirst
            | Field::DaysSinceLast => Err(StoreError::Invalid("the field is a number".into())),
        }
    }

    /// The candidates among a statement's companies.
    fn marked(&self, sql: &str, values: Vec<Value>) -> Result<Vec<bool>> {
        let mut marks = vec![false; self.candidates.len()];
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if let Some(place) = self.places.get(&row.get::<_, u32>(0)?) {
                marks[*place] = true;
            }
        }
        Ok(marks)
    }

    /// The candidates that saw such a page in the period, or came by such an origin.
    fn seen(&self, table: &str, column: &str, holds: &Predicate) -> Result<Vec<bool>> {
        let (predicate, mut values) = predicate(column, holds);
        values.push(Value::Integer(self.period.first));
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT number FROM {table} WHERE {predicate} AND last_day >= ?{}",
            values.len()
        ))?;
        let things = statement.query_map(params_from_iter(values), |row| row.get(0))?;
        let things: HashSet<i64> = things.collect::<rusqlite::Result<_>>()?;
        let mut marks = vec![false; self.candidates.len()];
        let mut mark = |company: u32| {
            if let Some(place) = self.places.get(&company) {
                marks[*place] = true;
            }
        };
        let table = format!("{table}_seen");
        let thing = table.trim_end_matches("_seen");
        for (site, _) in self.sites {
            // Two statements: only a single minimum or maximum is read from the index's end.
            let edge = |edge: &str| {
                let sql = format!("SELECT {edge}(day) FROM {table} WHERE site = ?1");
                self.connection.prepare_cached(&sql)?.query_row([site], |row| row.get::<_, Option<i64>>(0))
            };
            let edges = (edge("min")?, edge("max")?);
            let (Some(first), Some(last)) = edges else { continue };
            let (first, last) = (first.max(self.period.first), last.min(self.period.last));
            if first > last || things.is_empty() {
                continue;
            }
            if things.len().saturating_mul(usize::try_from(last - first + 1).unwrap_or(usize::MAX)) <= SEEKS {
                let mut statement = self.connection.prepare_cached(&format!(
                    "SELECT company FROM {table} WHERE site = ?1 AND day = ?2 AND {thing} = ?3"
                ))?;
                for day in first..=last {
                    for number in &things {
                        let mut rows = statement.query(params![site, day, number])?;
                        while let Some(row) = rows.next()? {
                            mark(row.get(0)?);
                        }
                    }
                }
            } else {
                let mut statement = self.connection.prepare_cached(&format!(
                    "SELECT {thing}, company FROM {table} WHERE site = ?1 AND day BETWEEN ?2 AND ?3"
                ))?;
                let mut rows = statement.query(params![site, first, last])?;
                while let Some(row) = rows.next()? {
                    if things.contains(&row.get::<_, i64>(0)?) {
                        mark(row.get(1)?);
                    }
                }
            }
        }
        Ok(marks)
    }
}

/// A predicate over a column, with the values of its parameters `?1`, `?2`, ….
fn predicate(column: &str, holds: &Predicate) -> (String, Vec<Value>) {
    let text = |text: &String| Value::Text(folded(text));
    match holds {
        Predicate::Is(values) => {
            let places: Vec<String> = (1..=values.len()).map(|place| format!("?{place}")).collect();
            (format!("folded({column}) IN ({})", places.join(", ")), values.iter().map(text).collect())
        }
        Predicate::Begins(prefix) => (format!("begins(folded({column}), ?1)"), vec![text(prefix)]),
        Predicate::Contains(part) => (format!("instr(folded({column}), ?1) > 0"), vec![text(part)]),
        Predicate::Known(true) => (format!("{column} IS NOT NULL"), Vec::new()),
        Predicate::Known(false) => (format!("{column} IS NULL"), Vec::new()),
        Predicate::AtLeast(least) => (format!("{column} >= ?1"), vec![Value::Integer(*least)]),
        Predicate::AtMost(most) => (format!("{column} <= ?1"), vec![Value::Integer(*most)]),
    }
}

/// The same for a text that is there.
fn text_holds(holds: &Predicate, text: &str) -> bool {
    let text = folded(text);
    match holds {
        Predicate::Is(values) => values.iter().any(|value| folded(value) == text),
        Predicate::Begins(prefix) => text.starts_with(&folded(prefix)),
        Predicate::Contains(part) => text.contains(&folded(part)),
        Predicate::Known(known) => *known,
        Predicate::AtLeast(_) | Predicate::AtMost(_) => false,
    }
}
