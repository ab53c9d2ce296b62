pub use crate::classify::Verdict as Old;
use crate::import::{Kind, Range};
use nameplate::{CompanyKind, OperatorKind};

/// How much an AS announces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    pub v4_ranges: u32,
    pub v4_addresses: u64,
    pub v6_ranges: u32,
    pub v6_networks: u64,
}
impl Shape {
    /// Counts one more announced range.
    pub(crate) fn add(&mut self, range: Range) {
        match range {
            Range::V4(first, last) => {
                self.v4_ranges += 1;
                self.v4_addresses += u64::from(last - first) + 1;
            }
            Range::V6(first, last) => {
                self.v6_ranges += 1;
                self.v6_networks += (((last - first) >> 80) as u64) + 1;
            }
        }
    }
}
pub(crate) struct Signs<'a> {
    pub(crate) name: &'a str,
    pub(crate) shape: Option<Shape>,
    pub(crate) listed: &'a [Kind],
    pub(crate) domain: Option<&'a str>,
    pub(crate) domain_kind: Option<Kind>,
    pub(crate) declared: Option<Kind>,
    pub(crate) industry: Option<&'a str>,
    pub(crate) registered: bool,
    pub(crate) natural_person: bool,
    pub(crate) country: Option<[u8; 2]>,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Company(CompanyKind),
    Operator(Option<OperatorKind>),
    Withheld,
}
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) class: Class,
    pub(crate) confidence: u8,
    pub(crate) rule: &'static str,
}
pub(crate) fn judge(signs: &Signs<'_>) -> Verdict {
    if signs.natural_person {
        return Verdict { class: Class::Withheld, confidence: 0, rule: "person" };
    }
    match crate::classify::classify(signs.name) {
        Old::Company => {
            Verdict { class: Class::Company(CompanyKind::Business), confidence: 40, rule: "legal-form" }
        }
        Old::Operator => Verdict { class: Class::Operator(None), confidence: 40, rule: "trade" },
        Old::Withheld => Verdict { class: Class::Withheld, confidence: 40, rule: "person" },
    }
}
