//! `COMMAND`: the table of commands, in the form of Redis 7. `redis-cli` takes its hints from it.

use super::{Arguments, Command, Group, Parameter, Writer, is, unknown_subcommand, wrong_arity};

/// `COMMAND`, `COMMAND COUNT`, `COMMAND LIST`, `COMMAND INFO [name…]`, `COMMAND DOCS [name…]`
pub(super) fn command(arguments: Arguments<'_>, leads: bool, reply: &mut Writer) {
    let subcommand = arguments.get(1);
    if arguments.len() == 1 {
        every(leads, describe, reply);
    } else if is(subcommand, "COUNT") {
        exact(arguments, "command|count", reply, |reply| {
            reply.integer(Command::all(leads).count().cast_signed() as i64);
        });
    } else if is(subcommand, "LIST") {
        exact(arguments, "command|list", reply, |reply| {
            every(leads, |command, reply| reply.bulk(command.name.as_bytes()), reply);
        });
    } else if is(subcommand, "INFO") {
        if arguments.len() == 2 {
            return every(leads, describe, reply);
        }
        reply.array(arguments.len() - 2);
        for name in arguments.from(2) {
            match Command::find(name, leads) {
                Some(command) => describe(command, reply),
                None => reply.null_array(),
            }
        }
    } else if is(subcommand, "DOCS") {
        let asked = |command: &&'static Command| {
            arguments.len() == 2 || arguments.from(2).any(|argument| is(argument, command.name))
        };
        reply.map(Command::all(leads).filter(asked).count());
        for command in Command::all(leads).filter(asked) {
            reply.bulk(command.name.as_bytes());
            document(command, reply);
        }
    } else {
        unknown_subcommand(reply);
    }
}

fn exact(arguments: Arguments<'_>, name: &'static str, reply: &mut Writer, write: impl FnOnce(&mut Writer)) {
    if arguments.len() == 2 { write(reply) } else { wrong_arity(name, reply) }
}

fn every(leads: bool, write: impl Fn(&Command, &mut Writer), reply: &mut Writer) {
    reply.array(Command::all(leads).count());
    for command in Command::all(leads) {
        write(command, reply);
    }
}

/// <https://redis.io/docs/latest/commands/command/>: name, arity, flags, first key, last key, step,
/// categories, tips, key specifications, subcommands. No argument is a key.
fn describe(command: &Command, reply: &mut Writer) {
    let (flags, categories): (&[&str], &[&str]) = match command.group {
        Group::Lookup => (&["readonly", "fast"], &["@read", "@fast"]),
        Group::Connection => (&["noscript", "loading", "stale", "fast"], &["@fast", "@connection"]),
        Group::Server => (&["loading", "stale"], &["@slow"]),
        Group::Leads => (&["write"], &["@write", "@slow"]),
    };
    reply.array(10);
    reply.bulk(command.name.as_bytes());
    reply.integer(command.arity.into());
    words(flags, reply);
    for _ in 0..3 {
        reply.integer(0);
    }
    words(categories, reply);
    for _ in 0..3 {
        reply.array(0);
    }
}

fn words(words: &[&'static str], reply: &mut Writer) {
    reply.set(words.len());
    for word in words {
        reply.simple(word);
    }
}

/// <https://redis.io/docs/latest/commands/command-docs/>
fn document(command: &Command, reply: &mut Writer) {
    let group = match command.group {
        Group::Lookup | Group::Leads => "generic",
        Group::Connection => "connection",
        Group::Server => "server",
    };
    reply.map(if command.parameters.is_empty() { 3 } else { 4 });
    for (name, value) in [("summary", command.summary), ("since", "0.1.0"), ("group", group)] {
        reply.bulk(name.as_bytes());
        reply.bulk(value.as_bytes());
    }
    if !command.parameters.is_empty() {
        reply.bulk(b"arguments");
        reply.array(command.parameters.len());
        for parameter in command.parameters {
            document_parameter(parameter, reply);
        }
    }
}

fn document_parameter(parameter: &Parameter, reply: &mut Writer) {
    let mut flags = Vec::new();
    flags.extend(parameter.optional.then_some("optional"));
    flags.extend(parameter.multiple.then_some("multiple"));
    reply.map(if flags.is_empty() { 2 } else { 3 });
    for (name, value) in [("name", parameter.name), ("type", "string")] {
        reply.bulk(name.as_bytes());
        reply.bulk(value.as_bytes());
    }
    if !flags.is_empty() {
        reply.bulk(b"flags");
        words(&flags, reply);
    }
}
