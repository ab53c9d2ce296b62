//! `nameplate lookup`: from a file or from a daemon, from arguments or from standard input.

use std::io::{self, BufRead, BufReader, BufWriter, Read, StdoutLock, Write};
use std::path::Path;
use std::process::ExitCode;

use nameplate::{Address, Answer, Database, OpenOptions, SuppressionList, for_each_field, write_json};
use nameplate_daemon::client::Client;

use super::{Failure, public_key};
use crate::args::Lookup;

/// Longer lines are no addresses; the rest of them is passed over.
const LONGEST_LINE: usize = 1024;

/// Addresses looked up at once.
const BATCH: usize = 256;

pub(super) fn run(arguments: &Lookup) -> Result<ExitCode, Failure> {
    let from = &arguments.from;
    let backend = match (&from.db, &from.socket) {
        (Some(file), _) => Backend::File(Box::new(open(file, arguments)?)),
        (None, Some(socket)) => Backend::Daemon(Client::connect(socket)?),
        (None, None) => return Err("give --db or --socket".into()),
    };
    let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut session =
        Session { backend, waiting: Vec::with_capacity(BATCH), lines: Lines::new(arguments.json, out) };
    for address in &arguments.addresses {
        if address == "-" {
            session.lookup_all(&mut BufReader::with_capacity(1 << 16, io::stdin().lock()))?;
        } else {
            session.lookup(address.as_bytes())?;
        }
    }
    session.flush()?;
    Ok(if session.lines.refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn open(file: &Path, arguments: &Lookup) -> Result<Database, nameplate::Error> {
    let list = arguments.suppress.as_deref().map(SuppressionList::open).transpose()?;
    let key = public_key(arguments.public_key.as_deref())?;
    OpenOptions::default().public_key(key.as_ref()).suppression(list.as_ref()).open(file)
}

/// Who answers.
enum Backend {
    File(Box<Database>),
    Daemon(Client),
}

/// Addresses wait until there are enough of them for a batch, or none is coming.
struct Session {
    backend: Backend,
    waiting: Vec<Vec<u8>>,
    lines: Lines,
}

impl Session {
    /// Looks up every line of the input.
    fn lookup_all(&mut self, input: &mut BufReader<impl Read>) -> Result<(), Failure> {
        let mut line = Vec::with_capacity(64);
        // Whoever types, or waits for an answer before asking on, gets it before we wait for more.
        while read_line(input, &mut line, || self.flush())? {
            self.lookup(&line)?;
        }
        Ok(())
    }

    fn lookup(&mut self, address: &[u8]) -> Result<(), Failure> {
        self.waiting.push(address.to_vec());
        if self.waiting.len() == BATCH { self.answer_waiting() } else { Ok(()) }
    }

    fn answer_waiting(&mut self) -> Result<(), Failure> {
        let texts: Vec<&[u8]> = self.waiting.iter().map(Vec::as_slice).collect();
        match &mut self.backend {
            Backend::File(database) => {
                let parsed: Vec<_> = texts.iter().map(|text| Address::parse(text)).collect();
                let addresses: Vec<_> = parsed.iter().flatten().copied().collect();
                let mut answers = Vec::with_capacity(addresses.len());
                database.lookup_batch(&addresses, &mut answers);
                let mut answers = answers.iter();
                for address in parsed {
                    self.lines.write(address.ok().and_then(|_| answers.next()).map(Found::Answer))?;
                }
            }
            Backend::Daemon(client) => {
                for json in client.lookup_json(&texts)? {
                    self.lines.write(json.as_deref().ok().map(Found::Json))?;
                }
            }
        }
        self.waiting.clear();
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.answer_waiting()?;
        self.lines.out.flush()?;
        Ok(())
    }
}

/// An answer as the backend gives it.
#[derive(Clone, Copy)]
enum Found<'a> {
    Answer(&'a Answer<'a>),
    Json(&'a str),
}

/// The output: a line for each address.
struct Lines {
    json: bool,
    out: BufWriter<StdoutLock<'static>>,
    /// Lines so far.
    count: u64,
    /// Whether one of them was no address.
    refused: bool,
    /// Reused for each line.
    text: String,
}

impl Lines {
    fn new(json: bool, out: BufWriter<StdoutLock<'static>>) -> Lines {
        Lines { json, out, count: 0, refused: false, text: String::new() }
    }

    /// Writes the next line; without an answer, that it is no address.
    fn write(&mut self, found: Option<Found<'_>>) -> Result<(), Failure> {
        self.count += 1;
        self.text.clear();
        match found {
            Some(Found::Answer(answer)) if self.json => write_json(answer, &mut self.text),
            Some(Found::Answer(answer)) => write_text(answer, &mut self.text),
            Some(Found::Json(json)) if self.json => self.text.push_str(json),
            Some(Found::Json(json)) => write_text_of_json(json, &mut self.text)?,
            None => {
                self.refused = true;
                write_refusal(self.json, self.count, &mut self.text);
            }
        }
        self.text.push('\n');
        self.out.write_all(self.text.as_bytes())?;
        Ok(())
    }
}

/// Reads a line without its end into `line`; false at the end of the input. Of a line that is too
/// long, only the beginning is kept: enough to be no address. Calls `before_waiting` before it asks
/// for input that may not be there yet.
fn read_line(
    input: &mut BufReader<impl Read>,
    line: &mut Vec<u8>,
    mut before_waiting: impl FnMut() -> Result<(), Failure>,
) -> Result<bool, Failure> {
    line.clear();
    let mut any = false;
    loop {
        if input.buffer().is_empty() {
            before_waiting()?;
        }
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        line.extend_from_slice(&part[..part.len().min(LONGEST_LINE - line.len())]);
        let consumed = end.map_or(buffer.len(), |end| end + 1);
        input.consume(consumed);
        if end.is_some() {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(true);
        }
    }
}

fn write_refusal(json: bool, line: u64, out: &mut String) {
    use std::fmt::Write;
    let written = if json {
        write!(out, "{{\"error\":\"invalid address\",\"line\":{line}}}")
    } else {
        write!(out, "error: invalid address, line {line}")
    };
    written.unwrap_or_default();
}

/// `company: Example, Inc. [asn:64500, AS64500, 192.0.2.0 - 192.0.2.255, confidence 40]`
pub(super) fn write_text(answer: &Answer<'_>, out: &mut String) {
    let mut fields = Vec::with_capacity(16);
    for_each_field(answer, |field, value| fields.push((field.name(), value)));
    write_line(out, |name| {
        let (_, value) = fields.iter().find(|(field, _)| *field == name)?;
        Some(value.to_string())
    });
}

fn write_text_of_json(json: &str, out: &mut String) -> Result<(), Failure> {
    let answer: serde_json::Value = serde_json::from_str(json)
        .map_err(|_| "the daemon's answer is no JSON; is it a nameplate daemon?")?;
    write_line(out, |name| {
        let value = answer.pointer(&format!("/{}", name.replace('.', "/")))?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    });
    Ok(())
}

fn write_line(out: &mut String, get: impl Fn(&str) -> Option<String>) {
    let status = get("status").unwrap_or_default();
    let name = ["company.name", "operator.name", "block"].into_iter().find_map(&get);
    out.push_str(&status);
    if let Some(name) = name {
        out.push_str(": ");
        out.push_str(&name);
    }
    let mut details = Vec::new();
    details.extend(get("company.id"));
    details.extend(get("company.country"));
    details.extend(get("operator.asn").map(|asn| format!("AS{asn}")));
    details.extend(get("operator.kind"));
    if let (Some(first), Some(last)) = (get("network.first"), get("network.last")) {
        details.push(format!("{first} - {last}"));
    }
    details.extend(get("confidence").map(|confidence| format!("confidence {confidence}")));
    if !details.is_empty() {
        out.push_str(" [");
        out.push_str(&details.join(", "));
        out.push(']');
    }
}
