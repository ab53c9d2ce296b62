//! `nameplate diff`: what changed between two range files. docs/EXPORT.md says what a change is.
//!
//! Operators, companies and intervals stand sorted in both files, so they are read side by side:
//! memory does not grow with the files.

mod facts;
mod networks;
mod report;

use std::cmp::Ordering;
use std::io;
use std::process::ExitCode;

use nameplate::{Database, Value};

use super::{Failure, open_verified};
use crate::args::Diff;
use facts::{company_facts, file_facts, operator_facts, source_facts};
use report::{Kind, Report};

pub(super) fn run(arguments: &Diff) -> Result<ExitCode, Failure> {
    let list = arguments.suppress.as_deref();
    let (old, new) = (open_verified(&arguments.old, list)?, open_verified(&arguments.new, list)?);
    let mut report = Report::new(arguments.json);
    report.file(&file_facts(old.metadata()), &file_facts(new.metadata()))?;
    sources(&old, &new, &mut report)?;
    operators(&old, &new, &mut report)?;
    companies(&old, &new, &mut report)?;
    networks::compare(&old, &new, &mut report)?;
    report.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn sources(old: &Database, new: &Database, report: &mut Report) -> io::Result<()> {
    // A file has at most 32 of them, in its builder's order.
    let [old, new] = [old, new].map(|database| {
        let mut sources: Vec<_> = database.metadata().sources().collect();
        sources.sort_by_key(nameplate::Source::name);
        sources
    });
    side_by_side(
        old.iter(),
        new.iter(),
        |a, b| a.name().cmp(b.name()),
        |old, new| {
            let id = Value::Text(old.or(new).map_or("", |source| source.name()));
            report.entry(Kind::Source, id, old.map(source_facts), new.map(source_facts))
        },
    )
}

fn operators(old: &Database, new: &Database, report: &mut Report) -> io::Result<()> {
    side_by_side(
        old.operators(),
        new.operators(),
        |a, b| a.asn().cmp(&b.asn()),
        |old, new| {
            let id = Value::Number(old.or(new).map_or(0, |operator| operator.asn()).into());
            report.entry(Kind::Operator, id, old.map(operator_facts), new.map(operator_facts))
        },
    )
}

fn companies(old: &Database, new: &Database, report: &mut Report) -> io::Result<()> {
    side_by_side(
        old.companies(),
        new.companies(),
        |a, b| a.id().cmp(b.id()),
        |old, new| {
            let id = Value::Text(old.or(new).map_or("", |company| company.id()));
            report.entry(Kind::Company, id, old.map(company_facts), new.map(company_facts))
        },
    )
}

/// Calls `each` with what both sorted lists hold, or one of them alone.
fn side_by_side<T: Copy>(
    old: impl Iterator<Item = T>,
    new: impl Iterator<Item = T>,
    order: impl Fn(&T, &T) -> Ordering,
    mut each: impl FnMut(Option<T>, Option<T>) -> io::Result<()>,
) -> io::Result<()> {
    let (mut old, mut new) = (old.peekable(), new.peekable());
    loop {
        let next = match (old.peek(), new.peek()) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => order(old, new),
        };
        match next {
            Ordering::Less => each(old.next(), None)?,
            Ordering::Greater => each(None, new.next())?,
            Ordering::Equal => each(old.next(), new.next())?,
        }
    }
}
