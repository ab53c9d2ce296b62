//! The socket in the file system, and the end of the service.

mod common;

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;

use common::{COMPANY, Daemon, Peer, map, request, state, within};
use nameplate_daemon::{SocketError, SocketFile, run, socket};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

async fn refusal(path: &Path) -> SocketError {
    socket::bind(path, &SocketFile::default()).await.err().expect("refused")
}

#[tokio::test]
async fn the_socket_is_for_owner_and_group_alone() {
    let daemon = Daemon::start().await;
    let found = fs::symlink_metadata(&daemon.path).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o7777, 0o660);
    daemon.stop().await;
}

#[tokio::test]
async fn the_socket_goes_with_the_daemon() {
    let daemon = Daemon::start().await;
    let path = daemon.path.clone();
    let directory = fs::canonicalize(daemon.directory.path()).unwrap();
    let place = daemon.stop().await;
    // The temporary directory went with the daemon: there is nothing to remove, and that is said.
    assert!(!directory.exists() && !path.exists());
    assert!(place.leave().await.is_err(), "its directory is gone");

    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n.sock");
    let (_listener, place) = socket::bind(&path, &SocketFile::default()).await.unwrap();
    assert!(place.leave().await.unwrap());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "nothing else was left there");
}

#[tokio::test]
async fn a_dead_daemons_socket_is_replaced() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "as after SIGKILL");
    let (listener, place) = socket::bind(&path, &SocketFile::default()).await.unwrap();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(run(listener, state(), shutdown.clone()));
    Peer::connect(&path).await.ask("PING\r\n", "+PONG\r\n").await;
    shutdown.cancel();
    within(running).await.unwrap().unwrap();
    assert!(place.leave().await.unwrap());
}

#[tokio::test]
async fn a_living_daemons_socket_is_refused() {
    let daemon = Daemon::start().await;
    assert!(matches!(refusal(&daemon.path).await, SocketError::InUse));
    daemon.connect().await.ask("PING\r\n", "+PONG\r\n").await;
    daemon.stop().await;
}

#[tokio::test]
async fn one_that_does_not_accept_lives_all_the_same() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n.sock");
    let (listener, _place) = socket::bind(&path, &SocketFile::default()).await.unwrap();
    let mut waiting = Vec::new();
    loop {
        let client = tokio::net::UnixSocket::new_stream().unwrap();
        match client.connect(&path).await {
            Ok(client) => waiting.push(client),
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "the backlog is full");
                break;
            }
        }
    }
    assert!(matches!(refusal(&path).await, SocketError::InUse));
    drop(listener);
}

#[tokio::test]
async fn what_is_no_socket_is_left_alone() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("file"), "content").unwrap();
    fs::create_dir(at("directory")).unwrap();
    std::os::unix::fs::symlink(at("nowhere"), at("link")).unwrap();
    drop(UnixListener::bind(at("dead")).unwrap());
    std::os::unix::fs::symlink(at("dead"), at("link-to-dead")).unwrap();
    let _alive = UnixListener::bind(at("alive")).unwrap();
    std::os::unix::fs::symlink(at("alive"), at("link-to-alive")).unwrap();
    for (name, kind) in [
        ("file", "file"),
        ("directory", "directory"),
        ("link", "symbolic link"),
        ("link-to-dead", "symbolic link"),
        ("link-to-alive", "symbolic link"),
    ] {
        let before = fs::symlink_metadata(at(name)).unwrap();
        assert!(matches!(refusal(&at(name)).await, SocketError::Occupied { found } if found == kind));
        let after = fs::symlink_metadata(at(name)).unwrap();
        assert_eq!((before.ino(), before.mode()), (after.ino(), after.mode()));
    }
    assert!(at("dead").exists() && !at("nowhere").exists());
    assert_eq!(fs::read_to_string(at("file")).unwrap(), "content");
}

#[tokio::test]
async fn a_living_socket_of_another_kind_is_left_alone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n.sock");
    let _living = UnixDatagram::bind(&path).unwrap();
    assert!(matches!(refusal(&path).await, SocketError::System { .. }));
    assert!(path.exists());
}

#[tokio::test]
async fn paths_that_cannot_be_are_refused() {
    let directory = TempDir::new().unwrap();
    assert!(matches!(refusal(Path::new("/")).await, SocketError::NoName));
    for path in ["@nameplate", "@", "\0nameplate"] {
        assert!(matches!(refusal(Path::new(path)).await, SocketError::Abstract));
    }
    let zero = directory.path().join("n\0.sock");
    assert!(matches!(refusal(&zero).await, SocketError::System { .. }));
    let long = directory.path().join("n".repeat(120));
    assert!(matches!(refusal(&long).await, SocketError::TooLong { length } if length > 120));
    let nowhere = directory.path().join("none").join("n.sock");
    assert!(matches!(refusal(&nowhere).await, SocketError::System { .. }));
}

