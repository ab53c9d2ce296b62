//! Companies that objected: gone from every read at once, their visits removed, and refused from then on.
//!
//! The engine does not know them either (its suppression list); the store refuses them too, because a visit may have been looked up just
//! before, and because a form's domain is not the engine's.

use hashbrown::HashSet;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{Result, Store, StoreError, audit, erasure, rights};
use crate::model::{CompanyFacts, Timestamp};

/// Which company is meant. Case, spaces and a leading `www.` do not count.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompanySelector {
    /// Its id: `lei:…`, `asn:…`, `domain:…`.
    Id(String),
    /// Its internet domain.
    Domain(String),
    /// Its number in a register.
    Register {
        /// The register, as the facts name it.
        register: String,
        /// The number in it.
        number: String,
    },
}

/// An objection that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObjection {
    /// Of whom.
    pub company: CompanySelector,
    /// Since when.
    pub at: Timestamp,
    /// Who entered it.
    pub author: String,
    /// What was said.
    pub reason: String,
}

/// The objections, as the writer asks for them.
#[derive(Debug, Default)]
pub(super) struct Objections(HashSet<(&'static str, String)>);

impl Objections {
    pub(super) fn load(connection: &Connection) -> Result<Objections> {
        Ok(Objections(list(connection)?.iter().map(|objection| objection.company.key()).collect()))
    }

    /// Whether one of them means this company.
    pub(super) fn name(&self, facts: &CompanyFacts) -> bool {
        !self.0.is_empty() && selectors(facts).iter().any(|selector| self.0.contains(&selector.key()))
    }
}

/// All ways to mean a company.
fn selectors(facts: &CompanyFacts) -> Vec<CompanySelector> {
    let mut selectors = vec![CompanySelector::Id(facts.id.clone())];
    if let Some(domain) = &facts.domain {
        selectors.push(CompanySelector::Domain(domain.clone()));
    }
    if let Some(domain) = facts.id.strip_prefix("domain:") {
        selectors.push(CompanySelector::Domain(domain.into()));
    }
    if let (Some(register), Some(number)) = (&facts.register, &facts.register_id) {
        selectors.push(CompanySelector::Register { register: register.clone(), number: number.clone() });
    }
    selectors
}

impl CompanySelector {
    /// What is compared and stored.
    pub(crate) fn key(&self) -> (&'static str, String) {
        let plain = |text: &str| super::folded(&text.split_whitespace().collect::<String>());
        match self {
            CompanySelector::Id(id) => ("id", plain(id)),
            CompanySelector::Domain(domain) => {
                let domain = plain(domain);
                let domain = domain.trim_end_matches('.');
                ("domain", domain.strip_prefix("www.").unwrap_or(domain).into())
            }
            // No register's name or number has a line's end that is left after the spaces are gone.
            CompanySelector::Register { register, number } => {
                ("register", format!("{}\n{}", plain(register), plain(number)))
            }
        }
    }

    fn from_key(kind: &str, value: String) -> CompanySelector {
        match kind {
            "domain" => CompanySelector::Domain(value),
            "register" => {
                let (register, number) = value.split_once('\n').unwrap_or((&value, ""));
                CompanySelector::Register { register: register.into(), number: number.into() }
            }
            _ => CompanySelector::Id(value),
        }
    }
}

pub(super) fn list(connection: &Connection) -> Result<Vec<StoredObjection>> {
    let mut statement = connection
        .prepare("SELECT kind, value, at, author, reason FROM objection ORDER BY at, kind, value")?;
    let rows = statement.query_map([], |row| {
        Ok(StoredObjection {
            company: CompanySelector::from_key(&row.get::<_, String>(0)?, row.get(1)?),
            at: row.get(2)?,
            author: row.get(3)?,
            reason: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Store {
    /// Hides a company from every read at once and refuses its visits from now on; then removes what is stored of it. The number of rows
    /// that were removed. Waits: not for async tasks.
    pub fn suppress(
        &self,
        company: &CompanySelector,
        reason: &str,
        author: &str,
        now: Timestamp,
    ) -> Result<u64> {
        let (kind, value) = company.key();
        if value.is_empty() || value.starts_with('\n') || value.ends_with('\n') {
            return Err(StoreError::Invalid(
                "an objection names a company by its id, domain or register number".into(),
            ));
        }
        let (reason, author) = (reason.to_owned(), author.to_owned());
        self.change(move |applier, connection| {
            connection.execute(
                "INSERT INTO objection (kind, value, at, author, reason) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                params![kind, value, now, author, reason],
            )?;
            audit::append(connection, now, &author, "suppress", &format!("{kind} {value}"), "")?;
            let objections = Objections::load(connection)?;
            let named = rights::companies(connection, |facts| objections.name(facts))?;
            for (_, number) in &named {
                erasure::hide(connection, *number)?;
            }
            applier.objections = objections;
            applier.forget();
            Ok(())
        })?;
        let removed = self.finish_removals()?;
        self.forget_deleted()?;
        Ok(removed)
    }

    /// Takes an objection back: new visits are kept again, and nothing that was removed comes back. Says whether there was one.
    pub fn lift(&self, company: &CompanySelector, author: &str, now: Timestamp) -> Result<bool> {
        let (kind, value) = company.key();
        let author = author.to_owned();
        self.change(move |applier, connection| {
            let lifted = connection
                .execute("DELETE FROM objection WHERE kind = ?1 AND value = ?2", params![kind, value])?
                > 0;
            if lifted {
                audit::append(connection, now, &author, "lift", &format!("{kind} {value}"), "")?;
                applier.objections = Objections::load(connection)?;
                applier.forget();
            }
            Ok(lifted)
        })
    }

    /// The objections that hold, the oldest first.
    pub fn objections(&self) -> Result<Vec<StoredObjection>> {
        self.read(list)
    }
}
