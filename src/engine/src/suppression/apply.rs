//! A range file without what a list names.

use std::collections::HashSet;
use std::net::IpAddr;

use super::SuppressionList;
use super::rule::{as_number, bits, folded};
use crate::answer::{Company, Network, Operator, Status};
use crate::database::Database;
use crate::error::Error;
use crate::format::UNKNOWN;
use crate::layout::View;
use crate::writer::{
    AnswerRef, CompanyFields, CompanyRef, OperatorRef, SourceFields, SourceSet, WriteError, Writer,
};

impl SuppressionList {
    /// The same content without what the list names: for the builder, which calls it last, so that
    /// neither company nor name enters the file. O(content), some tenths of a second for a real file.
    pub fn apply(&self, writer: Writer) -> Result<Writer, WriteError> {
        if self.entries.is_empty() {
            return Ok(writer);
        }
        let mut file = Vec::new();
        writer.finish(&mut file)?;
        // What was written a moment ago can be read.
        let database = Database::from_bytes(&file).map_err(|error: Error| std::io::Error::other(error))?;
        Hidden::find(database.view(), self).write_rest(&database)
    }
}

/// What of one file a list hides.
pub(crate) struct Hidden {
    /// By index.
    companies: Vec<bool>,
    /// By index.
    operators: Vec<bool>,
    /// Ascending, with gaps between them.
    v4: Vec<(u128, u128)>,
    v6: Vec<(u128, u128)>,
    /// Whether any of it is in the file.
    any: bool,
}

impl Hidden {
    /// O(companies + operators + networks of the list × log intervals).
    pub(crate) fn find(view: &View<'_>, list: &SuppressionList) -> Hidden {
        let companies = view.companies.iter().map(|record| Company::new(view, record));
        let hidden_companies: Vec<bool> =
            companies.clone().map(|company| list.suppresses_company(&company_fields(company))).collect();
        // As operators a hidden company has the same name, or the AS number of its id.
        let mut names = HashSet::new();
        let mut numbers: HashSet<u32> = list.suppressed_as().collect();
        for (company, _) in companies.zip(&hidden_companies).filter(|(_, hidden)| **hidden) {
            names.insert(folded("", company.name()));
            numbers.extend(as_number(company.id()));
        }
        let operators = view.operators.iter().map(|record| Operator::new(view, record));
        let hidden_operators: Vec<bool> = operators
            .map(|operator| {
                numbers.contains(&operator.asn())
                    || !names.is_empty() && names.contains(&folded("", operator.name()))
            })
            .collect();
        let networks = list.networks();
        let of_family = |v4: bool| {
            let networks = networks.iter().filter(move |network| network.first.is_ipv4() == v4);
            networks.map(|network| (bits(network.first), bits(network.last))).collect::<Vec<_>>()
        };
        let any = hidden_companies.contains(&true)
            || hidden_operators.contains(&true)
            || networks.iter().any(|network| holds_an_answer(view, network));
        Hidden {
            companies: hidden_companies,
            operators: hidden_operators,
            v4: of_family(true),
            v6: of_family(false),
            any,
        }
    }

    /// Whether the file has nothing that is hidden: it may then be used as it is.
    pub(crate) fn is_nothing(&self) -> bool {
        !self.any
    }

    /// All of the file but what is hidden. Fails where the file is damaged or too large.
    pub(crate) fn write_rest(&self, database: &Database) -> Result<Writer, WriteError> {
        let mut writer = Writer::new();
        let metadata = database.metadata();
        writer.build_number(metadata.build_number());
        writer.created(metadata.created());
        for (key, value) in metadata.facts() {
            writer.fact(key, value)?;
        }
        let answers = self.write_answers(database, &mut writer)?;
        let answer = |id: u32| answers.get(id as usize).copied().unwrap_or(AnswerRef::UNKNOWN);
        let view = database.view();
        let mut hidden = &self.v4[..];
        for index in 0..view.v4.starts.len() {
            let (Some((first, last)), answer) = (view.v4.bounds(index), answer(view.v4.answer(index))) else {
                continue;
            };
            for_each_rest(first.into(), last.into(), &mut hidden, |first, last| {
                writer.push_v4(first as u32, last as u32, answer)
            })?;
        }
        let mut hidden = &self.v6[..];
        for index in 0..view.v6.starts_high.len() {
            let (Some((first, last)), answer) = (view.v6.bounds(index), answer(view.v6.answer(index))) else {
                continue;
            };
            for_each_rest(first, last, &mut hidden, |first, last| writer.push_v6(first, last, answer))?;
        }
        Ok(writer)
    }

