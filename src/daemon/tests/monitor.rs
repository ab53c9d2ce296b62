//! Metrics and health, as an HTTP client meets them.

#![allow(clippy::float_cmp, reason = "counts are whole numbers, which are written and read as they are")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use common::{COMPANY, Daemon, Peer, directory_with_a_file, map, numbered, state, state_with_leads, within};
use nameplate::{GenerationOptions, Generations, publish};
use nameplate_daemon::{State, monitor, socket};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A daemon, and its monitor beside it.
struct Monitored {
    daemon: Daemon,
    path: PathBuf,
    draining: CancellationToken,
    end: CancellationToken,
    task: JoinHandle<()>,
}

impl Monitored {
    async fn start() -> Monitored {
        Monitored::with(TempDir::new().unwrap(), state()).await
    }

    async fn with(directory: TempDir, state: Arc<State>) -> Monitored {
        let path = directory.path().join("m.sock");
        let daemon = Daemon::with(directory, Arc::clone(&state)).await;
        let (listener, _) = socket::bind(&path, &nameplate_daemon::SocketFile::default()).await.unwrap();
        let (draining, end) = (CancellationToken::new(), CancellationToken::new());
        let task = tokio::spawn(monitor::serve(listener, state, draining.clone(), end.clone()));
        Monitored { daemon, path, draining, end, task }
    }

    async fn connect(&self) -> Peer {
        Peer::connect(&self.path).await
    }

    /// All that comes back.
    async fn ask(&self, request: impl AsRef<[u8]>) -> Reply {
        let mut peer = self.connect().await;
        peer.send(request).await;
        Reply::parse(&peer.rest().await)
    }

    async fn get(&self, path: &str) -> Reply {
        self.ask(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await
    }

    /// The samples by name and labels, in the older format.
    async fn samples(&self) -> BTreeMap<String, f64> {
        let reply = self.get("/metrics").await;
        assert_eq!(reply.status, "HTTP/1.1 200 OK");
        samples(&reply.body)
    }

    /// Ends both; the task has not panicked.
    async fn stop(self) {
        self.daemon.stop().await;
        self.end.cancel();
        within(self.task).await.unwrap();
    }
}

struct Reply {
    status: String,
    headers: Vec<String>,
    body: String,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Reply {
        let text = std::str::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("a whole header");
        let mut lines = head.split("\r\n").map(str::to_owned);
        Reply { status: lines.next().unwrap(), headers: lines.collect(), body: body.into() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &str| line.split_once(": ").is_some_and(|(found, _)| found == name);
        self.headers.iter().find(|line| named(line)).map(|line| &line[name.len() + 2..])
    }
}

fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let before = samples.insert(name.to_owned(), value.parse().unwrap());
        assert_eq!(before, None, "{name} is there once");
    }
    samples
}

/// Name, type, and label with its words.
type Family = (String, String, Option<(String, BTreeSet<String>)>);

fn exposed(text: &str) -> BTreeSet<Family> {
    let mut families = BTreeSet::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        let labelled = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('{'));
        let mut labels: Option<(String, BTreeSet<String>)> = None;
        for sample in labelled {
            let (label, rest) = sample.split_once("=\"").unwrap();
            let (word, rest) = rest.split_once('"').unwrap();
            assert!(rest.starts_with("} "), "one label: {sample}");
            let (known, words) = labels.get_or_insert_with(|| (label.into(), BTreeSet::new()));
            assert_eq!(known, label);
            words.insert(word.into());
        }
        families.insert((name.into(), kind.into(), labels));
    }
    families
}

