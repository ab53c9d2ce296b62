//! The monitor's connections are few, however many connect.

mod common;

use std::fs;

use common::{Daemon, Peer, state, within};
use nameplate_daemon::{monitor, socket};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// docs/METRICS.md says so.
const MOST: usize = 16;
const CLIENTS: usize = 200;

/// Of clients and daemon together: they are one process here.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

// The only test in this file: descriptors are the whole process's.
#[tokio::test(flavor = "multi_thread")]
async fn silent_clients_cost_the_daemon_sixteen_descriptors() {
    let state = state();
    let daemon = Daemon::with(TempDir::new().unwrap(), std::sync::Arc::clone(&state)).await;
    let path = daemon.directory.path().join("m.sock");
    let (listener, _) = socket::bind(&path, &nameplate_daemon::SocketFile::default()).await.unwrap();
    let end = CancellationToken::new();
    let serving = tokio::spawn(monitor::serve(listener, state, CancellationToken::new(), end.clone()));
    let mut client = daemon.connect().await;
    client.ask("PING\r\n", "+PONG\r\n").await;
    let before = descriptors();

    let mut silent = Vec::new();
    for _ in 0..CLIENTS {
        silent.push(Peer::connect(&path).await);
    }
    within(async {
        while descriptors() < before + CLIENTS + MOST {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // Time in which it would accept more, if it did.
    for _ in 0..100 {
        client.ask("PING\r\n", "+PONG\r\n").await;
        assert!(descriptors() <= before + CLIENTS + MOST);
    }

    drop(silent);
    let mut scrape = Peer::connect(&path).await;
    scrape.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(scrape.rest().await.starts_with(b"HTTP/1.1 200 OK\r\n"));
    end.cancel();
    within(serving).await.unwrap();
    daemon.stop().await;
}
