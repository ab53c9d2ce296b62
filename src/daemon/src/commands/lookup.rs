//! `LOOKUP`, `MLOOKUP`, `LOOKUPJSON`, `LOOKUPPACKED`, `ANSWER`, `NETWORKS`: what the service is for.

use std::io;

use nameplate::{
    Address, AddressText, Answer, Database, Field, InvalidAddress, Snapshot, Value, for_each_field,
    write_json,
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Session, is};
use crate::buffer::erase;
use crate::counters::Tally;
use crate::output::Output;
use crate::resp::{Arguments, Writer, decimal, parse_integer};

/// `LOOKUP address`: a map. Those that a client sends one behind the other are looked up together, so that
/// none waits for memory alone.
pub(crate) struct Lookups {
    parsed: [Result<Address, InvalidAddress>; Lookups::MOST],
    count: usize,
}

impl Lookups {
    /// So many are looked up together.
    const MOST: usize = 16;

    pub(crate) fn new() -> Lookups {
        Lookups { parsed: [Err(InvalidAddress); Lookups::MOST], count: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn is_full(&self) -> bool {
        self.count == Lookups::MOST
    }

    /// Takes a request if it is a `LOOKUP` of one address; it must not be full.
    pub(crate) fn take(&mut self, request: Arguments<'_>) -> bool {
        let is_lookup = request.len() == 2 && is(request.get(0), "LOOKUP");
        if is_lookup {
            self.parsed[self.count] = Address::parse(request.get(1));
            self.count += 1;
        }
        is_lookup
    }

    /// Answers them in order.
    pub(crate) fn answer(&self, session: &mut Session, reply: &mut Writer) {
        let (state, tally) = session.state_and_tally();
        let snapshot = state.snapshot();
        match &self.parsed[..self.count] {
            [address] => write_result(address.map(|address| snapshot.lookup(address)), tally, reply),
            parsed => {
                let mut addresses = [Address::V4(0); Lookups::MOST];
                let mut answers = Vec::with_capacity(Lookups::MOST);
                look_up_valid(&snapshot, parsed, &mut addresses, &mut answers);
                let mut found = answers.into_iter();
                for address in parsed {
                    let answer = address.and_then(|_| found.next().ok_or(InvalidAddress));
                    write_result(answer, tally, reply);
                }
            }
        }
    }
}

/// Looks up those that are addresses, by way of `valid`, which has room for all.
fn look_up_valid<'a>(
    database: &'a Database,
    parsed: &[Result<Address, InvalidAddress>],
    valid: &mut [Address],
    answers: &mut Vec<Answer<'a>>,
) {
    let mut count = 0;
    for address in parsed.iter().flatten() {
        valid[count] = *address;
        count += 1;
    }
    database.lookup_batch(&valid[..count], answers);
}

fn write_result(answer: Result<Answer<'_>, InvalidAddress>, tally: &mut Tally, reply: &mut Writer) {
    match answer {
        Ok(answer) => {
            tally.answer(answer.status());
            write_answer(&answer, reply);
        }
        Err(InvalidAddress) => invalid_address(tally, reply),
    }
}

/// `MLOOKUP address…`: an array of maps, an error in the place of what is no address.
pub(super) async fn mlookup<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    database: &Database,
    arguments: Arguments<'_>,
    tally: &mut Tally,
    output: &mut Output<R, W>,
) -> io::Result<()> {
    output.reply.array(arguments.len() - 1);
    let mut parsed = Vec::with_capacity(MLOOKUP_CHUNK);
    let mut addresses = vec![Address::V4(0); MLOOKUP_CHUNK];
    let mut answers = Vec::with_capacity(MLOOKUP_CHUNK);
    let mut texts = arguments.from(1).peekable();
    while texts.peek().is_some() {
        parsed.extend(texts.by_ref().take(MLOOKUP_CHUNK).map(Address::parse));
        look_up_valid(database, &parsed, &mut addresses, &mut answers);
        let mut found = answers.drain(..);
        for address in &parsed {
            let answer = address.and_then(|_| found.next().ok_or(InvalidAddress));
            write_result(answer, tally, &mut output.reply);
            output.breathe(1).await?;
        }
        drop(found);
        forget(&mut parsed, Err(InvalidAddress));
        parsed.clear();
        forget(&mut addresses, Address::V4(0));
    }
    Ok(())
}

/// Addresses of an `MLOOKUP` that are looked up at a time.
const MLOOKUP_CHUNK: usize = 32;

/// Overwrites; `black_box` keeps the compiler from leaving it out.
fn forget<T: Copy>(values: &mut [T], with: T) {
    values.fill(with);
    std::hint::black_box(&*values);
}

/// `LOOKUPJSON address`: the line of `nameplate lookup --json`.
pub(super) fn lookup_json(session: &mut Session, address: &[u8], reply: &mut Writer) {
    let (state, tally, text) = session.state_tally_and_text();
    match state.snapshot().lookup_text(address) {
        Ok(answer) => {
            tally.answer(answer.status());
            write_json(&answer, text);
            reply.bulk(text.as_bytes());
            // A network of one address is the address.
            let mut bytes = std::mem::take(text).into_bytes();
            erase(&mut bytes);
            bytes.clear();
            *text = String::from_utf8(bytes).unwrap_or_default();
        }
        Err(_) => invalid_address(tally, reply),
    }
}

