//! The whole of it, with a real store and real receivers on the loopback.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::model::{CompanyFacts, IdentifiedBy, Page, Record, Seen};
use crate::outgoing::config::{OutgoingConfig, TargetConfig};
use crate::segment::Condition;
use crate::store::{NewDelivery, StoreOptions};

/// 22 November 2026.
const NOW: Timestamp = 1_795_326_946_123;
const DAY: i64 = 86_400_000;

#[derive(serde::Deserialize)]
struct Written {
    outgoing: OutgoingConfig,
    targets: Vec<TargetConfig>,
}

fn targets(text: &str) -> Targets {
    let written: Written = toml::from_str(text).unwrap();
    Targets::new(&written.outgoing, &written.targets).unwrap()
}

fn slack(name: &str, port: u16, rest: &str) -> String {
    format!("[[targets]]\nname = '{name}'\nkind = 'slack'\nurl = 'http://127.0.0.1:{port}/{name}'\n{rest}\n")
}

const LOOPBACK: &str =
    "[outgoing]\nallow = ['127.0.0.0/8']\nplaintext = ['127.0.0.0/8']\nfirst_retry_ms = 100\n";

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("leads.db"), StoreOptions::default()).unwrap();
    (folder, store)
}

fn delivery(target: &str, number: usize) -> NewDelivery {
    let body = samples::hostile("Example", event::EventKind::LeadCreated).to_json();
    NewDelivery {
        id: format!("msg_{target}_{number}"),
        target: target.into(),
        kind: "lead.created",
        company: None,
        body,
    }
}

async fn add(store: &Store, deliveries: Vec<NewDelivery>) {
    blocking(store, move |store| store.add_deliveries(deliveries, 10_000, NOW)).await.unwrap();
}

/// Answers each request with the next of `answers`, the last one for ever; says that it was asked.
async fn receiver(answers: Vec<&'static str>) -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (seen, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let whole = |request: &[u8]| {
                let text = String::from_utf8_lossy(request).into_owned();
                let (head, body) = text.split_once("\r\n\r\n")?;
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
                (body.len() >= length.parse().ok()?).then_some(text)
            };
            let text = loop {
                if let Some(text) = whole(&request) {
                    break text;
                }
                let mut bytes = [0; 4096];
                let read = stream.read(&mut bytes).await.unwrap();
                assert!(read > 0);
                request.extend_from_slice(&bytes[..read]);
            };
            let answer = answers[number.min(answers.len() - 1)];
            if answer == "never" {
                let _ = seen.send(text);
                return std::future::pending().await;
            }
            stream
                .write_all(format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").as_bytes())
                .await
                .unwrap();
            let _ = seen.send(text);
        }
    });
    (port, requests)
}

/// Waits until the store says so of a target; a hang fails in the runner.
async fn until(outgoing: &Outgoing, target: &str, done: impl Fn(&TargetState) -> bool) -> TargetState {
    loop {
        let states = outgoing.states().await.unwrap();
        if let Some(state) = states.into_iter().find(|state| state.target == target && done(state)) {
            return state;
        }
        tokio::task::yield_now().await;
    }
}

