//! The daemon under load: one request at a time, pipelined, many clients, many addresses a request, memory.

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use nameplate_daemon::resp::Reply;

use crate::Result;
use crate::cases::Plan;
use crate::data::Data;
use crate::report::{Case, Measured};
use crate::sockets::client::{BUFFER, Connection, Totals, many_connections, one_connection, round_trips};
use crate::sockets::cores::Cores;
use crate::sockets::script::{Checked, Script, fields, is_map, request};
use crate::sockets::server::{Server, load_redis};
use crate::streams::Stream;

/// Time of one request, half of all.
pub const P50: &str = "socket, one LOOKUP at a time, p50";
/// Time of one request, all but one in a hundred.
pub const P99: &str = "socket, one LOOKUP at a time, p99";
/// Requests sent together.
pub const PIPELINE_16: &str = "socket, LOOKUP at pipeline 16, one connection";
/// Requests sent together.
pub const PIPELINE_128: &str = "socket, LOOKUP at pipeline 128, one connection";
/// Requests sent together.
pub const PIPELINE_512: &str = "socket, LOOKUP at pipeline 512, one connection";
/// Many clients.
pub const CLIENTS: &str = "socket, LOOKUP at pipeline 16, 50 connections";
/// Many addresses in a request, each answered with a record.
pub const MANY: &str = "socket, 100 addresses a request";
/// The same without waiting for a reply before the next request.
pub const MANY_AHEAD: &str = "socket, 100 addresses a request, four requests under way";
/// Many addresses in a request, each answered with an id.
pub const PACKED_256: &str = "socket, 256 packed addresses a request";
/// Many addresses in a request, each answered with an id.
pub const PACKED_4096: &str = "socket, 4096 packed addresses a request";
/// Memory after the start.
pub const IDLE: &str = "socket, memory beyond the file, idle";
/// Memory with many clients.
pub const CONNECTED: &str = "socket, memory beyond the file, 1,000 clients";

/// Ours, a request with one address.
pub const LOOKUP: &str = "nameplate LOOKUP";
/// Ours, a request with many addresses.
pub const MLOOKUP: &str = "nameplate MLOOKUP";
/// Ours, a request with many addresses as bytes.
pub const PACKED: &str = "nameplate LOOKUPPACKED";
/// The whole daemon.
pub const DAEMON: &str = "nameplate serve";
/// The limit.
pub const ECHO: &str = "raw echo";
/// Redis, one key.
pub const GET: &str = "Redis GET";
/// Redis, many keys.
pub const MGET: &str = "Redis MGET";
/// Redis, one key a request, as it is quickest.
pub const GETS: [&str; 3] =
    ["Redis GET, pipeline 128", "Redis GET, pipeline 512", "Redis GET, pipeline 512, the next one under way"];
/// What [`IDLE`] and [`CONNECTED`] may be.
pub const MEMORY_LIMIT: &str = "the most that is wanted";
/// Bytes of [`IDLE`].
pub const IDLE_LIMIT: f64 = 8e6;
/// Bytes of [`CONNECTED`].
pub const CONNECTED_LIMIT: f64 = 40e6;

const ALL: [&str; 12] = [
    P50,
    P99,
    PIPELINE_16,
    PIPELINE_128,
    PIPELINE_512,
    CLIENTS,
    MANY,
    MANY_AHEAD,
    PACKED_256,
    PACKED_4096,
    IDLE,
    CONNECTED,
];

/// Addresses that are asked for, all different: a multiple of every pipeline's length.
const ADDRESSES: usize = 10_240;
/// Addresses that are asked for packed, where Redis needs no key for each.
const PACKED_ADDRESSES: usize = 64 * 4096;
/// Connections of [`CLIENTS`].
const CONNECTIONS: usize = 50;
/// Connections of [`CONNECTED`].
const IDLE_CONNECTIONS: usize = 1000;
/// Keys of an `MGET` and addresses of an `MLOOKUP`.
const MANY_ADDRESSES: usize = 100;
/// How long a subject's turn is, about.
const TURN: Duration = Duration::from_millis(300);
/// Requests of one subject, one at a time, until the next one has its turn.
const SLICE: usize = 1024;
/// The first requests of a slice are not counted: the server comes out of a longer sleep.
const SLICE_START: usize = 24;

