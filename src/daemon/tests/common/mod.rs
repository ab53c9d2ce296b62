//! What the tests share: a small database, a daemon on a socket of its own, and a client that
//! deals in bytes.

#![allow(dead_code, reason = "each test file uses its part")]

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nameplate::{
    CompanyFields, CompanyKind, Database, GenerationOptions, Generations, OperatorKind, SourceFields,
    SourceSet, SuppressionList, Writer, publish,
};
use nameplate_daemon::{Config, SocketFile, State, run, socket};
use nameplate_leads::Leads;
use nameplate_leads::config::LeadsConfig;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;

/// A guard against hanging for ever, not a measure of anything.
pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(2), what).await.expect("it does not hang")
}

/// 192.0.2.0/24 a company's, in two intervals with a /32 of the operator's between; 198.51.100.0/24
/// and 2001:db8::/32 operators'; 10/8 reserved. Answer ids: 1 company, 2 and 4 operators, 3 reserved.
pub(crate) fn file() -> Vec<u8> {
    let mut writer = Writer::new();
    writer.build_number(7);
    writer.created(1_750_000_000);
    let registry = writer.source(&SourceFields { name: "gleif", ..Default::default() }).unwrap();
    let asn = writer.source(&SourceFields { name: "ip-asn", ..Default::default() }).unwrap();
    let telecom = writer.operator(64500, "Example Telecom", Some(OperatorKind::Access)).unwrap();
    let plain = writer.operator(64501, "Example Six", None).unwrap();
    let company = writer
        .company(&CompanyFields {
            id: "lei:EXAMPLE",
            name: "Example Häuser GmbH",
            kind: Some(CompanyKind::Business),
            country: Some(*b"DE"),
            legal_form: Some("GmbH"),
            ..Default::default()
        })
        .unwrap();
    let company = writer.company_answer(company, Some(telecom), 90, registry.union(asn)).unwrap();
    let telecom = writer.operator_answer(telecom, asn).unwrap();
    let private = writer.reserved_answer("Private-Use").unwrap();
    let plain = writer.operator_answer(plain, asn).unwrap();
    writer.push_v4(0x0a00_0000, 0x0aff_ffff, private).unwrap();
    writer.push_v4(0xc000_0200, 0xc000_027f, company).unwrap();
    writer.push_v4(0xc000_0280, 0xc000_0280, telecom).unwrap();
    writer.push_v4(0xc000_0281, 0xc000_02ff, company).unwrap();
    writer.push_v4(0xc633_6400, 0xc633_64ff, telecom).unwrap();
    let documentation = 0x2001_0db8 << 96;
    writer.push_v6(documentation, documentation | (u128::MAX >> 32), plain).unwrap();
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    file
}

pub(crate) fn state() -> Arc<State> {
    let database = Database::from_bytes(&file()).unwrap();
    // From no file: whoever reloads says where from, see `Daemon::serving`.
    Arc::new(State::new(
        Generations::starting_with(database, Path::new(""), GenerationOptions::default()),
        &Config::default(),
    ))
}

/// The same, and it takes visits: sites `shop` (to sessions) and `blog` (legitimate interest). The directory has file, list and store.
pub(crate) fn state_with_leads(directory: &Path) -> Arc<State> {
    let list = directory.join("suppress.list");
    let path = directory.join("n.npl");
    std::fs::write(&path, file()).unwrap();
    SuppressionList::create(&list).unwrap();
    let options = GenerationOptions { copy: true, suppression: Some(list.clone()), ..Default::default() };
    let generations = Arc::new(Generations::open(&path, options).unwrap());
    let config: LeadsConfig = toml::from_str(&format!(
        "store = \"{}\"\n[[sites]]\nname = \"shop\"\nhosts = [\"shop.example\"]\nhighest_level = \"sessions\"\n\
         [[sites]]\nname = \"blog\"\nhosts = [\"blog.example\"]\nlegal_basis = \"legitimate-interest\"",
        directory.join("leads.db").display()
    ))
    .unwrap();
    // Opening waits for the disk, which a runtime's thread may not.
    let opened = Arc::clone(&generations);
    let opening = std::thread::spawn(move || Leads::open(config, opened, Some(list)).unwrap());
    let leads = opening.join().unwrap();
    Arc::new(State::new(generations, &Config::default()).with_leads(Arc::new(leads)))
}

/// A daemon on a socket in a directory of its own.
pub(crate) struct Daemon {
    pub(crate) directory: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) shutdown: CancellationToken,
    task: JoinHandle<socket::Place>,
}

impl Daemon {
    pub(crate) async fn start() -> Daemon {
        Daemon::with(TempDir::new().unwrap(), state()).await
    }

    /// Serves the directory's file `n.npl`, opened as the daemon opens it.
    pub(crate) async fn serving(directory: TempDir) -> Daemon {
        let options = GenerationOptions { copy: true, verify: true, ..Default::default() };
        let generations = Generations::open(&directory.path().join("n.npl"), options).unwrap();
        Daemon::with(directory, Arc::new(State::new(generations, &Config::default()))).await
    }

