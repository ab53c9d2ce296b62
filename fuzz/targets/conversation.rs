//! Any bytes from a client of a running daemon: a whole conversation, through its socket. Each reply is one, there
//! are as many as requests, and where the bytes are cut changes none of them.
//!
//! The first byte says in which pieces the others are sent.

#![no_main]

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use nameplate::{Database, GenerationOptions, Generations, OperatorKind, SourceFields, Writer};
use nameplate_daemon::resp::{Parser, decode};
use nameplate_daemon::socket::{self, SocketFile};
use nameplate_daemon::{Config, State, run};
use tokio_util::sync::CancellationToken;

fuzz_target!(|bytes: &[u8]| {
    let Some((step, bytes)) = bytes.split_first() else { return };
    let whole = converse(bytes, bytes.len().max(1));
    let replies = count_replies(&whole);
    let requests = count_requests(bytes);
    // QUIT ends it early, and an error of the protocol is a last reply of its own.
    assert!(replies <= requests + 1, "{replies} replies to {requests} requests");
    let pieces = converse(bytes, usize::from(*step) + 1);
    // Ages, counts and client ids are of the moment.
    let says_the_same = ["info", "client", "hello"].iter().all(|word| !contains(bytes, word));
    if says_the_same {
        assert_eq!(pieces, whole);
    } else {
        assert_eq!(count_replies(&pieces), replies);
    }
});

/// All that the daemon says to these bytes, sent `step` at a time.
fn converse(bytes: &[u8], step: usize) -> Vec<u8> {
    let mut reader = UnixStream::connect(daemon()).expect("the daemon is there");
    reader.set_read_timeout(Some(Duration::from_secs(15))).expect("a time");
    let mut writer = reader.try_clone().expect("a descriptor");
    // The daemon reads ahead and the kernel holds the replies to so few bytes, so that nobody waits.
    for piece in bytes.chunks(step) {
        // It may have hung up.
        if writer.write_all(piece).is_err() {
            break;
        }
    }
    let _ = writer.shutdown(Shutdown::Write);
    let mut replies = Vec::new();
    match reader.read_to_end(&mut replies) {
        // Who hangs up before all was read resets the connection; what it said was read before.
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("no end: {error}"),
        _ => replies,
    }
}

fn count_replies(mut bytes: &[u8]) -> usize {
    let mut count = 0;
    while !bytes.is_empty() {
        let (_, length) = decode(bytes).expect("a reply").expect("a whole one");
        bytes = &bytes[length..];
        count += 1;
    }
    count
}

fn count_requests(bytes: &[u8]) -> usize {
    let (mut parser, mut bytes, mut count) = (Parser::default(), bytes.to_vec(), 0);
    while let Ok(Some(length)) = parser.parse(&mut bytes) {
        count += usize::from(parser.arguments(&bytes).len() > 0);
        bytes.drain(..length);
    }
    count
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

/// The path of the one daemon, which lives as long as the process.
fn daemon() -> &'static Path {
    static DAEMON: OnceLock<PathBuf> = OnceLock::new();
    DAEMON.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory").keep();
        let path = directory.join("s");
        let (ready, started) = std::sync::mpsc::channel();
        let bound = path.clone();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let (listener, _place) =
                    socket::bind(&bound, &SocketFile::default()).await.expect("a socket");
                ready.send(()).expect("somebody waits");
                run(listener, state(), CancellationToken::new()).await.expect("it runs");
            });
        });
        started.recv().expect("it starts");
        path
    })
}

fn state() -> Arc<State> {
    let mut writer = Writer::new();
    let source = writer.source(&SourceFields { name: "ip-asn", ..Default::default() }).expect("a source");
    let operator = writer.operator(64500, "Example", Some(OperatorKind::Access)).expect("an operator");
    let answer = writer.operator_answer(operator, source).expect("an answer");
    writer.push_v4(0xc000_0200, 0xc000_02ff, answer).expect("a range");
    writer.push_v6(1, 1, answer).expect("a range");
    let mut file = Vec::new();
    writer.finish(&mut file).expect("a file");
    let database = Database::from_bytes(&file).expect("what was written opens");
    let generations = Generations::starting_with(database, "".as_ref(), GenerationOptions::default());
    Arc::new(State::new(generations, &Config::default()))
}