    /// Sources, companies, operators and answers; gives the new answer for each id of the file.
    fn write_answers(&self, database: &Database, writer: &mut Writer) -> Result<Vec<AnswerRef>, WriteError> {
        let view = database.view();
        let mut sources: Vec<SourceSet> = Vec::new();
        for source in database.metadata().sources() {
            sources.push(writer.source(&SourceFields {
                name: source.name(),
                title: source.title(),
                licence: source.licence(),
                attribution: source.attribution(),
                url: source.url(),
                date: source.date(),
                rows: source.rows(),
            })?);
        }
        let mut companies: Vec<Option<CompanyRef>> = Vec::with_capacity(self.companies.len());
        for (company, hidden) in database.companies().zip(&self.companies) {
            companies.push(if *hidden { None } else { Some(writer.company(&company_fields(company))?) });
        }
        let mut operators: Vec<Option<OperatorRef>> = Vec::with_capacity(self.operators.len());
        for (operator, hidden) in database.operators().zip(&self.operators) {
            let mut write = || writer.operator(operator.asn(), operator.name(), operator.kind());
            operators.push(if *hidden { None } else { Some(write()?) });
        }
        let mut answers = Vec::with_capacity(view.answers.len());
        for (id, record) in (UNKNOWN..).zip(view.answers) {
            let Some(answer) = database.answer(id) else { break };
            let company = companies.get(record.company.get() as usize).copied().flatten();
            let operator = operators.get(record.operator.get() as usize).copied().flatten();
            let evidence = sources.iter().enumerate().fold(SourceSet::default(), |set, (number, source)| {
                if record.sources.get() >> number & 1 == 1 { set.union(*source) } else { set }
            });
            answers.push(match (answer.status(), company, operator) {
                (Status::Company, Some(company), operator) => {
                    writer.company_answer(company, operator, record.confidence, evidence)?
                }
                (Status::Operator, _, Some(operator)) => writer.operator_answer(operator, evidence)?,
                (Status::Reserved, _, _) => writer.reserved_answer(answer.block().unwrap_or_default())?,
                _ => AnswerRef::UNKNOWN,
            });
        }
        Ok(answers)
    }
}

fn company_fields(company: Company<'_>) -> CompanyFields<'_> {
    CompanyFields {
        id: company.id(),
        name: company.name(),
        kind: company.kind(),
        country: company.country().and_then(|country| country.as_bytes().try_into().ok()),
        domain: company.domain(),
        legal_form: company.legal_form(),
        industry: company.industry(),
        register: company.register(),
        register_id: company.register_id(),
    }
}

/// Whether any address of the network has an answer.
fn holds_an_answer(view: &View<'_>, network: &Network) -> bool {
    match (network.first, network.last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            let intervals = view.v4.find(first.to_bits())..=view.v4.find(last.to_bits());
            intervals.into_iter().any(|index| view.v4.answer(index) != UNKNOWN)
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            let intervals = view.v6.find(first.to_bits())..=view.v6.find(last.to_bits());
            intervals.into_iter().any(|index| view.v6.answer(index) != UNKNOWN)
        }
        _ => false,
    }
}

/// Calls `push` for each part of the range that no hidden one covers, ascending. Ranges come
/// ascending, so the hidden ones that end before this one are dropped from the slice.
fn for_each_rest(
    first: u128,
    last: u128,
    hidden: &mut &[(u128, u128)],
    mut push: impl FnMut(u128, u128) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    while hidden.first().is_some_and(|(_, end)| *end < first) {
        *hidden = &hidden[1..];
    }
    let mut next = first;
    for (start, end) in hidden.iter().take_while(|(start, _)| *start <= last) {
        if next < *start {
            push(next, start - 1)?;
        }
        if *end >= last {
            return Ok(());
        }
        next = end + 1;
    }
    push(next, last)
}