    pub(crate) async fn with(directory: TempDir, state: Arc<State>) -> Daemon {
        let path = directory.path().join("n.sock");
        let (listener, place) = socket::bind(&path, &SocketFile::default()).await.unwrap();
        let shutdown = CancellationToken::new();
        let running = run(listener, state, shutdown.clone());
        let task = tokio::spawn(async move {
            running.await.unwrap();
            place
        });
        Daemon { directory, path, shutdown, task }
    }

    pub(crate) async fn connect(&self) -> Peer {
        Peer::connect(&self.path).await
    }

    /// Asks it to end and waits until it has.
    pub(crate) async fn stop(self) -> socket::Place {
        self.shutdown.cancel();
        within(self.task).await.unwrap()
    }
}

/// A client that deals in bytes.
pub(crate) struct Peer(pub(crate) UnixStream);

impl Peer {
    pub(crate) async fn connect(path: &Path) -> Peer {
        Peer(UnixStream::connect(path).await.unwrap())
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        within(self.0.write_all(bytes.as_ref())).await.unwrap();
    }

    /// The next bytes are these.
    pub(crate) async fn expect(&mut self, expected: impl AsRef<[u8]>) {
        let expected = expected.as_ref();
        let mut received = Vec::new();
        while received.len() < expected.len() {
            let mut chunk = vec![0; expected.len() - received.len()];
            let count = within(self.0.read(&mut chunk)).await.unwrap_or(0);
            received.extend_from_slice(&chunk[..count]);
            if count == 0 || !expected.starts_with(&received) {
                break;
            }
        }
        assert_eq!(String::from_utf8_lossy(&received), String::from_utf8_lossy(expected));
    }

    pub(crate) async fn ask(&mut self, request: impl AsRef<[u8]>, expected: impl AsRef<[u8]>) {
        self.send(request).await;
        self.expect(expected).await;
    }

    /// One reply, as bytes.
    pub(crate) async fn reply(&mut self, request: impl AsRef<[u8]>) -> Vec<u8> {
        self.send(request).await;
        let mut received = Vec::new();
        loop {
            if let Some((_, length)) = nameplate_daemon::resp::decode(&received).unwrap() {
                assert_eq!(length, received.len(), "one reply and nothing more");
                return received;
            }
            let count = within(self.0.read_buf(&mut received)).await.unwrap();
            assert_ne!(count, 0, "the connection stays open");
        }
    }

    /// Everything until the daemon closes. That it closed with bytes of ours unread shows as a
    /// reset, which is an end like any other.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut received = Vec::new();
        while let Ok(1..) = within(self.0.read_buf(&mut received)).await {}
        received
    }
}

/// Build `number`, in which 198.51.100.0/24 is AS `number`'s. Its answer id is 1 where the number is odd, and
/// 2 where it is even.
pub(crate) fn numbered(number: u32) -> Writer {
    let mut writer = Writer::new();
    writer.build_number(number.into());
    let operator = writer.operator(number, &format!("Operator {number}"), None).unwrap();
    let answer = writer.operator_answer(operator, SourceSet::default()).unwrap();
    if number.is_multiple_of(2) {
        let reserved = writer.reserved_answer("Private-Use").unwrap();
        // Answers are numbered by how many intervals they have.
        writer.push_v4(0x0a00_0000, 0x0aff_ffff, reserved).unwrap();
        writer.push_v4(0xc0a8_0000, 0xc0a8_ffff, reserved).unwrap();
    }
    writer.push_v4(0xc633_6400, 0xc633_64ff, answer).unwrap();
    writer
}

/// The first, in a directory of its own, as `n.npl`.
pub(crate) fn directory_with_a_file() -> TempDir {
    let directory = TempDir::new().unwrap();
    publish(numbered(1), &directory.path().join("n.npl")).unwrap();
    directory
}

/// A request in array form.
pub(crate) fn request(words: &[&str]) -> Vec<u8> {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    let mut bytes = Vec::new();
    nameplate_daemon::resp::encode(&words, &mut bytes);
    bytes
}

/// Bulk strings, one after the other.
pub(crate) fn bulks(words: &[&str]) -> String {
    let bulk = |word: &&str| ["$", &word.len().to_string(), "\r\n", word, "\r\n"].concat();
    words.iter().map(bulk).collect()
}

/// A map of bulk strings, in RESP2 and RESP3.
pub(crate) fn map(words: &[&str]) -> [String; 2] {
    [format!("*{}\r\n{}", words.len(), bulks(words)), format!("%{}\r\n{}", words.len() / 2, bulks(words))]
}

pub(crate) const COMPANY: &[&str] = &[
    "status",
    "company",
    "company.id",
    "lei:EXAMPLE",
    "company.name",
    "Example Häuser GmbH",
    "company.kind",
    "business",
    "company.country",
    "DE",
    "company.legal_form",
    "GmbH",
    "operator.asn",
    "64500",
    "operator.name",
    "Example Telecom",
    "operator.kind",
    "access",
    "network.first",
    "192.0.2.0",
    "network.last",
    "192.0.2.127",
    "confidence",
    "90",
    "sources",
    "gleif,ip-asn",
];

pub(crate) const UNKNOWN: &[&str] = &["status", "unknown"];

/// What was logged.
#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Captured;

    fn make_writer(&'a self) -> Captured {
        self.clone()
    }
}
