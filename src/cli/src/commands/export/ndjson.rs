//! NDJSON: a line about the file with its sources, then a line for each network.

use std::io::{self, Write};

use nameplate::{Database, Status, write_json};
use serde_json::{Map, json};

use super::super::inspect::source_json;

pub(super) fn write(database: &Database, out: &mut dyn Write) -> io::Result<()> {
    let metadata = database.metadata();
    let facts: Map<_, _> = metadata.facts().map(|(key, value)| (key.to_owned(), value.into())).collect();
    let sources: Vec<_> = metadata.sources().map(|source| source_json(&source)).collect();
    let file = json!({
        "build_number": metadata.build_number(),
        "created": metadata.created(),
        "facts": facts,
        "sources": sources,
    });
    writeln!(out, "{}", json!({"file": file}))?;
    let mut answer = String::new();
    for interval in database.intervals().filter(|interval| interval.answer.status() != Status::Unknown) {
        let network = interval.network;
        answer.clear();
        write_json(&interval.answer, &mut answer);
        // An interval's answer has no network of its own, and is an object with a status at least.
        let rest = answer.strip_prefix('{').unwrap_or_default();
        writeln!(
            out,
            "{{\"network\":{{\"first\":\"{}\",\"last\":\"{}\"}},{rest}",
            network.first, network.last
        )?;
    }
    Ok(())
}
