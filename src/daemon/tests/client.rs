//! The blocking client against a daemon.

mod common;

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;

use common::{Daemon, within};
use nameplate::InvalidAddress;
use nameplate_daemon::client::{Client, Error};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_in_order_with_invalid_addresses_in_place() {
    let daemon = Daemon::start().await;
    let path = daemon.path.clone();
    let asked = tokio::task::spawn_blocking(move || {
        let mut client = Client::connect(&path).unwrap();
        assert!(client.lookup_json(&[]).unwrap().is_empty());
        let long = vec![b'1'; 2 << 20];
        let mut addresses: Vec<&[u8]> = vec![b"203.0.113.1", b"nonsense", b"", b"192.0.2.1\r\nQUIT", &long];
        addresses.extend(std::iter::repeat_n(&b"192.0.2.1"[..], 20_000));
        let answers = client.lookup_json(&addresses).unwrap();
        assert_eq!(answers.len(), addresses.len());
        assert_eq!(answers[0].as_deref(), Ok(r#"{"status":"unknown"}"#));
        assert_eq!(answers[1..5], [const { Err(InvalidAddress) }; 4]);
        for answer in &answers[5..] {
            assert!(
                answer.as_ref().unwrap().starts_with(r#"{"status":"company","company":{"id":"lei:EXAMPLE""#)
            );
        }
        // The same connection again.
        assert_eq!(client.lookup_json(&[b"::1"]).unwrap().len(), 1);
    });
    within(asked).await.unwrap();
    daemon.stop().await;
}

/// What the client makes of a server that takes one request and says `reply`.
fn answered_with(reply: &'static [u8]) -> Error {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; "*2\r\n$10\r\nLOOKUPJSON\r\n$3\r\n::1\r\n".len()];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(reply).unwrap();
    });
    let error = Client::connect(&path).unwrap().lookup_json(&[b"::1"]).unwrap_err();
    server.join().unwrap();
    error
}

#[test]
fn what_is_no_answer_is_an_error() {
    assert!(matches!(answered_with(b""), Error::Closed));
    assert!(matches!(answered_with(b"$10\r\n{"), Error::Closed));
    assert!(matches!(answered_with(b"-BUSY later\r\n"), Error::Refused(text) if text == "BUSY later"));
    assert!(matches!(answered_with(b"HTTP/1.1 400\r\n"), Error::Malformed(_)));
    assert!(matches!(answered_with(b"+OK\r\n"), Error::Unexpected));
    assert!(matches!(answered_with(b"$2\r\n\xff\xfe\r\n"), Error::Unexpected));
}

#[test]
fn where_nobody_listens_the_error_says_where() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n.sock");
    let error = Client::connect(&path).err().expect("nobody there");
    assert!(error.to_string().contains("n.sock: No such file"), "{error}");
}
