//! The commands: which there are, and who answers them.
//!
//! `lookup` holds what the service is for; `session` what clients say about themselves when they
//! connect; `describe` and `info` what they ask about the server; `leads` the visits, where there are any. Clients of Redis refuse to work
//! with a server that refuses their greetings, so those are answered as Redis 7 answers them.
//!
//! No reply and no error quotes an argument. Exceptions are the commands whose purpose is to
//! give back what the client sent: `ECHO`, `PING` with a text, `CLIENT GETNAME`.

mod describe;
mod info;
mod leads;
mod lookup;
mod session;

use std::io;

use nameplate::Snapshot;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::output::Output;
use crate::resp::{Arguments, Writer};
use crate::state::State;
pub(crate) use leads::finish_visits;
pub(crate) use lookup::Lookups;
pub(crate) use session::Session;

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// It goes on.
    Continue,
    /// It ends when the replies so far are written.
    Close,
}

/// A command that the daemon knows.
struct Command {
    /// As Redis writes it in `COMMAND`.
    name: &'static str,
    id: Id,
    /// Number of arguments, the name included; if negative, at least so many. As in Redis.
    arity: i8,
    group: Group,
    summary: &'static str,
    parameters: &'static [Parameter],
}

#[derive(Clone, Copy)]
enum Id {
    Lookup,
    Mlookup,
    LookupJson,
    LookupPacked,
    Answer,
    Networks,
    Info,
    Ping,
    Echo,
    Hello,
    Client,
    Command,
    Select,
    Auth,
    Config,
    Reset,
    Reload,
    Quit,
    Visit,
    Leads,
    Lead,
    Visitor,
    Filtered,
    Objection,
    Purge,
    Backup,
}

/// What `COMMAND` says about flags and categories.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Lookup,
    Connection,
    Server,
    /// Those that there are with `[leads]` in the configuration.
    Leads,
}

struct Parameter {
    name: &'static str,
    optional: bool,
    multiple: bool,
}

const fn one(name: &'static str) -> Parameter {
    Parameter { name, optional: false, multiple: false }
}

const fn many(name: &'static str) -> Parameter {
    Parameter { name, optional: false, multiple: true }
}

const fn any(name: &'static str) -> Parameter {
    Parameter { name, optional: true, multiple: true }
}

/// The commands, the frequent ones first: they are searched in this order.
#[rustfmt::skip]
static COMMANDS: &[Command] = {
    use Group::{Connection, Leads, Lookup, Server};
    &[
        command("lookup", Id::Lookup, 2, Lookup, "Who is behind an address, as a map", &[one("address")]),
        command("mlookup", Id::Mlookup, -2, Lookup, "Who is behind each address", &[many("address")]),
        command("lookupjson", Id::LookupJson, 2, Lookup, "Who is behind an address, as JSON", &[one("address")]),
        command("lookuppacked", Id::LookupPacked, 3, Lookup, "Answer ids of packed addresses", &[one("width"), one("bytes")]),
        command("answer", Id::Answer, 2, Lookup, "The answer with an id, without a network", &[one("answer-id")]),
        command("networks", Id::Networks, 2, Lookup, "The networks of a company", &[one("company-id")]),
        command("ping", Id::Ping, -1, Connection, "Whether the server answers", &[any("text")]),
        command("hello", Id::Hello, -1, Connection, "Chooses the protocol", &[any("option")]),
        command("client", Id::Client, -2, Connection, "What a client tells and asks about itself", &[many("option")]),
        command("info", Id::Info, -1, Server, "State of the server and its file", &[any("section")]),
        command("command", Id::Command, -1, Server, "The commands there are", &[any("option")]),
        command("echo", Id::Echo, 2, Connection, "Gives back the text", &[one("text")]),
        command("select", Id::Select, 2, Connection, "There is one database, 0", &[one("index")]),
        command("auth", Id::Auth, -2, Connection, "There are no passwords; access is the socket's mode", &[many("word")]),
        command("config", Id::Config, -2, Server, "What clients of Redis ask to know", &[many("option")]),
        command("reset", Id::Reset, 1, Connection, "Makes the connection as new", &[]),
        command("reload", Id::Reload, 1, Server, "Opens the file and the suppression list anew", &[]),
        command("quit", Id::Quit, -1, Connection, "Ends the connection", &[]),
        command("visit", Id::Visit, 2, Leads, "Records a visit", &[one("json")]),
        command("leads", Id::Leads, 2, Leads, "A page of companies, as JSON", &[one("json")]),
        command("lead", Id::Lead, 2, Leads, "A company with its visits, as JSON", &[one("company-id")]),
        command("visitor", Id::Visitor, 3, Leads, "EXPORT or ERASE of what is stored of a visitor", &[one("subcommand"), one("visitor-id")]),
        command("filtered", Id::Filtered, 2, Leads, "What was not shown and why, in counts, as JSON", &[one("json")]),
        command("objection", Id::Objection, -2, Leads, "LIST, ADD or LIFT of what companies asked not to be shown, as JSON", &[one("subcommand"), any("json")]),
        command("purge", Id::Purge, 1, Leads, "Removes what is older than it may get", &[]),
        command("backup", Id::Backup, 2, Leads, "Backs the store up into a directory", &[one("directory")]),
    ]
};

