//! Texts that stand once in the store, and what the writer remembers of them: a page view writes numbers.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap};
use rusqlite::{Connection, OptionalExtension, params};

use super::{PageGroup, Result, StoreError};
use crate::model::{CompanyFacts, Page};

/// Entries of a table that are remembered; then it is begun anew.
const REMEMBERED: usize = 100_000;
/// Longer keys are looked up each time.
const LONGEST: usize = 512;
/// Groups have a bit each in a positive 64-bit number.
const MOST_GROUPS: usize = 62;

/// Page groups as bits.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// By site: prefixes of paths, each with its bit.
    sites: HashMap<u32, Vec<(String, u32)>>,
    /// The name of each bit, also of groups that are no longer configured.
    pub(super) names: Vec<String>,
}

impl Groups {
    /// Gives each name a bit, the one it had before if it had one, and says whether prefixes are others than the last time.
    pub(super) fn configure(connection: &Connection, configured: &[PageGroup]) -> Result<(Groups, bool)> {
        let mut known: Vec<String> = {
            let mut statement = connection.prepare("SELECT name FROM page_group ORDER BY bit")?;
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
        };
        let fingerprint = serde_json::to_string(
            &configured.iter().map(|group| (&group.site, &group.name, &group.prefixes)).collect::<Vec<_>>(),
        )
        .map_err(|error| StoreError::Invalid(error.to_string()))?;
        let before: Option<String> = connection
            .query_row("SELECT value FROM fact WHERE key = 'page_groups'", [], |row| row.get(0))
            .optional()?;
        let changed = before.as_deref().unwrap_or("[]") != fingerprint;
        if changed {
            // All that is stored is sorted anew, so bits begin anew.
            known.clear();
            for group in configured {
                if !known.contains(&group.name) {
                    known.push(group.name.clone());
                }
            }
            if known.len() > MOST_GROUPS {
                return Err(StoreError::Invalid(format!("there are more than {MOST_GROUPS} page groups")));
            }
        }
        let mut groups = Groups { sites: HashMap::new(), names: known };
        for group in configured {
            let site = site_number(connection, &group.site)?;
            let bit = groups.names.iter().position(|name| *name == group.name);
            let bit = bit.ok_or(StoreError::Missing("page group"))? as u32;
            let prefixes = groups.sites.entry(site).or_default();
            prefixes.extend(group.prefixes.iter().map(|prefix| (prefix.clone(), bit)));
        }
        if changed {
            connection.execute("DELETE FROM page_group", [])?;
            for (bit, name) in (0_i64..).zip(&groups.names) {
                connection
                    .execute("INSERT INTO page_group (bit, name) VALUES (?1, ?2)", params![bit, name])?;
            }
            connection.execute(
                "INSERT OR REPLACE INTO fact (key, value) VALUES ('page_groups', ?1)",
                [&fingerprint],
            )?;
        }
        Ok((groups, changed))
    }

    /// The bits of a path.
    pub(super) fn of(&self, site: u32, path: &str) -> i64 {
        let Some(prefixes) = self.sites.get(&site) else { return 0 };
        prefixes
            .iter()
            .filter(|(prefix, _)| path.starts_with(prefix.as_str()))
            .fold(0, |bits, (_, bit)| bits | 1 << bit)
    }

    /// The names of bits.
    pub(super) fn named(&self, bits: i64) -> Vec<&str> {
        self.names
            .iter()
            .enumerate()
            .filter(|(bit, _)| bits >> bit & 1 == 1)
            .map(|(_, name)| name.as_str())
            .collect()
    }
}

/// The site's number; made if it has none.
pub(super) fn site_number(connection: &Connection, name: &str) -> Result<u32> {
    connection.execute("INSERT INTO site (name) VALUES (?1) ON CONFLICT DO NOTHING", [name])?;
    Ok(connection.query_row("SELECT number FROM site WHERE name = ?1", [name], |row| row.get(0))?)
}

/// What the writer knows of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageNumber {
    pub(super) number: i64,
    pub(super) groups: i64,
    last_day: i64,
}

/// The writer's memory of numbers. What it says is in the store; it forgets whenever a transaction is rolled back.
#[derive(Debug, Default)]
pub(super) struct Interned {
    hasher: DefaultHashBuilder,
    /// By id: the number, and a hash of the facts that are stored.
    companies: HashMap<String, (u32, u64)>,
    pages: HashMap<Vec<u8>, PageNumber>,
    origins: HashMap<Vec<u8>, (i64, i64)>,
    /// Where keys are put together.
    key: Vec<u8>,
}

impl Interned {
    pub(super) fn forget(&mut self) {
        self.companies.clear();
        self.pages.clear();
        self.origins.clear();
    }

    /// The company's number, its facts brought up to date; `refused` is asked where they are not those of the last time.
    pub(super) fn company(
        &mut self,
        connection: &Connection,
        facts: &CompanyFacts,
        refused: impl FnOnce(&CompanyFacts) -> bool,
    ) -> Result<Option<u32>> {
        let hash = self.hasher.hash_one(facts);
        if let Some((number, known)) = self.companies.get(facts.id.as_str())
            && *known == hash
        {
            return Ok(Some(*number));
        }
        if refused(facts) {
            return Ok(None);
        }
        let number = store_company(connection, facts)?;
        remember(&mut self.companies, facts.id.len(), facts.id.clone(), (number, hash));
        Ok(Some(number))
    }

