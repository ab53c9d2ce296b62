//! Reloads under load: 64 connections ask without pause while the file is replaced. No request is lost, no
//! reply is of two files, and in the end descriptors and memory are as before.
//!
//! `make test` asks 100,000 times and reloads 20 times; `make test-long` 10 million and 1,000 times, and
//! prints what the reloads cost the slowest requests.

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::{Daemon, Peer, directory_with_a_file, numbered, request};
use nameplate::publish;
use nameplate_daemon::resp::{Reply, decode, encode};
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;

const CONNECTIONS: usize = 64;

/// Lookups of a round: each connection sends them at once and waits for all replies.
const LOOKUPS: usize = 12;

/// Addresses of the `MLOOKUP` and of the `LOOKUPPACKED` at a round's end; requests of a round.
const MANY: usize = 8;
const REQUESTS: u64 = LOOKUPS as u64 + 2;

fn long() -> bool {
    std::env::var_os("NAMEPLATE_LONG").is_some()
}

fn round() -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..LOOKUPS {
        bytes.extend(request(&["LOOKUP", "198.51.100.7"]));
    }
    bytes.extend(request(&[&["MLOOKUP"][..], &["198.51.100.9"; MANY]].concat()));
    encode(&[b"LOOKUPPACKED", b"4", &[198, 51, 100, 7].repeat(MANY)], &mut bytes);
    bytes
}

/// The file that a map is of: its AS number is its build's and generation's.
fn file_of(map: &Reply) -> u64 {
    let Reply::Array(fields) = map else { panic!("no map") };
    assert_eq!(fields.len(), 10, "a whole answer");
    let Reply::Bulk(asn) = &fields[3] else { panic!("no AS number") };
    std::str::from_utf8(asn).unwrap().parse().unwrap()
}

/// Asks one round, checks each reply, and gives the newest file that it saw.
async fn ask(peer: &mut Peer, round: &[u8], mut newest: u64) -> u64 {
    peer.send(round).await;
    let mut replies = Vec::new();
    let (mut received, mut decoded) = (Vec::with_capacity(8 << 10), 0);
    while replies.len() < REQUESTS as usize {
        while let Some((reply, length)) = decode(&received[decoded..]).unwrap() {
            replies.push(reply);
            decoded += length;
        }
        if replies.len() < REQUESTS as usize {
            assert_ne!(peer.0.read_buf(&mut received).await.unwrap(), 0, "the connection stays open");
        }
    }
    assert_eq!(decoded, received.len(), "a reply for each request, and no more");
    let mut see = |file: u64| {
        assert!(file >= newest, "from file {newest} back to {file}");
        newest = file;
    };
    for reply in &replies[..LOOKUPS] {
        see(file_of(reply));
    }
    let Reply::Array(maps) = &replies[LOOKUPS] else { panic!("no array") };
    assert_eq!(maps.len(), MANY);
    let file = file_of(&maps[0]);
    assert!(maps.iter().all(|map| file_of(map) == file), "one reply of two files");
    see(file);
    let Reply::Array(packed) = &replies[LOOKUPS + 1] else { panic!("no array") };
    let [Reply::Integer(generation), Reply::Bulk(ids)] = &packed[..] else { panic!("another reply") };
    let id: u32 = if generation % 2 == 0 { 2 } else { 1 };
    assert_eq!(*ids, id.to_le_bytes().repeat(MANY), "ids of another generation");
    see(generation.unsigned_abs());
    newest
}

/// Asks until there were `requests` and `done` says that the reloads are through. Gives how long the
/// rounds took, in microseconds. Every so many requests another reload may begin.
async fn ask_all(path: &Path, requests: u64, done: &Arc<AtomicBool>, turns: &Arc<Turns>) -> Vec<u32> {
    let mut tasks = Vec::new();
    let asked = Arc::new(AtomicU64::new(0));
    for _ in 0..CONNECTIONS {
        let mut peer = Peer::connect(path).await;
        let (asked, done, turns) = (Arc::clone(&asked), Arc::clone(done), Arc::clone(turns));
        tasks.push(tokio::spawn(async move {
            let (round, mut newest, mut took) = (round(), 0, Vec::new());
            while asked.load(Ordering::Relaxed) < requests || !done.load(Ordering::Relaxed) {
                let start = Instant::now();
                newest = ask(&mut peer, &round, newest).await;
                took.push(start.elapsed().as_micros() as u32);
                let before = asked.fetch_add(REQUESTS, Ordering::Relaxed);
                turns.allow((before + REQUESTS) / turns.every - before / turns.every);
            }
            took
        }));
    }
    let mut took = Vec::new();
    for task in tasks {
        took.append(&mut task.await.unwrap());
    }
    took
}

