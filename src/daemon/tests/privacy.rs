//! No log line, at any level, and no panic holds an address that a client sent; nor does an error.

mod common;

use std::io;

use common::{Captured, Daemon, request};

/// Parts of the addresses that are sent below; none is in the database.
const CANARIES: [&str; 4] = ["203.0.113", "cafe:77", "0177.0", "canary"];

// The only test in this file: subscriber and panic hook are the whole process's.
#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_in_no_log_line_error_or_panic() {
    let log = Captured::default();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).init();
    let panics = Captured::default();
    let hook = panics.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = io::Write::write(&mut hook.clone(), panic.to_string().as_bytes());
    }));
    let daemon = Daemon::start().await;
    let mut errors = Vec::new();
    let addresses = [
        "203.0.113.77",
        "2001:db9:cafe:77::1",
        "::ffff:203.0.113.78",
        "203.0.113.077",
        "0177.0.0.1",
        "203.0.113.77:80",
        "[2001:db9:cafe:77::1]",
        "2001:db9:cafe:77::1%canary",
        "203.0.113.77 ",
        "canary\0",
    ];
    for address in addresses {
        let mut client = daemon.connect().await;
        for words in [
            &["LOOKUP", address][..],
            &["LOOKUPJSON", address],
            &["MLOOKUP", address, address],
            &["LOOKUP", address, address],
            &["ANSWER", address],
            &["NETWORKS", address],
            &["INFO", address],
            &["HELLO", address],
            &["HELLO", "3", address],
            &["HELLO", "3", "AUTH", address, address],
            &["HELLO", "3", "AUTH", "default", address],
            &["CLIENT", address],
            &["CLIENT", "SETNAME", address],
            &["CLIENT", "SETINFO", address, address],
            &["COMMAND", "DOCS", address],
            &["COMMAND", "INFO", address],
            &["COMMAND", address],
            &["CONFIG", "GET", address],
            &["SELECT", address],
            &["AUTH", address],
            &[address],
            &[address, address],
        ] {
            errors.extend(client.reply(request(words)).await);
        }
        // Each of these ends its connection, some of them in the middle.
        for bytes in [
            format!("{address}\r\nQUIT\r\n"),
            format!("LOOKUP \"{address}\r\n"),
            format!("*1\r\n${address}\r\n"),
            format!("*{address}\r\n$4\r\n"),
            format!("*1\r\n{address}\r\n"),
            format!("*2\r\n$6\r\nLOOKUP\r\n$2\r\n{address}\r\n"),
        ] {
            let mut client = daemon.connect().await;
            client.send(bytes).await;
            errors.extend(client.rest().await);
        }
        let mut client = daemon.connect().await;
        client.send(format!("*2\r\n$6\r\nLOOKUP\r\n$99\r\n{address}")).await;
    }
    daemon.stop().await;
    let _ = std::panic::take_hook();

    let (log, errors) = (log.text(), String::from_utf8_lossy(&errors).into_owned());
    assert!(log.contains("disconnected") && log.contains("ending"), "the log was captured: {log}");
    assert!(errors.contains("-ERR invalid address\r\n") && errors.contains("Protocol error"));
    for canary in CANARIES {
        assert!(!log.contains(canary), "in the log: {canary}");
        assert!(!errors.contains(canary), "in a reply: {canary}");
    }
    assert_eq!(panics.text(), "");
}
