//! `serve` as the command line calls it, with the signals that end it.

mod common;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;

use nameplate_daemon::{Config, ServeError, SocketError, serve};
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
fn signals_end_the_service_and_hangup_reloads() {
    let directory = TempDir::new().unwrap();
    let mut config = Config::default();
    config.db = directory.path().join("n.npl");
    config.socket = directory.path().join("n.sock");
    let missing = serve(&config, || panic!("never ready")).unwrap_err();
    assert!(matches!(missing, ServeError::Database(_)));
    assert!(!config.socket.exists());

    fs::write(&config.db, common::file()).unwrap();
    for (signal, map) in [(Signal::TERM, false), (Signal::INT, true)] {
        config.map = map;
        let socket = config.socket.clone();
        let (ready, is_ready) = mpsc::channel();
        let serving = {
            let config = config.clone();
            thread::spawn(move || serve(&config, || ready.send(()).unwrap()))
        };
        is_ready.recv().unwrap();
        let mut client = UnixStream::connect(&socket).unwrap();
        ask(&mut client, b"PING\r\n", b"+PONG\r\n");
        let second = serve(&config, || panic!("never ready")).unwrap_err();
        assert!(matches!(second, ServeError::Socket { source: SocketError::InUse, .. }));

        // The file is the same, but it is opened anew; when that is done, answers say so.
        kill_process(getpid(), Signal::HUP).unwrap();
        let generation = |number: u8| [b"*2\r\n:", &[b'0' + number][..], b"\r\n$0\r\n\r\n"].concat();
        let mut received = [0; 14];
        for _ in 0.. {
            client.write_all(b"LOOKUPPACKED 4 \"\"\r\n").unwrap();
            client.read_exact(&mut received).unwrap();
            if received[..] == generation(2) {
                break;
            }
            assert_eq!(received[..], generation(1));
        }
        kill_process(getpid(), signal).unwrap();
        serving.join().unwrap().unwrap();
        assert!(!socket.exists());
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty());
    }
}
