//! A reload that fails is told once, counted, and changes nothing.

mod common;

use std::fs;

use common::{Captured, Daemon, directory_with_a_file, numbered, request};
use nameplate::publish;

const LOOKUP: &[&str] = &["LOOKUP", "198.51.100.7"];

async fn info(daemon: &Daemon) -> String {
    String::from_utf8(daemon.connect().await.reply(request(&["INFO"])).await).unwrap()
}

// The only test in this file: the log is the whole process's.
#[tokio::test]
async fn what_fails_is_counted_and_leaves_the_old_file_serving() {
    let logs = Captured::default();
    tracing_subscriber::fmt().with_writer(logs.clone()).with_ansi(false).init();
    let directory = directory_with_a_file();
    let path = directory.path().join("n.npl");
    publish(numbered(5), &path).unwrap();
    let daemon = Daemon::serving(directory).await;
    let mut client = daemon.connect().await;
    let answer = client.reply(request(LOOKUP)).await;
    let beside = daemon.directory.path().join("beside");
    publish(numbered(4), &beside).unwrap();
    let older = fs::read(&beside).unwrap();
    publish(numbered(6), &beside).unwrap();
    let mut damaged = fs::read(&beside).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    for (failures, (class, bytes)) in (1..).zip([
        ("older", &older[..]),
        ("damaged", &damaged),
        ("empty", b""),
        ("foreign", b"no range file"),
    ]) {
        fs::write(&beside, bytes).unwrap();
        fs::rename(&beside, &path).unwrap();
        let expected =
            format!("-ERR not reloaded ({class}); the file before it is served on, the log says more\r\n");
        client.ask(request(&["RELOAD"]), expected).await;
        client.ask(request(LOOKUP), &answer).await;
        let info = info(&daemon).await;
        for line in [format!("reload_failures:{failures}"), format!("last_reload_error:{class}")] {
            assert!(info.contains(&format!("\r\n{line}\r\n")), "{line} in {info}");
        }
    }
    fs::remove_file(&path).unwrap();
    let missing = client.reply(request(&["RELOAD"])).await;
    assert!(missing.starts_with(b"-ERR not reloaded (missing)"));
    daemon.stop().await;
    let text = logs.text();
    assert_eq!(text.matches("not reloaded; serving on").count(), 5, "one line for each: {text}");
    assert!(text.contains("build 4 is older than build 5"), "{text}");
}
