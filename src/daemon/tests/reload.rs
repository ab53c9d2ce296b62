//! `RELOAD`: what it takes, what it refuses, what it says of both.

mod common;

use std::fs;

use common::{Daemon, directory_with_a_file, map, numbered, request, within};
use nameplate::{SuppressionList, publish};

async fn info(daemon: &Daemon) -> String {
    String::from_utf8(daemon.connect().await.reply(request(&["INFO"])).await).unwrap()
}

fn operator(number: u32) -> String {
    let asn = number.to_string();
    let name = format!("Operator {number}");
    let words = ["status", "operator", "operator.asn", &asn, "operator.name", &name];
    let network = ["network.first", "198.51.100.0", "network.last", "198.51.100.255"];
    map(&[&words[..], &network].concat()).into_iter().next().unwrap()
}

const LOOKUP: &[&str] = &["LOOKUP", "198.51.100.7"];

/// The generation, and the answer id.
fn packed(generation: u32) -> Vec<u8> {
    let id = if generation.is_multiple_of(2) { 2_u32 } else { 1 };
    [format!("*2\r\n:{generation}\r\n$4\r\n").as_bytes(), &id.to_le_bytes(), b"\r\n"].concat()
}

fn lookup_packed() -> Vec<u8> {
    let mut bytes = Vec::new();
    nameplate_daemon::resp::encode(&[b"LOOKUPPACKED", b"4", &[198, 51, 100, 7]], &mut bytes);
    bytes
}

#[tokio::test]
async fn reload_serves_the_new_file_to_all_connections() {
    let directory = directory_with_a_file();
    let path = directory.path().join("n.npl");
    let daemon = Daemon::serving(directory).await;
    let (mut one, mut two) = (daemon.connect().await, daemon.connect().await);
    one.ask(request(LOOKUP), operator(1)).await;
    one.ask(lookup_packed(), packed(1)).await;
    publish(numbered(2), &path).unwrap();
    two.ask(request(LOOKUP), operator(1)).await;
    one.ask(request(&["reload"]), "+OK\r\n").await;
    for client in [&mut one, &mut two] {
        client.ask(request(LOOKUP), operator(2)).await;
        client.ask(lookup_packed(), packed(2)).await;
    }
    let info = info(&daemon).await;
    for line in [
        "generation:2",
        "generations_held:1",
        "build_number:2",
        "reloads:1",
        "reload_failures:0",
        "last_reload_error:",
    ] {
        assert!(info.contains(&format!("\r\n{line}\r\n")), "{line} in {info}");
    }
    daemon.stop().await;
}

#[tokio::test]
async fn requests_after_reload_in_one_pipeline_see_the_new_file() {
    let directory = directory_with_a_file();
    publish(numbered(2), &directory.path().join("n.npl")).unwrap();
    let path = directory.path().join("n.npl");
    let daemon = Daemon::serving(directory).await;
    publish(numbered(3), &path).unwrap();
    let mut client = daemon.connect().await;
    client.send([request(LOOKUP), request(&["RELOAD"]), request(LOOKUP)].concat()).await;
    client.expect(format!("{}+OK\r\n{}", operator(2), operator(3))).await;
    daemon.stop().await;
}

/// Whoever asks while a reload runs needs one that begins later; all who wait for it share it.
#[tokio::test(flavor = "multi_thread")]
async fn reloads_at_the_same_time_share_one() {
    let directory = directory_with_a_file();
    let path = directory.path().join("n.npl");
    let daemon = Daemon::serving(directory).await;
    publish(numbered(2), &path).unwrap();
    let mut clients = Vec::new();
    for _ in 0..32 {
        clients.push(daemon.connect().await);
    }
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|mut client| tokio::spawn(async move { client.ask(request(&["RELOAD"]), "+OK\r\n").await }))
        .collect();
    for task in tasks {
        within(task).await.unwrap();
    }
    let info = info(&daemon).await;
    let line = info.lines().find_map(|line| line.strip_prefix("reloads:")).unwrap();
    let reloads: u32 = line.parse().unwrap();
    assert!((1..=32).contains(&reloads), "{reloads}");
    assert!(info.contains("\r\nbuild_number:2\r\n"));
    daemon.stop().await;
}

#[tokio::test]
async fn an_objection_holds_from_the_next_reload_on() {
    use nameplate::{GenerationOptions, Generations, Suppression, SuppressionRule};
    let directory = directory_with_a_file();
    let list = directory.path().join("list");
    SuppressionList::create(&list).unwrap();
    let options = GenerationOptions { copy: true, suppression: Some(list.clone()), ..Default::default() };
    let generations = Generations::open(&directory.path().join("n.npl"), options).unwrap();
    let daemon = Daemon::with(
        directory,
        std::sync::Arc::new(nameplate_daemon::State::new(generations, &nameplate_daemon::Config::default())),
    )
    .await;
    let mut client = daemon.connect().await;
    client.ask(request(LOOKUP), operator(1)).await;
    let entry = Suppression::new(SuppressionRule::Company("asn:1".into()), "2026-06-17", "asked").unwrap();
    SuppressionList::update(&list, |list| list.add(entry)).unwrap();
    client.ask(request(&["RELOAD"]), "+OK\r\n").await;
    client.ask(request(LOOKUP), &map(common::UNKNOWN)[0]).await;
    fs::remove_file(&list).unwrap();
    let refused = client.reply(request(&["RELOAD"])).await;
    assert!(refused.starts_with(b"-ERR not reloaded (suppression)"));
    client.ask(request(LOOKUP), &map(common::UNKNOWN)[0]).await;
    daemon.stop().await;
}