/// Measures all cases of the plan. `directory` takes sockets and logs.
pub fn measure(
    data: &Data,
    directory: &Path,
    plan: &Plan,
    floating: bool,
    mut hear: impl FnMut(Case),
) -> Result<()> {
    if !ALL.iter().any(|case| plan.wants(case)) {
        return Ok(());
    }
    let cores = if floating { Cores::floating() } else { Cores::split() };
    if plan.wants(IDLE) || plan.wants(CONNECTED) {
        memory(data, directory, &cores)?
            .into_iter()
            .filter(|case| plan.wants(&case.name))
            .for_each(&mut hear);
    }
    let Some(redis) = Server::redis(directory, &cores)? else {
        eprintln!("no redis-server here: the socket is not compared");
        return Ok(());
    };
    let nameplate = Server::nameplate(&data.path, directory, &cores)?;
    let asked = Asked::new(data)?;
    asked.load(&redis)?;
    let lookup = asked.lookup(nameplate.socket())?;
    let get = asked.get(redis.socket())?;
    let mut bench = Bench { plan, buffer: vec![0; BUFFER] };
    if plan.wants(P50) || plan.wants(P99) {
        let echo = Server::echo(&lookup.typical, directory, &cores)?;
        let subjects = [
            Subject::new(LOOKUP, &nameplate, 1, Script::new(&lookup, 1), 1)?.ours(),
            Subject::new(ECHO, &echo, 1, Script::new(&lookup.echoed(), 1), 1)?,
            Subject::new(GET, &redis, 1, Script::new(&get, 1), 1)?,
        ];
        bench.latency(subjects)?.into_iter().filter(|case| plan.wants(&case.name)).for_each(&mut hear);
    }
    for (case, connections, pipeline) in
        [(PIPELINE_16, 1, 16), (PIPELINE_128, 1, 128), (PIPELINE_512, 1, 512), (CLIENTS, CONNECTIONS, 16)]
    {
        if plan.wants(case) {
            let subjects = vec![
                Subject::new(LOOKUP, &nameplate, connections, Script::new(&lookup, pipeline), 1)?.ours(),
                Subject::new(GET, &redis, connections, Script::new(&get, pipeline), 1)?,
            ];
            hear(bench.throughput(case, subjects)?);
        }
    }
    for (case, window) in [(MANY, 1), (MANY_AHEAD, 4)] {
        if plan.wants(case) {
            let (ours, theirs) = (asked.mlookup(nameplate.socket())?, asked.mget(redis.socket())?);
            let subjects = vec![
                Subject::new(MLOOKUP, &nameplate, 1, Script::new(&ours, 1), window)?.ours(),
                Subject::new(MGET, &redis, 1, Script::new(&theirs, 1), window)?,
            ];
            hear(bench.throughput(case, subjects)?);
        }
    }
    // Requests that go out together, and how many such batches are under way: 64 KiB in all.
    for (case, size, per_batch, window) in [(PACKED_256, 256, 16, 4), (PACKED_4096, 4096, 1, 4)] {
        if plan.wants(case) {
            let packed = packed(data, nameplate.socket(), size)?;
            let mget = asked.mget(redis.socket())?;
            let subjects = vec![
                Subject::new(PACKED, &nameplate, 1, Script::new(&packed, per_batch), window)?.ours(),
                Subject::new(GETS[0], &redis, 1, Script::new(&get, 128), 1)?,
                Subject::new(GETS[1], &redis, 1, Script::new(&get, 512), 1)?,
                Subject::new(GETS[2], &redis, 1, Script::new(&get, 512), 2)?,
                Subject::new(MGET, &redis, 1, Script::new(&mget, 1), 4)?,
            ];
            hear(bench.throughput(case, subjects)?);
        }
    }
    Ok(())
}

/// The addresses that are asked for as text.
struct Asked<'a> {
    data: &'a Data,
    addresses: Vec<u32>,
    texts: Vec<String>,
}

