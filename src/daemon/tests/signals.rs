//! `serve` as the command line calls it, with the signals that end it.

mod common;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;

use nameplate_daemon::{Options, ServeError, SocketError, serve};
use rustix::process::{Signal, getpid, kill_process};
use tempfile::TempDir;

fn ask(stream: &mut UnixStream, request: &[u8], expected: &[u8]) {
    stream.write_all(request).unwrap();
    let mut received = vec![0; expected.len()];
    stream.read_exact(&mut received).unwrap();
    assert_eq!(received, expected);
}

// The only test in this file: signals are the whole process's.
#[test]
fn signals_end_the_service_and_hangup_does_not() {
    let directory = TempDir::new().unwrap();
    let options = Options {
        database: directory.path().join("n.npl"),
        socket: directory.path().join("n.sock"),
        map: false,
        prefault: false,
        suppression: None,
    };
    let missing = serve(&options, || panic!("never ready")).unwrap_err();
    assert!(matches!(missing, ServeError::Database(_)));
    assert!(!options.socket.exists());

    fs::write(&options.database, common::file()).unwrap();
    for (signal, map) in [(Signal::TERM, false), (Signal::INT, true)] {
        let options = Options { map, ..options.clone() };
        let socket = options.socket.clone();
        let (ready, is_ready) = mpsc::channel();
        let serving = {
            let options = options.clone();
            thread::spawn(move || serve(&options, || ready.send(()).unwrap()))
        };
        is_ready.recv().unwrap();
        let mut client = UnixStream::connect(&socket).unwrap();
        ask(&mut client, b"PING\r\n", b"+PONG\r\n");
        let second = serve(&options, || panic!("never ready")).unwrap_err();
        assert!(matches!(second, ServeError::Socket { source: SocketError::InUse, .. }));

        kill_process(getpid(), Signal::HUP).unwrap();
        ask(&mut client, b"PING\r\n", b"+PONG\r\n");
        kill_process(getpid(), signal).unwrap();
        serving.join().unwrap().unwrap();
        assert!(!socket.exists());
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty());
    }
}
