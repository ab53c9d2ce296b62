//! `nameplate build`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use nameplate::{Address, Database, SecretKey, publish, write_json};
use nameplate_build::{BuildConfig, BuildReport, Explanation, Progress};
use serde_json::json;

use super::Failure;
use crate::args::Build;

pub(super) fn run(arguments: Build) -> Result<ExitCode, Failure> {
    let mut config = match &arguments.from.config {
        Some(file) => BuildConfig::read(file)?,
        None => BuildConfig::from_asn_tables(arguments.from.asn),
    };
    // Before the build, which takes its time.
    let key = arguments.sign.as_deref().map(SecretKey::open).transpose()?;
    config.build_number = arguments.number.or(config.build_number);
    config.accept_terms = arguments.accept_terms;
    for (source, terms) in config.terms() {
        eprintln!("The terms of source {source:?}:\n{terms}\n");
    }
    let (mut writer, report, explanation) = if let Some(address) = arguments.explain {
        let (writer, report, explanation) = nameplate_build::explain(&config, address, &mut Bars::default())?;
        (writer, report, Some((address, explanation)))
    } else {
        let (writer, report) = nameplate_build::build(&config, &mut Bars::default())?;
        (writer, report, None)
    };
    if let Some(key) = key {
        writer.sign(key);
    }
    // The file outlives the database that reads it.
    let mut file = Vec::new();
    let database = if let Some(output) = &arguments.output {
        publish(writer, output)?;
        Database::open(output)?
    } else {
        writer.finish(&mut file)?;
        Database::from_bytes(&file)?
    };
    let mut out = io::stdout().lock();
    match (explanation, arguments.json) {
        (Some((address, explanation)), json) => explained(&explanation, &database, address, json, &mut out)?,
        (None, true) => writeln!(out, "{}", as_json(&database, &report))?,
        (None, false) => as_text(&database, &report, &mut out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn explained(
    explanation: &Explanation,
    database: &Database,
    address: Address,
    json: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let mut answer = String::new();
    write_json(&database.lookup(address), &mut answer);
    let rule = explanation.rule;
    if json {
        let statements: Vec<_> = explanation
            .statements
            .iter()
            .map(|(source, says)| json!({"source": source, "says": says}))
            .collect();
        let answer: serde_json::Value = serde_json::from_str(&answer)?;
        let rule = rule.map(|rule| json!({"name": rule.name, "when": rule.when, "answer": rule.answer}));
        let all = json!({
            "statements": statements, "holders": explanation.holders, "rule": rule, "answer": answer,
        });
        writeln!(out, "{all}")?;
        return Ok(());
    }
    writeln!(out, "evidence")?;
    if explanation.statements.is_empty() {
        writeln!(out, "  no source says anything of it")?;
    }
    for (source, says) in &explanation.statements {
        writeln!(out, "  {source}: {says}")?;
    }
    if !explanation.holders.is_empty() {
        writeln!(out, "the strongest of it")?;
    }
    for holder in &explanation.holders {
        writeln!(out, "  {holder}")?;
    }
    if let Some(rule) = rule {
        writeln!(out, "rule\n  {}: where {}, the answer is {}", rule.name, rule.when, rule.answer)?;
    }
    writeln!(out, "answer\n  {answer}")?;
    Ok(())
}

fn as_text(database: &Database, report: &BuildReport, out: &mut impl Write) -> io::Result<()> {
    let file = database.metadata();
    for source in &report.sources {
        let counts = &source.counts;
        writeln!(
            out,
            "{}: {} rows, {} used, {} refused",
            source.name,
            counts.rows,
            counts.used,
            counts.refused_rows()
        )?;
        for (reason, refused) in &counts.refused {
            writeln!(out, "  refused {}: {reason} (first on line {})", refused.count, refused.first_line)?;
        }
    }
    writeln!(
        out,
        "{} companies, {} operators, {} holders linked to a register, {} withheld because the name may be a person's",
        report.companies, report.operators, report.linked, report.withheld
    )?;
    writeln!(
        out,
        "build {}: {} IPv4 and {} IPv6 intervals, {} bytes",
        file.build_number(),
        file.v4_intervals(),
        file.v6_intervals(),
        file.file_length()
    )
}

fn as_json(database: &Database, report: &BuildReport) -> serde_json::Value {
    let file = database.metadata();
    let sources: Vec<_> = report
        .sources
        .iter()
        .map(|source| {
            let counts = &source.counts;
            let refused: Vec<_> = counts
                .refused
                .iter()
                .map(|(reason, refused)| {
                    json!({"reason": reason, "count": refused.count, "first_line": refused.first_line})
                })
                .collect();
            json!({"name": source.name, "rows": counts.rows, "used": counts.used, "refused": refused})
        })
        .collect();
    json!({
        "build_number": file.build_number(),
        "v4_intervals": file.v4_intervals(),
        "v6_intervals": file.v6_intervals(),
        "bytes": file.file_length(),
        "companies": report.companies,
        "operators": report.operators,
        "linked": report.linked,
        "withheld": report.withheld,
        "sources": sources,
    })
}

/// Progress bars on standard error, if that is a terminal.
#[derive(Default)]
struct Bars(Option<ProgressBar>);

impl Progress for Bars {
    fn begin(&mut self, what: &str, total: Option<u64>) {
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3}% {elapsed}");
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        self.0 = Some(bar);
    }

    fn advance(&mut self, by: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(by);
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}
