//! `nameplate build`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use nameplate::{Database, SecretKey, publish};
use nameplate_build::{BuildConfig, BuildReport, Progress};
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
    let (mut writer, report) = nameplate_build::build(&config, &mut Bars::default())?;
    if let Some(key) = key {
        writer.sign(key);
    }
    publish(writer, &arguments.output)?;
    let database = Database::open(&arguments.output)?;
    let mut out = io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", as_json(&database, &report))?;
    } else {
        as_text(&database, &report, &mut out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_text(database: &Database, report: &BuildReport, out: &mut impl Write) -> io::Result<()> {
    let file = database.metadata();
    for source in &report.sources {
        let without = source.rows - source.used;
        writeln!(out, "{}: {} rows, {without} of them without a holder", source.name, source.rows)?;
    }
    writeln!(
        out,
        "AS holders: {} companies, {} operators, {} withheld because the name may be a person's",
        report.companies, report.operators, report.withheld
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
        .map(|source| json!({"name": source.name, "rows": source.rows, "used": source.used}))
        .collect();
    json!({
        "build_number": file.build_number(),
        "v4_intervals": file.v4_intervals(),
        "v6_intervals": file.v6_intervals(),
        "bytes": file.file_length(),
        "companies": report.companies,
        "operators": report.operators,
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
