//! A daemon without a free descriptor waits for one and then goes on.

mod common;

use std::fs::File;

use common::{Captured, Daemon, Peer, within};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

// The only test in this file: descriptors are the whole process's.
#[tokio::test(flavor = "multi_thread")]
async fn running_out_of_descriptors_passes() {
    let log = Captured::default();
    tracing_subscriber::fmt().with_writer(log.clone()).init();
    let daemon = Daemon::start().await;
    let mut early = daemon.connect().await;
    early.ask("PING\r\n", "+PONG\r\n").await;
    let limit = Rlimit { current: Some(64), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).unwrap();

    let mut hoard = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        hoard.push(file);
    }
    // One for the client itself; the daemon gets none for its end.
    drop(hoard.pop());
    let mut late = Peer::connect(&daemon.path).await;
    late.send("PING\r\n").await;
    within(async {
        while !log.text().contains("cannot accept a client") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    early.ask("PING\r\n", "+PONG\r\n").await;
    drop(hoard);
    late.expect("+PONG\r\n").await;
    daemon.stop().await;
}
