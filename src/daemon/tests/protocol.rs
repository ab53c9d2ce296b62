//! Bytes as clients send them, well and badly, over a real socket.

mod common;

use common::{COMPANY, Daemon, UNKNOWN, map, request, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn byte_by_byte_gives_the_same_replies() {
    let daemon = Daemon::start().await;
    let mut client = daemon.connect().await;
    let bytes = [request(&["LOOKUP", "192.0.2.1"]), b"LOOKUP 203.0.113.1\r\nPING\n".to_vec()].concat();
    for byte in bytes {
        client.send([byte]).await;
    }
    client.expect([&map(COMPANY)[0], &map(UNKNOWN)[0], "+PONG\r\n"].concat()).await;
    daemon.stop().await;
}

#[tokio::test]
async fn ten_thousand_pipelined_requests_are_answered_in_order() {
    let daemon = Daemon::start().await;
    let client = daemon.connect().await;
    let (mut reader, mut writer) = client.0.into_split();
    let requests: Vec<u8> = (0..10_000).flat_map(|i| request(&["ECHO", &i.to_string()])).collect();
    let sending = tokio::spawn(async move { writer.write_all(&requests).await.map(|()| writer) });
    let expected: String = (0..10_000).map(|i| common::bulks(&[&i.to_string()])).collect();
    let mut received = vec![0; expected.len()];
    within(reader.read_exact(&mut received)).await.unwrap();
    assert!(received == expected.as_bytes());
    within(sending).await.unwrap().unwrap();
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_are_served_at_once() {
    let daemon = Daemon::start().await;
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(daemon.connect().await);
    }
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            tokio::spawn(async move {
                for _ in 0..50 {
                    client.ask(request(&["LOOKUP", "192.0.2.1"]), &map(COMPANY)[0]).await;
                    client.ask("LOOKUP nonsense\r\n", "-ERR invalid address\r\n").await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    daemon.stop().await;
}

#[tokio::test]
async fn inline_requests_are_understood() {
    let daemon = Daemon::start().await;
    let mut client = daemon.connect().await;
    client.ask("  lookup   203.0.113.1  \r\n", &map(UNKNOWN)[0]).await;
    client.ask("\r\n\n  \r\nECHO \"a\\x41 \\\"b\"\n", "$5\r\naA \"b\r\n").await;
    client.ask("ECHO 'it\\'s'\r\nPING\r\n", "$4\r\nit's\r\n+PONG\r\n").await;
    daemon.stop().await;
}

#[tokio::test]
async fn nonsense_gets_a_protocol_error_and_the_end() {
    let daemon = Daemon::start().await;
    let long_line = [vec![b'x'; 70_000], b"\r\n".to_vec()].concat();
    let cases: [(&[u8], &str); 17] = [
        (b"*1\r\n$4294967296\r\n", "invalid bulk length"),
        (b"*2\r\n$6\r\nLOOKUP\r\n$1048577\r\n", "invalid bulk length"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$ten\r\n", "invalid bulk length"),
        (b"*1\r\n$\r\n", "invalid bulk length"),
        (b"*1\r\n$99999999999999999999999\r\n", "too big bulk count string"),
        (b"*4294967296\r\n", "invalid multibulk length"),
        (b"*65537\r\n", "invalid multibulk length"),
        (b"*ten\r\n", "invalid multibulk length"),
        (b"*99999999999999999999999\r\n", "too big mbulk count string"),
        (b"*1\r\n*1\r\n$4\r\nPING\r\n", "expected '$'"),
        (b"*1\r\nPING\r\n", "expected '$'"),
        (b"*1\r\n$4\r\nPINGPING\r\n", "expected CRLF after bulk string"),
        (b"*3\r\n$4\r\nPING\r\n$1048570\r\n", "too big request"),
        (b"LOOKUP \"192.0.2.1\r\n", "unbalanced quotes in request"),
        (b"LOOKUP '192.0.2.1'x\r\n", "unbalanced quotes in request"),
        (&long_line, "too big inline request"),
    ];
    for (bytes, error) in cases {
        let mut client = daemon.connect().await;
        // What came before is answered, what comes after is not.
        client.send([b"PING\r\n", bytes, b"PING\r\n"].concat()).await;
        let expected = format!("+PONG\r\n-ERR Protocol error: {error}\r\n");
        assert_eq!(String::from_utf8(client.rest().await).unwrap(), expected);
    }
    daemon.stop().await;
}

#[tokio::test]
async fn rubbish_without_end_is_cut_off() {
    let daemon = Daemon::start().await;
    let mut client = daemon.connect().await;
    let rubbish = vec![0xa5; 1 << 20];
    // 1 GB; the daemon closes long before.
    let refused = within(async {
        for _ in 0..1024 {
            if client.0.write_all(&rubbish).await.is_err() {
                return true;
            }
        }
        false
    });
    assert!(refused.await);
    assert_eq!(client.rest().await, b"-ERR Protocol error: too big inline request\r\n");
    daemon.connect().await.ask("PING\r\n", "+PONG\r\n").await;
    daemon.stop().await;
}

#[tokio::test]
async fn clients_may_hang_up_at_any_byte() {
    let daemon = Daemon::start().await;
    let bytes = request(&["MLOOKUP", "192.0.2.1", "203.0.113.1"]);
    for end in 0..bytes.len() {
        let mut client = daemon.connect().await;
        client.send(&bytes[..end]).await;
    }
    // In the middle of a reply: far more is on its way than the kernel holds.
    let words: Vec<&str> =
        std::iter::once("MLOOKUP").chain(std::iter::repeat_n("192.0.2.1", 10_000)).collect();
    for _ in 0..20 {
        let mut client = daemon.connect().await;
        client.ask(request(&words), "*10000\r\n").await;
    }
    // The last of them are gone when the daemon counts but one.
    let mut client = daemon.connect().await;
    loop {
        let info = client.reply(request(&["INFO", "clients"])).await;
        if String::from_utf8_lossy(&info).contains("connected_clients:1\r\n") {
            break;
        }
        tokio::task::yield_now().await;
    }
    daemon.stop().await;
}

#[tokio::test]
async fn who_only_closes_the_sending_half_gets_every_reply() {
    let daemon = Daemon::start().await;
    let mut client = daemon.connect().await;
    client.send(request(&["LOOKUP", "192.0.2.1"]).repeat(500)).await;
    client.0.shutdown().await.unwrap();
    assert!(client.rest().await == map(COMPANY)[0].repeat(500).as_bytes());
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_holds_up_nobody() {
    let daemon = Daemon::start().await;
    let mut deaf = Vec::new();
    for _ in 0..8 {
        let client = daemon.connect().await;
        deaf.push(tokio::spawn(async move {
            let (_unread, mut writer) = client.0.into_split();
            let requests = request(&["LOOKUP", "192.0.2.1"]).repeat(100);
            // Stops being taken when every buffer is full; ends when the daemon closes.
            while writer.write_all(&requests).await.is_ok() {}
        }));
    }
    let mut client = daemon.connect().await;
    for _ in 0..5_000 {
        client.ask(request(&["LOOKUP", "192.0.2.1"]), &map(COMPANY)[0]).await;
    }
    drop(client);
    for task in &deaf {
        task.abort();
    }
    for task in deaf {
        let _ = task.await;
    }
    daemon.stop().await;
}

/// redis-py sends a whole pipeline before it reads the first reply. The daemon stopped reading
/// while replies waited, so both waited for ever from some 2,000 commands on.
#[tokio::test]
async fn a_client_may_send_ten_thousand_requests_before_it_reads() {
    let daemon = Daemon::start().await;
    let mut peer = daemon.connect().await;
    peer.send(request(&["LOOKUPJSON", "192.0.2.9"]).repeat(10_000)).await;
    let reply = daemon.connect().await.reply(request(&["LOOKUPJSON", "192.0.2.9"])).await;
    peer.expect(reply.repeat(10_000)).await;
    daemon.stop().await;
}
