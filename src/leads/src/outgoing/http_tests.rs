//! Real receivers on the loopback, each bad in its own way.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::*;
use crate::outgoing::config::OutgoingConfig;

/// Short enough for a test that waits for it, long enough for a busy machine to answer a loopback connection.
const TIMEOUT: Duration = Duration::from_secs(5);

fn client(allow: &[&str]) -> Client {
    let list = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>();
    let config = OutgoingConfig {
        allow: list(allow),
        plaintext: list(allow),
        connect_timeout_ms: TIMEOUT.as_millis() as u64,
        timeout_ms: TIMEOUT.as_millis() as u64,
        ..OutgoingConfig::default()
    };
    Client::new(&Targets::new(&config, &[]).unwrap()).unwrap()
}

async fn post(client: &Client, url: &str) -> Result<(), Failure> {
    client
        .post(
            &Url::parse(url).unwrap(),
            "application/json",
            &[("webhook-id", "msg_1".into())],
            b"{}".to_vec(),
        )
        .await
}

/// A receiver that reads a request, and then says `answer`; and what it read.
async fn receiver(answer: Vec<u8>, close: bool) -> (u16, oneshot::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (seen, request) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        let _ = stream.write_all(&answer).await;
        let _ = seen.send(request);
        if !close {
            // Until the client hangs up.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    (port, request)
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"{}") {
        let mut bytes = [0; 1024];
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "the request ended early");
        request.extend_from_slice(&bytes[..read]);
    }
    String::from_utf8(request).unwrap()
}

