//! Backups: whole, private, checked, expiring; restored without what has been objected to since.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use nameplate_leads::model::{LeadsQuery, Record};
use nameplate_leads::store::{CompanySelector, Store, StoreError, expire_backups, restore, verify_backup};
use rusqlite::Connection;

use super::{DAY, NOW, Place, company, formula, record, record_all, seen};

fn fill(store: &Store, companies: i64) {
    let site = store.site("shop").unwrap();
    let visit = |number| {
        Record::Seen(Box::new(seen(
            site,
            NOW,
            company(&format!("lei:{number}"), "Some"),
            &format!("/{number}"),
        )))
    };
    assert!(record_all(store, (0..companies).map(visit).collect()).iter().all(Result::is_ok));
}

fn count(store: &Store) -> usize {
    store
        .leads(&LeadsQuery { limit: Some(500), ..LeadsQuery::default() }, &formula(), NOW)
        .unwrap()
        .companies
        .len()
}

#[test]
fn a_backup_is_of_one_moment_and_can_be_restored() {
    let place = Place::new();
    let store = place.open();
    store.watch_visits(true).unwrap();
    fill(&store, 20);
    let backup = place.path("copy");
    let report = std::thread::scope(|scope| {
        scope.spawn(|| fill(&store, 300));
        store.backup(&backup, "mia", NOW).unwrap()
    });
    assert_eq!(verify_backup(&backup).unwrap(), report);
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        matches!(restore(&backup, &place.path("leads.db"), "mia", NOW), Err(StoreError::Locked)),
        "it is open"
    );
    let companies = report.rows.iter().find(|(name, _)| name == "company").unwrap().1 as usize;
    assert!((20..=300).contains(&companies));

    // What came after the backup is gone, what objected since stays away.
    assert_eq!(count(&store), 300);
    store.suppress(&CompanySelector::Id("lei:3".into()), "", "mia", NOW).unwrap();
    drop(store);
    restore(&backup, &place.path("leads.db"), "mia", NOW).unwrap();
    let store = place.open();
    assert_eq!(count(&store), companies - 1);
    assert!(store.lead("lei:3", &formula(), NOW).unwrap().is_none());
    assert_eq!(store.objections().unwrap().len(), 1);
    assert_eq!(store.audit_entries(None, 1).unwrap()[0].action, "restore");
    record(&store, seen(store.site("shop").unwrap(), NOW, company("lei:new", "New"), "/"));
    assert_eq!(count(&store), companies);
    let left: Vec<_> =
        fs::read_dir(backup.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().contains(".part")), "{left:?}");
}

#[test]
fn a_damaged_backup_is_found_and_not_restored() {
    let place = Place::new();
    let store = place.open();
    fill(&store, 200);
    let backup = place.path("copy");
    store.backup(&backup, "mia", NOW).unwrap();
    drop(store);
    let whole = fs::read(&backup).unwrap();
    let refused = |what: &str| {
        assert!(verify_backup(&backup).is_err(), "{what}");
        assert!(restore(&backup, &place.path("leads.db"), "mia", NOW).is_err(), "{what}");
        assert_eq!(count(&place.open()), 200, "{what}: the store is as it was");
    };
    fs::write(&backup, &whole[..whole.len() / 2]).unwrap();
    refused("cut off");
    let mut damaged = whole.clone();
    for page in (4096..damaged.len()).step_by(4096) {
        damaged[page] ^= 0xff;
    }
    fs::write(&backup, &damaged).unwrap();
    refused("pages overwritten");
    for sql in ["DELETE FROM visit WHERE id = 7", "DROP INDEX page_age", "PRAGMA user_version = 99"] {
        fs::write(&backup, &whole).unwrap();
        Connection::open(&backup).unwrap().execute_batch(sql).unwrap();
        refused(sql);
    }
    fs::copy(place.path("leads.db"), &backup).unwrap();
    refused("a store, and no backup");
    fs::write(&backup, &whole).unwrap();
    verify_backup(&backup).unwrap();
}

#[test]
fn backups_expire_after_thirty_days_whatever_is_set() {
    let place = Place::new();
    let store = place.open();
    fill(&store, 1);
    let directory = place.path("backups");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("leads-notes.backup"), "mine").unwrap();
    let mut made = Vec::new();
    for days in [40, 31, 29, 5, 0] {
        made.push(store.backup_into(&directory, 1000, "mia", NOW - days * DAY).unwrap());
    }
    let there = || -> Vec<bool> { made.iter().map(|path| path.exists()).collect() };
    assert_eq!(there(), [false, false, true, true, true]);
    assert_eq!(expire_backups(&directory, 4, NOW).unwrap(), 2);
    assert_eq!(there(), [false, false, false, false, true]);
    assert!(directory.join("leads-notes.backup").exists());
}