/// Addresses of a packed request that are looked up at a time.
const PACKED_CHUNK: usize = 256;

/// `LOOKUPPACKED 4|16 bytes`: the generation, and the answer ids as little-endian `u32`s. Addresses
/// are in network order.
pub(super) async fn lookup_packed<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    snapshot: &Snapshot<'_>,
    width: &[u8],
    packed: &[u8],
    tally: &mut Tally,
    output: &mut Output<R, W>,
) -> io::Result<()> {
    let database: &Database = snapshot;
    let generation = snapshot.generation();
    match width {
        b"4" => {
            let look_up = |addresses: &[u32], ids: &mut [u32]| database.lookup_batch_v4(addresses, ids);
            answer_packed(generation, packed.as_chunks(), u32::from_be_bytes, look_up, tally, output).await
        }
        b"16" => {
            let look_up = |addresses: &[u128], ids: &mut [u32]| database.lookup_batch_v6(addresses, ids);
            answer_packed(generation, packed.as_chunks(), u128::from_be_bytes, look_up, tally, output).await
        }
        _ => {
            output.reply.error(&["ERR the width of packed addresses is 4 or 16 bytes"]);
            Ok(())
        }
    }
}

async fn answer_packed<R: AsyncRead + Unpin, W: AsyncWrite + Unpin, A: Copy + Default, const N: usize>(
    generation: u64,
    (packed, rest): (&[[u8; N]], &[u8]),
    decode: impl Fn([u8; N]) -> A,
    look_up: impl Fn(&[A], &mut [u32]),
    tally: &mut Tally,
    output: &mut Output<R, W>,
) -> io::Result<()> {
    if !rest.is_empty() {
        output.reply.error(&["ERR the bytes are no whole number of addresses"]);
        return Ok(());
    }
    output.reply.array(2);
    output.reply.integer(generation.cast_signed());
    output.reply.bulk_start(packed.len() * size_of::<u32>());
    // Not arrays: what lives while a client is waited for would be in every client's memory.
    let most = packed.len().min(PACKED_CHUNK);
    let (mut addresses, mut ids) = (vec![A::default(); most], vec![0; most]);
    for chunk in packed.chunks(PACKED_CHUNK) {
        let (addresses, ids) = (&mut addresses[..chunk.len()], &mut ids[..chunk.len()]);
        for (address, bytes) in addresses.iter_mut().zip(chunk) {
            *address = decode(*bytes);
        }
        look_up(addresses, ids);
        tally.packed(ids);
        output.reply.bulk_numbers(ids);
        output.breathe(1).await?;
    }
    forget(&mut addresses, A::default());
    output.reply.bulk_end();
    Ok(())
}

/// `ANSWER id`: the map without a network.
pub(super) fn answer(session: &Session, id: &[u8], reply: &mut Writer) {
    let Some(id) = parse_integer(id).filter(|id| *id >= 0) else {
        return reply.error(&["ERR an answer id is a number from 0"]);
    };
    let snapshot = session.state().snapshot();
    match u32::try_from(id).ok().and_then(|id| snapshot.answer(id)) {
        Some(answer) => write_answer(&answer, reply),
        None => reply.error(&["ERR no such answer"]),
    }
}

/// `NETWORKS company-id`: pairs of first and last address; none for an id that no company has.
pub(super) async fn networks<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    database: &Database,
    company_id: &[u8],
    output: &mut Output<R, W>,
) -> io::Result<()> {
    let id = std::str::from_utf8(company_id).unwrap_or_default();
    output.reply.array(database.networks(id).count());
    for network in database.networks(id) {
        output.reply.array(2);
        output.reply.bulk(AddressText::new(network.first).as_bytes());
        output.reply.bulk(AddressText::new(network.last).as_bytes());
        output.breathe(1).await?;
    }
    Ok(())
}

fn invalid_address(tally: &mut Tally, reply: &mut Writer) {
    tally.invalid();
    reply.error(&["ERR invalid address"]);
}

/// The answer's fields as a map of bulk strings. What stands there several times, as `sources`
/// does, becomes one field, joined by commas.
fn write_answer(answer: &Answer<'_>, reply: &mut Writer) {
    let mark = reply.map_start();
    let mut fields = 0;
    let mut sources = 0;
    let mut sources_bytes = 0;
    for_each_field(answer, |field, value| match value {
        Value::Text(text) if field == Field::Sources => {
            sources += 1;
            sources_bytes += text.len();
        }
        Value::Text(text) => {
            fields += 1;
            reply.pair(field, text.as_bytes());
        }
        Value::Number(number) => {
            fields += 1;
            reply.pair(field, decimal(number, &mut [0; 20]));
        }
        Value::Address(address) => {
            fields += 1;
            reply.pair(field, AddressText::new(address).as_bytes());
        }
    });
    if sources > 0 {
        fields += 1;
        reply.bulk(Field::Sources.name().as_bytes());
        let parts = answer.sources().enumerate().flat_map(|(index, source)| {
            let comma: &[u8] = if index == 0 { b"" } else { b"," };
            [comma, source.name().as_bytes()]
        });
        reply.bulk_parts(sources_bytes + sources - 1, parts);
    }
    reply.map_end(mark, fields);
}
