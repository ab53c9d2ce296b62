//! A build: sources in, the content of a range file out.

use std::net::IpAddr;

use nameplate::{Address, SourceFields, SourceSet, SuppressionList, WriteError, Writer};

use crate::config::{BuildConfig, SourceConfig};
use crate::evidence::{Evidence, Statement};
use crate::explain::{Explanation, Trace};
use crate::flatten::{Rank, overlay};
use crate::import::{Corrections, Counts, ImportError, Range, Row, import};
use crate::matching::linker::{CountryRule, Linker};
use crate::resolve::{Answers, Rules};
use crate::special_purpose::SPECIAL_PURPOSE;
use crate::{BuildError, Progress};

/// What went into a file.
#[derive(Clone, Debug, Default)]
pub struct BuildReport {
    /// Per source, in the order of the configuration.
    pub sources: Vec<SourceReport>,
    /// Companies in the file.
    pub companies: u64,
    /// Operators in the file.
    pub operators: u64,
    /// Holders that a company register knows.
    pub linked: u64,
    /// Holders withheld because the name may be a natural person's.
    pub withheld: u64,
}

/// What a source gave.
#[derive(Clone, Debug)]
pub struct SourceReport {
    /// Its short name.
    pub name: String,
    /// What became of its rows.
    pub counts: Counts,
}

/// Imports the sources and resolves them into the content of a range file.
///
/// Memory: that of the evidence (16 bytes for an IPv4 row, 48 for an IPv6 row, some 60 and its name
/// for a holder), beside the writer's own.
pub fn build(config: &BuildConfig, progress: &mut dyn Progress) -> Result<(Writer, BuildReport), BuildError> {
    resolve(config, None, progress)
}

/// The same build, and why the answer for one address is what it is.
pub fn explain(
    config: &BuildConfig,
    address: Address,
    progress: &mut dyn Progress,
) -> Result<(Writer, BuildReport, Explanation), BuildError> {
    let mut trace = Trace::new(address);
    let (writer, report) = resolve(config, Some(&mut trace), progress)?;
    Ok((writer, report, trace.explanation))
}

fn resolve(
    config: &BuildConfig,
    mut trace: Option<&mut Trace>,
    progress: &mut dyn Progress,
) -> Result<(Writer, BuildReport), BuildError> {
    if let Some((source, _)) = config.terms().next()
        && !config.accept_terms
    {
        return Err(BuildError::Terms { source_name: source.to_owned() });
    }
    let suppression = config.suppress.as_deref().map(SuppressionList::open).transpose();
    let suppression = suppression.map_err(BuildError::Suppression)?;
    let mut evidence = Evidence::default();
    let mut counts = vec![Counts::default(); config.sources.len()];
    import_sources(config, &mut evidence, trace.as_deref_mut(), &mut counts, progress)?;
    let corrections = import_corrections(config, &mut evidence, progress)?;
    claim_special_purpose(&mut evidence);
    claim_suppressed(&mut evidence, suppression.as_ref());
    evidence.settle_countries();
    let linked = link_to_registers(config, &mut evidence, &mut counts, progress)?;
    let reports = config.sources.iter().zip(counts);
    let reports = reports.map(|(source, counts)| SourceReport { name: source.name.clone(), counts });
    let mut report = BuildReport { sources: reports.collect(), linked, ..BuildReport::default() };

    let mut writer = Writer::new();
    number_and_date(&mut writer, config)?;
    writer.fact("generator", concat!("nameplate-build ", env!("CARGO_PKG_VERSION")))?;
    let sources = write_sources(&mut writer, &config.sources, &report.sources)?;
    let (holders, announcements) = evidence.take_layers();
    let rules = Rules {
        evidence: &evidence,
        corrections: &corrections,
        switches: &config.companies,
        suppression: suppression.as_ref(),
        trust: config.sources.iter().map(|source| source.trust).collect(),
    };
    let mut answers = Answers::new(rules, sources);
    let names: Vec<String> = config.sources.iter().map(|source| source.name.clone()).collect();
    progress.begin("resolving", Some(holders.len() + announcements.len()));
    let (mut upper, mut lower) = (holders.v4, announcements.v4);
    overlay(&mut upper, &mut lower, |first, last, holder, announced| {
        if let Some(trace) = &mut trace
            && trace.concerns(Range::V4(first, last))
        {
            trace.decided(&answers.rules, holder, announced, &names);
        }
        let answer = answers.answer(&mut writer, holder, announced)?;
        writer.push_v4(first, last, answer)
    })?;
    progress.advance((upper.len() + lower.len()) as u64);
    let (mut upper, mut lower) = (holders.v6, announcements.v6);
    overlay(&mut upper, &mut lower, |first, last, holder, announced| {
        if let Some(trace) = &mut trace
            && trace.concerns(Range::V6(first, last))
        {
            trace.decided(&answers.rules, holder, announced, &names);
        }
        let answer = answers.answer(&mut writer, holder, announced)?;
        writer.push_v6(first, last, answer)
    })?;
    progress.end();
    (report.companies, report.operators) = answers.written();
    report.withheld = answers.withheld();
    // What the rules leave: operators of a suppressed company's name or AS number.
    let writer = match &suppression {
        Some(list) => list.apply(writer)?,
        None => writer,
    };
    Ok((writer, report))
}