#[tokio::test]
async fn an_at_sign_is_a_letter_where_it_is_not_the_first() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("@n.sock");
    let (_listener, place) = socket::bind(&path, &SocketFile::default()).await.unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().file_type().is_socket());
    assert!(place.leave().await.unwrap());
}

#[tokio::test]
async fn anothers_socket_is_not_removed() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n.sock");
    let (listener, place) = socket::bind(&path, &SocketFile::default()).await.unwrap();
    drop(listener);
    let (_theirs, _their_place) = socket::bind(&path, &SocketFile::default()).await.unwrap();
    assert!(!place.leave().await.unwrap());
    assert!(path.exists());

    let (_listener, place) =
        socket::bind(&directory.path().join("o.sock"), &SocketFile::default()).await.unwrap();
    fs::remove_file(directory.path().join("o.sock")).unwrap();
    fs::write(directory.path().join("o.sock"), "theirs").unwrap();
    assert!(!place.leave().await.unwrap());
    assert!(directory.path().join("o.sock").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_daemons_that_start_at_once_one_gets_the_place() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n.sock");
    for _ in 0..20 {
        drop(UnixListener::bind(&path).unwrap());
        let starts: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                tokio::spawn(async move { socket::bind(&path, &SocketFile::default()).await })
            })
            .collect();
        let mut taken = Vec::new();
        for start in starts {
            match within(start).await.unwrap() {
                Ok(place) => taken.push(place),
                Err(error) => assert!(matches!(error, SocketError::InUse)),
            }
        }
        assert_eq!(taken.len(), 1);
        let (listener, place) = taken.remove(0);
        drop(listener);
        assert!(place.leave().await.unwrap());
    }
}

/// The clock is paused: it jumps over the waiting.
#[tokio::test(start_paused = true)]
async fn nobody_takes_or_leaves_a_place_while_somebody_else_does() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n.sock");
    let other = fs::File::open(directory.path()).unwrap();
    other.lock().unwrap();
    assert!(matches!(refusal(&path).await, SocketError::Locked));
    assert!(!path.exists());
    other.unlock().unwrap();
    let (_listener, place) = socket::bind(&path, &SocketFile::default()).await.unwrap();
    other.lock().unwrap();
    assert!(matches!(place.leave().await, Err(SocketError::Locked)));
    assert!(path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_the_end_is_answered() {
    let daemon = Daemon::start().await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = daemon.connect().await;
        client.send(request(&["LOOKUP", "192.0.2.1"]).repeat(50)).await;
        clients.push(client);
    }
    let path = daemon.path.clone();
    let ended = tokio::spawn(daemon.stop());
    for mut client in clients {
        assert!(client.rest().await == map(COMPANY)[0].repeat(50).as_bytes());
    }
    within(ended).await.unwrap();
    assert!(tokio::net::UnixStream::connect(&path).await.is_err());
}

#[tokio::test]
async fn who_connected_before_the_end_and_was_not_accepted_is_answered() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n.sock");
    let (listener, _place) = socket::bind(&path, &SocketFile::default()).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = Peer::connect(&path).await;
        client.send([request(&["LOOKUP", "192.0.2.1"]), b"*2\r\n$6\r\nLOOK".to_vec()].concat()).await;
        clients.push(client);
    }
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    within(run(listener, state(), shutdown)).await.unwrap();
    for mut client in clients {
        assert_eq!(client.rest().await, map(COMPANY)[0].as_bytes());
    }
}

/// The clock is paused: it jumps over the five seconds once there is nothing else to do.
#[tokio::test(start_paused = true)]
async fn who_does_not_read_cannot_hold_up_the_end() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n.sock");
    let (listener, _place) = socket::bind(&path, &SocketFile::default()).await.unwrap();
    let mut deaf = Peer::connect(&path).await;
    let words: Vec<&str> =
        std::iter::once("MLOOKUP").chain(std::iter::repeat_n("192.0.2.1", 5_000)).collect();
    deaf.send(request(&words)).await;
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    run(listener, state(), shutdown).await.unwrap();
    assert!(deaf.rest().await.len() < map(COMPANY)[0].len() * 5_000, "it was cut off");
}
