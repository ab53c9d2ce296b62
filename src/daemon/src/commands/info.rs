//! `INFO`: what the server and its file are, in sections of lines as Redis has them. Clients look
//! for `redis_version` (what they may send), `loading` (whether to wait) and `role`.

use std::fmt::Write as _;

use super::session::REDIS_VERSION;
use super::{Arguments, Session, Writer, is};
use crate::counters::{Counters, Outcome, PACKED, Refusal};

type Section = fn(&Session, &mut String);

const SECTIONS: [(&str, Section); 6] = [
    ("Server", server),
    ("Clients", clients),
    ("Persistence", persistence),
    ("Stats", stats),
    ("Replication", replication),
    ("Database", database),
];

/// Names for all sections.
const EVERYTHING: [&str; 3] = ["default", "all", "everything"];

/// `INFO [section…]`: an unknown section has no lines.
pub(super) fn info(session: &mut Session, arguments: Arguments<'_>, reply: &mut Writer) {
    session.settle_count();
    let all = arguments.len() == 1
        || arguments.from(1).any(|argument| EVERYTHING.iter().any(|word| is(argument, word)));
    let mut text = String::new();
    for (name, lines) in SECTIONS {
        if all || arguments.from(1).any(|argument| is(argument, name)) {
            if !text.is_empty() {
                text.push_str("\r\n");
            }
            line(&mut text, format_args!("# {name}"));
            lines(session, &mut text);
        }
    }
    reply.verbatim(&text);
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = text.write_fmt(content);
    text.push_str("\r\n");
}

fn server(session: &Session, text: &mut String) {
    let uptime = session.state().started.elapsed().as_secs();
    line(text, format_args!("redis_version:{REDIS_VERSION}"));
    line(text, format_args!("nameplate_version:{}", env!("CARGO_PKG_VERSION")));
    line(text, format_args!("redis_mode:standalone"));
    line(text, format_args!("process_id:{}", std::process::id()));
    line(text, format_args!("uptime_in_seconds:{uptime}"));
    line(text, format_args!("uptime_in_days:{}", uptime / 86_400));
}

fn clients(session: &Session, text: &mut String) {
    line(text, format_args!("connected_clients:{}", session.state().clients()));
    line(text, format_args!("maxclients:{}", session.state().limits().clients));
    line(text, format_args!("commands_in_flight:{}", session.state().in_flight()));
}

fn persistence(_: &Session, text: &mut String) {
    line(text, format_args!("loading:0"));
}

fn stats(session: &Session, text: &mut String) {
    let reload = session.state().reload_status();
    line(text, format_args!("total_connections_received:{}", session.state().connections()));
    let commands = session.state().total(Counters::commands);
    line(text, format_args!("total_commands_processed:{commands}"));
    for outcome in Outcome::all() {
        let answers = session.state().total(|counters| counters.answers(outcome));
        line(text, format_args!("answers_{}:{answers}", outcome.name()));
    }
    for (at, name) in PACKED.into_iter().enumerate() {
        let addresses = session.state().total(|counters| counters.packed()[at]);
        line(text, format_args!("packed_{name}:{addresses}"));
    }
    for refusal in Refusal::ALL {
        let refused = session.state().total(|counters| counters.refused(refusal));
        line(text, format_args!("refused_{}:{refused}", refusal.name()));
    }
    line(text, format_args!("reloads:{}", reload.reloads));
    line(text, format_args!("reload_failures:{}", reload.failures));
    line(text, format_args!("last_reload_error:{}", reload.last_error.unwrap_or_default()));
}

fn replication(_: &Session, text: &mut String) {
    line(text, format_args!("role:master"));
    line(text, format_args!("connected_slaves:0"));
}

fn database(session: &Session, text: &mut String) {
    let snapshot = session.state().snapshot();
    let metadata = snapshot.metadata();
    line(text, format_args!("format_version:{}", metadata.version()));
    line(text, format_args!("build_number:{}", metadata.build_number()));
    line(text, format_args!("created:{}", metadata.created()));
    line(text, format_args!("file_bytes:{}", metadata.file_length()));
    line(text, format_args!("ipv4_intervals:{}", metadata.v4_intervals()));
    line(text, format_args!("ipv6_intervals:{}", metadata.v6_intervals()));
    line(text, format_args!("answers:{}", metadata.answers()));
    line(text, format_args!("companies:{}", metadata.companies()));
    line(text, format_args!("operators:{}", metadata.operators()));
    line(text, format_args!("sources:{}", metadata.sources().count()));
    line(text, format_args!("generation:{}", snapshot.generation()));
    line(text, format_args!("generations_held:{}", session.state().generations_held()));
}