// No I/O is in this: the address is refused before anything is asked, and the runtime's clock goes on by itself.
#[tokio::test(start_paused = true)]
async fn a_delivery_is_tried_over_days_and_then_a_dead_letter() {
    let (_folder, store) = store();
    let targets = targets(
        "[outgoing]\nallow = ['169.254.0.0/16']\n[[targets]]\nname = 'x'\nkind = 'slack'\nurl = 'https://169.254.169.254/'\n",
    );
    let begin = tokio::time::Instant::now();
    add(&store, vec![delivery("x", 1)]).await;
    let clock = Clock::Runtime(NOW, begin);
    let outgoing = Outgoing::start_at(store, targets, ScoreFormula::default(), clock).await.unwrap();
    while outgoing.deliveries(None, true, 10).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_mins(10)).await;
    }
    let took = begin.elapsed().as_secs();
    let dead = outgoing.deliveries(None, true, 10).await.unwrap().remove(0);
    assert_eq!((dead.id.as_str(), dead.attempts, dead.due), ("msg_x_1", backoff::ATTEMPTS, None));
    assert_eq!(
        dead.failure.unwrap(),
        "the host's address is a cloud's metadata service, and no network in leads.outgoing.allow opens it"
    );
    // 5 s, fourfold up to 12 h: 156,785 s, and a fifth more or less.
    assert!((125_000..190_000).contains(&took), "{took}");
    outgoing.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_never_answers_holds_up_no_other() {
    let (_folder, store) = store();
    let (slow, mut asked) = receiver(vec!["never"]).await;
    let (good, mut served) = receiver(vec!["200 OK"]).await;
    let text =
        format!("{LOOPBACK}timeout_ms = 120000\n{}{}", slack("slow", slow, ""), slack("good", good, ""));
    let outgoing = Outgoing::start(store.clone(), targets(&text), ScoreFormula::default()).await.unwrap();
    add(&store, (0..10).flat_map(|number| [delivery("slow", number), delivery("good", number)]).collect())
        .await;
    outgoing.wakes.values().for_each(|wake| wake.notify_one());
    asked.recv().await.unwrap();
    for _ in 0..10 {
        served.recv().await.unwrap();
    }
    let state = until(&outgoing, "good", |state| state.delivered == 10).await;
    assert_eq!((state.waiting, state.dead, state.failed), (0, 0, 0));
    let slow = until(&outgoing, "slow", |_| true).await;
    assert_eq!((slow.waiting, slow.delivered), (10, 0));
    // What is under way has its grace, and waits for the next start.
    outgoing.shutdown().await;
    assert_eq!(store.deliveries(Some("slow"), false, 100).unwrap().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_tried_again_with_the_same_id_and_a_410_is_not() {
    let (_folder, store) = store();
    let (port, mut requests) = receiver(vec!["500 x", "429 x\r\nretry-after: 0", "302 x", "200 OK"]).await;
    let (gone, mut told) = receiver(vec!["410 Gone", "200 OK"]).await;
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let hook = format!(
        "[[targets]]\nname = 'hook'\nkind = 'webhook'\nurl = 'http://127.0.0.1:{port}/'\nsecret_file = '{}'\n",
        secret.display()
    );
    let text = format!("{LOOPBACK}{hook}{}", slack("gone", gone, ""));
    let outgoing = Outgoing::start(store.clone(), targets(&text), ScoreFormula::default()).await.unwrap();
    add(&store, vec![delivery("hook", 1), delivery("gone", 1)]).await;
    outgoing.wakes.values().for_each(|wake| wake.notify_one());
    let header = |request: &str, name: &str| {
        let start = format!("{name}: ");
        request.lines().find_map(|line| line.strip_prefix(&start)).map(str::to_owned).expect(name)
    };
    for _ in 0..4 {
        let request = requests.recv().await.unwrap();
        assert_eq!(header(&request, "webhook-id"), "msg_hook_1");
        let body = request.split_once("\r\n\r\n").unwrap().1;
        assert_eq!(body, delivery("hook", 1).body);
        let at: i64 = header(&request, "webhook-timestamp").parse().unwrap();
        let secret = webhook::Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(header(&request, "webhook-signature"), secret.sign("msg_hook_1", at, body.as_bytes()));
    }
    let state = until(&outgoing, "hook", |state| state.delivered == 1).await;
    assert_eq!((state.failed, state.waiting, state.dead), (3, 0, 0));

    told.recv().await.unwrap();
    until(&outgoing, "gone", |state| state.dead == 1).await;
    let dead = outgoing.deliveries(Some("gone".into()), true, 10).await.unwrap();
    assert_eq!((dead[0].attempts, dead[0].status), (1, Some(410)));
    // Seen, and sent again.
    assert_eq!(outgoing.resend(Resend::Delivery("msg_gone_1".into()), "anna".into()).await.unwrap(), 1);
    told.recv().await.unwrap();
    until(&outgoing, "gone", |state| state.delivered == 1 && state.dead == 0).await;
    let again = outgoing.resend(Resend::Delivery("msg_gone_1".into()), "anna".into()).await;
    assert!(matches!(again, Err(StoreError::Missing("dead letter"))));
    outgoing.shutdown().await;
}

fn seen(store: &Store, site: &str, company: &str, at: Timestamp) {
    let company = CompanyFacts {
        id: company.into(),
        name: format!("{company} AG"),
        confidence: 60,
        ..CompanyFacts::default()
    };
    store
        .record_blocking(Record::Seen(Box::new(Seen {
            site: store.site(site).unwrap(),
            at,
            company,
            identified_by: IdentifiedBy::Network,
            page: Page { path: "/pricing".into(), ..Page::default() },
            visitor: None,
            session: None,
        })))
        .unwrap();
}

/// What looks, at a moment.
fn alerts(store: &Store, text: &str, now: Timestamp) -> alert::Alerts {
    let targets = targets(text);
    alert::Alerts {
        store: store.clone(),
        limits: targets.limits,
        targets: targets.targets,
        formula: Arc::new(ScoreFormula::default()),
        clock: Clock::Fixed(now),
        wakes: HashMap::new(),
        stop: CancellationToken::new(),
    }
}

/// Looks, and takes what is to be told: target, kind, company.
fn told(store: &Store, text: &str, now: Timestamp) -> Vec<(String, String, String)> {
    alerts(store, text, now).look().unwrap();
    let mut told = Vec::new();
    for target in ["created", "hot", "daily", "shop"] {
        while let crate::store::Next::Due(delivery) = store.next_delivery(target, now).unwrap() {
            let event: Event = serde_json::from_str(&delivery.body).unwrap();
            told.push((target.to_owned(), event.kind.name().to_owned(), event.data.lead.company.id));
            store.delivered(target, &delivery.id, now).unwrap();
        }
    }
    told.sort();
    told
}

fn says(expected: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    expected
        .iter()
        .map(|(target, kind, company)| ((*target).into(), (*kind).into(), (*company).into()))
        .collect()
}

fn condition(json: &str) -> Condition {
    serde_json::from_str(json).unwrap()
}

fn watching() -> String {
    let all = [
        slack("created", 9, ""),
        slack("hot", 9, "segment = 'hot'"),
        slack("daily", 9, "segment = 'hot'\nrepeat = 'daily'"),
        slack("shop", 9, "sites = ['shop']"),
    ];
    format!("{LOOPBACK}{}", all.concat())
}

#[test]
fn a_company_is_told_of_once_until_it_left_and_came_back() {
    let (_folder, store) = store();
    let text = watching();
    store.watch_visits(true).unwrap();
    seen(&store, "main", "old", NOW);
    store.site("shop").unwrap();
    store.save_segment("hot", &condition(r#"{"field":"page_views","at_least":2}"#), "anna", NOW).unwrap();
    // Who was there before somebody watched is nobody new.
    assert_eq!(told(&store, &text, NOW), says(&[]));
    // A first visit, on another site than one target is for.
    seen(&store, "main", "a", NOW);
    assert_eq!(told(&store, &text, NOW), says(&[("created", "lead.created", "a")]));
    // A second page: it enters, for both.
    seen(&store, "main", "a", NOW + 1000);
    let both = says(&[("daily", "segment.entered", "a"), ("hot", "segment.entered", "a")]);
    assert_eq!(told(&store, &text, NOW), both);
    // It stays: nothing, however often it comes, on that day.
    seen(&store, "main", "a", NOW + 2000);
    assert_eq!(told(&store, &text, NOW), says(&[]));
    // The other site, for the first time.
    seen(&store, "shop", "a", NOW + 3000);
    alerts(&store, &text, NOW).look().unwrap();
    let crate::store::Next::Due(next) = store.next_delivery("shop", NOW).unwrap() else { panic!() };
    let event: Event = serde_json::from_str(&next.body).unwrap();
    assert_eq!(
        (event.data.lead.page_views, event.data.lead.visits),
        (1, 1),
        "another site's numbers are not told"
    );
    assert_eq!(event.data.sites, ["shop"]);
    assert_eq!(told(&store, &text, NOW), says(&[("shop", "lead.created", "a")]));
    // The next day, once, for who asked for that.
    let tomorrow = NOW + DAY;
    seen(&store, "main", "a", tomorrow);
    assert_eq!(told(&store, &text, tomorrow), says(&[("daily", "segment.entered", "a")]));
    // After 40 days it has left by time alone, and enters again.
    let later = NOW + 40 * DAY;
    for watch in [("hot", NOW), ("daily", tomorrow)] {
        let watch =
            crate::store::Watch { target: watch.0.into(), segment: Some("hot".into()), sites: Vec::new() };
        assert_eq!(store.sweep_watch(&watch, &ScoreFormula::default(), later).unwrap(), 1);
    }
    seen(&store, "main", "a", later);
    assert_eq!(told(&store, &text, later), says(&[]), "one page view is not hot");
    seen(&store, "main", "a", later);
    assert_eq!(told(&store, &text, later), both);
}

#[test]
fn visits_that_nobody_has_looked_at_are_looked_at_after_a_restart() {
    let (folder, store) = store();
    let text = watching();
    store.watch_visits(true).unwrap();
    store.site("shop").unwrap();
    store.save_segment("hot", &condition(r#"{"field":"page_views","at_least":1}"#), "anna", NOW).unwrap();
    assert_eq!(told(&store, &text, NOW), says(&[]));
    seen(&store, "main", "a", NOW);
    drop(store);
    let store = Store::open(folder.path().join("leads.db"), StoreOptions::default()).unwrap();
    store.watch_visits(true).unwrap();
    let all = says(&[
        ("created", "lead.created", "a"),
        ("daily", "segment.entered", "a"),
        ("hot", "segment.entered", "a"),
    ]);
    assert_eq!(told(&store, &text, NOW), all);
    assert_eq!(told(&store, &text, NOW), says(&[]));
}

#[test]
fn another_condition_begins_anew_without_a_flood() {
    let (_folder, store) = store();
    let text = watching();
    store.watch_visits(true).unwrap();
    store.site("shop").unwrap();
    store.save_segment("hot", &condition(r#"{"field":"page_views","at_least":99}"#), "anna", NOW).unwrap();
    told(&store, &text, NOW);
    for number in 0..1200 {
        seen(&store, "main", &format!("c{number}"), NOW);
    }
    let first = told(&store, &text, NOW);
    assert_eq!(first.len(), 1200, "each is new, and none is hot");
    store.save_segment("hot", &condition(r#"{"field":"page_views","at_least":1}"#), "anna", NOW).unwrap();
    seen(&store, "main", "c7", NOW + 1000);
    assert_eq!(told(&store, &text, NOW), says(&[]), "it met the new condition when that was made");
}

#[test]
fn what_is_to_be_told_of_a_company_goes_with_the_company() {
    let (_folder, store) = store();
    let text = watching();
    store.watch_visits(true).unwrap();
    store.site("shop").unwrap();
    store.save_segment("hot", &condition(r#"{"field":"page_views","at_least":1}"#), "anna", NOW).unwrap();
    told(&store, &text, NOW);
    seen(&store, "main", "a", NOW);
    seen(&store, "main", "b", NOW);
    alerts(&store, &text, NOW).look().unwrap();
    assert_eq!(store.deliveries(None, false, 100).unwrap().len(), 6);
    store.erase_company("a", "anna", NOW).unwrap();
    let left = store.deliveries(None, false, 100).unwrap();
    assert_eq!(left.len(), 3);
    for delivery in left {
        let crate::store::Next::Due(next) = store.next_delivery(&delivery.target, NOW).unwrap() else {
            panic!()
        };
        assert!(next.body.contains("\"b AG\"") && !next.body.contains("a AG"), "{}", next.body);
    }
}

#[test]
fn a_queue_has_an_end_and_what_is_beyond_it_is_seen() {
    let (_folder, store) = store();
    store.add_deliveries((0..5).map(|number| delivery("x", number)).collect(), 3, NOW).unwrap();
    assert_eq!(store.deliveries(Some("x"), false, 10).unwrap().len(), 3);
    let dead = store.deliveries(Some("x"), true, 10).unwrap();
    assert_eq!(dead.len(), 2);
    assert_eq!(dead[0].failure.as_deref(), Some("too many deliveries waited for the target"));
    assert_eq!(store.resend(Resend::Target("x".into()), "anna", NOW).unwrap(), 2);
    assert_eq!(store.purge_deliveries(NOW).unwrap(), 0);
    assert_eq!(store.purge_deliveries(NOW + 1).unwrap(), 5);
}

#[test]
fn without_targets_visits_are_not_marked() {
    let (_folder, store) = store();
    store.watch_visits(true).unwrap();
    seen(&store, "main", "a", NOW);
    assert_eq!(store.touched().unwrap().len(), 1);
    store.watch_visits(false).unwrap();
    seen(&store, "main", "b", NOW);
    assert!(store.touched().unwrap().is_empty());
}