impl<'a> Asked<'a> {
    fn new(data: &'a Data) -> Result<Asked<'a>> {
        let mut seen = HashSet::new();
        let mut addresses = Stream::Range.draw(&data.v4_hits(), 2 * ADDRESSES);
        addresses.retain(|address| seen.insert(*address));
        if addresses.len() < ADDRESSES {
            return Err("the range file has too few addresses".into());
        }
        addresses.truncate(ADDRESSES);
        let texts = addresses.iter().map(|address| Ipv4Addr::from_bits(*address).to_string()).collect();
        Ok(Asked { data, addresses, texts })
    }

    /// What Redis has for an address: the name of who is behind it.
    fn name(&self, place: usize) -> &[u8] {
        self.data.name(self.data.database.lookup_v4(self.addresses[place])).as_bytes()
    }

    fn load(&self, redis: &Server) -> Result<()> {
        let keys = self.texts.iter().map(String::as_bytes);
        load_redis(redis.socket(), keys.enumerate().map(|(place, key)| (key, self.name(place))))
    }

    fn each(&self, command: &str) -> Vec<Vec<u8>> {
        self.texts.iter().map(|text| request(&[command.as_bytes(), text.as_bytes()])).collect()
    }

    fn hundreds(&self, command: &str) -> Vec<Vec<u8>> {
        let (hundreds, _) = self.texts.as_chunks::<MANY_ADDRESSES>();
        let with_command = |texts: &[String; MANY_ADDRESSES]| {
            let texts = texts.iter().map(String::as_bytes);
            request(&std::iter::once(command.as_bytes()).chain(texts).collect::<Vec<_>>())
        };
        hundreds.iter().map(with_command).collect()
    }

    fn fields(&self) -> Result<Vec<Vec<(String, String)>>> {
        self.addresses.iter().map(|address| fields(&self.data.database, *address)).collect()
    }

    fn lookup(&self, socket: &Path) -> Result<Checked> {
        let fields = self.fields()?;
        let right = |place: usize, reply: &Reply| is_map(reply, &fields[place]);
        Checked::new(LOOKUP, socket, self.each("LOOKUP"), ADDRESSES, right)
    }

    fn get(&self, socket: &Path) -> Result<Checked> {
        let right =
            |place: usize, reply: &Reply| matches!(reply, Reply::Bulk(name) if name == self.name(place));
        Checked::new(GET, socket, self.each("GET"), ADDRESSES, right)
    }

    fn mlookup(&self, socket: &Path) -> Result<Checked> {
        let fields = self.fields()?;
        self.many(MLOOKUP, socket, "MLOOKUP", |place, reply| is_map(reply, &fields[place]))
    }

    fn mget(&self, socket: &Path) -> Result<Checked> {
        self.many(
            MGET,
            socket,
            "MGET",
            |place, reply| matches!(reply, Reply::Bulk(name) if name == self.name(place)),
        )
    }

    fn many(
        &self,
        what: &str,
        socket: &Path,
        command: &str,
        right: impl Fn(usize, &Reply) -> bool,
    ) -> Result<Checked> {
        let requests = self.hundreds(command);
        let lookups = requests.len() * MANY_ADDRESSES;
        Checked::new(what, socket, requests, lookups, |place, reply| {
            let Reply::Array(replies) = reply else { return false };
            let mut places = (place * MANY_ADDRESSES..).zip(replies);
            replies.len() == MANY_ADDRESSES && places.all(|(place, reply)| right(place, reply))
        })
    }
}

/// Requests of `size` packed addresses, answered with what the engine answers.
fn packed(data: &Data, socket: &Path, size: usize) -> Result<Checked> {
    let addresses = Stream::Range.draw(&data.v4_hits(), PACKED_ADDRESSES);
    let requests = addresses.chunks(size).map(|addresses| {
        let bytes: Vec<u8> = addresses.iter().flat_map(|address| address.to_be_bytes()).collect();
        request(&[b"LOOKUPPACKED", b"4", &bytes])
    });
    Checked::new(PACKED, socket, requests.collect(), addresses.len(), |place, reply| {
        let Reply::Array(parts) = reply else { return false };
        let [Reply::Integer(_), Reply::Bulk(ids)] = &parts[..] else { return false };
        let asked = addresses[place * size..][..size].iter();
        ids.iter().copied().eq(asked.flat_map(|address| data.database.lookup_v4(*address).to_le_bytes()))
    })
}

/// Who is asked, over how many connections, and what.
struct Subject {
    name: &'static str,
    ours: bool,
    connections: Vec<Connection>,
    script: Script,
    /// Batches under way on each connection.
    window: usize,
}

impl Subject {
    fn new(
        name: &'static str,
        server: &Server,
        connections: usize,
        script: Script,
        window: usize,
    ) -> Result<Subject> {
        let connections =
            (0..connections).map(|_| Connection::open(server.socket())).collect::<Result<_>>()?;
        Ok(Subject { name, ours: false, connections, script, window })
    }

    fn ours(mut self) -> Self {
        self.ours = true;
        self
    }

    fn run(&mut self, passes: u64, buffer: &mut [u8]) -> Result<()> {
        let Subject { connections, script, window, .. } = self;
        let totals = match &mut connections[..] {
            [connection] => one_connection(connection, script, *window, passes, buffer)?,
            connections => many_connections(connections, script, passes, buffer)?,
        };
        same(self.name, self.script.totals.times(passes), totals)
    }
}

/// Fails unless what came back is what was compared before.
fn same(name: &str, wanted: Totals, found: Totals) -> Result<()> {
    if wanted == found {
        return Ok(());
    }
    Err(format!("{name} answers under load what it does not answer alone: {found:?}, not {wanted:?}").into())
}

struct Bench<'a> {
    plan: &'a Plan,
    buffer: Vec<u8>,
}

