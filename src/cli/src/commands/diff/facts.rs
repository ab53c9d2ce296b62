//! What files, sources, operators and companies are compared by.

use nameplate::{Company, CompanyKind, Metadata, Operator, OperatorKind, Source, Value};

use super::super::inspect;

/// The facts that something has, by name; absent ones are left out.
pub(super) type Facts<'a> = Vec<(&'static str, Value<'a>)>;

pub(super) fn file_facts(metadata: Metadata<'_>) -> Facts<'_> {
    vec![
        ("build_number", Value::Number(metadata.build_number())),
        ("created", Value::Number(metadata.created())),
    ]
}

pub(super) fn source_facts<'a>(source: &Source<'a>) -> Facts<'a> {
    let texts = inspect::source_facts(source).map(|(name, value)| (name, Value::Text(value)));
    texts.chain([("rows", Value::Number(source.rows()))]).collect()
}

pub(super) fn operator_facts(operator: Operator<'_>) -> Facts<'_> {
    texts([("name", Some(operator.name())), ("kind", operator.kind().map(OperatorKind::as_str))])
}

pub(super) fn company_facts(company: Company<'_>) -> Facts<'_> {
    texts([
        ("name", Some(company.name())),
        ("kind", company.kind().map(CompanyKind::as_str)),
        ("country", company.country()),
        ("domain", company.domain()),
        ("legal_form", company.legal_form()),
        ("industry", company.industry()),
        ("register", company.register()),
        ("register_id", company.register_id()),
    ])
}

fn texts<'a, const N: usize>(facts: [(&'static str, Option<&'a str>); N]) -> Facts<'a> {
    facts.into_iter().filter_map(|(name, value)| Some((name, Value::Text(value?)))).collect()
}
