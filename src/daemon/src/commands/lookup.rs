//! `LOOKUP`, `MLOOKUP`, `LOOKUPJSON`, `ANSWER`, `NETWORKS`: what the service is for.

use std::io::{self, Write};
use std::net::IpAddr;

use nameplate::{Answer, Value, for_each_field, write_json};
use tokio::io::AsyncWrite;

use super::Session;
use crate::buffer::erase;
use crate::output::Output;
use crate::resp::{Arguments, Writer, decimal, parse_integer};

/// `LOOKUP address`: a map.
pub(super) fn lookup(session: &Session, address: &[u8], reply: &mut Writer) {
    match session.state().database().lookup_text(address) {
        Ok(answer) => write_answer(&answer, reply),
        Err(_) => invalid_address(reply),
    }
}

/// `MLOOKUP address…`: an array of maps, an error in the place of what is no address.
pub(super) async fn mlookup<W: AsyncWrite + Unpin>(
    session: &Session,
    arguments: Arguments<'_>,
    output: &mut Output<W>,
) -> io::Result<()> {
    let database = session.state().database();
    output.reply.array(arguments.len() - 1);
    for address in arguments.from(1) {
        match database.lookup_text(address) {
            Ok(answer) => write_answer(&answer, &mut output.reply),
            Err(_) => invalid_address(&mut output.reply),
        }
        output.breathe().await?;
    }
    Ok(())
}

/// `LOOKUPJSON address`: the line of `nameplate lookup --json`.
pub(super) fn lookup_json(session: &mut Session, address: &[u8], reply: &mut Writer) {
    let (state, text) = session.state_and_text();
    match state.database().lookup_text(address) {
        Ok(answer) => {
            write_json(&answer, text);
            reply.bulk(text.as_bytes());
            // A network of one address is the address.
            let mut bytes = std::mem::take(text).into_bytes();
            erase(&mut bytes);
            bytes.clear();
            *text = String::from_utf8(bytes).unwrap_or_default();
        }
        Err(_) => invalid_address(reply),
    }
}

/// `ANSWER id`: the map without a network.
pub(super) fn answer(session: &Session, id: &[u8], reply: &mut Writer) {
    let Some(id) = parse_integer(id).filter(|id| *id >= 0) else {
        return reply.error(&["ERR an answer id is a number from 0"]);
    };
    match u32::try_from(id).ok().and_then(|id| session.state().database().answer(id)) {
        Some(answer) => write_answer(&answer, reply),
        None => reply.error(&["ERR no such answer"]),
    }
}

/// `NETWORKS company-id`: pairs of first and last address; none for an id that no company has.
pub(super) async fn networks<W: AsyncWrite + Unpin>(
    session: &Session,
    company_id: &[u8],
    output: &mut Output<W>,
) -> io::Result<()> {
    let database = session.state().database();
    let id = std::str::from_utf8(company_id).unwrap_or_default();
    output.reply.array(database.networks(id).count());
    for network in database.networks(id) {
        output.reply.array(2);
        write_value(Value::Address(network.first), &mut output.reply);
        write_value(Value::Address(network.last), &mut output.reply);
        output.breathe().await?;
    }
    Ok(())
}

fn invalid_address(reply: &mut Writer) {
    reply.error(&["ERR invalid address"]);
}

/// The answer's fields as a map of bulk strings. What stands there several times, as `sources`
/// does, becomes one field, joined by commas.
fn write_answer(answer: &Answer<'_>, reply: &mut Writer) {
    const SOURCES: &str = "sources";
    let mark = reply.mark();
    let mut fields = 0;
    let mut sources = 0;
    let mut sources_bytes = 0;
    for_each_field(answer, |name, value| match value {
        Value::Text(text) if name == SOURCES => {
            sources += 1;
            sources_bytes += text.len();
        }
        _ => {
            fields += 1;
            reply.bulk(name.as_bytes());
            write_value(value, reply);
        }
    });
    if sources > 0 {
        fields += 1;
        reply.bulk(SOURCES.as_bytes());
        let parts = answer.sources().enumerate().flat_map(|(index, source)| {
            let comma: &[u8] = if index == 0 { b"" } else { b"," };
            [comma, source.name().as_bytes()]
        });
        reply.bulk_parts(sources_bytes + sources - 1, parts);
    }
    reply.map_since(mark, fields);
}

fn write_value(value: Value<'_>, reply: &mut Writer) {
    match value {
        Value::Text(text) => reply.bulk(text.as_bytes()),
        Value::Number(number) => reply.bulk(decimal(number, &mut [0; 20])),
        Value::Address(address) => write_address(address, reply),
    }
}

/// As text, by way of the stack: a bulk string's length comes before it.
fn write_address(address: IpAddr, reply: &mut Writer) {
    const LONGEST: usize = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".len();
    let mut text = [0; LONGEST + 1];
    let mut rest = &mut text[..];
    // No text of an address is longer than the array; if it were, it would be cut.
    let _ = write!(rest, "{address}");
    let length = LONGEST + 1 - rest.len();
    reply.bulk(&text[..length]);
}
