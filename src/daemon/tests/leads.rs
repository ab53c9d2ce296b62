//! Visits over the socket, byte by byte: what is answered when, and that nobody else waits.

mod common;

use common::{COMPANY, Daemon, bulks, map, request, state_with_leads};
use tempfile::TempDir;

async fn start() -> Daemon {
    let directory = TempDir::new().unwrap();
    let state = state_with_leads(directory.path());
    Daemon::with(directory, state).await
}

fn visit(address: &str, more: &str) -> String {
    format!(r#"{{"site":"shop","address":"{address}","consent":"company"{more}}}"#)
}

const SHOWN: &str = concat!(
    r#"{"level":"company","company":{"id":"lei:EXAMPLE","name":"Example Häuser GmbH","kind":"business","country":"DE","#,
    r#""legal_form":"GmbH","confidence":90,"sources":[{"name":"gleif"},{"name":"ip-asn"}]}}"#
);

#[tokio::test]
async fn a_visit_is_answered_with_what_the_page_may_know() {
    let daemon = start().await;
    let mut client = daemon.connect().await;
    client.ask(request(&["VISIT", &visit("192.0.2.1", "")]), bulks(&[SHOWN])).await;
    client.ask(request(&["visit", &visit("::ffff:192.0.2.1", "")]), bulks(&[SHOWN])).await;
    for (more, reply) in
        [(r#","gpc":true"#, r#"{"level":"count"}"#), (r#","objection":true"#, r#"{"level":"off"}"#)]
    {
        client.ask(request(&["VISIT", &visit("192.0.2.1", more)]), bulks(&[reply])).await;
    }
    daemon.stop().await;
}

#[tokio::test]
async fn visits_lookups_and_mistakes_of_one_client_are_answered_in_order() {
    let daemon = start().await;
    let mut client = daemon.connect().await;
    let (mut sent, mut expected) = (Vec::new(), String::new());
    for number in 0..700 {
        sent.extend(request(&["VISIT", &visit("192.0.2.1", "")]));
        expected += &bulks(&[SHOWN]);
        match number % 50 {
            7 => {
                sent.extend(request(&["LOOKUP", "192.0.2.1"]));
                expected += &map(COMPANY)[0];
            }
            13 => {
                sent.extend(request(&["VISIT", "192.0.2.1"]));
                expected += "-ERR a visit is one JSON object\r\n";
            }
            21 => {
                sent.extend(request(&["VISIT"]));
                expected += "-ERR wrong number of arguments for 'visit' command\r\n";
            }
            34 => {
                sent.extend(b"PING\r\n");
                expected += "+PONG\r\n";
            }
            _ => {}
        }
    }
    client.ask(sent, expected).await;
    let page = client.reply(request(&["LEADS", "{}"])).await;
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains(r#""page_views":700"#), "{page}");
    daemon.stop().await;
}

#[tokio::test]
async fn a_broken_request_behind_visits_leaves_them_kept() {
    let daemon = start().await;
    let mut client = daemon.connect().await;
    let mut sent = request(&["VISIT", &visit("192.0.2.1", "")]);
    sent.extend(b"*1\r\n+x\r\n");
    client.send(sent).await;
    let replies = String::from_utf8(client.rest().await).unwrap();
    assert_eq!(replies, format!("{}-ERR Protocol error: expected '$'\r\n", bulks(&[SHOWN])));
    let mut other = daemon.connect().await;
    let company = String::from_utf8(other.reply(request(&["LEAD", "lei:EXAMPLE"])).await).unwrap();
    assert!(company.contains(r#""page_views":1"#), "{company}");
    daemon.stop().await;
}

#[tokio::test]
async fn the_daemons_own_user_may_purge_and_back_up() {
    let daemon = start().await;
    let mut client = daemon.connect().await;
    client.ask(request(&["PURGE"]), ":0\r\n").await;
    let directory = daemon.directory.path().to_str().unwrap().to_owned();
    let path = String::from_utf8(client.reply(request(&["BACKUP", &directory])).await).unwrap();
    assert!(path.contains("/leads-") && path.ends_with(".backup\r\n"), "{path}");
    daemon.stop().await;
}

#[tokio::test]
async fn the_commands_are_there_with_leads_alone() {
    let with = start().await;
    with.connect().await.ask(request(&["COMMAND", "COUNT"]), ":26\r\n").await;
    with.stop().await;
    let without = Daemon::start().await;
    let mut client = without.connect().await;
    for command in ["VISIT", "LEADS", "LEAD", "VISITOR", "FILTERED", "PURGE", "BACKUP", "OBJECTION"] {
        client.ask(request(&[command, "{}"]), "-ERR unknown command\r\n").await;
    }
    client.ask(request(&["COMMAND", "INFO", "visit"]), "*1\r\n*-1\r\n").await;
    without.stop().await;
}
