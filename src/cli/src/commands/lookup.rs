//! `nameplate lookup`: from a file or from a daemon, from arguments or from standard input.

use std::io::{self, BufRead, BufReader, BufWriter, Read, StdoutLock, Write};
use std::process::ExitCode;

use nameplate::{Answer, Database, for_each_field, write_json};
use nameplate_daemon::client::Client;

use super::Failure;
use crate::args::Lookup;

/// Longer lines are no addresses; the rest of them is passed over.
const LONGEST_LINE: usize = 1024;

/// Addresses asked of a daemon at once.
const BATCH: usize = 256;

pub(super) fn run(arguments: &Lookup) -> Result<ExitCode, Failure> {
    let from = &arguments.from;
    let backend = match (&from.db, &from.socket) {
        (Some(file), _) => Backend::File(Database::open(file)?),
        (None, Some(socket)) => Backend::Daemon(Client::connect(socket)?, Vec::new()),
        (None, None) => return Err("give --db or --socket".into()),
    };
    let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut session =
        Session { backend, json: arguments.json, out, line: 0, refused: false, text: String::new() };
    for address in &arguments.addresses {
        if address == "-" {
            session.lookup_lines(&mut BufReader::with_capacity(1 << 16, io::stdin().lock()))?;
        } else {
            session.lookup(address.as_bytes())?;
        }
    }
    session.flush()?;
    Ok(if session.refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Who answers; a daemon's addresses wait until there are enough for one round trip.
enum Backend {
    File(Database),
    Daemon(Client, Vec<Vec<u8>>),
}

struct Session {
    backend: Backend,
    json: bool,
    out: BufWriter<StdoutLock<'static>>,
    /// Lines answered so far.
    line: u64,
    /// Whether a line was no address.
    refused: bool,
    /// Reused for each answer.
    text: String,
}

impl Session {
    fn lookup_lines(&mut self, input: &mut BufReader<impl Read>) -> Result<(), Failure> {
        let mut line = Vec::with_capacity(64);
        loop {
            if input.buffer().is_empty() {
                // Whoever types, or waits for an answer before asking on, gets it now.
                self.flush()?;
            }
            if !read_line(input, &mut line)? {
                return Ok(());
            }
            self.lookup(&line)?;
        }
    }

    fn lookup(&mut self, address: &[u8]) -> Result<(), Failure> {
        match &mut self.backend {
            Backend::File(database) => {
                self.line += 1;
                self.text.clear();
                match database.lookup_text(address) {
                    Ok(answer) if self.json => write_json(&answer, &mut self.text),
                    Ok(answer) => write_text(&answer, &mut self.text),
                    Err(_) => {
                        self.refused = true;
                        write_refusal(self.json, self.line, &mut self.text);
                    }
                }
                self.text.push('\n');
                self.out.write_all(self.text.as_bytes())?;
            }
            Backend::Daemon(_, waiting) => {
                waiting.push(address.to_vec());
                if waiting.len() == BATCH {
                    self.ask_daemon()?;
                }
            }
        }
        Ok(())
    }

    fn ask_daemon(&mut self) -> Result<(), Failure> {
        let Backend::Daemon(client, waiting) = &mut self.backend else { return Ok(()) };
        let addresses: Vec<&[u8]> = waiting.iter().map(Vec::as_slice).collect();
        for answer in client.lookup_json(&addresses)? {
            self.line += 1;
            self.text.clear();
            match answer {
                Ok(json) if self.json => self.text.push_str(&json),
                Ok(json) => write_text_of_json(&json, &mut self.text)?,
                Err(_) => {
                    self.refused = true;
                    write_refusal(self.json, self.line, &mut self.text);
                }
            }
            self.text.push('\n');
            self.out.write_all(self.text.as_bytes())?;
        }
        waiting.clear();
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.ask_daemon()?;
        self.out.flush()?;
        Ok(())
    }
}

/// Reads a line without its end into `line`; false at the end of the input. Of a line that is too
/// long, only the beginning is kept: enough to be no address.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
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
fn write_text(answer: &Answer<'_>, out: &mut String) {
    let mut fields = Vec::with_capacity(16);
    for_each_field(answer, |name, value| fields.push((name, value)));
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