const fn command(
    name: &'static str,
    id: Id,
    arity: i8,
    group: Group,
    summary: &'static str,
    parameters: &'static [Parameter],
) -> Command {
    Command { name, id, arity, group, summary, parameters }
}

/// Requests are counted by command. So many counts are needed; the last is for what is no command.
pub(crate) const REQUEST_KINDS: usize = COMMANDS.len() + 1;
const OTHER: usize = REQUEST_KINDS - 1;

/// What requests are counted as, and where.
pub(crate) fn request_kinds() -> impl Iterator<Item = (&'static str, usize)> {
    COMMANDS.iter().map(|command| (command.name, command.id as usize)).chain([("other", OTHER)])
}

impl Command {
    /// The command of this name, in any case.
    fn find(name: &[u8], leads: bool) -> Option<&'static Command> {
        Command::all(leads).find(|command| name.eq_ignore_ascii_case(command.name.as_bytes()))
    }

    /// Those that there are, with leads or without.
    fn all(leads: bool) -> impl Iterator<Item = &'static Command> + Clone {
        COMMANDS.iter().filter(move |command| leads || command.group != Group::Leads)
    }

    fn accepts(&self, arguments: usize) -> bool {
        let count = usize::from(self.arity.unsigned_abs());
        if self.arity < 0 { arguments >= count } else { arguments == count }
    }
}

/// Answers `LOOKUP`s that follow one another.
pub(crate) fn execute_lookups(session: &mut Session, lookups: &Lookups, reply: &mut Writer) {
    session.count_commands(Id::Lookup as usize, lookups.len());
    lookups.answer(session, reply);
}

/// Whether a request is a visit: those are taken together, see [`finish_visits`].
pub(crate) fn is_visit(session: &Session, arguments: Arguments<'_>) -> bool {
    arguments.len() == 2 && is(arguments.get(0), "VISIT") && session.state().leads().is_some()
}

