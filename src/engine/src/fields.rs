//! An answer as named fields: the one list from which JSON, maps and tables are made.

use std::fmt::{self, Write};
use std::net::IpAddr;

use crate::answer::{Answer, CompanyKind, Status};

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Number(u64),
    /// The first or last address of a network.
    Address(IpAddr),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => out.write_str(text),
            Value::Number(number) => number.fmt(out),
            Value::Address(address) => address.fmt(out),
        }
    }
}

/// Calls `each` with the fields that the answer has, in the order of the contract. A name with a
/// dot is a field of a group: `company.name`. Absent facts have no field. `sources` comes once
/// for each source.
pub fn for_each_field<'a>(answer: &Answer<'a>, mut each: impl FnMut(&'static str, Value<'a>)) {
    let status = answer.status();
    each("status", Value::Text(status.as_str()));
    if let Some(block) = answer.block() {
        each("block", Value::Text(block));
    }
    if status == Status::Unknown || status == Status::Reserved {
        return;
    }
    let mut text = |name, value: Option<&'a str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            each(name, Value::Text(value));
        }
    };
    if let Some(company) = answer.company().filter(|_| status == Status::Company) {
        text("company.id", Some(company.id()));
        text("company.name", Some(company.name()));
        text("company.kind", company.kind().map(CompanyKind::as_str));
        text("company.country", company.country());
        text("company.domain", company.domain());
        text("company.legal_form", company.legal_form());
        text("company.industry", company.industry());
        text("company.register", company.register());
        text("company.register_id", company.register_id());
    }
    if let Some(operator) = answer.operator() {
        each("operator.asn", Value::Number(operator.asn().into()));
        if !operator.name().is_empty() {
            each("operator.name", Value::Text(operator.name()));
        }
        if let Some(kind) = operator.kind() {
            each("operator.kind", Value::Text(kind.as_str()));
        }
    }
    if let Some(network) = answer.network() {
        each("network.first", Value::Address(network.first));
        each("network.last", Value::Address(network.last));
    }
    if let Some(confidence) = answer.confidence() {
        each("confidence", Value::Number(confidence.into()));
    }
    for source in answer.sources().filter(|source| !source.name().is_empty()) {
        each("sources", Value::Text(source.name()));
    }
}

/// Appends the answer as one line of JSON, without a line end.
///
/// ```json
/// {"status":"operator","operator":{"asn":64500,"name":"…"},"network":{"first":"…","last":"…"},"sources":["ip-asn"]}
/// ```
pub fn write_json(answer: &Answer<'_>, out: &mut String) {
    // The bracket that closes what is open, and the name of what is open.
    let mut open: Option<(&'static str, char)> = None;
    out.push('{');
    for_each_field(answer, |name, value| {
        let (group, key) = match name.split_once('.') {
            Some((group, key)) => (Some((group, '}')), Some(key)),
            None if name == "sources" => (Some((name, ']')), None),
            None => (None, Some(name)),
        };
        if group == open && open.is_some() {
            out.push(',');
        } else {
            if let Some((_, bracket)) = open {
                out.push(bracket);
            }
            if !out.ends_with('{') {
                out.push(',');
            }
            if let Some((group, bracket)) = group {
                write_json_text(group, out);
                out.push_str(if bracket == '}' { ":{" } else { ":[" });
            }
            open = group;
        }
        if let Some(key) = key {
            write_json_text(key, out);
            out.push(':');
        }
        match value {
            Value::Text(text) => write_json_text(text, out),
            Value::Number(number) => write!(out, "{number}").unwrap_or_default(),
            Value::Address(address) => write!(out, "\"{address}\"").unwrap_or_default(),
        }
    });
    if let Some((_, bracket)) = open {
        out.push(bracket);
    }
    out.push('}');
}

/// Appends a JSON string (RFC 8259 section 7).
fn write_json_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0'..='\x1f' => write!(out, "\\u{:04x}", character as u32).unwrap_or_default(),
            _ => out.push(character),
        }
    }
    out.push('"');
}
