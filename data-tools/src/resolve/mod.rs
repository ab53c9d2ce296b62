//! From evidence to answers: who may be named for which range, and why.
//!
//! At each address the strongest statement of the layer of holders meets the strongest of the
//! layer of announcements. [`RULES`] is the whole table of what follows from them; which kind of
//! organisation a holder is, and whether its name may be shown at all, is for
//! [`crate::organisation`] to judge. docs/RESOLUTION.md has the same table.

mod answers;
#[cfg(test)]
mod tests;

use nameplate::{CompanyFields, CompanyKind, OperatorKind, SuppressionList};

use crate::config::CompanySwitches;
use crate::evidence::{Details, Evidence, PartyId, Statement, System};
use crate::flatten::{Bits, Claim};
use crate::import::{Corrections, Country, Kind, Organisation, Saying};
use crate::organisation::{Class, Signs, Verdict, judge, legal_form};

pub(crate) use answers::Answers;

/// Defines the rules as constants and as a table.
macro_rules! rules {
    ($($constant:ident = $name:literal, $when:literal, $answer:literal;)+) => {
        $(const $constant: Rule = Rule { name: $name, when: $when, answer: $answer };)+
        /// Every rule, the stronger first.
        pub const RULES: &[Rule] = &[$($constant),+];
    };
}

/// What decides the answer for a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, as `--explain` prints it.
    pub name: &'static str,
    /// When it applies.
    pub when: &'static str,
    /// What the answer is.
    pub answer: &'static str,
}

rules! {
    RESERVED = "reserved", "the range is a special-purpose block", "reserved";
    SUPPRESSED_NETWORK = "suppressed-network", "the suppression list has the range", "unknown";
    CORRECTED = "corrected", "a correction has the range, its AS or its company", "what the correction says";
    LISTED = "listed-network", "a list says that the range is an operator's, and no holder of a narrower range is known", "operator";
    NOBODY = "nobody", "no source names a holder", "unknown";
    PERSON = "person", "the most specific holder may be a natural person", "operator, if the AS is another organisation's; else unknown";
    OPERATOR = "operator", "the most specific holder is an operator, or can't be told from one", "operator";
    SUPPRESSED = "suppressed-company", "the suppression list has the company", "unknown";
    SWITCHED_OFF = "switched-off", "the configuration switches the company's kind or country off", "operator, if the AS is another organisation's; else unknown";
    COMPANY = "company", "the most specific holder is a company", "company, in front of the operator whose AS it is";
}

/// A company as it will be written.
#[derive(Clone, Debug)]
pub(crate) struct Company {
    pub(crate) id: String,
    pub(crate) name: Box<str>,
    pub(crate) kind: CompanyKind,
    pub(crate) country: Option<Country>,
    pub(crate) details: Details,
}

impl Company {
    pub(crate) fn fields(&self) -> CompanyFields<'_> {
        CompanyFields {
            id: &self.id,
            name: &self.name,
            kind: Some(self.kind),
            country: self.country,
            domain: self.details.domain.as_deref(),
            legal_form: self.details.legal_form.as_deref(),
            industry: self.details.industry.as_deref(),
            register: self.details.register.as_deref(),
            register_id: self.details.register_id.as_deref(),
        }
    }
}

/// What is said about a range.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    Unknown,
    Reserved(u32),
    Operator { asn: u32 },
    Company { company: Box<Company>, asn: Option<u32>, confidence: u8, sources: u32 },
}

/// A decision and the rule behind it.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    pub(crate) rule: Rule,
}

/// A holder that the rules look at.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    party: PartyId,
    /// The AS by which it is a holder.
    system: Option<(u32, &'a System)>,
}

/// Decides; knows nothing of how answers are written.
pub(crate) struct Rules<'a> {
    pub(crate) evidence: &'a Evidence,
    pub(crate) corrections: &'a Corrections,
    pub(crate) switches: &'a CompanySwitches,
    pub(crate) suppression: Option<&'a SuppressionList>,
    /// Trust in each source, 1 to 100.
    pub(crate) trust: Vec<u8>,
}

