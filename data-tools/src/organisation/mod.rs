//! What may be said about an organisation: is it a company, an operator, or withheld?
//!
//! [`judge`] goes through [`RULES`] in order; the first that applies decides. The same table stands in
//! `docs/RESOLUTION.md`.
//!
//! ```text
//! Signs -> signs (words of the name) -> person (may it be a person's name?) -> kind -> score -> Verdict
//! ```
//!
//! The rules err in two directions on purpose. A name that may be a natural person's is withheld unless
//! something shows an organisation. What can't be told to use its network itself is an operator, never
//! a company.

mod industry;
mod kind;
pub(crate) mod legal_form;
pub(crate) mod names;
pub(crate) mod normal;
mod person;
mod person_names;
mod rules;
mod score;
mod signs;

use nameplate::{CompanyKind, OperatorKind};

pub use rules::{RULES, Rule};

pub use crate::import::Kind;
use kind::NameKind;
use person::Likeness;
use signs::Reading;

/// All that is known of an organisation when it is judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signs<'a> {
    /// Its name, as the source gives it.
    pub name: &'a str,
    /// The shape of its networks, where they are known.
    pub shape: Option<Shape>,
    /// What lists say of its AS or network.
    pub listed: &'a [Kind],
    /// Its domain, lower case.
    pub domain: Option<&'a str>,
    /// What a list of domains says of its domain.
    pub domain_kind: Option<Kind>,
    /// What a source itself says that it is.
    pub declared: Option<Kind>,
    /// Its industry as a register gives it: a NACE, NAF or SIC code, with or without words.
    pub industry: Option<&'a str>,
    /// It is linked to an entry of a company register or to an LEI.
    pub registered: bool,
    /// A source says that it is a natural person or sole trader.
    pub natural_person: bool,
    /// ISO 3166-1 alpha-2 in capitals.
    pub country: Option<[u8; 2]>,
}

/// How many networks an AS or holder announces, of what size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// IPv4 ranges.
    pub v4_ranges: u32,
    /// IPv4 addresses in them.
    pub v4_addresses: u64,
    /// IPv6 ranges.
    pub v6_ranges: u32,
    /// Networks of 48 bits (2^80 addresses) in them, rounded up for each range.
    pub v6_networks: u64,
}

impl Shape {
    /// Adds an IPv4 range, both ends included.
    pub fn add_v4(&mut self, first: u32, last: u32) {
        self.v4_ranges = self.v4_ranges.saturating_add(1);
        self.v4_addresses += u64::from(last - first) + 1;
    }

    /// Adds an IPv6 range, both ends included.
    pub fn add_v6(&mut self, first: u128, last: u128) {
        self.v6_ranges = self.v6_ranges.saturating_add(1);
        let networks = (last >> 80) as u64 - (first >> 80) as u64 + 1;
        self.v6_networks = self.v6_networks.saturating_add(networks);
    }
}

/// What may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// An organisation that uses its network itself.
    Company(CompanyKind),
    /// Who is behind the network is not knowable. The kind where it can be told.
    Operator(Option<OperatorKind>),
    /// Perhaps a natural person, or nameless: never shown.
    Withheld,
}

/// What may be said, how sure that is, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What may be said.
    pub class: Class,
    /// 0 to 100.
    pub confidence: u8,
    /// The name of the rule that decided, as in `docs/RESOLUTION.md`.
    pub rule: &'static str,
}

/// Judges an organisation. Never fails, whatever the name holds; some microseconds for a usual name, in
/// proportion to its length.
pub fn judge(signs: &Signs<'_>) -> Verdict {
    let case = Case::new(signs);
    RULES
        .iter()
        .find_map(|rule| {
            let class = (rule.decide)(&case)?;
            Some(Verdict { class, confidence: rule.confidence, rule: rule.name })
        })
        .expect("the last rule always decides")
}

/// An organisation with all that its name says.
pub(crate) struct Case<'a> {
    signs: &'a Signs<'a>,
    reading: Reading,
    legal_form: bool,
    likeness: Likeness,
    /// The name is of someone who trades under another one, and who may be a person.
    trades: bool,
    /// Of the strong signs in the name.
    strong: Option<NameKind>,
    /// Of the weak ones.
    weak: Option<NameKind>,
}

impl<'a> Case<'a> {
    fn new(signs: &'a Signs<'a>) -> Case<'a> {
        let name = holder(signs.name);
        let reading = Reading::new(name);
        let trader = trader(name);
        let legal_form = has_legal_form(trader.unwrap_or(name));
        Case {
            legal_form,
            likeness: person::likeness(name, &reading),
            trades: trader.is_some_and(|trader| !legal_form && is_trader(trader)),
            strong: kind::of(reading.decisive).or(kind::of(reading.strong)),
            weak: kind::of(reading.weak),
            signs,
            reading,
        }
    }

    /// Something other than words says that this is an organisation and no natural person.
    fn is_organisation(&self) -> bool {
        let Signs { registered, declared, domain_kind, .. } = self.signs;
        self.legal_form || *registered || declared.is_some() || domain_kind.is_some()
    }

    fn shape(&self) -> Shape {
        self.signs.shape.unwrap_or_default()
    }

    fn score(&self) -> f32 {
        score::score(&self.reading, self.signs.shape)
    }
}

/// The holder in what registries write: without the AS's own name or number before it (`AS64500 - Example`).
fn holder(name: &str) -> &str {
    match name.split_once(" - ") {
        Some((handle, holder)) if !handle.contains(' ') && handle.chars().any(|c| c.is_ascii_digit()) => {
            holder
        }
        _ => name,
    }
}

/// Who it is that trades under another name: `Example Ltd` in `Example Ltd trading as Sample`. The other name's
/// legal form and words say nothing of him.
fn trader(name: &str) -> Option<&str> {
    let lower = name.to_ascii_lowercase();
    let marks = [" trading as ", " t/a ", " d/b/a ", " dba ", " operating as ", " doing business as "];
    marks.iter().filter_map(|mark| lower.find(mark)).min().map(|at| &name[..at])
}

/// Whether a trader without a legal form may be a person: no sign of an organisation stands in his name.
fn is_trader(name: &str) -> bool {
    let reading = Reading::new(name);
    let of_organisation = reading.words().any(|(_, signs)| signs.meets(signs::SignSet::OF_ORGANISATIONS));
    !of_organisation || person::likeness(name, &reading) > Likeness::No
}

/// Whether a name carries a legal form of an organisation. Some microseconds.
pub fn has_legal_form(name: &str) -> bool {
    legal_form::as_written(name).is_some()
}

/// For `train/score.rs`: what the score is learned from.
#[doc(hidden)]
pub mod training {
    use super::{NameKind, Reading, Shape, holder, kind, score};

    /// What the strong signs of a name say: `Some(true)` of an operator, `Some(false)` of a company.
    pub fn operator_by_signs(name: &str) -> Option<bool> {
        match kind::of(Reading::new(holder(name)).strong)? {
            NameKind::Operator(None) => None,
            NameKind::Operator(Some(_)) => Some(true),
            NameKind::Company(_) => Some(false),
        }
    }

    /// The score of an organisation.
    pub fn score(name: &str, shape: Option<Shape>) -> f32 {
        score::score(&Reading::new(holder(name)), shape)
    }

    /// Calls `each` with the features of an organisation.
    pub fn features(name: &str, shape: Option<Shape>, each: &mut dyn FnMut(&str)) {
        score::features(&Reading::new(holder(name)), shape, each);
    }
}
