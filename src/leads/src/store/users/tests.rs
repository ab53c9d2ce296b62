//! Accounts on a real store.

use super::*;
use crate::store::StoreOptions;

const HOUR: i64 = 3_600_000;
const PHC: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";

fn new() -> (tempfile::TempDir, Store, Accounts) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("leads.db"), StoreOptions::default()).unwrap();
    let accounts = Accounts::of(store.clone());
    (folder, store, accounts)
}

fn session(hash: u8, user: i64, now: Timestamp) -> NewSession {
    NewSession { hash: [hash; 32], user, stage: Stage::Full, now, ends: now + 12 * HOUR }
}

#[test]
fn a_user_is_added_once_found_and_removed() {
    let (_folder, store, accounts) = new();
    assert!(accounts.add_user("anna", Role::Analyst, PHC, "cli", 1).unwrap());
    assert!(!accounts.add_user("anna", Role::Administrator, PHC, "cli", 2).unwrap());
    let (user, password) = accounts.credentials("anna").unwrap().unwrap();
    assert_eq!((user.role, user.second_factor, &*password), (Role::Analyst, false, PHC));
    assert_eq!(accounts.users().unwrap(), [user]);
    assert!(accounts.credentials("Anna").unwrap().is_none());
    assert!(accounts.remove_user("anna", "cli", 3).unwrap());
    assert!(!accounts.remove_user("anna", "cli", 3).unwrap());
    let actions: Vec<String> =
        store.audit_entries(None, 10).unwrap().into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["remove_user", "add_user"]);
}

#[test]
fn names_are_short_and_plain() {
    let (_folder, _store, accounts) = new();
    for bad in ["", ".a", "a b", "a:b", "<b>", "a\u{202e}b", &"a".repeat(65)] {
        assert!(accounts.add_user(bad, Role::Analyst, PHC, "cli", 1).is_err(), "{bad:?}");
    }
    assert!(accounts.add_user("zoë.m-2@example.com", Role::Analyst, PHC, "cli", 1).unwrap());
}

#[test]
fn a_session_ends_by_idleness_by_age_and_with_its_user() {
    let (_folder, _store, accounts) = new();
    accounts.add_user("anna", Role::Analyst, PHC, "cli", 0).unwrap();
    let id = accounts.users().unwrap()[0].id;
    accounts.add_session(session(1, id, 0), None).unwrap();
    let at = |now| accounts.session([1; 32], HOUR, now).unwrap();
    assert_eq!(at(HOUR - 1).unwrap().user.name, "anna");
    assert!(at(2 * HOUR - 2).is_some(), "each use counts");
    assert!(at(3 * HOUR).is_none(), "idle for an hour");
    for now in (0..12).map(|hour| hour * HOUR - 1) {
        accounts.session([1; 32], 2 * HOUR, now).unwrap();
    }
    assert!(at(12 * HOUR).is_none(), "twelve hours old");
    accounts.add_session(session(2, id, 13 * HOUR), Some([1; 32])).unwrap();
    accounts.set_password("anna", PHC, "cli", 13 * HOUR).unwrap();
    assert!(accounts.session([2; 32], HOUR, 13 * HOUR).unwrap().is_none());
}

#[test]
fn a_code_is_used_once_and_confirms() {
    let (_folder, _store, accounts) = new();
    accounts.add_user("anna", Role::Administrator, PHC, "cli", 0).unwrap();
    let id = accounts.users().unwrap()[0].id;
    accounts.propose_second_factor(id, b"one").unwrap();
    accounts.propose_second_factor(id, b"two").unwrap();
    assert!(!accounts.second_factor(id).unwrap().unwrap().confirmed);
    assert!(!accounts.use_second_factor(id, b"one", 7, 0).unwrap(), "no longer the secret");
    assert!(accounts.use_second_factor(id, b"two", 7, 0).unwrap());
    assert!(accounts.users().unwrap()[0].second_factor);
    assert!(!accounts.use_second_factor(id, b"two", 7, 0).unwrap(), "used");
    assert!(!accounts.use_second_factor(id, b"two", 6, 0).unwrap(), "before one that was used");
    accounts.propose_second_factor(id, b"mine").unwrap();
    assert_eq!(accounts.second_factor(id).unwrap().unwrap().secret, b"two", "a confirmed one stays");
    accounts.reset_second_factor("anna", "cli", 0).unwrap();
    assert_eq!(accounts.second_factor(id).unwrap(), None);
}

#[test]
fn a_key_is_known_by_its_hash_alone() {
    let (_folder, _store, accounts) = new();
    let scopes = [Scope::Visits, Scope::Read];
    assert!(accounts.add_key("shop", &scopes, [7; 32], "anna", 1).unwrap());
    assert!(!accounts.add_key("shop", &scopes, [8; 32], "anna", 1).unwrap());
    assert!(accounts.add_key("none", &[], [9; 32], "anna", 1).is_err());
    assert_eq!(accounts.key([7; 32]).unwrap().unwrap().scopes, scopes);
    assert_eq!(accounts.key([8; 32]).unwrap(), None);
    assert!(accounts.remove_key("shop", "anna", 2).unwrap());
    assert_eq!(accounts.key([7; 32]).unwrap(), None);
}

#[test]
fn the_command_line_changes_users_beside_a_running_daemon() {
    let (folder, store, accounts) = new();
    let beside = Accounts::open(folder.path().join("leads.db")).unwrap();
    assert!(beside.add_user("anna", Role::Analyst, PHC, "cli", 1).unwrap());
    assert!(accounts.add_user("bert", Role::Analyst, PHC, "cli", 1).unwrap());
    assert_eq!(beside.users().unwrap(), accounts.users().unwrap());
    store.site("shop").unwrap();
    assert_eq!(beside.users().unwrap().len(), 2);
}

#[test]
fn where_there_is_no_store_yet_the_first_user_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leads.db");
    Accounts::open(&path).unwrap().add_user("anna", Role::Administrator, PHC, "cli", 1).unwrap();
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    assert_eq!(Accounts::of(store).users().unwrap().len(), 1);
}
