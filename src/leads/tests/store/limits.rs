//! A full disk, a full queue: visits are refused with an error, nothing stored is lost, and it goes on when there is room.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use nameplate_leads::model::Record;
use nameplate_leads::store::{Retention, Store, StoreError, StoreOptions};
use rusqlite::Connection;

use super::{DAY, NOW, Place, company, formula, record, record_all, seen};

/// Fills the store until it refuses; how many were acknowledged.
fn fill(store: &Store, id: &str, at: i64) -> u64 {
    let site = store.site("shop").expect("there is room for a name");
    let mut acknowledged = 0;
    for round in 0..2000 {
        let visit = |number: u64| {
            let path = format!("/{round}/{number}/{}", "x".repeat(500));
            Record::Seen(Box::new(seen(site, at, company(id, "Some"), &path)))
        };
        let results = record_all(store, (0..100).map(visit).collect());
        acknowledged += results.iter().filter(|result| result.is_ok()).count() as u64;
        if let Some(error) = results.into_iter().find_map(Result::err) {
            assert!(matches!(error, StoreError::Full), "{error}");
            // A batch did not fit; until a single one doesn't either.
            for number in 1000.. {
                match store.record_blocking(visit(number)) {
                    Ok(()) => acknowledged += 1,
                    Err(error) => {
                        assert!(matches!(error, StoreError::Full), "{error}");
                        return acknowledged;
                    }
                }
            }
        }
    }
    panic!("it never was full");
}

fn views(store: &Store, id: &str) -> u64 {
    store.lead(id, &formula(), NOW).unwrap().map_or(0, |detail| detail.lead.page_views)
}

fn sound(path: &Path) {
    let raw = Connection::open(path).unwrap();
    let sound: String = raw.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let (views, tallies): (i64, i64) = raw
        .query_row("SELECT (SELECT count(*) FROM page_view), (SELECT sum(page_views) FROM tally WHERE span < 100000)", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(views, tallies);
}

#[test]
fn a_store_that_may_not_grow_refuses_and_goes_on_when_old_visits_are_purged() {
    let place = Place::new();
    let store = place.open_with(StoreOptions { max_pages: Some(500), ..StoreOptions::default() });
    let acknowledged = fill(&store, "lei:old", NOW - 50 * DAY);
    assert_eq!(views(&store, "lei:old"), acknowledged);
    let site = store.site("shop").unwrap();
    let long = || seen(site, NOW, company("lei:new", "New"), &"y".repeat(20_000));
    assert!(matches!(store.record_blocking(Record::Seen(Box::new(long()))), Err(StoreError::Full)));
    let keep = Retention { page_views: 10, cookies: 10, companies: 10, counts: 10, audit: 10, notes: 10 };
    let purged = store.purge(&keep, NOW).unwrap();
    assert_eq!((purged.visits, purged.companies), (1, 1));
    record(&store, long());
    assert_eq!((views(&store, "lei:old"), views(&store, "lei:new")), (0, 1));
    drop(store);
    sound(&place.path("leads.db"));
}

/// A small file system of its own, unmounted at the end.
struct SmallDisk<'a>(&'a Path);

impl SmallDisk<'_> {
    /// None where this user may not mount.
    fn mount(path: &Path, megabytes: u32) -> Option<SmallDisk<'_>> {
        fs::create_dir(path).unwrap();
        let size = format!("size={megabytes}m");
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(path).status();
        status.is_ok_and(|status| status.success()).then_some(SmallDisk(path))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_visits_and_loses_none() {
    let place = Place::new();
    let directory = place.path("disk");
    let Some(_disk) = SmallDisk::mount(&directory, 6) else {
        eprintln!(
            "not run: this user may not mount a file system; the test above fills a store that may not grow"
        );
        return;
    };
    let path = directory.join("leads.db");
    let ballast = directory.join("ballast");
    File::create(&ballast).unwrap().write_all(&vec![1; 2 << 20]).unwrap();
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    let before = fill(&store, "lei:1", NOW);
    assert!(before > 0);
    assert_eq!(views(&store, "lei:1"), before, "what was acknowledged is there, and nothing else");
    let site = store.site("shop").unwrap();
    let visit = |path: String| Record::Seen(Box::new(seen(site, NOW, company("lei:2", "Two"), &path)));
    for _ in 0..20 {
        // Whether some still fit or not: an answer and the store agree.
        let kept = u64::from(store.record_blocking(visit("z".repeat(50_000))).is_ok());
        assert_eq!(kept, 0);
    }
    fs::remove_file(&ballast).unwrap();
    for _ in 0..20 {
        store.record_blocking(visit("/".into())).expect("there is room again");
    }
    assert_eq!((views(&store, "lei:1"), views(&store, "lei:2")), (before, 20));
    drop(store);
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    assert_eq!((views(&store, "lei:1"), views(&store, "lei:2")), (before, 20));
    drop(store);
    sound(&path);
}

#[test]
fn visits_that_were_acknowledged_wait_until_a_full_disk_has_room() {
    let place = Place::new();
    let directory = place.path("disk");
    let Some(_disk) = SmallDisk::mount(&directory, 100) else {
        eprintln!("not run: this user may not mount a file system");
        return;
    };
    let path = directory.join("leads.db");
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    let site = store.site("shop").unwrap();
    let visit =
        |number| Record::Seen(Box::new(seen(site, NOW, company("lei:1", "One"), &format!("/{number}"))));
    // Somebody else holds the tables, so that what is acknowledged meanwhile is in none of them.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for number in 0..50 {
        store.record_blocking(visit(number)).expect("an acknowledgement does not wait for the tables");
    }
    let ballast = directory.join("ballast");
    let mut file = File::create(&ballast).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
    drop(file);
    other.execute_batch("ROLLBACK").unwrap();
    for number in 50..60 {
        assert!(matches!(store.record_blocking(visit(number)), Err(StoreError::Full)));
    }
    assert!(store.lead("lei:1", &formula(), NOW).unwrap().is_none(), "questions are answered");
    assert!(matches!(store.erase_company("lei:1", "dpo", NOW), Err(StoreError::Full)));
    drop(store);
    // Nor are they lost when the store is closed.
    fs::remove_file(&ballast).unwrap();
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    store.record_blocking(visit(60)).expect("there is room again");
    assert_eq!(views(&store, "lei:1"), 51);
    drop((store, other));
    sound(&path);
}

#[test]
fn a_full_queue_refuses_at_once() {
    let place = Place::new();
    let store = place.open_with(StoreOptions { queue: 4, ..StoreOptions::default() });
    let site = store.site("shop").unwrap();
    let visit =
        |number| Record::Seen(Box::new(seen(site, NOW, company("lei:1", "One"), &format!("/{number}"))));
    let results = record_all(&store, (0..20_000).map(visit).collect());
    let kept = results.iter().filter(|result| result.is_ok()).count();
    assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(StoreError::Busy))));
    assert!((4..20_000).contains(&kept), "{kept}");
    assert_eq!(views(&store, "lei:1"), kept as u64);
}

/// A test that started a process in one thread once found the store of another thread locked after it was closed: the process had a copy of the
/// lock's handle until it was what it was to be.
#[test]
fn a_closed_store_is_free_while_processes_are_started() {
    let place = Place::new();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                assert!(Command::new("true").status().unwrap().success());
            }
        });
        let opened: Vec<_> = (0..100)
            .map(|_| Store::open(place.path("leads.db"), StoreOptions::default()).map(drop))
            .collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        for result in opened {
            result.expect("nobody else has it");
        }
    });
}
