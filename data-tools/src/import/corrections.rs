//! The user's own corrections: what they say wins over all sources.
//!
//! A CSV file with a header. Each row has one subject, `network` (a prefix or `first - last`),
//! `asn` or `company` (an id), and says what it is:
//!
//! | `is` | meaning | further columns |
//! |---|---|---|
//! | `company` | this company uses it | `name`, and any of `kind`, `country`, `domain`, `legal_form`, `industry`, `register`, `register_id`, `lei` |
//! | `operator` | an operator's: who is behind it is not knowable | `name` and `kind`, for an `asn` |
//! | `unknown` | nothing is to be shown | |

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::Path;

use nameplate::OperatorKind;

use super::ImportError;
use super::input::Input;
use super::row::{Kind, Organisation, Range};
use super::table::{Dialect, Header, Record, Table};
use super::text::{self, Refusal};
use crate::Progress;

/// What a correction says.
#[derive(Debug)]
pub(crate) enum Saying {
    /// This company uses it.
    Company(Box<Organisation<'static>>),
    /// It is an operator's.
    Operator { name: Option<Box<str>>, kind: Option<OperatorKind> },
    /// Nothing is to be shown.
    Unknown,
}

/// All corrections of a build.
#[derive(Debug, Default)]
pub(crate) struct Corrections {
    pub(crate) sayings: Vec<Saying>,
    pub(crate) networks: Vec<(Range, u32)>,
    systems: HashMap<u32, u32>,
    companies: HashMap<Box<str>, u32>,
}

enum Subject<'a> {
    Network(Range),
    System(u32),
    Company(&'a str),
}

impl Corrections {
    /// Reads a file of corrections. They are the user's own words: one bad row refuses the file.
    pub(crate) fn read(&mut self, path: &Path, progress: &mut dyn Progress) -> Result<(), ImportError> {
        let mut table = Table::new(Input::open(path)?, progress, Dialect::guess)?;
        let header = table.header()?;
        if let Some(unknown) = header.names().iter().find(|name| !COLUMNS.contains(&name.as_str())) {
            let what = format!("its column {unknown:?} is none of {}", COLUMNS.join(", "));
            return Err(ImportError::file(path, what));
        }
        let mut networks = HashSet::new();
        let counts = table.for_each(|record| {
            let row = Row { record, header: &header };
            let position = self.sayings.len() as u32;
            let subject = row.subject()?;
            self.sayings.push(row.saying(&subject)?);
            let new = match subject {
                Subject::Network(range) => {
                    self.networks.push((range, position));
                    networks.insert(range)
                }
                Subject::System(asn) => self.systems.insert(asn, position).is_none(),
                Subject::Company(id) => self.companies.insert(id.into(), position).is_none(),
            };
            if new { Ok(true) } else { Err("its subject was corrected before") }
        })?;
        match counts.refused.iter().min_by_key(|(_, refused)| refused.first_line) {
            Some((reason, refused)) => {
                let what = format!("line {}: {reason}; mend or delete it", refused.first_line);
                Err(ImportError::file(path, what))
            }
            None => Ok(()),
        }
    }

    /// What is said of an AS.
    pub(crate) fn of_system(&self, asn: u32) -> Option<&Saying> {
        self.systems.get(&asn).map(|position| &self.sayings[*position as usize])
    }

    /// What is said of a company.
    pub(crate) fn of_company(&self, id: &str) -> Option<&Saying> {
        self.companies.get(id).map(|position| &self.sayings[*position as usize])
    }
}

const COLUMNS: [&str; 13] = [
    "network",
    "asn",
    "company",
    "is",
    "name",
    "kind",
    "country",
    "domain",
    "legal_form",
    "industry",
    "register",
    "register_id",
    "lei",
];

/// A row and the names of its columns.
struct Row<'a> {
    record: Record<'a>,
    header: &'a Header,
}

impl<'a> Row<'a> {
    fn field(&self, column: &str) -> &'a [u8] {
        self.record.at(self.header.column(column))
    }

    fn text(&self, column: &str) -> Result<Option<&'a str>, Refusal> {
        text::text(self.field(column))
    }

    fn subject(&self) -> Result<Subject<'a>, Refusal> {
        match (self.field("network"), text::asn(self.field("asn"))?, self.text("company")?) {
            (network, None, None) if !network.is_empty() => Ok(Subject::Network(text::network(network)?)),
            (b"", Some(asn), None) => Ok(Subject::System(asn)),
            (b"", None, Some(company)) => Ok(Subject::Company(company)),
            _ => Err("not exactly one of network, asn and company is filled in"),
        }
    }

    fn saying(&self, subject: &Subject<'_>) -> Result<Saying, Refusal> {
        let name = self.text("name")?;
        let kind = text::kind(self.field("kind"))?;
        match self.field("is").trim_ascii() {
            b"company" => {
                if matches!(kind, Some(Kind::Operator(_))) {
                    return Err("the kind of a company is one of an operator");
                }
                let own =
                    |column| Ok::<_, Refusal>(self.text(column)?.map(|text| Cow::Owned(text.to_owned())));
                Ok(Saying::Company(Box::new(Organisation {
                    name: Cow::Owned(name.ok_or("a company has no name")?.to_owned()),
                    kind,
                    country: text::country(self.field("country"))?,
                    domain: self.text("domain")?.and_then(text::domain).map(Cow::Owned),
                    legal_form: own("legal_form")?,
                    industry: own("industry")?,
                    register: own("register")?,
                    register_id: own("register_id")?,
                    lei: own("lei")?,
                    ..Organisation::default()
                })))
            }
            b"operator" => {
                let kind = match kind {
                    None => None,
                    Some(Kind::Operator(kind)) => Some(kind),
                    Some(Kind::Company(_)) => return Err("the kind of an operator is one of a company"),
                };
                if (name.is_some() || kind.is_some()) && !matches!(subject, Subject::System(_)) {
                    return Err("an operator gets its name and kind by its asn");
                }
                Ok(Saying::Operator { name: name.map(Box::from), kind })
            }
            b"unknown" => Ok(Saying::Unknown),
            _ => Err("the column \"is\" holds none of company, operator and unknown"),
        }
    }
}
