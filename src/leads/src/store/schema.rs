//! The tables, as a list of steps: a store has gone through as many of them as its `user_version` says. A step that was released is never
//! changed; what must be otherwise is one more step.

use rusqlite::Connection;

use super::{Result, StoreError};

/// "npl" and "s" in ASCII: SQLite's `application_id`, so that a store is not taken for somebody else's database.
pub(super) const APPLICATION: i32 = i32::from_be_bytes(*b"npls");

/// The steps from an empty file on.
pub(super) const MIGRATIONS: &[&str] = &[VISITS, OUTGOING, super::users::TABLES, super::requests::TABLE];

/// Companies, visits, and what is said about them.
const VISITS: &str = r"
CREATE TABLE fact (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE site (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;

-- Numbers are never given again, so that nothing of a company that was removed can become another one's.
CREATE TABLE company (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT,
    country TEXT,
    domain TEXT,
    legal_form TEXT,
    industry TEXT,
    register TEXT,
    register_id TEXT,
    confidence INTEGER NOT NULL,
    sources INTEGER NOT NULL REFERENCES source_list (number)
) STRICT;
-- What companies name as their sources, as JSON: a few lists for all of them.
CREATE TABLE source_list (number INTEGER PRIMARY KEY, list TEXT NOT NULL UNIQUE) STRICT;

-- Beside `company`, so that sorting reads a few bytes for each.
CREATE TABLE lead (
    company INTEGER PRIMARY KEY REFERENCES company (number),
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    status INTEGER NOT NULL DEFAULT 0,
    owner TEXT
) STRICT;
CREATE TABLE tag (company INTEGER NOT NULL REFERENCES company (number), tag TEXT NOT NULL, PRIMARY KEY (company, tag)) STRICT, WITHOUT ROWID;
CREATE TABLE note (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company INTEGER NOT NULL REFERENCES company (number),
    at INTEGER NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX note_of_company ON note (company, id);
CREATE INDEX note_by_time ON note (at);

-- An absent text in an index is a blob, for NULLs are all different there. `last_day` is the last day on which it was in use.
CREATE TABLE page (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    site INTEGER NOT NULL,
    path TEXT NOT NULL,
    title TEXT,
    groups INTEGER NOT NULL,
    last_day INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX page_text ON page (site, path, ifnull(title, x'00'));
CREATE INDEX page_age ON page (last_day);
CREATE TABLE origin (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    referrer TEXT,
    utm_source TEXT,
    utm_medium TEXT,
    utm_campaign TEXT,
    last_day INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX origin_text
    ON origin (ifnull(referrer, x'00'), ifnull(utm_source, x'00'), ifnull(utm_medium, x'00'), ifnull(utm_campaign, x'00'));
CREATE INDEX origin_age ON origin (last_day);

-- Its start and end are those of its page views. Indexes begin with the day: what is written lies together.
CREATE TABLE visit (
    id INTEGER PRIMARY KEY,
    day INTEGER NOT NULL,
    site INTEGER NOT NULL,
    company INTEGER NOT NULL,
    identified_by INTEGER NOT NULL,
    session BLOB,
    visitor BLOB
) STRICT;
CREATE INDEX visit_of_company ON visit (day, company, session);
CREATE INDEX visit_of_visitor ON visit (day, visitor) WHERE visitor IS NOT NULL;
CREATE TABLE page_view (
    visit INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    page INTEGER NOT NULL,
    origin INTEGER,
    PRIMARY KEY (visit, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE page_seen (
    site INTEGER NOT NULL, day INTEGER NOT NULL, page INTEGER NOT NULL, company INTEGER NOT NULL,
    PRIMARY KEY (site, day, page, company)
) STRICT, WITHOUT ROWID;
CREATE TABLE origin_seen (
    site INTEGER NOT NULL, day INTEGER NOT NULL, origin INTEGER NOT NULL, company INTEGER NOT NULL,
    PRIMARY KEY (site, day, origin, company)
) STRICT, WITHOUT ROWID;

-- `span` is a day, a month or a year: see `period`. `groups` has a bit for each page group.
CREATE TABLE tally (
    site INTEGER NOT NULL,
    span INTEGER NOT NULL,
    company INTEGER NOT NULL,
    visits INTEGER NOT NULL,
    sessions INTEGER NOT NULL,
    page_views INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    groups INTEGER NOT NULL,
    PRIMARY KEY (site, span, company)
) STRICT, WITHOUT ROWID;

CREATE TABLE filtered (
    site INTEGER NOT NULL, day INTEGER NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (site, day, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE page_group (bit INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE segment (name TEXT PRIMARY KEY, condition TEXT NOT NULL, author TEXT NOT NULL, changed INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE correction (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, author TEXT NOT NULL, rule TEXT NOT NULL) STRICT;
CREATE TABLE objection (
    kind TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

-- Numbers of companies that are removed, while rows of them are left.
CREATE TABLE removal (company INTEGER PRIMARY KEY) STRICT;

-- Only added to. Rows go by age alone: the purge says first up to when, and can't say a time that is younger than a day.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_ages BEFORE DELETE ON audit
WHEN OLD.at >= ifnull((SELECT value FROM fact WHERE key = 'audit_purged_before'), 0)
    OR OLD.at > (SELECT max(at) FROM audit) - 86400000
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
";

/// What goes out: deliveries that wait and dead letters, and what alerts know. All of a company goes with the company.
const OUTGOING: &str = r"
-- `due` is absent in a dead letter. Numbers are never given again.
CREATE TABLE delivery (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    target TEXT NOT NULL,
    kind TEXT NOT NULL,
    company INTEGER,
    body TEXT NOT NULL,
    created INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due INTEGER,
    failure TEXT,
    status INTEGER
) STRICT;
CREATE INDEX delivery_due ON delivery (target, due, number);
CREATE INDEX delivery_of_company ON delivery (company);
CREATE INDEX delivery_age ON delivery (created);
CREATE TABLE delivery_count (
    target TEXT PRIMARY KEY, delivered INTEGER NOT NULL, failed INTEGER NOT NULL, dead INTEGER NOT NULL, last_delivered INTEGER
) STRICT, WITHOUT ROWID;

-- Companies that were seen since alerts looked; `turn` says whether they were seen again meanwhile.
CREATE TABLE alert_touched (company INTEGER PRIMARY KEY, turn INTEGER NOT NULL) STRICT;
-- What a target was told to look at, and that those who were in it before are known.
CREATE TABLE alert_watch (target TEXT PRIMARY KEY, what TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- Who is in, and on which day the target was told last.
CREATE TABLE alert_member (
    target TEXT NOT NULL, company INTEGER NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (target, company)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_member_of_company ON alert_member (company);

CREATE TRIGGER company_leaves_outgoing AFTER DELETE ON company BEGIN
    DELETE FROM delivery WHERE company = OLD.number;
    DELETE FROM alert_touched WHERE company = OLD.number;
    DELETE FROM alert_member WHERE company = OLD.number;
END;
";

/// The version of a store that this program writes.
pub(super) fn version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// The version of a store; 0 of an empty file. Refuses what is no store, or a newer program's.
pub(super) fn identify(connection: &Connection) -> Result<u32> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION && (application != 0 || found != 0 || tables != 0) {
        return Err(StoreError::Foreign("it is another program's database"));
    }
    if found > version() {
        return Err(StoreError::Newer { found, known: version() });
    }
    Ok(found)
}

/// Brings a store up to date, each step a transaction.
pub(super) fn migrate(connection: &Connection) -> Result<()> {
    let found = identify(connection)?;
    for (step, sql) in (1_u32..).zip(MIGRATIONS).skip(found as usize) {
        let transaction = connection.unchecked_transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", step)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The tables, indexes and triggers of a store, as they were made; without the triggers of alerts, which come and go with the configuration.
pub(super) fn tables(connection: &Connection) -> Result<Vec<(String, String)>> {
    let mut statement = connection.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name <> 'backup_rows'
             AND NOT (type = 'trigger' AND name LIKE 'alert\\_%' ESCAPE '\\') ORDER BY name",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The same of an empty store of a version.
pub(super) fn tables_of(version: u32) -> Result<Vec<(String, String)>> {
    let empty = Connection::open_in_memory()?;
    for sql in MIGRATIONS.iter().take(version as usize) {
        empty.execute_batch(sql)?;
    }
    tables(&empty)
}