impl Rules<'_> {
    /// What follows from the strongest claims of both layers.
    pub(crate) fn decide<A: Bits>(
        &self,
        upper: Option<&Claim<A, u32>>,
        lower: Option<&Claim<A, u32>>,
    ) -> Decided {
        let statement = |claim: &Claim<A, u32>| self.evidence.statements[claim.value as usize];
        let width = |claim: &Claim<A, u32>| claim.last - claim.first;
        let asn = lower.and_then(|claim| match statement(claim) {
            Statement::Announced { asn, .. } => Some(asn),
            _ => None,
        });
        let system = asn.and_then(|asn| Some((asn, self.evidence.systems.get(&asn)?)));
        let holder_of_system = system.and_then(|(asn, system)| {
            Some(Candidate {
                party: system.holder.filter(|party| self.is_named(*party))?,
                system: Some((asn, system)),
            })
        });
        let narrower = match (upper, lower) {
            (Some(upper), Some(lower)) => width(upper) <= width(lower),
            (upper, _) => upper.is_some(),
        };
        match upper.map(statement) {
            Some(Statement::Reserved(block)) => decided(Decision::Reserved(block), RESERVED),
            Some(Statement::Suppressed) => decided(Decision::Unknown, SUPPRESSED_NETWORK),
            Some(Statement::Corrected(position)) => {
                self.corrected(&self.corrections.sayings[position as usize], asn)
            }
            Some(Statement::Listed { kind: Kind::Operator(_), .. }) => {
                decided(asn.map_or(Decision::Unknown, |asn| Decision::Operator { asn }), LISTED)
            }
            Some(Statement::Held { party, .. }) if narrower && self.is_named(party) => {
                self.decide_holder(Candidate { party, system: None }, system)
            }
            _ => match holder_of_system {
                Some(candidate) => self.decide_holder(candidate, system),
                None => decided(Decision::Unknown, NOBODY),
            },
        }
    }

    fn is_named(&self, party: PartyId) -> bool {
        !self.evidence.parties[party as usize].name.is_empty()
    }

    fn decide_holder(&self, candidate: Candidate<'_>, system: Option<(u32, &System)>) -> Decided {
        let asn = system.map(|(asn, _)| asn);
        if let Some((asn, _)) = candidate.system
            && let Some(saying) = self.corrections.of_system(asn)
        {
            return self.corrected(saying, Some(asn));
        }
        let verdict = self.verdict(candidate.party, candidate.system.map(|(_, system)| system));
        // Behind a holder that is not shown stands the operator, if it is somebody else.
        let operator_behind = || match system {
            Some((asn, system)) if system.holder != Some(candidate.party) => Decision::Operator { asn },
            _ => Decision::Unknown,
        };
        match verdict.class {
            Class::Withheld => decided(operator_behind(), PERSON),
            Class::Operator(_) => {
                decided(asn.map_or(Decision::Unknown, |asn| Decision::Operator { asn }), OPERATOR)
            }
            Class::Company(kind) => {
                let company = self.company(candidate, kind);
                if let Some(saying) = self.corrections.of_company(&company.id) {
                    return self.corrected(saying, asn);
                }
                if self.suppression.is_some_and(|list| list.suppresses_company(&company.fields())) {
                    return decided(Decision::Unknown, SUPPRESSED);
                }
                if !self.switched_on(&company) {
                    return decided(operator_behind(), SWITCHED_OFF);
                }
                let sources = self.evidence.parties[candidate.party as usize].sources;
                let confidence = verdict.confidence.min(self.trust_in(sources));
                decided(Decision::Company { company: Box::new(company), asn, confidence, sources }, COMPANY)
            }
        }
    }

    /// What a correction says of a range.
    fn corrected(&self, saying: &Saying, asn: Option<u32>) -> Decided {
        let decision = match saying {
            Saying::Unknown => Decision::Unknown,
            Saying::Operator { .. } => asn.map_or(Decision::Unknown, |asn| Decision::Operator { asn }),
            Saying::Company(organisation) => {
                let company = corrected_company(organisation);
                if self.suppression.is_some_and(|list| list.suppresses_company(&company.fields())) {
                    return decided(Decision::Unknown, SUPPRESSED);
                }
                Decision::Company { company: Box::new(company), asn, confidence: 100, sources: 0 }
            }
        };
        decided(decision, CORRECTED)
    }

    /// What kind of organisation a party is. For the holder of an AS, what it announces counts.
    pub(crate) fn verdict(&self, party: PartyId, system: Option<&System>) -> Verdict {
        let party = &self.evidence.parties[party as usize];
        let details = party.details.as_deref();
        let domain = details.and_then(|details| details.domain.as_deref());
        judge(&Signs {
            name: &party.name,
            shape: system.map(|system| system.shape),
            listed: system.map_or(&[], |system| &system.listed),
            domain,
            domain_kind: self.evidence.listed_as(party),
            declared: party.kind,
            industry: details.and_then(|details| details.industry.as_deref()),
            registered: details.is_some_and(|details| details.lei.is_some() || details.register_id.is_some()),
            natural_person: party.natural_person,
            country: party.country,
        })
    }

    fn company(&self, candidate: Candidate<'_>, kind: CompanyKind) -> Company {
        let party = &self.evidence.parties[candidate.party as usize];
        let mut details = party.details.as_deref().cloned().unwrap_or_default();
        // As the holder writes it; else by the register, whose form may be a code of ISO 20275.
        let registered = details.legal_form.take().and_then(|form| {
            if is_form_code(&form) { legal_form::by_code(&form).map(Box::from) } else { Some(form) }
        });
        details.legal_form = legal_form::as_written(&party.name).map(Box::from).or(registered);
        let country = party.country.or(candidate.system.and_then(|(_, system)| system.country));
        let id = company_id(&details, candidate.system.map(|(asn, _)| asn), &party.name, country);
        Company { id, name: party.name.clone(), kind, country, details }
    }

    fn switched_on(&self, company: &Company) -> bool {
        let is = |country: &String| company.country.is_some_and(|own| country.as_bytes() == own);
        self.switches
            .kinds
            .as_ref()
            .is_none_or(|kinds| kinds.iter().any(|kind| kind == company.kind.as_str()))
            && self.switches.countries.as_ref().is_none_or(|countries| countries.iter().any(is))
            && !self.switches.without_countries.iter().any(is)
    }

    fn trust_in(&self, sources: u32) -> u8 {
        let trusted = |(bit, trust): (usize, &u8)| (sources >> bit & 1 == 1).then_some(*trust);
        self.trust.iter().enumerate().filter_map(trusted).max().unwrap_or(100)
    }

    /// The name and kind under which an AS may be shown; none where it may not.
    pub(crate) fn operator(&self, asn: u32) -> Option<(&str, Option<OperatorKind>)> {
        let system = self.evidence.systems.get(&asn)?;
        let corrected = self.corrections.of_system(asn);
        if let Some(Saying::Operator { name: Some(name), kind }) = corrected {
            return Some((name, *kind));
        }
        if let Some(Saying::Unknown) = corrected {
            return None;
        }
        let party = system.holder.filter(|party| self.is_named(*party))?;
        let name = &*self.evidence.parties[party as usize].name;
        let kind = match (corrected, self.verdict(party, Some(system)).class) {
            (_, Class::Withheld) => return None,
            (Some(Saying::Operator { kind: Some(kind), .. }), _) => Some(*kind),
            (_, Class::Operator(kind)) => kind,
            (_, Class::Company(_)) => None,
        };
        Some((name, kind))
    }
}