/// Imports what sources say of networks, the less trusted first.
fn import_sources(
    config: &BuildConfig,
    evidence: &mut Evidence,
    mut trace: Option<&mut Trace>,
    counts: &mut [Counts],
    progress: &mut dyn Progress,
) -> Result<(), ImportError> {
    let networks = |(_, source): &(usize, &SourceConfig)| !source.kind.is_register();
    let mut sources: Vec<_> = config.sources.iter().enumerate().filter(networks).collect();
    sources.sort_by_key(|(_, source)| source.trust);
    for (position, source) in sources {
        for file in &source.files {
            let file_counts = import(source, file, progress, &mut |row| {
                if let Some(trace) = &mut trace {
                    trace.hear(&row, &source.name);
                }
                evidence.take(row, position as u8);
            })?;
            counts[position].add(&file_counts);
        }
    }
    Ok(())
}

/// Compares the records of all registers with the holders; returns how many holders were linked.
fn link_to_registers(
    config: &BuildConfig,
    evidence: &mut Evidence,
    counts: &mut [Counts],
    progress: &mut dyn Progress,
) -> Result<u64, ImportError> {
    let registers = || config.sources.iter().enumerate().filter(|(_, source)| source.kind.is_register());
    if registers().next().is_none() {
        return Ok(0);
    }
    let mut linker = Linker::new(evidence.unlinked(), CountryRule::Required);
    for (position, source) in registers() {
        for file in &source.files {
            let file_counts = import(source, file, progress, &mut |row| {
                if let Row::Register(record) = row {
                    linker.offer(&record, position as u8);
                }
            })?;
            counts[position].add(&file_counts);
        }
    }
    Ok(evidence.link(&linker.finish()))
}

fn import_corrections(
    config: &BuildConfig,
    evidence: &mut Evidence,
    progress: &mut dyn Progress,
) -> Result<Corrections, BuildError> {
    let mut corrections = Corrections::default();
    for file in &config.corrections {
        corrections.read(file, progress)?;
    }
    for (range, position) in &corrections.networks {
        evidence.claim(*range, Rank::Correction, Statement::Corrected(*position));
    }
    Ok(corrections)
}

fn claim_special_purpose(evidence: &mut Evidence) {
    for (position, block) in SPECIAL_PURPOSE.iter().enumerate() {
        let (first, last) = block.range();
        let range = range_of(first, last).expect("a block is of one family");
        evidence.claim(range, Rank::SpecialPurpose, Statement::Reserved(position as u32));
    }
}

fn claim_suppressed(evidence: &mut Evidence, list: Option<&SuppressionList>) {
    for network in list.map(SuppressionList::networks).unwrap_or_default() {
        if let Some(range) = range_of(network.first, network.last) {
            evidence.claim(range, Rank::Suppressed, Statement::Suppressed);
        }
    }
}

/// A range from two ends of one family.
fn range_of(first: IpAddr, last: IpAddr) -> Option<Range> {
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => Some(Range::V4(first.to_bits(), last.to_bits())),
        (IpAddr::V6(first), IpAddr::V6(last)) => Some(Range::V6(first.to_bits(), last.to_bits())),
        _ => None,
    }
}

fn number_and_date(writer: &mut Writer, config: &BuildConfig) -> Result<(), BuildError> {
    let mut newest: Option<jiff::civil::Date> = None;
    for source in &config.sources {
        newest = newest.max(source.parsed_date()?);
    }
    let number_of = |date: jiff::civil::Date| {
        format!("{:04}{:02}{:02}", date.year(), date.month(), date.day()).parse().unwrap_or(0)
    };
    writer.build_number(config.build_number.or(newest.map(number_of)).unwrap_or(0));
    let epoch = jiff::civil::date(1970, 1, 1);
    let seconds = newest.map(|date| date.duration_since(epoch).as_secs());
    writer.created(seconds.and_then(|seconds| seconds.try_into().ok()).unwrap_or(0));
    Ok(())
}

fn write_sources(
    writer: &mut Writer,
    configs: &[SourceConfig],
    reports: &[SourceReport],
) -> Result<Vec<SourceSet>, WriteError> {
    let mut write = |config: &SourceConfig, report: &SourceReport| {
        writer.source(&SourceFields {
            name: &config.name,
            title: config.title.as_deref(),
            licence: config.licence.as_deref(),
            attribution: config.attribution.as_deref(),
            url: config.url.as_deref(),
            date: config.date.as_deref(),
            rows: report.counts.used,
        })
    };
    configs.iter().zip(reports).map(|(config, report)| write(config, report)).collect()
}
