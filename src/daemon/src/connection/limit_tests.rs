//! What limits refuse: told, counted, and no stall for others. The clock is the runtime's, which stands still
//! while somebody has something to do.

use std::sync::Arc;
use std::time::Duration;

use nameplate::{Database, GenerationOptions, Generations, Writer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{sleep, timeout};

use super::*;
use crate::config::{Config, Limits};
use crate::counters::Counters;
use crate::state::State;

fn state(limits: Limits) -> Arc<State> {
    let mut file = Vec::new();
    Writer::new().finish(&mut file).unwrap();
    let database = Database::from_bytes(&file).unwrap();
    let generations = Generations::starting_with(database, "".as_ref(), GenerationOptions::default());
    Arc::new(State::new(generations, &Config { limits, ..Config::default() }))
}

type Served = Conversation<tokio::io::ReadHalf<DuplexStream>, tokio::io::WriteHalf<DuplexStream>>;

/// A client of `state`, and its conversation; `held` bytes are on their way at most.
fn client(state: &Arc<State>, held: usize) -> (DuplexStream, Served) {
    let (client, server) = duplex(held);
    let (reader, writer) = tokio::io::split(server);
    (client, Conversation::new(Admission::new(state, false, 0).unwrap(), reader, writer))
}

/// As [`converse`], without a socket.
async fn serve_to_the_end(mut conversation: Served) -> io::Result<()> {
    loop {
        let received = conversation.receive().await?;
        if received == 0 || conversation.answer(received).await? == Flow::Close {
            return Ok(());
        }
    }
}

fn refused(state: &State) -> Vec<(&'static str, u64)> {
    let all = Refusal::ALL
        .map(|refusal| (refusal.name(), state.total(|counters: &Counters| counters.refused(refusal))));
    all.into_iter().filter(|(_, count)| *count > 0).collect()
}

async fn replies(mut client: DuplexStream) -> String {
    let mut replies = String::new();
    client.read_to_string(&mut replies).await.unwrap();
    replies
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_cut_off_when_its_time_is_over_and_not_before() {
    let state = state(Limits { idle_seconds: 30, ..Limits::default() });
    let (mut silent, conversation) = client(&state, 1 << 10);
    let start = Instant::now();
    let serving = tokio::spawn(serve_to_the_end(conversation));
    // Each request begins the time anew.
    for _ in 0..3 {
        sleep(Duration::from_secs(29)).await;
        silent.write_all(b"PING\r\n").await.unwrap();
        silent.read_exact(&mut [0; 7]).await.unwrap();
    }
    assert_eq!(refused(&state), []);
    assert_eq!(serving.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 3 * 29 + 30);
    assert_eq!(refused(&state), [("idle_seconds", 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_comes_byte_by_byte_has_a_time_in_all() {
    let state = state(Limits { request_seconds: 7, idle_seconds: 3600, ..Limits::default() });
    let (mut slow, conversation) = client(&state, 1 << 10);
    let serving = tokio::spawn(serve_to_the_end(conversation));
    sleep(Duration::from_secs(1000)).await;
    let start = Instant::now();
    for byte in b"*2\r\n$6\r\nLOOKUP\r\n$9\r\n192.0.2.1\r\n" {
        if slow.write_all(&[*byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(serving.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 8, "the next byte finds nobody");
    assert_eq!(refused(&state), [("request_seconds", 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_taken_byte_by_byte_has_a_time_in_all() {
    let state = state(Limits { reply_seconds: 10, ..Limits::default() });
    let (mut slow, conversation) = client(&state, 64);
    let serving = tokio::spawn(serve_to_the_end(conversation));
    slow.write_all(b"INFO\r\n").await.unwrap();
    let start = Instant::now();
    let mut taken = 0;
    while !serving.is_finished() {
        taken += slow.read(&mut [0; 1]).await.unwrap();
        sleep(Duration::from_secs(1)).await;
    }
    assert!(taken > 5, "it always took a little");
    assert_eq!(serving.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 11);
    assert_eq!(refused(&state), [("reply_seconds", 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_nobody_takes_ends_the_connection() {
    let state = state(Limits { reply_seconds: 10, ..Limits::default() });
    let (mut deaf, conversation) = client(&state, 64);
    let serving = tokio::spawn(serve_to_the_end(conversation));
    deaf.write_all(b"INFO\r\n").await.unwrap();
    let start = Instant::now();
    assert_eq!(serving.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(refused(&state), [("reply_seconds", 1)]);
    assert_eq!(state.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn times_of_zero_are_no_limits() {
    let limits = Limits { idle_seconds: 0, request_seconds: 0, reply_seconds: 0, ..Limits::default() };
    let state = state(limits);
    let century = Duration::from_hours(100 * 365 * 24);
    for sent in ["", "*1\r\n$4\r\nPI", "INFO\r\n"] {
        let (mut patient, conversation) = client(&state, 64);
        patient.write_all(sent.as_bytes()).await.unwrap();
        assert!(timeout(century, serve_to_the_end(conversation)).await.is_err(), "{sent:?}");
    }
    assert_eq!(refused(&state), []);
}

#[tokio::test]
async fn requests_beyond_those_in_flight_are_busy_and_later_ones_are_not() {
    let state = state(Limits { commands_in_flight: 1, ..Limits::default() });
    assert!(state.begin());
    let (mut asking, conversation) = client(&state, 1 << 12);
    let serving = tokio::spawn(serve_to_the_end(conversation));
    asking.write_all(b"LOOKUP ::1\r\nPING\r\n").await.unwrap();
    let busy = "-BUSY too many commands in flight; try again later\r\n".repeat(2);
    let mut reply = vec![0; busy.len()];
    asking.read_exact(&mut reply).await.unwrap();
    assert_eq!(String::from_utf8(reply).unwrap(), busy);
    state.end();
    asking.write_all(b"PING\r\n").await.unwrap();
    asking.shutdown().await.unwrap();
    assert_eq!(replies(asking).await, "+PONG\r\n");
    serving.await.unwrap().unwrap();
    assert_eq!(refused(&state), [("commands_in_flight", 1)]);
    assert_eq!(state.in_flight(), 0);
}

#[tokio::test]
async fn a_request_that_is_too_long_ends_the_connection() {
    let state = state(Limits { request_bytes: 16 << 10, ..Limits::default() });
    for (at, request) in ["*2\r\n$4\r\nECHO\r\n$16384\r\n".into(), "x".repeat(70_000)].into_iter().enumerate()
    {
        let (mut long, conversation) = client(&state, 1 << 20);
        long.write_all(request.as_bytes()).await.unwrap();
        serve_to_the_end(conversation).await.unwrap();
        let reply = replies(long).await;
        assert!(reply.starts_with("-ERR Protocol error: "), "{reply}");
        assert_eq!(refused(&state), [("request_bytes", at as u64 + 1)]);
    }
}

#[tokio::test]
async fn long_requests_share_what_there_is_for_all() {
    let state = state(Limits { buffer_bytes: 600 << 10, ..Limits::default() });
    let begun = format!("*2\r\n$4\r\nECHO\r\n$200000\r\n{}", "x".repeat(150_000));
    let rest = format!("{}\r\n", "x".repeat(50_000));
    let (mut first, conversation) = client(&state, 1 << 20);
    let serving = tokio::spawn(serve_to_the_end(conversation));
    first.write_all(begun.as_bytes()).await.unwrap();
    tokio::task::yield_now().await;
    let (mut second, conversation) = client(&state, 1 << 20);
    second.write_all(begun.as_bytes()).await.unwrap();
    serve_to_the_end(conversation).await.unwrap();
    let busy = "-BUSY too many long requests at the same time; try again later\r\n";
    assert_eq!(replies(second).await, busy);
    assert_eq!(refused(&state), [("buffer_bytes", 1)]);
    // Who was there first is answered, and what the other had is there again.
    first.write_all(rest.as_bytes()).await.unwrap();
    first.shutdown().await.unwrap();
    assert!(replies(first).await.starts_with("$200000\r\nxxx"));
    serving.await.unwrap().unwrap();
    let (mut third, conversation) = client(&state, 1 << 20);
    third.write_all((begun + &rest).as_bytes()).await.unwrap();
    third.shutdown().await.unwrap();
    serve_to_the_end(conversation).await.unwrap();
    assert!(replies(third).await.starts_with("$200000\r\nxxx"));
    assert_eq!(refused(&state), [("buffer_bytes", 1)]);
}