struct Turns {
    every: u64,
    allowed: Semaphore,
}

impl Turns {
    fn allow(&self, count: u64) {
        self.allowed.add_permits(count as usize);
    }
}

fn quantile(took: &mut [u32], of_thousand: usize) -> Duration {
    took.sort_unstable();
    Duration::from_micros(took[(took.len() - 1) * of_thousand / 1000].into())
}

/// Open descriptors, mappings of copied files, and resident memory in KiB.
fn resources() -> (usize, usize, usize) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let resident = resident.trim().trim_end_matches(" kB").parse().unwrap();
    let copies = fs::read_to_string("/proc/self/maps").unwrap().matches("memfd:nameplate").count();
    (fs::read_dir("/proc/self/fd").unwrap().count(), copies, resident)
}

// The only test in this file: it counts what the whole process has.
#[tokio::test(flavor = "multi_thread")]
async fn reloads_lose_no_request_and_mix_no_reply() {
    let (requests, reloads) = if long() { (10_000_000, 1000) } else { (100_000, 20) };
    let directory = directory_with_a_file();
    let file = directory.path().join("n.npl");
    let daemon = Daemon::serving(directory).await;

    let never = Arc::new(Turns { every: u64::MAX, allowed: Semaphore::new(0) });
    let done = Arc::new(AtomicBool::new(true));
    let mut steady = ask_all(&daemon.path, requests / 10, &done, &never).await;
    let before = resources();

    let done = Arc::new(AtomicBool::new(false));
    let turns = Arc::new(Turns { every: requests / reloads, allowed: Semaphore::new(0) });
    let reloading = {
        let (done, turns, socket) = (Arc::clone(&done), Arc::clone(&turns), daemon.path.clone());
        tokio::spawn(async move {
            let mut peer = Peer::connect(&socket).await;
            for number in 2..=reloads as u32 + 1 {
                turns.allowed.acquire().await.unwrap().forget();
                let file = file.clone();
                tokio::task::spawn_blocking(move || publish(numbered(number), &file)).await.unwrap().unwrap();
                peer.ask(request(&["RELOAD"]), "+OK\r\n").await;
            }
            done.store(true, Ordering::Relaxed);
        })
    };
    let mut under_reloads = ask_all(&daemon.path, requests, &done, &turns).await;
    reloading.await.unwrap();

    let mut last = daemon.connect().await;
    let info = String::from_utf8(last.reply(request(&["INFO"])).await).unwrap();
    for line in [&format!("reloads:{reloads}"), "reload_failures:0", "generations_held:1"] {
        assert!(info.contains(&format!("\r\n{line}\r\n")), "{line} in {info}");
    }
    drop(last);
    // The daemon drops its ends of the connections when it notices; then it is as before.
    while !String::from_utf8(daemon.connect().await.reply(request(&["INFO"])).await)
        .unwrap()
        .contains("\r\nconnected_clients:1\r\n")
    {
        tokio::task::yield_now().await;
    }
    let after = resources();
    println!(
        "{} requests, {reloads} reloads, rounds of {REQUESTS}: p50 {:?} steady, {:?} under reloads; p99.9 {:?}, {:?}",
        under_reloads.len() as u64 * REQUESTS,
        quantile(&mut steady, 500),
        quantile(&mut under_reloads, 500),
        quantile(&mut steady, 999),
        quantile(&mut under_reloads, 999),
    );
    println!("descriptors, copies and KiB before {before:?}, after {after:?}");
    assert!(after.0 <= before.0 + 2, "descriptors stay open: {before:?}, {after:?}");
    assert_eq!(after.1, 1, "one copy is served");
    assert!(after.2 < before.2 + (64 << 10), "memory grows: {before:?}, {after:?}");
    daemon.stop().await;
}
