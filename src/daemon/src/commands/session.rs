//! What a client says when it connects and when it leaves: `HELLO`, `CLIENT`, `AUTH`, `SELECT`,
//! `RESET`, `CONFIG`, `PING`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::{Arguments, Writer, is, unknown_subcommand, wrong_arity};
use crate::counters::{Counters, Tally};
use crate::limits::MAX_CLIENT_NAME_BYTES;
use crate::resp::{Protocol, parse_integer};
use crate::state::{Admission, State};

/// The release of Redis whose manners the daemon has: clients choose by it what they send.
pub(super) const REDIS_VERSION: &str = "7.4.0";

/// One client, as long as it is connected.
pub(crate) struct Session {
    admission: Admission,
    since: Instant,
    /// `CLIENT SETNAME`; empty where it has none.
    name: Vec<u8>,
    /// What is not yet added to the thread's counters: that is done for a whole batch at once.
    tally: Tally,
    /// Commands of the batch that is being answered.
    batch: u64,
    /// Reused for JSON.
    text: String,
}

impl Session {
    pub(crate) fn new(admission: Admission) -> Session {
        Session {
            admission,
            since: Instant::now(),
            name: Vec::new(),
            tally: Tally::default(),
            batch: 0,
            text: String::new(),
        }
    }

    pub(crate) fn state(&self) -> &State {
        &self.admission.state
    }

    pub(super) fn is_trusted(&self) -> bool {
        self.admission.trusted
    }

    /// Who asks, for the audit log: the user of the process that connected.
    pub(super) fn actor(&self) -> String {
        match self.admission.user {
            Some(user) => format!("socket, user {user}"),
            None => "socket".into(),
        }
    }

    pub(super) fn state_and_tally(&mut self) -> (&State, &mut Tally) {
        (&self.admission.state, &mut self.tally)
    }

    pub(super) fn state_tally_and_text(&mut self) -> (&State, &mut Tally, &mut String) {
        (&self.admission.state, &mut self.tally, &mut self.text)
    }

    /// Those of the thread that answers this client.
    fn counters(&self) -> &Counters {
        self.state().counters(self.admission.thread)
    }

    pub(super) fn count_commands(&mut self, kind: usize, count: usize) {
        self.tally.requests(kind, count as u32);
        self.batch += count as u64;
    }

    /// Adds what was counted here to the thread's counters.
    pub(crate) fn settle_count(&mut self) {
        self.admission.state.counters(self.admission.thread).settle(&mut self.tally);
    }

    /// To be called when the replies to a batch of requests are written: it `took` so long since they had been
    /// read.
    pub(crate) fn end_batch(&mut self, took: Duration) {
        let count = std::mem::take(&mut self.batch);
        self.counters().latency.record(took, count);
    }
}

/// `PING [text]`
pub(super) fn ping(arguments: Arguments<'_>, reply: &mut Writer) {
    match arguments.len() {
        1 => reply.simple("PONG"),
        2 => reply.bulk(arguments.get(1)),
        _ => wrong_arity("ping", reply),
    }
}

/// `SELECT index`
pub(super) fn select(index: &[u8], reply: &mut Writer) {
    match parse_integer(index) {
        Some(0) => reply.simple("OK"),
        Some(_) => reply.error(&["ERR DB index is out of range"]),
        None => reply.error(&["ERR invalid DB index"]),
    }
}

/// `RESET`
pub(super) fn reset(session: &mut Session, reply: &mut Writer) {
    session.name = Vec::new();
    reply.protocol = Protocol::Resp2;
    reply.simple("RESET");
}

/// `AUTH [user] password`: as a Redis without passwords, where the default user needs none.
pub(super) fn auth(arguments: Arguments<'_>, reply: &mut Writer) {
    match arguments.len() {
        2 => reply.error(&[
            "ERR AUTH <password> called without any password configured for the default user. ",
            "Are you sure your configuration is correct?",
        ]),
        3 if is_default_user(arguments.get(1)) => reply.simple("OK"),
        3 => wrong_password(reply),
        _ => reply.error(&["ERR syntax error"]),
    }
}

fn is_default_user(user: &[u8]) -> bool {
    user == b"default"
}

fn wrong_password(reply: &mut Writer) {
    reply.error(&["WRONGPASS invalid username-password pair or user is disabled."]);
}

/// `CONFIG GET parameter…`: `redis-benchmark` asks how the server saves. It does not.
pub(super) fn config(arguments: Arguments<'_>, reply: &mut Writer) {
    const KNOWN: [(&str, &str); 2] = [("save", ""), ("appendonly", "no")];
    if !is(arguments.get(1), "GET") {
        return unknown_subcommand(reply);
    }
    if arguments.len() < 3 {
        return wrong_arity("config|get", reply);
    }
    let asked = KNOWN.iter().filter(|(name, _)| arguments.from(2).any(|argument| is(argument, name)));
    reply.map(asked.clone().count());
    for (name, value) in asked {
        reply.bulk(name.as_bytes());
        reply.bulk(value.as_bytes());
    }
}

