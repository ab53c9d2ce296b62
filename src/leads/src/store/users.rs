//! Users, their sessions, and keys of programs. Of a password there is its argon2id hash, of a session and a key the SHA-256 of 256
//! random bits; the secret of a second factor has to be there as it is, which is one more reason why only its owner can read the file.
//!
//! The command line changes users while the daemon runs: [`Accounts::open`] is a connection beside the one writer, which the writer waits
//! for like for its own checkpoints. Nothing here is in the writer's memory.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, TransactionBehavior, params};

use super::{Result, Store, StoreError, audit, from_word, open, schema, word};
use crate::access::{Role, Scope};
use crate::model::Timestamp;

/// A step of the schema.
pub(super) const TABLES: &str = r"
CREATE TABLE user (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    created INTEGER NOT NULL,
    language TEXT,
    -- Of the second factor; `factor_step` is the last step of which a code was used, and NULL until the first one was.
    factor BLOB,
    factor_step INTEGER
) STRICT;
CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES user (id),
    stage TEXT NOT NULL,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    ends INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of_user ON session (user);
CREATE TABLE key (
    hash BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    author TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// A session's last use is written down when it is so many milliseconds older than what is written.
const SEEN_EVERY: i64 = 60_000;

/// What [`user`] reads, in its order.
macro_rules! user_columns {
    () => {
        "user.id, user.name, user.role, user.language, user.factor_step IS NOT NULL, user.created"
    };
}
/// SHA-256 of a secret.
pub type SecretHash = [u8; 32];

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its number; never given again.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// The language it has chosen: `de`, `nl`, `fr`, `en`.
    pub language: Option<String>,
    /// Whether it has a second factor.
    pub second_factor: bool,
    /// Since when.
    pub created: Timestamp,
}

/// How far a sign-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The password was right; the code is missing.
    Code,
    /// The password was right; the role needs a second factor, which is to be set up.
    Enrolment,
    /// Signed in.
    Full,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub user: User,
    /// How far it is.
    pub stage: Stage,
    /// When it ends in any case.
    pub ends: Timestamp,
}

/// A session to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewSession {
    /// Of its secret.
    pub hash: SecretHash,
    /// The user's number.
    pub user: i64,
    /// How far it is.
    pub stage: Stage,
    /// Now.
    pub now: Timestamp,
    /// When it ends in any case.
    pub ends: Timestamp,
}

/// The secret of a second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// For TOTP.
    pub secret: Vec<u8>,
    /// Whether its user has shown that it has it.
    pub confirmed: bool,
}

/// Says nothing of the secret.
impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("SecondFactor").field("confirmed", &self.confirmed).finish_non_exhaustive()
    }
}

/// A program's key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Who made it.
    pub author: String,
    /// Since when.
    pub created: Timestamp,
}

/// Users, sessions and keys of a store. Calls wait for the disk: not for async tasks.
#[derive(Debug)]
pub struct Accounts(Access);

#[derive(Debug)]
enum Access {
    /// In the process that has the store.
    Store(Store),
    /// Beside it.
    Beside(Mutex<Connection>),
}

impl Accounts {
    /// Those of an open store.
    pub fn of(store: Store) -> Accounts {
        Accounts(Access::Store(store))
    }