/// Answers one request. Fails only when the replies cannot be written.
pub(crate) async fn execute<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    session: &mut Session,
    arguments: Arguments<'_>,
    output: &mut Output<R, W>,
) -> io::Result<Flow> {
    if arguments.is_empty() {
        return Ok(Flow::Continue);
    }
    let leads = session.state().leads().is_some();
    let command = Command::find(arguments.get(0), leads);
    session.count_commands(command.map_or(OTHER, |command| command.id as usize), 1);
    let reply = &mut output.reply;
    let Some(command) = command else {
        reply.error(&["ERR unknown command"]);
        return Ok(Flow::Continue);
    };
    if !command.accepts(arguments.len()) {
        wrong_arity(command.name, reply);
        return Ok(Flow::Continue);
    }
    match command.id {
        Id::Lookup => {
            let mut lookups = Lookups::new();
            lookups.take(arguments);
            lookups.answer(session, reply);
        }
        Id::Mlookup => {
            let (state, tally) = session.state_and_tally();
            let snapshot = state.snapshot();
            let work = lookup::mlookup(&snapshot, arguments, tally, output);
            while_held(state, &snapshot, work).await?;
        }
        Id::LookupJson => lookup::lookup_json(session, arguments.get(1), reply),
        Id::LookupPacked => {
            let (state, tally) = session.state_and_tally();
            let snapshot = state.snapshot();
            let work = lookup::lookup_packed(&snapshot, arguments.get(1), arguments.get(2), tally, output);
            while_held(state, &snapshot, work).await?;
        }
        Id::Answer => lookup::answer(session, arguments.get(1), reply),
        Id::Networks => {
            let snapshot = session.state().snapshot();
            let work = lookup::networks(&snapshot, arguments.get(1), output);
            while_held(session.state(), &snapshot, work).await?;
        }
        Id::Info => info::info(session, arguments, reply),
        Id::Ping => session::ping(arguments, reply),
        Id::Echo => reply.bulk(arguments.get(1)),
        Id::Hello => session::hello(session, arguments, reply),
        Id::Client => session::client(session, arguments, reply),
        Id::Command => describe::command(arguments, leads, reply),
        Id::Select => session::select(arguments.get(1), reply),
        Id::Auth => session::auth(arguments, reply),
        Id::Config => session::config(arguments, reply),
        Id::Reset => session::reset(session, reply),
        Id::Reload => reload(session, reply).await,
        Id::Quit => {
            reply.simple("OK");
            return Ok(Flow::Close);
        }
        Id::Visit
        | Id::Leads
        | Id::Lead
        | Id::Visitor
        | Id::Filtered
        | Id::Objection
        | Id::Purge
        | Id::Backup => {
            // Without leads there are no such commands.
            if let Some(leads) = session.state().leads().cloned() {
                leads::answer(command.id, leads, session, arguments, reply).await;
            }
        }
    }
    Ok(Flow::Continue)
}

/// Does work that may wait for the client to read, and so keep its generation for as long as the client
/// likes. Once another has come, the client has some time left; then the connection ends.
async fn while_held(
    state: &State,
    snapshot: &Snapshot<'_>,
    work: impl Future<Output = io::Result<()>>,
) -> io::Result<()> {
    tokio::select! {
        biased;
        done = work => done,
        () = state.outlived(snapshot.generation()) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// `RELOAD`: answered when it is done. Others are served meanwhile, by the old file and then by the new.
async fn reload(session: &Session, reply: &mut Writer) {
    if !session.is_trusted() {
        return reply.error(&["NOPERM only the daemon's own user and root may reload"]);
    }
    match session.state().reload().await {
        Ok(()) => reply.simple("OK"),
        Err(class) => reply.error(&[
            "ERR not reloaded (",
            class,
            "); the file before it is served on, the log says more",
        ]),
    }
}

fn wrong_arity(name: &'static str, reply: &mut Writer) {
    reply.error(&["ERR wrong number of arguments for '", name, "' command"]);
}

/// Redis says which one; that would quote the input.
fn unknown_subcommand(reply: &mut Writer) {
    reply.error(&["ERR unknown subcommand"]);
}

/// Whether an argument is this word, in any case.
fn is(argument: &[u8], word: &str) -> bool {
    argument.eq_ignore_ascii_case(word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_is_counted_by_itself() {
        let mut places: Vec<usize> = request_kinds().map(|(_, place)| place).collect();
        places.sort_unstable();
        assert_eq!(places, (0..REQUEST_KINDS).collect::<Vec<_>>());
        let names: std::collections::BTreeSet<_> = request_kinds().map(|(name, _)| name).collect();
        assert_eq!(names.len(), REQUEST_KINDS);
    }
}
