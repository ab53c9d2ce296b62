//! What companies ask for that could not prove who they are: requests that wait for the owner, who accepts or declines. A decided request is
//! removed; what came of it is in the audit log and the objections.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Result, Store, StoreError, audit};
use crate::model::Timestamp;
use crate::text::clean;

/// Requests that may wait: whoever floods them does not fill the disk.
const MOST: i64 = 1000;

/// Characters of a company's name, and of what else is said.
pub const LONGEST_REQUESTED_NAME: usize = 200;
/// See [`LONGEST_REQUESTED_NAME`].
pub const LONGEST_REQUEST: usize = 2000;

/// The table.
pub(super) const TABLE: &str = r"
CREATE TABLE request (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, company TEXT NOT NULL, message TEXT NOT NULL, language TEXT NOT NULL
) STRICT;
CREATE INDEX request_by_time ON request (at);
";

/// A request that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectionRequest {
    /// Its number.
    pub id: i64,
    /// When it was left.
    pub at: Timestamp,
    /// What the company calls itself.
    pub company: String,
    /// What else was said.
    pub message: String,
    /// In which language: ISO 639-1.
    pub language: String,
}

impl Store {
    /// Leaves a request. Its texts are cleaned and cut; without a name it is refused, and so is one more than may wait.
    pub fn request_objection(
        &self,
        company: &str,
        message: &str,
        language: &str,
        now: Timestamp,
    ) -> Result<()> {
        let (company, message) = (clean(company, LONGEST_REQUESTED_NAME), clean(message, LONGEST_REQUEST));
        if company.is_empty() {
            return Err(StoreError::Invalid("a request names a company".into()));
        }
        let language = language.to_owned();
        self.write(move |connection| {
            let waiting: i64 = connection.query_row("SELECT count(*) FROM request", [], |row| row.get(0))?;
            if waiting >= MOST {
                return Err(StoreError::Busy);
            }
            connection.execute(
                "INSERT INTO request (at, company, message, language) VALUES (?1, ?2, ?3, ?4)",
                params![now, company, message, language],
            )?;
            audit::append(connection, now, "objection page", "request", "", "")
        })
    }

    /// The requests that wait, the oldest first.
    pub fn objection_requests(&self) -> Result<Vec<ObjectionRequest>> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT id, at, company, message, language FROM request ORDER BY id")?;
            let rows = statement.query_map([], |row| {
                Ok(ObjectionRequest {
                    id: row.get(0)?,
                    at: row.get(1)?,
                    company: row.get(2)?,
                    message: row.get(3)?,
                    language: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Removes a request that was decided.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] where there is none of this number.
    pub fn decide_request(&self, id: i64, accepted: bool, actor: &str, now: Timestamp) -> Result<()> {
        let actor = actor.to_owned();
        self.write(move |connection| {
            if connection.execute("DELETE FROM request WHERE id = ?1", [id])? == 0 {
                return Err(StoreError::Missing("request"));
            }
            let action = if accepted { "accept_request" } else { "decline_request" };
            audit::append(connection, now, &actor, action, &id.to_string(), "")
        })?;
        self.forget_deleted()
    }

    /// The secret of this store under which proofs of domains are made; it is made at its first use, of the system's random bytes.
    pub fn proof_key(&self) -> Result<[u8; 32]> {
        let known = |connection: &Connection| -> Result<Option<[u8; 32]>> {
            let mut statement =
                connection.prepare_cached("SELECT value FROM fact WHERE key = 'proof_key'")?;
            Ok(statement.query_row([], |row| row.get(0)).optional()?)
        };
        if let Some(key) = self.read(known)? {
            return Ok(key);
        }
        let mut key = [0; 32];
        getrandom::fill(&mut key)
            .map_err(|_| StoreError::Invalid("the system gives no random bytes".into()))?;
        self.write(move |connection| {
            connection.execute(
                "INSERT INTO fact (key, value) VALUES ('proof_key', ?1) ON CONFLICT DO NOTHING",
                [key],
            )?;
            known(connection)?.ok_or(StoreError::Missing("key"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Retention, StoreOptions};

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("leads.db"), StoreOptions::default()).unwrap();
        (folder, store)
    }

    #[test]
    fn a_request_waits_until_it_is_decided_and_is_gone_then() {
        let (folder, store) = store();
        store.request_objection(" Example\u{202e} \n GmbH", "please", "de", 5).unwrap();
        let waiting = store.objection_requests().unwrap();
        assert_eq!(
            (&*waiting[0].company, &*waiting[0].message, waiting[0].at),
            ("Example GmbH", "please", 5)
        );
        store.decide_request(waiting[0].id, true, "anna", 6).unwrap();
        assert_eq!(store.objection_requests().unwrap(), []);
        assert!(matches!(store.decide_request(waiting[0].id, true, "anna", 7), Err(StoreError::Missing(_))));
        let actions: Vec<_> =
            store.audit_entries(None, 10).unwrap().into_iter().map(|entry| entry.action).collect();
        assert_eq!(actions, ["accept_request", "request"]);
        drop(store);
        let file = std::fs::read(folder.path().join("leads.db")).unwrap();
        assert!(!file.windows(7).any(|part| part == b"Example"), "nothing of it is left in the file");
    }

    #[test]
    fn a_flood_of_requests_ends() {
        let (_folder, store) = store();
        assert!(matches!(store.request_objection("\u{200b} ", "", "en", 1), Err(StoreError::Invalid(_))));
        for _ in 0..MOST {
            store.request_objection("a", "", "en", 1).unwrap();
        }
        assert!(matches!(store.request_objection("a", "", "en", 1), Err(StoreError::Busy)));
    }

    #[test]
    fn what_nobody_decides_goes_with_the_notes() {
        let (_folder, store) = store();
        store.request_objection("old", "", "en", 5).unwrap();
        let now = 40 * 86_400_000;
        store.request_objection("new", "", "en", now).unwrap();
        let retention =
            Retention { page_views: 1, cookies: 1, companies: 1, counts: 1, audit: 60, notes: 30 };
        assert_eq!(store.purge(&retention, now).unwrap().notes, 1);
        assert_eq!(store.objection_requests().unwrap()[0].company, "new");
    }

    #[test]
    fn the_key_of_proofs_stays() {
        let (folder, store) = store();
        let key = store.proof_key().unwrap();
        assert_eq!(store.proof_key().unwrap(), key);
        drop(store);
        let again = Store::open(folder.path().join("leads.db"), StoreOptions::default()).unwrap();
        assert_eq!(again.proof_key().unwrap(), key);
    }
}