async fn answered(answer: &str) -> Result<(), Failure> {
    let (port, _request) = receiver(answer.as_bytes().to_vec(), true).await;
    post(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/")).await
}

#[tokio::test]
async fn a_request_is_what_was_asked_for_and_nothing_more() {
    let (port, request) = receiver(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), true).await;
    post(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/hook?key=1#fragment")).await.unwrap();
    let request = request.await.unwrap();
    let (first, rest) = request.split_once("\r\n").unwrap();
    assert_eq!(first, "POST /hook?key=1 HTTP/1.1");
    let (head, body) = rest.split_once("\r\n\r\n").unwrap();
    let mut head: Vec<_> = head.lines().map(|line| line.split_once(':').unwrap().0).collect();
    head.sort_unstable();
    assert_eq!(head, ["connection", "content-length", "content-type", "host", "user-agent", "webhook-id"]);
    assert_eq!(body, "{}");
}

#[tokio::test]
async fn success_is_200_to_299_alone() {
    for status in [200, 201, 202, 204, 299] {
        assert_eq!(
            answered(&format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n")).await,
            Ok(()),
            "{status}"
        );
    }
    for status in [300, 304, 400, 401, 404, 410, 429, 500, 503, 999] {
        let failure =
            answered(&format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n")).await.unwrap_err();
        assert_eq!(failure, Failure::Status { status, wait: None });
        assert_eq!(failure.is_final(), status == 410, "{status}");
    }
}

#[tokio::test]
async fn retry_after_is_taken_in_both_forms() {
    let failure =
        answered("HTTP/1.1 429 x\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n").await.unwrap_err();
    assert_eq!(failure.asked_wait(), Some(Duration::from_secs(120)));
    let now = httpdate::parse_http_date("Sun, 22 Nov 2026 06:00:00 GMT").unwrap();
    let of = |text: &str| {
        let mut head = HeaderMap::new();
        head.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
        retry_after(&head, now)
    };
    assert_eq!(of("Sun, 22 Nov 2026 06:01:30 GMT"), Some(Duration::from_secs(90)));
    assert_eq!(of("Sun, 22 Nov 2026 05:00:00 GMT"), None);
    assert_eq!(of("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
    assert_eq!(of("-5"), None);
    assert_eq!(of("soon"), None);
}

#[tokio::test]
async fn a_redirect_is_not_followed_wherever_it_points() {
    let bystander = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = format!("http://{}/", bystander.local_addr().unwrap());
    for status in [301, 302, 303, 307, 308] {
        let failure =
            answered(&format!("HTTP/1.1 {status} x\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"))
                .await;
        assert_eq!(failure, Err(Failure::Status { status, wait: None }));
    }
    // Nobody came: the one that is accepted is the one made here, afterwards.
    let own = TcpStream::connect(bystander.local_addr().unwrap()).await.unwrap();
    let (_, peer) = bystander.accept().await.unwrap();
    assert_eq!(peer, own.local_addr().unwrap());
}

#[tokio::test]
async fn a_receiver_that_never_answers_costs_the_timeout_and_no_more() {
    let (port, _request) = receiver(Vec::new(), false).await;
    assert_eq!(
        post(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/")).await,
        Err(Failure::Timeout)
    );
}

#[tokio::test]
async fn a_receiver_that_ends_in_the_middle_of_its_answer_has_not_answered() {
    for answer in ["", "HTTP/1.1", "HTTP/1.1 200 OK\r\ncontent-le", "SSH-2.0-OpenSSH\r\n\r\n", "\0\0\0\0"] {
        assert_eq!(answered(answer).await, Err(Failure::Broken), "{answer:?}");
    }
    // Its status was whole: that is the answer.
    assert_eq!(answered("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc").await, Ok(()));
    assert_eq!(answered("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab").await, Ok(()));
}

#[tokio::test]
async fn a_head_without_end_is_cut_off() {
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(1_000_000));
    assert_eq!(answered(&long).await, Err(Failure::Broken));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(100_000));
    assert_eq!(answered(&many).await, Err(Failure::Broken));
}

#[tokio::test]
async fn a_body_without_end_is_cut_off_and_the_status_counts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let sent = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 500 x\r\n\r\n").await.unwrap();
        // Ends only when the client hangs up.
        let mut sent = 0_u64;
        while stream.write_all(&[b'x'; 16 * 1024]).await.is_ok() {
            sent += 16 * 1024;
        }
        sent
    });
    let failure = post(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(failure, Err(Failure::Status { status: 500, wait: None }));
    // What was sent beyond the bound stayed in the sockets' buffers.
    assert!(sent.await.unwrap() < 64 * 1024 * 1024);
}

#[tokio::test]
async fn a_listed_name_that_is_at_a_private_address_is_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // By the system's own resolver.
    let failure = post(&client(&["localhost"]), &format!("http://localhost:{port}/")).await;
    assert_eq!(failure, Err(Failure::Refused("loopback")));
    for (address, what) in [
        ("10.0.0.1", "private"),
        ("169.254.169.254", "a cloud's metadata service"),
        ("fd00:ec2::254", "a cloud's metadata service"),
        ("::ffff:192.168.0.1", "private"),
        ("fe80::1", "link-local"),
        ("100.64.0.1", "shared by an access provider's customers"),
    ] {
        let address: IpAddr = address.parse().unwrap();
        let client = client(&["hook.example"])
            .with_resolver(Arc::new(move |_| Box::pin(async move { Ok(vec![address]) })));
        let failure = post(&client, &format!("http://hook.example:{port}/")).await;
        assert_eq!(failure, Err(Failure::Refused(what)));
    }
    let own = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (_, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, own.local_addr().unwrap());
}

// A name of an attacker's that answers with a good address first, and with an inner one when it is asked again.
#[tokio::test]
async fn a_name_is_asked_once_and_the_connection_goes_to_what_was_checked() {
    let (port, request) = receiver(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec(), true).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let resolver: Resolver = Arc::new(move |_| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        let address: IpAddr = if first { "127.0.0.1" } else { "169.254.169.254" }.parse().unwrap();
        Box::pin(async move { Ok(vec![address]) })
    });
    let client = client(&["hook.example", "127.0.0.1"]).with_resolver(resolver);
    post(&client, &format!("http://hook.example:{port}/")).await.unwrap();
    assert!(request.await.unwrap().contains(&format!("host: hook.example:{port}\r\n")));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn among_good_and_bad_addresses_only_the_good_ones_are_tried() {
    let (port, _request) = receiver(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec(), true).await;
    let addresses: Vec<IpAddr> = ["169.254.169.254", "10.0.0.1", "::1", "127.0.0.1"]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    let client = client(&["hook.example", "127.0.0.1"]).with_resolver(Arc::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    }));
    assert_eq!(
        client.addresses(&Host::Domain("hook.example".into())).await,
        Ok(vec!["127.0.0.1".parse().unwrap()])
    );
    post(&client, &format!("http://hook.example:{port}/")).await.unwrap();
}

#[tokio::test]
async fn a_host_that_is_not_listed_is_not_even_asked_for() {
    let client = client(&["hook.example"]).with_resolver(Arc::new(|_| panic!("the name was asked for")));
    assert_eq!(post(&client, "http://other.example/").await, Err(Failure::Unlisted));
    assert_eq!(post(&client, "http://127.0.0.1:9/").await, Err(Failure::Unlisted));
    assert_eq!(post(&client, "http://[::ffff:127.0.0.1]:9/").await, Err(Failure::Unlisted));
}

#[tokio::test]
async fn a_resolver_that_hangs_costs_the_timeout_and_no_more() {
    let client = client(&["hook.example"]).with_resolver(Arc::new(|_| Box::pin(std::future::pending())));
    assert_eq!(post(&client, "http://hook.example/").await, Err(Failure::Timeout));
}

#[tokio::test]
async fn nobody_who_listens_is_said_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let failure = post(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(failure, Err(Failure::Connect(io::ErrorKind::ConnectionRefused)));
    // Plain bytes where TLS should be.
    let (port, _request) = receiver(b"no TLS".to_vec(), true).await;
    let failure = post(&client(&["127.0.0.0/8"]), &format!("https://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(matches!(failure, Failure::Tls(_) | Failure::Connect(_) | Failure::Timeout), "{failure}");
}
