//! An answer as named fields: the one list from which JSON, maps and tables are made.

use std::fmt::{self, Write};
use std::net::IpAddr;

use crate::address_text::AddressText;
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
            Value::Address(address) => out.pad(AddressText::new(*address).as_str()),
        }
    }
}

/// A field of an answer, in the order of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    /// What is known; always there.
    Status,
    /// The name of a special-purpose block.
    Block,
    /// The company's id.
    CompanyId,
    /// The company's name.
    CompanyName,
    /// The company's kind.
    CompanyKind,
    /// The company's country.
    CompanyCountry,
    /// The company's domain.
    CompanyDomain,
    /// The company's legal form.
    CompanyLegalForm,
    /// The company's industry.
    CompanyIndustry,
    /// The company's register.
    CompanyRegister,
    /// The company's register id.
    CompanyRegisterId,
    /// The operator's AS number.
    OperatorAsn,
    /// The operator's name.
    OperatorName,
    /// The operator's kind.
    OperatorKind,
    /// The network's first address.
    NetworkFirst,
    /// The network's last address.
    NetworkLast,
    /// From 0 to 100.
    Confidence,
    /// One source; comes once for each.
    Sources,
}

impl Field {
    /// All fields.
    pub const ALL: [Field; 18] = [
        Field::Status,
        Field::Block,
        Field::CompanyId,
        Field::CompanyName,
        Field::CompanyKind,
        Field::CompanyCountry,
        Field::CompanyDomain,
        Field::CompanyLegalForm,
        Field::CompanyIndustry,
        Field::CompanyRegister,
        Field::CompanyRegisterId,
        Field::OperatorAsn,
        Field::OperatorName,
        Field::OperatorKind,
        Field::NetworkFirst,
        Field::NetworkLast,
        Field::Confidence,
        Field::Sources,
    ];

    /// Its name; with a dot, it is a field of a group: `company.name`.
    pub const fn name(self) -> &'static str {
        match self {
            Field::Status => "status",
            Field::Block => "block",
            Field::CompanyId => "company.id",
            Field::CompanyName => "company.name",
            Field::CompanyKind => "company.kind",
            Field::CompanyCountry => "company.country",
            Field::CompanyDomain => "company.domain",
            Field::CompanyLegalForm => "company.legal_form",
            Field::CompanyIndustry => "company.industry",
            Field::CompanyRegister => "company.register",
            Field::CompanyRegisterId => "company.register_id",
            Field::OperatorAsn => "operator.asn",
            Field::OperatorName => "operator.name",
            Field::OperatorKind => "operator.kind",
            Field::NetworkFirst => "network.first",
            Field::NetworkLast => "network.last",
            Field::Confidence => "confidence",
            Field::Sources => "sources",
        }
    }
}

/// Calls `each` with the fields that the answer has, in the order of the contract. Absent facts have no field;
/// [`Field::Sources`] comes once for each source.
pub fn for_each_field<'a>(answer: &Answer<'a>, mut each: impl FnMut(Field, Value<'a>)) {
    let status = answer.status();
    each(Field::Status, Value::Text(status.as_str()));
    if let Some(block) = answer.block() {
        each(Field::Block, Value::Text(block));
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
        text(Field::CompanyId, Some(company.id()));
        text(Field::CompanyName, Some(company.name()));
        text(Field::CompanyKind, company.kind().map(CompanyKind::as_str));
        text(Field::CompanyCountry, company.country());
        text(Field::CompanyDomain, company.domain());
        text(Field::CompanyLegalForm, company.legal_form());
        text(Field::CompanyIndustry, company.industry());
        text(Field::CompanyRegister, company.register());
        text(Field::CompanyRegisterId, company.register_id());
    }
    if let Some(operator) = answer.operator() {
        each(Field::OperatorAsn, Value::Number(operator.asn().into()));
        let name = operator.name();
        if !name.is_empty() {
            each(Field::OperatorName, Value::Text(name));
        }
        if let Some(kind) = operator.kind() {
            each(Field::OperatorKind, Value::Text(kind.as_str()));
        }
    }
    if let Some(network) = answer.network() {
        each(Field::NetworkFirst, Value::Address(network.first));
        each(Field::NetworkLast, Value::Address(network.last));
    }
    if let Some(confidence) = answer.confidence() {
        each(Field::Confidence, Value::Number(confidence.into()));
    }
    for source in answer.sources().filter(|source| !source.name().is_empty()) {
        each(Field::Sources, Value::Text(source.name()));
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
    for_each_field(answer, |field, value| {
        let name = field.name();
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
            Value::Address(address) => {
                out.push('"');
                out.push_str(AddressText::new(address).as_str());
                out.push('"');
            }
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
    // Names seldom have anything to escape, and then they are copied at once.
    if !text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        out.push_str(text);
        out.push('"');
        return;
    }
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
