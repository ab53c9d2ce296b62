//! Users and keys, as the command line makes them: beside a running daemon, or before there is one.

use nameplate_leads::access::{Role, Scope};
use nameplate_leads::now;
use nameplate_leads::store::{Accounts, StoreError};

use crate::auth::password::{self, PasswordError};
use crate::auth::token::{Token, key_text};

/// Who the audit log says has done what the command line does.
const ACTOR: &str = "command line";

/// Why a user or key was not made or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UserError {
    /// The password can't be taken.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is one of this name.
    #[error("there is a {0} of this name")]
    Taken(&'static str),
    /// There is none of this name.
    #[error("there is no {0} of this name")]
    Unknown(&'static str),
}

fn known(found: bool, what: &'static str) -> Result<(), UserError> {
    if found { Ok(()) } else { Err(UserError::Unknown(what)) }
}

/// Adds a user. Hashing takes some 20 ms.
pub fn add(accounts: &Accounts, name: &str, role: Role, password: &str) -> Result<(), UserError> {
    let hash = password::hash(password)?;
    let added = accounts.add_user(name, role, &hash, ACTOR, now())?;
    if added { Ok(()) } else { Err(UserError::Taken("user")) }
}

/// Gives a user another password, and signs it out everywhere. Hashing takes some 20 ms.
pub fn set_password(accounts: &Accounts, name: &str, password: &str) -> Result<(), UserError> {
    let hash = password::hash(password)?;
    known(accounts.set_password(name, &hash, ACTOR, now())?, "user")
}

/// Takes a user's second factor away, and signs it out everywhere: it sets up another one at its next sign-in.
pub fn reset_second_factor(accounts: &Accounts, name: &str) -> Result<(), UserError> {
    known(accounts.reset_second_factor(name, ACTOR, now())?, "user")
}

/// Removes a user, and signs it out everywhere.
pub fn remove(accounts: &Accounts, name: &str) -> Result<(), UserError> {
    known(accounts.remove_user(name, ACTOR, now())?, "user")
}

/// Makes a key. What it returns is its secret, which is nowhere else: the store has its hash.
pub fn add_key(accounts: &Accounts, name: &str, scopes: &[Scope]) -> Result<String, UserError> {
    let token = Token::random();
    let added = accounts.add_key(name, scopes, token.hash(), ACTOR, now())?;
    if added { Ok(key_text(&token)) } else { Err(UserError::Taken("key")) }
}

/// Removes a key: from then on it opens nothing.
pub fn remove_key(accounts: &Accounts, name: &str) -> Result<(), UserError> {
    known(accounts.remove_key(name, ACTOR, now())?, "key")
}