/// `HELLO [version [AUTH user password] [SETNAME name]]`. Nothing changes unless all of it holds.
pub(super) fn hello(session: &mut Session, arguments: Arguments<'_>, reply: &mut Writer) {
    let mut protocol = reply.protocol;
    if arguments.len() > 1 {
        protocol = match parse_integer(arguments.get(1)) {
            Some(2) => Protocol::Resp2,
            Some(3) => Protocol::Resp3,
            Some(_) => return reply.error(&["NOPROTO unsupported protocol version"]),
            None => return reply.error(&["ERR Protocol version is not an integer or out of range"]),
        };
    }
    let mut name = None;
    let mut index = 2;
    while index < arguments.len() {
        let following = arguments.len() - index - 1;
        if is(arguments.get(index), "AUTH") && following >= 2 {
            if !is_default_user(arguments.get(index + 1)) {
                return wrong_password(reply);
            }
            index += 3;
        } else if is(arguments.get(index), "SETNAME") && following >= 1 {
            match checked_name(arguments.get(index + 1)) {
                Ok(checked) => name = Some(checked),
                Err(error) => return reply.error(&[error]),
            }
            index += 2;
        } else {
            return reply.error(&["ERR Syntax error in HELLO option"]);
        }
    }
    if let Some(name) = name {
        session.name = name.to_vec();
    }
    reply.protocol = protocol;
    reply.map(7);
    // Clients look here for what they may send and expect (some compare the name), and what they
    // may is what they may send to Redis. Who wants to know what this is finds nameplate_version in INFO.
    text_field("server", "redis", reply);
    text_field("version", REDIS_VERSION, reply);
    reply.bulk(b"proto");
    reply.integer(protocol.number());
    reply.bulk(b"id");
    reply.integer(session.admission.id.cast_signed());
    text_field("mode", "standalone", reply);
    text_field("role", "master", reply);
    reply.bulk(b"modules");
    reply.array(0);
}

fn text_field(name: &str, value: &str, reply: &mut Writer) {
    reply.bulk(name.as_bytes());
    reply.bulk(value.as_bytes());
}

/// `CLIENT subcommand …`
pub(super) fn client(session: &mut Session, arguments: Arguments<'_>, reply: &mut Writer) {
    let subcommand = arguments.get(1);
    let (first, second) = (arguments.get(2), arguments.get(3));
    let known = |word, count| is(subcommand, word) && arguments.len() == count;
    if known("SETINFO", 4) {
        set_info(first, second, reply);
    } else if known("SETNAME", 3) {
        match checked_name(first) {
            Ok(name) => {
                session.name = name.to_vec();
                reply.simple("OK");
            }
            Err(error) => reply.error(&[error]),
        }
    } else if known("GETNAME", 2) {
        if session.name.is_empty() { reply.null() } else { reply.bulk(&session.name) }
    } else if known("ID", 2) {
        reply.integer(session.admission.id.cast_signed());
    } else if known("INFO", 2) || is(subcommand, "LIST") {
        // LIST too: a connection knows of no other, and what others call themselves is theirs.
        reply.verbatim(&describe(session, reply.protocol));
    } else if known("NO-EVICT", 3) || known("NO-TOUCH", 3) {
        if is(first, "ON") || is(first, "OFF") { reply.simple("OK") } else { syntax_error(reply) }
    } else if known("REPLY", 3) {
        // OFF and SKIP would leave pipelining clients waiting for the wrong replies: refused.
        if is(first, "ON") { reply.simple("OK") } else { syntax_error(reply) }
    } else {
        let is_known = SUBCOMMANDS.iter().find(|(word, _)| is(subcommand, word));
        match is_known {
            Some((_, full_name)) => wrong_arity(full_name, reply),
            None => unknown_subcommand(reply),
        }
    }
}

/// For the error when one of them has a wrong number of arguments.
const SUBCOMMANDS: [(&str, &str); 8] = [
    ("SETINFO", "client|setinfo"),
    ("SETNAME", "client|setname"),
    ("GETNAME", "client|getname"),
    ("ID", "client|id"),
    ("INFO", "client|info"),
    ("NO-EVICT", "client|no-evict"),
    ("NO-TOUCH", "client|no-touch"),
    ("REPLY", "client|reply"),
];

fn syntax_error(reply: &mut Writer) {
    reply.error(&["ERR syntax error"]);
}

/// Taken note of by not refusing it: nothing here depends on which library a client is.
fn set_info(attribute: &[u8], value: &[u8], reply: &mut Writer) {
    if !is(attribute, "LIB-NAME") && !is(attribute, "LIB-VER") {
        reply.error(&["ERR Unrecognized option"]);
    } else if !value.iter().all(u8::is_ascii_graphic) {
        reply.error(&["ERR the value cannot contain spaces, newlines or special characters."]);
    } else {
        reply.simple("OK");
    }
}

/// The rule of Redis, since names stand in lines of fields; and a length, since names are kept.
fn checked_name(name: &[u8]) -> Result<&[u8], &'static str> {
    if name.len() > MAX_CLIENT_NAME_BYTES {
        Err("ERR Client names cannot be longer than 256 bytes.")
    } else if !name.iter().all(u8::is_ascii_graphic) {
        Err("ERR Client names cannot contain spaces, newlines or special characters.")
    } else {
        Ok(name)
    }
}

/// The line of `CLIENT INFO`, with the fields that mean something here.
fn describe(session: &Session, protocol: Protocol) -> String {
    let mut line = String::new();
    let name = String::from_utf8_lossy(&session.name);
    let _ = writeln!(
        line,
        "id={} addr=unix:0 name={name} age={} idle=0 flags=U db=0 resp={}",
        session.admission.id,
        session.since.elapsed().as_secs(),
        protocol.number(),
    );
    line
}