    /// Those of a store that another process may have open. Where there is none yet, it is made.
    ///
    /// # Errors
    ///
    /// Those of [`Store::open`], and [`StoreError::Newer`] or [`StoreError::Foreign`] where a running daemon is of another version.
    pub fn open(path: impl AsRef<Path>) -> Result<Accounts> {
        let path = path.as_ref();
        // Makes the tables, unless a daemon has done so.
        match open::lock(path) {
            Ok(_lock) => drop(open::prepare(path)?),
            Err(StoreError::Locked) => {}
            Err(error) => return Err(error),
        }
        let connection = open::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0",
        )?;
        let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > schema::version() {
            return Err(StoreError::Newer { found, known: schema::version() });
        }
        if found < schema::version() {
            return Err(StoreError::Foreign("the daemon that has it open is an older version; restart it"));
        }
        Ok(Accounts(Access::Beside(Mutex::new(connection))))
    }

    fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.0 {
            Access::Store(store) => store.write(change),
            Access::Beside(connection) => {
                let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let result = change(&begun)?;
                begun.commit()?;
                Ok(result)
            }
        }
    }

    fn read<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        match &self.0 {
            Access::Store(store) => store.read(ask),
            Access::Beside(connection) => ask(&connection.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Adds a user; false where the name is taken. `password` is the PHC string of its hash.
    pub fn add_user(
        &self,
        name: &str,
        role: Role,
        password: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool> {
        if !is_name(name) {
            return Err(StoreError::Invalid(
                "a user's name is 1 to 64 letters, digits, dots, dashes, underscores and @, and begins with a letter or digit".into(),
            ));
        }
        let (name, password, actor) = (name.to_owned(), password.to_owned(), actor.to_owned());
        self.write(move |connection| {
            let added = connection.execute(
                "INSERT INTO user (name, role, password, created) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                params![name, role.name(), password, now],
            )? > 0;
            if added {
                audit::append(connection, now, &actor, "add_user", &name, role.name())?;
            }
            Ok(added)
        })
    }

    /// The users by name.
    pub fn users(&self) -> Result<Vec<User>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(concat!("SELECT ", user_columns!(), " FROM user ORDER BY name"))?;
            let rows = statement.query_and_then([], user)?;
            rows.collect()
        })
    }

    /// A user and the hash of its password.
    pub fn credentials(&self, name: &str) -> Result<Option<(User, String)>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(concat!(
                "SELECT ",
                user_columns!(),
                ", password FROM user WHERE name = ?1"
            ))?;
            let mut rows = statement.query_and_then([name], |row| Ok((user(row)?, row.get(6)?)))?;
            rows.next().transpose()
        })
    }

    /// Another password; ends the user's sessions. False where there is no such user.
    pub fn set_password(&self, name: &str, password: &str, actor: &str, now: Timestamp) -> Result<bool> {
        let password = password.to_owned();
        self.change_user(name, actor, "set_password", now, move |connection, id| {
            connection.execute("UPDATE user SET password = ?2 WHERE id = ?1", params![id, password])?;
            Ok(())
        })
    }

    /// Takes the second factor away, so that the user sets up another one; ends its sessions. False where there is no such user.
    pub fn reset_second_factor(&self, name: &str, actor: &str, now: Timestamp) -> Result<bool> {
        self.change_user(name, actor, "reset_second_factor", now, |connection, id| {
            connection.execute("UPDATE user SET factor = NULL, factor_step = NULL WHERE id = ?1", [id])?;
            Ok(())
        })
    }

    /// Removes a user and ends its sessions. False where there is none.
    pub fn remove_user(&self, name: &str, actor: &str, now: Timestamp) -> Result<bool> {
        self.change_user(name, actor, "remove_user", now, |connection, id| {
            connection.execute("DELETE FROM user WHERE id = ?1", [id])?;
            Ok(())
        })
    }

    fn change_user(
        &self,
        name: &str,
        actor: &str,
        action: &'static str,
        now: Timestamp,
        change: impl FnOnce(&Connection, i64) -> Result<()> + Send + 'static,
    ) -> Result<bool> {
        let (name, actor) = (name.to_owned(), actor.to_owned());
        self.write(move |connection| {
            let mut statement = connection.prepare_cached("SELECT id FROM user WHERE name = ?1")?;
            let Some(id) = statement.query_row([&name], |row| row.get::<_, i64>(0)).optional()? else {
                return Ok(false);
            };
            change(connection, id)?;
            connection.execute("DELETE FROM session WHERE user = ?1", [id])?;
            audit::append(connection, now, &actor, action, &name, "")?;
            Ok(true)
        })
    }

    /// The language of a user's pages.
    pub fn set_language(&self, user: i64, language: &str) -> Result<()> {
        let language = language.to_owned();
        self.write(move |connection| {
            connection.execute("UPDATE user SET language = ?2 WHERE id = ?1", params![user, language])?;
            Ok(())
        })
    }

    /// A user's second factor, confirmed or not.
    pub fn second_factor(&self, user: i64) -> Result<Option<SecondFactor>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT factor, factor_step IS NOT NULL FROM user WHERE id = ?1 AND factor IS NOT NULL",
            )?;
            let factor = |row: &Row<'_>| Ok(SecondFactor { secret: row.get(0)?, confirmed: row.get(1)? });
            Ok(statement.query_row([user], factor).optional()?)
        })
    }

    /// Keeps the secret of a second factor that is to be confirmed; one that is confirmed stays as it is.
    pub fn propose_second_factor(&self, user: i64, secret: &[u8]) -> Result<()> {
        let secret = secret.to_owned();
        self.write(move |connection| {
            connection.execute(
                "UPDATE user SET factor = ?2 WHERE id = ?1 AND factor_step IS NULL",
                params![user, secret],
            )?;
            Ok(())
        })
    }

    /// Uses the code of a step, which confirms a second factor that was not; false where a code of this step or a later one has been
    /// used, or where the secret is no longer this one.
    pub fn use_second_factor(&self, user: i64, secret: &[u8], step: u64, now: Timestamp) -> Result<bool> {
        let step = i64::try_from(step).map_err(|_| StoreError::Invalid("a step that no clock has".into()))?;
        let secret = secret.to_owned();
        self.write(move |connection| {
            let first: Option<(String, bool)> = connection
                .prepare_cached("SELECT name, factor_step IS NULL FROM user WHERE id = ?1")?
                .query_row([user], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let taken = connection.execute(
                "UPDATE user SET factor_step = ?3 WHERE id = ?1 AND factor = ?2 AND ifnull(factor_step, -1) < ?3",
                params![user, secret, step],
            )? > 0;
            if let (true, Some((name, true))) = (taken, first) {
                audit::append(connection, now, &name, "set_second_factor", &name, "")?;
            }
            Ok(taken)
        })
    }

    /// Keeps a session instead of another one, if one is given; removes those that are over.
    pub fn add_session(&self, session: NewSession, instead_of: Option<SecretHash>) -> Result<()> {
        self.write(move |connection| {
            connection.execute("DELETE FROM session WHERE ends <= ?1", [session.now])?;
            if let Some(old) = instead_of {
                connection.execute("DELETE FROM session WHERE hash = ?1", [old])?;
            }
            connection.execute(
                "INSERT INTO session (hash, user, stage, created, seen, ends) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
                params![session.hash, session.user, word(&session.stage)?, session.now, session.ends],
            )?;
            Ok(())
        })
    }

    /// The session of this secret, unless it is over or was not used for `idle` milliseconds. That it is used now is written down once a
    /// minute.
    pub fn session(&self, hash: SecretHash, idle: i64, now: Timestamp) -> Result<Option<Session>> {
        let found: Option<(Session, Timestamp)> = self.read(|connection| {
            let mut statement = connection.prepare_cached(concat!(
                "SELECT ",
                user_columns!(),
                ", stage, session.ends, session.seen FROM session JOIN user ON user.id = session.user WHERE hash = ?1"
            ))?;
            let mut rows = statement.query_and_then([hash], |row| {
                let session = Session { user: user(row)?, stage: from_word(row.get(6)?)?, ends: row.get(7)? };
                Ok((session, row.get(8)?))
            })?;
            rows.next().transpose()
        })?;
        let Some((session, seen)) = found.filter(|(session, seen)| now < session.ends && now - seen < idle)
        else {
            return Ok(None);
        };
        if now - seen >= SEEN_EVERY {
            self.write(move |connection| {
                connection.execute("UPDATE session SET seen = ?2 WHERE hash = ?1", params![hash, now])?;
                Ok(())
            })?;
        }
        Ok(Some(session))
    }

    /// Ends a session.
    pub fn remove_session(&self, hash: SecretHash) -> Result<()> {
        self.write(move |connection| {
            connection.execute("DELETE FROM session WHERE hash = ?1", [hash])?;
            Ok(())
        })
    }

    /// Keeps a key; false where the name is taken.
    pub fn add_key(
        &self,
        name: &str,
        scopes: &[Scope],
        hash: SecretHash,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool> {
        if !is_name(name) || scopes.is_empty() {
            return Err(StoreError::Invalid(
                "a key has a name of 1 to 64 letters, digits, dots, dashes, underscores and @, and at least one scope".into(),
            ));
        }
        let scopes = scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ");
        let (name, actor) = (name.to_owned(), actor.to_owned());
        self.write(move |connection| {
            let added = connection.execute(
                "INSERT INTO key (hash, name, scopes, author, created) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                params![hash, name, scopes, actor, now],
            )? > 0;
            if added {
                audit::append(connection, now, &actor, "add_key", &name, &scopes)?;
            }
            Ok(added)
        })
    }

    /// The key of this secret.
    pub fn key(&self, hash: SecretHash) -> Result<Option<Key>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT name, scopes, author, created FROM key WHERE hash = ?1")?;
            Ok(statement.query_row([hash], key).optional()?)
        })
    }

    /// The keys by name.
    pub fn keys(&self) -> Result<Vec<Key>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT name, scopes, author, created FROM key ORDER BY name")?;
            let rows = statement.query_map([], key)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Removes a key; false where there is none.
    pub fn remove_key(&self, name: &str, actor: &str, now: Timestamp) -> Result<bool> {
        let (name, actor) = (name.to_owned(), actor.to_owned());
        self.write(move |connection| {
            let removed = connection.execute("DELETE FROM key WHERE name = ?1", [&name])? > 0;
            if removed {
                audit::append(connection, now, &actor, "remove_key", &name, "")?;
            }
            Ok(removed)
        })
    }

    /// Adds an entry to the audit log, as [`Store::audit`] does.
    pub fn audit(
        &self,
        at: Timestamp,
        actor: &str,
        action: &str,
        subject: &str,
        details: &str,
    ) -> Result<()> {
        let texts = [actor, action, subject, details].map(str::to_owned);
        self.write(move |connection| {
            audit::append(connection, at, &texts[0], &texts[1], &texts[2], &texts[3])
        })
    }
}

fn user(row: &Row<'_>) -> Result<User> {
    Ok(User {
        id: row.get(0)?,
        name: row.get(1)?,
        role: from_word(row.get(2)?)?,
        language: row.get(3)?,
        second_factor: row.get(4)?,
        created: row.get(5)?,
    })
}

fn key(row: &Row<'_>) -> rusqlite::Result<Key> {
    let scopes: String = row.get(1)?;
    Ok(Key {
        name: row.get(0)?,
        // A word of a newer program gives no right here.
        scopes: scopes.split(' ').filter_map(Scope::from_name).collect(),
        author: row.get(2)?,
        created: row.get(3)?,
    })
}

/// Also fit to stand in an authenticator's label, where a colon would end it.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.chars().count())
        && name.starts_with(|first: char| first.is_alphanumeric())
        && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | '@'))
}

#[cfg(test)]
mod tests;