fn decided(decision: Decision, rule: Rule) -> Decided {
    Decided { decision, rule }
}

fn is_form_code(form: &str) -> bool {
    form.len() == 4 && form.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

fn corrected_company(organisation: &Organisation<'_>) -> Company {
    let details = crate::evidence::details(organisation).unwrap_or_default();
    let kind = match organisation.kind {
        Some(Kind::Company(kind)) => kind,
        _ => CompanyKind::Business,
    };
    let id = company_id(&details, None, &organisation.name, organisation.country);
    Company { id, name: (&*organisation.name).into(), kind, country: organisation.country, details }
}

/// The id of a company, the same from build to build: register number, LEI, domain, AS number, in
/// this order, and where there is none of them, its country and the words of its name.
fn company_id(details: &Details, asn: Option<u32>, name: &str, country: Option<Country>) -> String {
    if let (Some(register), Some(number)) = (&details.register, &details.register_id) {
        return format!("{register}:{number}");
    }
    if let Some(lei) = &details.lei {
        return format!("lei:{lei}");
    }
    if let Some(domain) = &details.domain {
        return format!("domain:{domain}");
    }
    if let Some(asn) = asn {
        return format!("asn:{asn}");
    }
    let country =
        country.map_or_else(String::new, |country| String::from_utf8_lossy(&country).to_lowercase() + ":");
    format!("name:{country}{}", crate::organisation::names::words(name).join("-"))
}