    /// The page's number.
    pub(super) fn page(
        &mut self,
        connection: &Connection,
        groups: &Groups,
        site: u32,
        day: i64,
        page: &Page,
    ) -> Result<PageNumber> {
        self.key.clear();
        self.key.extend_from_slice(&site.to_le_bytes());
        put(&mut self.key, Some(&page.path));
        put(&mut self.key, page.title.as_ref());
        if let Some(known) = self.pages.get(&self.key)
            && known.last_day >= day
        {
            return Ok(*known);
        }
        let groups = groups.of(site, &page.path);
        let known = connection
            .prepare_cached(
                "SELECT number, last_day FROM page
                 WHERE site = ?1 AND path = ?2 AND ifnull(title, x'00') = ifnull(?3, x'00')",
            )?
            .query_row(params![site, page.path, page.title], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let number = match known {
            Some((number, last_day)) => {
                used(connection, "page", number, last_day, day)?;
                PageNumber { number, groups, last_day: day.max(last_day) }
            }
            None => {
                connection
                    .prepare_cached(
                        "INSERT INTO page (site, path, title, groups, last_day) VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute(params![site, page.path, page.title, groups, day])?;
                PageNumber { number: connection.last_insert_rowid(), groups, last_day: day }
            }
        };
        remember(&mut self.pages, self.key.len(), self.key.clone(), number);
        Ok(number)
    }

    /// The number of the way to the page; none where nothing is known of it.
    pub(super) fn origin(&mut self, connection: &Connection, day: i64, page: &Page) -> Result<Option<i64>> {
        let texts = [&page.referrer, &page.utm_source, &page.utm_medium, &page.utm_campaign];
        if texts.iter().all(|text| text.is_none()) {
            return Ok(None);
        }
        self.key.clear();
        for text in texts {
            put(&mut self.key, text.as_ref());
        }
        if let Some((number, last_day)) = self.origins.get(&self.key)
            && *last_day >= day
        {
            return Ok(Some(*number));
        }
        let known = connection
            .prepare_cached(
                "SELECT number, last_day FROM origin
                 WHERE ifnull(referrer, x'00') = ifnull(?1, x'00') AND ifnull(utm_source, x'00') = ifnull(?2, x'00')
                    AND ifnull(utm_medium, x'00') = ifnull(?3, x'00') AND ifnull(utm_campaign, x'00') = ifnull(?4, x'00')",
            )?
            .query_row(params![texts[0], texts[1], texts[2], texts[3]], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let known = match known {
            Some((number, last_day)) => {
                used(connection, "origin", number, last_day, day)?;
                (number, day.max(last_day))
            }
            None => {
                connection
                    .prepare_cached(
                        "INSERT INTO origin (referrer, utm_source, utm_medium, utm_campaign, last_day) VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute(params![texts[0], texts[1], texts[2], texts[3], day])?;
                (connection.last_insert_rowid(), day)
            }
        };
        remember(&mut self.origins, self.key.len(), self.key.clone(), known);
        Ok(Some(known.0))
    }
}

/// Writes a company's facts; its number, the old one if it had one.
fn store_company(connection: &Connection, facts: &CompanyFacts) -> Result<u32> {
    let sources =
        serde_json::to_string(&facts.sources).map_err(|error| StoreError::Invalid(error.to_string()))?;
    let mut list = connection.prepare_cached("SELECT number FROM source_list WHERE list = ?1")?;
    let sources: i64 = match list.query_row([&sources], |row| row.get(0)).optional()? {
        Some(number) => number,
        None => connection
            .prepare_cached("INSERT INTO source_list (list) VALUES (?1) RETURNING number")?
            .query_row([&sources], |row| row.get(0))?,
    };
    let known: Option<u32> = connection
        .prepare_cached("SELECT number FROM company WHERE id = ?1")?
        .query_row([&facts.id], |row| row.get(0))
        .optional()?;
    // Two statements instead of one with a conflict: that one would copy the pages it changes, to be able to undo it.
    let sql = match known {
        Some(_) => {
            "UPDATE company SET
                name = ?2, kind = ?3, country = ?4, domain = ?5, legal_form = ?6, industry = ?7, register = ?8, register_id = ?9,
                confidence = ?10, sources = ?11
             WHERE id = ?1"
        }
        None => {
            "INSERT INTO company
                (id, name, kind, country, domain, legal_form, industry, register, register_id, confidence, sources)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        }
    };
    connection.prepare_cached(sql)?.execute(params![
        facts.id,
        facts.name,
        facts.kind,
        facts.country,
        facts.domain,
        facts.legal_form,
        facts.industry,
        facts.register,
        facts.register_id,
        facts.confidence,
        sources,
    ])?;
    match known {
        Some(number) => Ok(number),
        None => u32::try_from(connection.last_insert_rowid()).map_err(|_| {
            StoreError::Invalid("the store has had more than four thousand million companies".into())
        }),
    }
}

/// Says that a text was in use on that day.
fn used(connection: &Connection, table: &str, number: i64, last_day: i64, day: i64) -> Result<()> {
    if last_day < day {
        connection
            .prepare_cached(&format!("UPDATE {table} SET last_day = ?2 WHERE number = ?1"))?
            .execute(params![number, day])?;
    }
    Ok(())
}

fn remember<K: std::hash::Hash + Eq, V>(table: &mut HashMap<K, V>, length: usize, key: K, value: V) {
    if length > LONGEST {
        return;
    }
    if table.len() >= REMEMBERED {
        table.clear();
    }
    table.insert(key, value);
}

/// Appends a text so that no two lists of texts have the same bytes.
fn put(key: &mut Vec<u8>, text: Option<&String>) {
    match text {
        None => key.extend_from_slice(&u32::MAX.to_le_bytes()),
        Some(text) => {
            key.extend_from_slice(&(text.len() as u32).to_le_bytes());
            key.extend_from_slice(text.as_bytes());
        }
    }
}
