//! A process that is killed while visits arrive: no visit that was acknowledged is lost, none is there twice, and the store opens.
//!
//! The test runs itself as that process. It writes each visit's number as it is acknowledged to its output, which the kernel keeps.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use nameplate_leads::model::Record;
use nameplate_leads::store::{Store, StoreOptions};
use rusqlite::Connection;

use super::{NOW, Place, by, company, formula, seen};

const STORE: &str = "NAMEPLATE_KILLED_STORE";
const BEGIN: &str = "NAMEPLATE_KILLED_BEGIN";
/// What a killed process may have recorded at most, so that numbers are of one round.
const NUMBERS: u64 = 10_000_000;

/// The process that is killed: records until then.
#[test]
#[ignore = "runs until it is killed; the test below starts it"]
fn recorder() {
    let (Ok(path), Ok(begin)) = (std::env::var(STORE), std::env::var(BEGIN)) else { return };
    let begin: u64 = begin.parse().unwrap();
    let store = Store::open(path, StoreOptions::default()).unwrap();
    let site = store.site("shop").unwrap();
    let log = Mutex::new(
        File::options().append(true).open(std::env::var("NAMEPLATE_KILLED_LOG").unwrap()).unwrap(),
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let next = std::sync::atomic::AtomicU64::new(begin);
    let (store, log, next) =
        (std::sync::Arc::new(store), std::sync::Arc::new(log), std::sync::Arc::new(next));
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for _ in 0..64 {
            let (store, log, next) = (store.clone(), log.clone(), next.clone());
            tasks.push(tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let facts = company(&format!("lei:{}", number % 97), "Some");
                    let visit = seen(site, NOW + number as i64 % 5000, facts, &format!("/{number}"));
                    let visit = by(u128::from(number % 300), u128::from(number % 500), visit);
                    store.record(Record::Seen(Box::new(visit))).await.unwrap();
                    log.lock().unwrap().write_all(format!("{number}\n").as_bytes()).unwrap();
                }
            }));
        }
        let ended = tasks.remove(0).await;
        panic!("a client ended: {ended:?}");
    });
}

#[test]
fn killed_at_any_moment_no_acknowledged_visit_is_lost_or_doubled() {
    let rounds = if std::env::var_os("NAMEPLATE_LONG").is_some() { 200 } else { 20 };
    let place = Place::new();
    let path = place.path("leads.db");
    let mut acknowledged: BTreeSet<u64> = BTreeSet::new();
    let mut seed = 0x9e37_79b9_u64;
    let mut total = 0;
    for round in 0..rounds {
        let log = place.path("acknowledged");
        File::create(&log).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::recorder", "--ignored", "--nocapture"])
            .env(STORE, &path)
            .env(BEGIN, (round * NUMBERS).to_string())
            .env("NAMEPLATE_KILLED_LOG", &log)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Killed after so many acknowledgements, from the first on to thousands: while it opens, in batches, in checkpoints.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let after = if round % 5 == 0 { 0 } else { (seed >> 33) % 40_000 };
        while fs::metadata(&log).unwrap().len() < after {
            assert!(child.try_wait().unwrap().is_none(), "the recorder ended by itself");
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let text = fs::read_to_string(&log).unwrap();
        // What has no end was cut off by the kill.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        acknowledged.extend(whole.lines().map(|line| line.parse::<u64>().unwrap()));
        if !path.exists() {
            assert!(acknowledged.is_empty());
            continue;
        }
        // Opened as the next process would, which also brings back what the WAL holds.
        drop(place.open());
        let raw = Connection::open(&path).unwrap();
        let mut statement = raw
            .prepare("SELECT cast(substr(p.path, 2) AS INTEGER) FROM page_view AS v JOIN page AS p ON p.number = v.page")
            .unwrap();
        let stored: Vec<u64> = statement
            .query_map([], |row| row.get::<_, i64>(0))
            .unwrap()
            .map(|number| number.unwrap() as u64)
            .collect();
        let once: BTreeSet<u64> = stored.iter().copied().collect();
        assert_eq!(once.len(), stored.len(), "round {round}: a visit is there twice");
        let lost: Vec<_> = acknowledged.difference(&once).collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?}");
        // What is summed up is the sum.
        let (views, visits): (i64, i64) = raw
            .query_row("SELECT sum(page_views), sum(visits) FROM tally WHERE span < 100000", [], |row| {
                Ok((row.get::<_, Option<i64>>(0)?.unwrap_or(0), row.get::<_, Option<i64>>(1)?.unwrap_or(0)))
            })
            .unwrap();
        let begun: i64 = raw.query_row("SELECT count(*) FROM visit", [], |row| row.get(0)).unwrap();
        assert_eq!((views, visits), (stored.len() as i64, begun), "round {round}");
        total = stored.len();
    }
    let raw = Connection::open(&path).unwrap();
    let sound: String = raw.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let store = place.open();
    assert!(store.lead("lei:1", &formula(), NOW).unwrap().is_some());
    println!("{rounds} kills, {total} visits kept");
}
