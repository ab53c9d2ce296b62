//! From rows to answers: who may be named for which range.

use std::collections::HashMap;
use std::net::IpAddr;

use nameplate::{AnswerRef, CompanyFields, CompanyKind, SourceFields, SourceSet, WriteError, Writer};

use crate::classify::{COMPANY_CONFIDENCE, Verdict, classify};
use crate::config::{BuildConfig, SourceConfig};
use crate::flatten::{Claim, Rank, flatten};
use crate::import::{Country, Counts, Holder as Named, Range, Row, SystemRow, import as import_file};
use crate::organisation::legal_form;
use crate::special_purpose::SPECIAL_PURPOSE;
use crate::{BuildError, Progress};

/// What went into a file.
#[derive(Clone, Debug, Default)]
pub struct BuildReport {
    /// Per source, in the order of the configuration.
    pub sources: Vec<SourceReport>,
    /// AS holders shown as companies.
    pub companies: u64,
    /// AS holders shown as operators.
    pub operators: u64,
    /// AS holders withheld because the name may be a natural person's.
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
/// Memory: 16 bytes for an IPv4 row, 48 for an IPv6 row, beside the writer's own.
pub fn build(config: &BuildConfig, progress: &mut dyn Progress) -> Result<(Writer, BuildReport), BuildError> {
    let mut holders = Holders::default();
    let mut claims = Claims::default();
    let mut report = BuildReport::default();
    let mut newest: Option<jiff::civil::Date> = None;
    for (number, source) in config.sources.iter().enumerate() {
        let source_report = import(source, number, &mut holders, &mut claims, progress)?;
        newest = newest.max(source.parsed_date()?);
        report.sources.push(source_report);
    }

    let mut writer = Writer::new();
    number_and_date(&mut writer, config.build_number, newest);
    writer.fact("generator", concat!("nameplate-build ", env!("CARGO_PKG_VERSION")))?;
    let sources = write_sources(&mut writer, &config.sources, &report.sources)?;
    let answers = holders.resolve(&mut writer, &sources, &mut report)?;
    claims.resolve(&mut writer, &answers, progress)?;
    Ok((writer, report))
}

fn import(
    source: &SourceConfig,
    number: usize,
    holders: &mut Holders,
    claims: &mut Claims,
    progress: &mut dyn Progress,
) -> Result<SourceReport, BuildError> {
    let mut report = SourceReport { name: source.name.clone(), counts: Counts::default() };
    for file in &source.files {
        let counts = import_file(source.kind, file, progress, &mut |row| {
            let Row::Network(row) = row else { return };
            if let Some(system) = &row.system {
                claims.push(row.range, holders.add(system, number));
            }
        })?;
        report.counts.add(&counts);
    }
    Ok(report)
}

fn number_and_date(writer: &mut Writer, build_number: Option<u64>, newest: Option<jiff::civil::Date>) {
    let number_of = |date: jiff::civil::Date| {
        format!("{:04}{:02}{:02}", date.year(), date.month(), date.day()).parse().unwrap_or(0)
    };
    writer.build_number(build_number.or(newest.map(number_of)).unwrap_or(0));
    let epoch = jiff::civil::date(1970, 1, 1);
    let seconds = newest.map(|date| date.duration_since(epoch).as_secs());
    writer.created(seconds.and_then(|seconds| seconds.try_into().ok()).unwrap_or(0));
}

fn write_sources(
    writer: &mut Writer,
    configs: &[SourceConfig],
    reports: &[SourceReport],
) -> Result<Vec<SourceSet>, WriteError> {
    let fields = |config: &SourceConfig, report: &SourceReport| -> Result<SourceSet, WriteError> {
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
    let mut fields = fields;
    configs.iter().zip(reports).map(|(config, report)| fields(config, report)).collect()
}

/// The holders of AS numbers, one for each AS: the first name that a source gives it.
#[derive(Default)]
struct Holders {
    by_asn: HashMap<u32, u32>,
    all: Vec<Holder>,
}

struct Holder {
    asn: u32,
    name: Box<str>,
    country: Option<Country>,
    /// Which sources name it: bit n for the nth.
    sources: u64,
}

impl Holders {
    /// The index of the row's holder.
    fn add(&mut self, row: &SystemRow<'_>, source: usize) -> u32 {
        let next = self.all.len() as u32;
        let index = *self.by_asn.entry(row.asn).or_insert(next);
        if index == next {
            let name = match &row.holder {
                Some(Named::Named(organisation)) => &*organisation.name,
                _ => "",
            };
            self.all.push(Holder { asn: row.asn, name: name.into(), country: row.country, sources: 0 });
        }
        let holder = &mut self.all[index as usize];
        holder.country = holder.country.or(row.country);
        // A 65th source is refused when the sources are written.
        holder.sources |= 1_u64.checked_shl(source as u32).unwrap_or(0);
        index
    }

    /// The answer for each holder's ranges.
    fn resolve(
        &self,
        writer: &mut Writer,
        sources: &[SourceSet],
        report: &mut BuildReport,
    ) -> Result<Vec<AnswerRef>, WriteError> {
        self.all.iter().map(|holder| holder.resolve(writer, sources, report)).collect()
    }
}

impl Holder {
    fn resolve(
        &self,
        writer: &mut Writer,
        sources: &[SourceSet],
        report: &mut BuildReport,
    ) -> Result<AnswerRef, WriteError> {
        let evidence = sources
            .iter()
            .enumerate()
            .filter(|(bit, _)| self.sources >> bit & 1 == 1)
            .fold(SourceSet::default(), |set, (_, source)| set.union(*source));
        let verdict = classify(&self.name);
        if verdict == Verdict::Withheld {
            report.withheld += 1;
            return Ok(AnswerRef::UNKNOWN);
        }
        let operator = writer.operator(self.asn, &self.name, None)?;
        if verdict == Verdict::Operator {
            report.operators += 1;
            return writer.operator_answer(operator, evidence);
        }
        report.companies += 1;
        let company = writer.company(&CompanyFields {
            id: &format!("asn:{}", self.asn),
            name: &self.name,
            kind: Some(CompanyKind::Business),
            country: self.country,
            legal_form: legal_form::as_written(&self.name),
            ..CompanyFields::default()
        })?;
        writer.company_answer(company, Some(operator), COMPANY_CONFIDENCE, evidence)
    }
}

/// The ranges of both families, and the index of each one's holder.
#[derive(Default)]
struct Claims {
    v4: Vec<Claim<u32, u32>>,
    v6: Vec<Claim<u128, u32>>,
}

impl Claims {
    fn push(&mut self, range: Range, holder: u32) {
        self.push_ranked(range, Rank::Source, holder);
    }

    fn push_ranked(&mut self, range: Range, rank: Rank, value: u32) {
        match range {
            Range::V4(first, last) => self.v4.push(Claim { first, last, rank, value }),
            Range::V6(first, last) => self.v6.push(Claim { first, last, rank, value }),
        }
    }

    /// Flattens the claims into the writer's intervals, special-purpose blocks on top.
    fn resolve(
        mut self,
        writer: &mut Writer,
        holders: &[AnswerRef],
        progress: &mut dyn Progress,
    ) -> Result<(), WriteError> {
        let mut answers = holders.to_vec();
        for block in SPECIAL_PURPOSE {
            let range = match block.range() {
                (IpAddr::V4(first), IpAddr::V4(last)) => Range::V4(first.to_bits(), last.to_bits()),
                (IpAddr::V6(first), IpAddr::V6(last)) => Range::V6(first.to_bits(), last.to_bits()),
                _ => continue,
            };
            self.push_ranked(range, Rank::SpecialPurpose, answers.len() as u32);
            answers.push(writer.reserved_answer(block.name)?);
        }
        progress.begin("flattening", Some((self.v4.len() + self.v6.len()) as u64));
        flatten(&mut self.v4, |first, last, value| writer.push_v4(first, last, answers[value as usize]))?;
        progress.advance(self.v4.len() as u64);
        flatten(&mut self.v6, |first, last, value| writer.push_v6(first, last, answers[value as usize]))?;
        progress.advance(self.v6.len() as u64);
        progress.end();
        Ok(())
    }
}
