//! Lookups while visits arrive: what they lose by it. One daemon takes both; rounds with and without visits take turns.

use std::fs;
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nameplate::SuppressionList;

use crate::Result;
use crate::cases::Plan;
use crate::data::Data;
use crate::report::{Case, Measured};
use crate::sockets::client::{BUFFER, Connection, one_connection};
use crate::sockets::cores::Cores;
use crate::sockets::script::{Checked, Script, request};
use crate::sockets::server::Server;

/// Time of one lookup.
pub const BESIDE: &str = "socket, LOOKUP at pipeline 128, while 1,000 visits a second arrive";
/// With visits.
pub const WITH: &str = "nameplate LOOKUP, visits beside it";
/// Without.
pub const ALONE: &str = "nameplate LOOKUP alone";
/// The most that lookups may lose, as a ratio of times.
pub const LEAST: f64 = 0.95;

/// A hundred million page views a day are 1,157 a second.
const VISITS_A_SECOND: u32 = 1000;
/// Visits that come together, as from a busy site's workers.
const BURST: u32 = 10;
const PIPELINE: usize = 128;
const ADDRESSES: u32 = 10_240;
/// How long a turn is, about.
const TURN: Duration = Duration::from_secs(1);

/// Measures it, if it is wanted. `directory` takes the store.
pub fn measure(
    data: &Data,
    directory: &Path,
    plan: &Plan,
    floating: bool,
    mut hear: impl FnMut(Case),
) -> Result<()> {
    if !plan.wants(BESIDE) {
        return Ok(());
    }
    let cores = if floating { Cores::floating() } else { Cores::split() };
    let list = directory.join("suppress.list");
    SuppressionList::create(&list)?;
    let config = directory.join("leads.toml");
    fs::write(
        &config,
        format!(
            "suppress = '{}'\n[leads]\nstore = '{}'\n[[leads.sites]]\nname = \"shop\"\nhosts = [\"shop.example\"]\n",
            list.display(),
            directory.join("leads.db").display()
        ),
    )?;
    let server = Server::nameplate_with(&data.path, &config, directory, &cores)?;
    let addresses =
        (0..ADDRESSES).map(|number| Ipv4Addr::from_bits(number.wrapping_mul(2_654_435_761)).to_string());
    let lookups = addresses.map(|address| request(&[b"LOOKUP", address.as_bytes()])).collect();
    let checked = Checked::new("LOOKUP", server.socket(), lookups, ADDRESSES as usize, |_, _| true)?;
    let script = Script::new(&checked, PIPELINE);
    let mut connection = Connection::open(server.socket())?;
    let mut buffer = vec![0; BUFFER];
    let mut turn = |passes: u64| -> Result<f64> {
        let start = Instant::now();
        let totals = one_connection(&mut connection, &script, 2, passes, &mut buffer)?;
        if totals != script.totals.times(passes) {
            return Err("the replies are not those of before".into());
        }
        Ok(start.elapsed().as_nanos() as f64 / (passes as f64 * f64::from(ADDRESSES)))
    };
    let once = turn(10)? * f64::from(ADDRESSES);
    #[allow(clippy::cast_sign_loss, reason = "times are not negative")]
    let passes = ((TURN.as_nanos() as f64 / once) as u64).max(1);
    let (mut with, mut alone) = (Vec::new(), Vec::new());
    let mut visits = 0;
    for _ in 0..plan.rounds {
        alone.push(turn(passes)?);
        let (stop, count) = (AtomicBool::new(false), AtomicU64::new(0));
        let (value, arrived) = std::thread::scope(|scope| {
            let visitor = scope.spawn(|| -> std::result::Result<u64, String> {
                arrive(server.socket(), &stop, &count).map_err(|error| error.to_string())
            });
            while count.load(Ordering::Relaxed) == 0 && !visitor.is_finished() {
                std::thread::yield_now();
            }
            let value = turn(passes);
            stop.store(true, Ordering::Relaxed);
            (value, visitor.join().unwrap_or_else(|_| Err("the visitor panicked".into())))
        });
        with.push(value?);
        visits += arrived?;
    }
    println!("{visits} visits were acknowledged in {} rounds of about a second", plan.rounds);
    hear(Case {
        name: BESIDE.into(),
        unit: "ns",
        measured: vec![
            Measured { subject: WITH.into(), ours: true, rounds: with },
            Measured { subject: ALONE.into(), ours: false, rounds: alone },
        ],
    });
    Ok(())
}

/// Sends visits at their pace until it is told to stop; how many were acknowledged.
fn arrive(socket: &Path, stop: &AtomicBool, count: &AtomicU64) -> Result<u64> {
    let mut stream = UnixStream::connect(socket)?;
    let mut received = vec![0; BUFFER];
    let mut number = 0_u32;
    let mut next = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let mut burst = Vec::new();
        for _ in 0..BURST {
            number = number.wrapping_add(1);
            let address = Ipv4Addr::from_bits(number.wrapping_mul(2_246_822_519));
            let visit = format!(
                "{{\"site\":\"shop\",\"address\":\"{address}\",\"url\":\"https://shop.example/page/{}?utm_source=mail\",\"title\":\"Page\",\
                 \"consent\":\"company\",\"user_agent\":\"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0\"}}",
                number % 500
            );
            burst.extend(request(&[b"VISIT", visit.as_bytes()]));
        }
        stream.write_all(&burst)?;
        let mut replies = 0;
        while replies < BURST {
            let length = stream.read(&mut received)?;
            if length == 0 || received[..length].contains(&b'-') && received.starts_with(b"-") {
                return Err("a visit was refused".into());
            }
            // Each reply is a bulk string of one object, whose first key is its level.
            replies += received[..length].windows(9).filter(|bytes| bytes == b"{\"level\":").count() as u32;
        }
        count.fetch_add(u64::from(BURST), Ordering::Relaxed);
        next += Duration::from_secs(1) * BURST / VISITS_A_SECOND;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(count.load(Ordering::Relaxed))
}
