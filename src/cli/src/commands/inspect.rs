//! `nameplate inspect`.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use nameplate::{Database, Metadata, Source};
use serde_json::{Map, Value, json};

use super::Failure;
use crate::args::Inspect;

pub(super) fn run(arguments: &Inspect) -> Result<ExitCode, Failure> {
    let database = Database::open(&arguments.file)?;
    let metadata = database.metadata();
    let mut out = BufWriter::new(io::stdout().lock());
    if arguments.json {
        writeln!(out, "{}", as_json(metadata))?;
    } else {
        as_text(metadata, &mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// A source's facts by name; absent ones are left out.
pub(super) fn source_facts<'a>(source: &Source<'a>) -> impl Iterator<Item = (&'static str, &'a str)> {
    [
        ("title", source.title()),
        ("licence", source.licence()),
        ("attribution", source.attribution()),
        ("url", source.url()),
        ("date", source.date()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

/// A source's facts as a JSON object.
pub(super) fn source_json(source: &Source<'_>) -> Value {
    let mut facts: Map<String, Value> =
        source_facts(source).map(|(name, value)| (name.to_owned(), value.into())).collect();
    facts.insert("name".into(), source.name().into());
    facts.insert("rows".into(), source.rows().into());
    Value::Object(facts)
}

fn as_json(metadata: Metadata<'_>) -> Value {
    let section = |(name, records, bytes): (Option<&'static str>, u64, u64)| json!({"name": name.unwrap_or("unknown kind"), "records": records, "bytes": bytes});
    let mut json = json!({
        "version": metadata.version(),
        "build_number": metadata.build_number(),
        "created": metadata.created(),
        "bytes": metadata.file_length(),
        "v4_intervals": metadata.v4_intervals(),
        "v6_intervals": metadata.v6_intervals(),
        "answers": metadata.answers(),
        "companies": metadata.companies(),
        "operators": metadata.operators(),
        "facts": metadata.facts().map(|(key, value)| (key.to_owned(), value.into())).collect::<Map<_, _>>(),
        "sources": metadata.sources().map(|source| source_json(&source)).collect::<Vec<_>>(),
        "sections": metadata.sections().map(section).collect::<Vec<_>>(),
    });
    if let Some(key) = metadata.signer() {
        json["signer"] = key.to_string().into();
    }
    json
}

fn as_text(metadata: Metadata<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "format version  {}", metadata.version())?;
    writeln!(out, "build number    {}", metadata.build_number())?;
    writeln!(out, "bytes           {}", metadata.file_length())?;
    match metadata.signer() {
        Some(key) => writeln!(out, "signer          {key} (as it says; verify --public-key checks it)")?,
        None => writeln!(out, "signer          none")?,
    }
    writeln!(out, "IPv4 intervals  {}", metadata.v4_intervals())?;
    writeln!(out, "IPv6 intervals  {}", metadata.v6_intervals())?;
    writeln!(out, "answers         {}", metadata.answers())?;
    writeln!(out, "companies       {}", metadata.companies())?;
    writeln!(out, "operators       {}", metadata.operators())?;
    for (key, value) in metadata.facts() {
        writeln!(out, "{key:<15} {value}")?;
    }
    for source in metadata.sources() {
        writeln!(out, "\nsource          {}", source.name())?;
        for (name, value) in source_facts(&source) {
            writeln!(out, "  {name:<13} {value}")?;
        }
        writeln!(out, "  {:<13} {}", "rows", source.rows())?;
        if source.licence().is_none() {
            writeln!(out, "  {:<13} not stated by whoever built the file", "licence")?;
        }
    }
    writeln!(out, "\nsection          records        bytes")?;
    for (name, records, bytes) in metadata.sections() {
        writeln!(out, "{:<15} {records:>8} {bytes:>12}", name.unwrap_or("unknown kind"))?;
    }
    Ok(())
}
