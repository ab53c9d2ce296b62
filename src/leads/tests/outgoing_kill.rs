//! `kill -9` in the middle of deliveries: none that was acknowledged is lost, and one that comes twice has the same id and body.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use nameplate_leads::outgoing::Outgoing;
use nameplate_leads::outgoing::config::{OutgoingConfig, TargetConfig, Targets};
use nameplate_leads::outgoing::event::Event;
use nameplate_leads::score::ScoreFormula;
use nameplate_leads::store::{NewDelivery, Store, StoreOptions};

/// Kills; each child adds so many deliveries.
const KILLS: usize = 20;
const EACH: usize = 25;

/// Set for the process that is killed: the store's path, the receiver's port, and the number of its turn.
const CHILD: &str = "NAMEPLATE_TEST_OUTGOING_CHILD";

#[derive(serde::Deserialize)]
struct Written {
    outgoing: OutgoingConfig,
    targets: Vec<TargetConfig>,
}

/// Answers 200 and says the id and body of each request; a request that is cut off is none.
fn receiver() -> (u16, mpsc::Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (seen, requests) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut id, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                    break;
                }
                if let Some(value) = line.strip_prefix("webhook-id: ") {
                    value.trim().clone_into(&mut id);
                }
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            if length == 0 || reader.read_exact(&mut body).is_err() {
                continue;
            }
            // First said, then answered: what the sender takes for delivered was received.
            if seen.send((id, String::from_utf8(body).unwrap())).is_err() {
                return;
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    });
    (port, requests)
}

/// What the killed process does: adds deliveries, says which ones are durable, and sends until it is killed.
fn child(text: &str) {
    let parts: Vec<&str> = text.split('|').collect();
    let (folder, port, turn) = (std::path::Path::new(parts[0]), parts[1], parts[2]);
    let config = format!(
        "[outgoing]\nallow = ['127.0.0.1']\nplaintext = ['127.0.0.1']\nfirst_retry_ms = 100\n[[targets]]\nname = 'hook'\nkind = 'webhook'\nurl = 'http://127.0.0.1:{port}/'\nsecret_file = '{}'\n",
        folder.join("secret").display()
    );
    let written: Written = toml::from_str(&config).unwrap();
    let targets = Targets::new(&written.outgoing, &written.targets).unwrap();
    let store = Store::open(folder.join("leads.db"), StoreOptions::default()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _outgoing =
        runtime.block_on(Outgoing::start(store.clone(), targets, ScoreFormula::default())).unwrap();
    for number in 0..EACH {
        let id = format!("msg_{turn}_{number}");
        let body = Event::test(std::slice::from_ref(&id), 0).to_json();
        let delivery =
            NewDelivery { id: id.clone(), target: "hook".into(), kind: "test", company: None, body };
        store.add_deliveries(vec![delivery], 10_000, nameplate_leads::now()).unwrap();
        println!("added {id}");
    }
    println!("ready");
    loop {
        thread::park();
    }
}

#[test]
fn no_delivery_is_lost_by_a_kill() {
    if let Ok(text) = std::env::var(CHILD) {
        return child(&text);
    }
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let (port, requests) = receiver();
    let mut acknowledged: Vec<String> = Vec::new();
    let mut received: HashMap<String, String> = HashMap::new();
    let mut twice = 0;
    for turn in 0..=KILLS {
        let last = turn == KILLS;
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "no_delivery_is_lost_by_a_kill", "--nocapture"])
            .env(CHILD, format!("{}|{port}|{turn}", folder.path().display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Killed after another number of acknowledgements each time, so that sending is under way.
        let upto = if last { EACH } else { 1 + turn * 7 % EACH };
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut added = 0;
        while added < upto {
            let line = lines.next().expect("the child ended").unwrap();
            if let Some((_, id)) = line.split_once("added ") {
                acknowledged.push(id.to_owned());
                added += 1;
            }
        }
        let take = |received: &mut HashMap<String, String>, (id, body): (String, String)| {
            let before = received.insert(id, body.clone());
            assert!(before.as_ref().is_none_or(|before| *before == body), "another body under the same id");
            usize::from(before.is_some())
        };
        if last {
            // It has nothing to do but send what all of them left.
            while !acknowledged.iter().all(|id| received.contains_key(id)) {
                twice += take(&mut received, requests.recv().unwrap());
            }
        } else {
            while let Ok(request) = requests.try_recv() {
                twice += take(&mut received, request);
            }
        }
        process.kill().unwrap();
        process.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            if let Some((_, id)) = line.split_once("added ") {
                acknowledged.push(id.to_owned());
            }
        }
    }
    println!(
        "{KILLS} kills, {} deliveries acknowledged, {} received, {twice} of them twice",
        acknowledged.len(),
        received.len()
    );
    assert!(
        acknowledged.iter().all(|id| received.contains_key(id) || id.starts_with(&format!("msg_{KILLS}_")))
    );
}