/// From the table of docs/METRICS.md.
fn documented() -> BTreeSet<Family> {
    let text = include_str!("../../../docs/METRICS.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter(|row| !row.starts_with("GET"))
        .map(|row| {
            let mut columns = row.split('|').map(str::trim);
            let name = columns.next().unwrap().trim_matches('`');
            let kind = columns.next().unwrap();
            let labels = columns.next().unwrap().split_once(": ").map(|(label, words)| {
                let words = match words {
                    "the program's" => env!("CARGO_PKG_VERSION"),
                    words => words,
                };
                let words = words.split(", ").map(|word| word.trim_matches('`').to_owned());
                (label.trim_matches('`').to_owned(), words.collect())
            });
            (name.to_owned(), kind.to_owned(), labels)
        })
        .collect()
}

#[tokio::test]
async fn the_documentation_has_what_is_exposed() {
    let directory = TempDir::new().unwrap();
    let state = state_with_leads(directory.path());
    let monitored = Monitored::with(directory, state).await;
    let text = monitored.get("/metrics").await.body;
    let (exposed, documented) = (exposed(&text), documented());
    assert!(exposed.len() > 20);
    let differing: Vec<_> = exposed.symmetric_difference(&documented).collect();
    assert!(differing.is_empty(), "exposed and documented differ in {differing:#?}");
    monitored.stop().await;
}

#[tokio::test]
async fn openmetrics_and_the_older_format_say_the_same() {
    let monitored = Monitored::start().await;
    let older = monitored.get("/metrics").await;
    assert_eq!(older.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\
        Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3\r\n\r\n";
    let newer = monitored.ask(request).await;
    let expected = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(newer.header("content-type"), Some(expected));
    assert!(newer.body.ends_with("\n# EOF\n") && !older.body.contains("# EOF"));
    let names = |text: &str| samples(text).into_keys().collect::<Vec<_>>();
    assert_eq!(names(&newer.body), names(&older.body));
    monitored.stop().await;
}

#[tokio::test]
async fn what_was_asked_and_answered_is_counted() {
    let monitored = Monitored::start().await;
    let before = monitored.samples().await;
    let mut client = monitored.daemon.connect().await;
    client.ask("LOOKUP 192.0.2.1\r\n", &map(COMPANY)[0]).await;
    for request in [
        "LOOKUP 198.51.100.1\r\n",
        "LOOKUPJSON 10.0.0.1\r\n",
        "LOOKUPJSON no\r\n",
        "MLOOKUP 192.0.2.1 10.0.0.2 x 9.9.9.9 ::1 2001:db8::5\r\n",
        "LOOKUP 9.9.9.8\r\n",
        "LOOKUP y\r\n",
        "LOOKUP\r\n",
        "LOOKUPPACKED 4 \"\\xc0\\x00\\x02\\x01\\x09\\x09\\x09\\x09\\x0a\\x00\\x00\\x01\"\r\n",
        "LOOKUPPACKED 16 \"0123456789abcdef\"\r\n",
        "LOOKUPPACKED 4 abc\r\n",
        "ANSWER 1\r\n",
        "NETWORKS lei:EXAMPLE\r\n",
        "nonsense 192.0.2.1\r\n",
        "Ping\r\n",
    ] {
        client.reply(request).await;
    }
    // INFO settles what its own batch holds; others are settled when their replies go out.
    let info = String::from_utf8(client.reply("INFO\r\n").await).unwrap();
    let mut broken = monitored.daemon.connect().await;
    broken.send("*x\r\n").await;
    broken.rest().await;

    let after = monitored.samples().await;
    let counted = |name: &str| after[name] - before[name];
    for (command, expected) in [
        ("lookup", 5.0),
        ("lookupjson", 2.0),
        ("mlookup", 1.0),
        ("lookuppacked", 3.0),
        ("answer", 1.0),
        ("networks", 1.0),
        ("other", 1.0),
        ("ping", 1.0),
        ("info", 1.0),
        ("quit", 0.0),
    ] {
        assert_eq!(
            counted(&format!("nameplate_requests_total{{command=\"{command}\"}}")),
            expected,
            "{command}"
        );
    }
    for (status, expected) in
        [("company", 2.0), ("operator", 2.0), ("reserved", 2.0), ("unknown", 3.0), ("invalid", 3.0)]
    {
        assert_eq!(counted(&format!("nameplate_answers_total{{status=\"{status}\"}}")), expected, "{status}");
        assert!(info.contains(&format!("\r\nanswers_{status}:{expected}\r\n")), "{info}");
    }
    for (answer, expected) in [("found", 2.0), ("unknown", 2.0)] {
        assert_eq!(counted(&format!("nameplate_packed_addresses_total{{answer=\"{answer}\"}}")), expected);
        assert!(info.contains(&format!("\r\npacked_{answer}:{expected}\r\n")), "{info}");
    }
    assert!(info.contains("\r\ntotal_commands_processed:16\r\n"), "{info}");
    assert_eq!(counted("nameplate_connections_total"), 2.0);
    // The other one is taken off once its connection has been closed.
    within(async { while monitored.samples().await["nameplate_clients"] > 1.0 {} }).await;
    assert_eq!(counted("nameplate_refusals_total{reason=\"protocol\"}"), 1.0);
    assert_eq!(after["nameplate_file_build_number"], 7.0);
    assert_eq!(after["nameplate_file_created_timestamp_seconds"], 1_750_000_000.0);
    assert!(after["nameplate_file_age_seconds"] > 0.0);
    assert_eq!(after["nameplate_generations_held"], 1.0);
    assert!(after["process_resident_memory_bytes"] > 1e6);
    assert!(after["process_open_fds"] >= 4.0 && after["process_open_fds"] <= after["process_max_fds"]);
    assert!(after["process_cpu_seconds_total"] > 0.0);
    monitored.stop().await;
}

/// Requests of one batch are each counted with the batch's time, after the replies have gone out.
#[tokio::test]
async fn every_request_is_in_the_histogram() {
    let monitored = Monitored::start().await;
    let mut client = monitored.daemon.connect().await;
    client.ask("PING\r\n".repeat(500), "+PONG\r\n".repeat(500)).await;
    // The reply is written before its time is taken; that of the one before this has been by then.
    client.ask("PING\r\n", "+PONG\r\n").await;
    let samples = monitored.samples().await;
    let count = samples["nameplate_request_duration_seconds_count"];
    assert!((500.0..=501.0).contains(&count), "{count}");
    assert_eq!(samples["nameplate_request_duration_seconds_bucket{le=\"+Inf\"}"], count);
    assert!(samples["nameplate_request_duration_seconds_sum"] > 0.0);
    assert!(samples.contains_key("nameplate_request_duration_seconds_bucket{le=\"0.001\"}"));
    monitored.stop().await;
}

#[tokio::test]
async fn reloads_are_counted_by_how_they_ended() {
    let directory = directory_with_a_file();
    let file = directory.path().join("n.npl");
    let options = GenerationOptions { copy: true, verify: true, ..Default::default() };
    let generations = Generations::open(&file, options).unwrap();
    let monitored =
        Monitored::with(directory, Arc::new(State::new(generations, &nameplate_daemon::Config::default())))
            .await;
    assert_eq!(monitored.samples().await["nameplate_last_reload_successful"], 1.0);
    let mut client = monitored.daemon.connect().await;

    fs::remove_file(&file).unwrap();
    client.reply("RELOAD\r\n").await;
    fs::write(&file, "what is no range file").unwrap();
    client.reply("RELOAD\r\n").await;
    client.reply("RELOAD\r\n").await;
    let failed = monitored.samples().await;
    assert_eq!(failed["nameplate_reload_failures_total{reason=\"missing\"}"], 1.0);
    assert_eq!(failed["nameplate_reload_failures_total{reason=\"foreign\"}"], 2.0);
    assert_eq!(failed["nameplate_last_reload_successful"], 0.0);
    assert_eq!(failed["nameplate_generation"], 1.0);
    // The file has no source with a date.
    assert!(!failed.contains_key("nameplate_file_age_seconds"));

    publish(numbered(2), &file).unwrap();
    client.ask("RELOAD\r\n", "+OK\r\n").await;
    let worked = monitored.samples().await;
    assert_eq!(worked["nameplate_reloads_total"], 1.0);
    assert_eq!(worked["nameplate_reload_failures_total{reason=\"foreign\"}"], 2.0);
    assert_eq!(worked["nameplate_last_reload_successful"], 1.0);
    assert_eq!(worked["nameplate_generation"], 2.0);
    assert_eq!(worked["nameplate_file_build_number"], 2.0);
    assert!(worked["nameplate_generation_age_seconds"] <= failed["nameplate_generation_age_seconds"] + 60.0);
    let health = monitored.get("/health").await.body;
    assert_eq!(health, "{\"status\":\"ok\",\"generation\":2,\"build_number\":2,\"created\":0}\n");
    monitored.stop().await;
}

#[tokio::test]
async fn health_says_when_the_daemon_is_ending() {
    let monitored = Monitored::start().await;
    let serving = monitored.get("/health").await;
    assert_eq!(serving.status, "HTTP/1.1 200 OK");
    assert_eq!(serving.header("content-type"), Some("application/json"));
    let facts = "\"generation\":1,\"build_number\":7,\"created\":1750000000}\n";
    assert_eq!(serving.body, format!("{{\"status\":\"ok\",{facts}"));
    monitored.draining.cancel();
    let ending = monitored.get("/health?verbose").await;
    assert_eq!(ending.status, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(ending.body, format!("{{\"status\":\"draining\",{facts}"));
    assert_eq!(monitored.get("/metrics").await.status, "HTTP/1.1 200 OK");
    monitored.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_refused_and_not_quoted() {
    let monitored = Monitored::start().await;
    for path in ["/", "/metrics/", "/canary", "//metrics", "/health/canary", "*"] {
        let reply = monitored.get(path).await;
        assert_eq!(reply.status, "HTTP/1.1 404 Not Found", "{path}");
        assert_eq!(reply.body, "there are /metrics and /health\n");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CANARY"] {
        for path in ["/metrics", "/health"] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\ncanary");
            let reply = monitored.ask(request).await;
            assert_eq!(reply.status, "HTTP/1.1 405 Method Not Allowed", "{method}");
            assert_eq!(reply.header("allow"), Some("GET, HEAD"));
            assert_eq!(reply.body, "only GET and HEAD\n");
        }
    }
    for rubbish in [
        "PING\r\n\r\n",
        "*1\r\n$4\r\nPING\r\n",
        "GET /health HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\n\0: x\r\n\r\n",
    ] {
        let reply = monitored.ask(rubbish).await;
        assert_eq!(reply.status, "HTTP/1.1 400 Bad Request", "{rubbish}");
        assert_eq!(reply.body, "");
    }
    monitored.stop().await;
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let monitored = Monitored::start().await;
    for path in ["/metrics", "/health"] {
        let get = monitored.get(path).await;
        let head = monitored.ask(format!("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        assert_eq!((&head.status, head.body.as_str()), (&get.status, ""));
        // Times in the metrics may have become a digit longer.
        let length: usize = head.header("content-length").unwrap().parse().unwrap();
        assert!(length.abs_diff(get.body.len()) < 64, "{length}");
        assert_eq!(get.header("content-length"), Some(&*get.body.len().to_string()));
    }
    monitored.stop().await;
}

/// Pipelining would make a connection as long as somebody likes.
#[tokio::test]
async fn a_connection_is_for_one_request() {
    let monitored = Monitored::start().await;
    let twice = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n".repeat(2);
    let reply = monitored.ask(twice).await;
    assert_eq!(reply.header("connection"), Some("close"));
    assert_eq!(reply.body.matches("generation").count(), 1);
    monitored.stop().await;
}

#[tokio::test]
async fn a_client_that_has_shut_its_side_is_answered() {
    use tokio::io::AsyncWriteExt;
    let monitored = Monitored::start().await;
    let mut peer = monitored.connect().await;
    peer.send("GET /health HTTP/1.0\r\n\r\n").await;
    peer.0.shutdown().await.unwrap();
    assert_eq!(Reply::parse(&peer.rest().await).status, "HTTP/1.0 200 OK");
    monitored.stop().await;
}

#[tokio::test]
async fn a_header_without_end_is_cut_off() {
    use tokio::io::AsyncWriteExt;
    let monitored = Monitored::start().await;
    let long = format!("GET /health HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(9000));
    assert_eq!(monitored.ask(long).await.status, "HTTP/1.1 431 Request Header Fields Too Large");
    let many = format!("GET /health HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(500));
    assert_eq!(monitored.ask(many).await.status, "HTTP/1.1 431 Request Header Fields Too Large");
    // A path is part of it.
    let path = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(9000));
    let status = monitored.ask(path).await.status;
    assert!(
        ["HTTP/1.1 431 Request Header Fields Too Large", "HTTP/1.1 414 URI Too Long"].contains(&&*status)
    );
    // More than a socket's buffers hold, so that it can only end by being refused.
    let mut peer = monitored.connect().await;
    peer.send("GET /health HTTP/1.1\r\nX: ").await;
    within(async { while peer.0.write_all(&[b'x'; 1 << 14]).await.is_ok() {} }).await;
    monitored.stop().await;
}

/// The clock is the runtime's, and goes on by itself whenever everybody waits for it.
#[tokio::test(start_paused = true)]
async fn who_says_nothing_or_half_is_let_go() {
    let monitored = Monitored::start().await;
    for sent in
        ["", "GET /hea", "GET /health HTTP/1.1\r\nHost: x\r\n", "POST /x HTTP/1.1\r\nContent-Length: 9\r\n"]
    {
        let mut peer = monitored.connect().await;
        peer.send(sent).await;
        assert_eq!(peer.rest().await, b"", "{sent}");
    }
    monitored.stop().await;
}

#[tokio::test(start_paused = true)]
async fn silent_clients_keep_nobody_out_for_long() {
    let monitored = Monitored::start().await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        let mut peer = monitored.connect().await;
        peer.send("GET /metrics HTTP/1.1\r\n").await;
        silent.push(peer);
    }
    // Each of them has its time, and then it is the next ones' turn.
    assert_eq!(monitored.get("/health").await.status, "HTTP/1.1 200 OK");
    for peer in &mut silent {
        assert_eq!(peer.rest().await, b"");
    }
    monitored.stop().await;
}

#[tokio::test]
async fn two_hundred_scrapes_at_once_are_all_answered() {
    let monitored = Arc::new(Monitored::start().await);
    let scrapes: Vec<_> = (0..200)
        .map(|_| {
            let monitored = Arc::clone(&monitored);
            tokio::spawn(async move { monitored.get("/metrics").await })
        })
        .collect();
    for scrape in scrapes {
        let reply = within(scrape).await.unwrap();
        assert_eq!(reply.status, "HTTP/1.1 200 OK");
        assert_eq!(exposed(&reply.body), documented());
    }
    Arc::into_inner(monitored).unwrap().stop().await;
}

#[tokio::test]
async fn nothing_that_was_asked_or_answered_is_in_the_metrics() {
    let monitored = Monitored::start().await;
    let mut client = monitored.daemon.connect().await;
    let mut replies = Vec::new();
    for request in [
        "LOOKUP 192.0.2.77\r\n",
        "LOOKUPJSON 198.51.100.77\r\n",
        "MLOOKUP 2001:db8::77 203.0.113.77 203.0.113.77:80\r\n",
        "NETWORKS lei:EXAMPLE\r\n",
        "203.0.113.77 canary\r\n",
        "CLIENT SETNAME canary\r\n",
        "ECHO canary\r\n",
    ] {
        replies.extend(client.reply(request).await);
    }
    let replies = String::from_utf8(replies).unwrap();
    let secrets = ["Example", "lei:", "64500", "192.0.2.", "198.51.100.", "canary"];
    for secret in secrets {
        assert!(replies.contains(secret), "{secret} was told to the client");
    }
    for path in ["/metrics", "/metrics?203.0.113.77", "/health", "/203.0.113.77"] {
        let reply = monitored.get(path).await;
        let text = format!("{:?}{}", reply.headers, reply.body);
        for secret in secrets.into_iter().chain(["203.0.113", "2001:db8", ".77"]) {
            assert!(!text.contains(secret), "{secret} in {path}");
        }
    }
    monitored.stop().await;
}