impl Bench<'_> {
    /// Nanoseconds for each address, in turns of equal length.
    fn throughput(&mut self, case: &str, mut subjects: Vec<Subject>) -> Result<Case> {
        let turn = if self.plan.quick { TURN / 5 } else { TURN };
        let mut passes = Vec::with_capacity(subjects.len());
        for subject in &mut subjects {
            subject.run(1, &mut self.buffer)?;
            let start = Instant::now();
            subject.run(2, &mut self.buffer)?;
            passes.push(1 + (2 * turn.as_nanos() / start.elapsed().as_nanos()) as u64);
        }
        let mut times = vec![Vec::new(); subjects.len()];
        for _ in 0..self.plan.rounds {
            for ((subject, passes), times) in subjects.iter_mut().zip(&passes).zip(&mut times) {
                subject.run(1, &mut self.buffer)?;
                let start = Instant::now();
                subject.run(*passes, &mut self.buffer)?;
                let lookups = *passes as f64 * subject.script.lookups as f64;
                times.push(start.elapsed().as_nanos() as f64 / lookups);
            }
        }
        Ok(case_of(case, &subjects, times))
    }

    /// Time from a request's first byte out to its reply's last byte in: [`P50`] and [`P99`] of each round.
    fn latency<const N: usize>(&mut self, mut subjects: [Subject; N]) -> Result<[Case; 2]> {
        let mut p50 = vec![Vec::new(); N];
        let mut p99 = vec![Vec::new(); N];
        for _ in 0..self.plan.rounds {
            let mut times = [const { Vec::new() }; N];
            let mut totals = [Totals::default(); N];
            let count = subjects[0].script.batches().len();
            for first in (0..count).step_by(SLICE) {
                for (place, subject) in subjects.iter_mut().enumerate() {
                    let mut slice = Vec::with_capacity(SLICE);
                    let batches = first..(first + SLICE).min(count);
                    let connection = &mut subject.connections[0];
                    totals[place] +=
                        round_trips(connection, &subject.script, batches, &mut slice, &mut self.buffer)?;
                    times[place].extend_from_slice(&slice[SLICE_START..]);
                }
            }
            for (place, subject) in subjects.iter().enumerate() {
                same(subject.name, subject.script.totals, totals[place])?;
                times[place].sort_by(f64::total_cmp);
                p50[place].push(times[place][times[place].len() / 2]);
                p99[place].push(times[place][times[place].len() * 99 / 100]);
            }
        }
        Ok([case_of(P50, &subjects, p50), case_of(P99, &subjects, p99)])
    }
}

fn case_of(name: &str, subjects: &[Subject], rounds: Vec<Vec<f64>>) -> Case {
    let measured = subjects.iter().zip(rounds).map(|(subject, rounds)| Measured {
        subject: subject.name.into(),
        ours: subject.ours,
        rounds,
    });
    Case { name: name.into(), unit: "ns", measured: measured.collect() }
}

/// What a daemon of its own takes after it answered one client, and with many clients that have all sent
/// requests and had them answered.
fn memory(data: &Data, directory: &Path, cores: &Cores) -> Result<[Case; 2]> {
    let server = Server::nameplate(&data.path, directory, cores)?;
    let file = data.database.metadata().file_length();
    let asked = Asked::new(data)?;
    let mut buffer = vec![0; BUFFER];
    let (lookups, mlookups) = (asked.each("LOOKUP"), asked.hundreds("MLOOKUP"));
    let client = |place: usize, buffer: &mut [u8]| -> Result<Connection> {
        let mut connection = Connection::open(server.socket())?;
        let some = lookups.iter().cycle().skip(place * 16 % ADDRESSES).take(16);
        connection.send(&some.flatten().copied().collect::<Vec<_>>())?;
        connection.receive_until(16, buffer)?;
        connection.send(&mlookups[place % mlookups.len()])?;
        connection.receive_until(17, buffer)?;
        Ok(connection)
    };
    let clients = [client(0, &mut buffer)?];
    drop(clients);
    let idle = server.resident()?.beyond(file);
    let mut clients = Vec::with_capacity(IDLE_CONNECTIONS);
    for place in 0..IDLE_CONNECTIONS {
        clients.push(client(place, &mut buffer)?);
    }
    let connected = server.resident()?.beyond(file);
    drop(clients);
    let case = |name: &str, bytes: u64, limit| Case {
        name: name.into(),
        unit: "bytes",
        measured: vec![
            Measured::exact(DAEMON, true, bytes as f64),
            Measured::exact(MEMORY_LIMIT, false, limit),
        ],
    };
    Ok([case(IDLE, idle, IDLE_LIMIT), case(CONNECTED, connected, CONNECTED_LIMIT)])
}
