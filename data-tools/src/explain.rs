//! `nameplate build --explain`: every piece of evidence about one address, and which rule decided.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use nameplate::Address;

use crate::evidence::{Details, Evidence, Party, Statement, System};
use crate::flatten::{Bits, Claim};
use crate::import::{Country, Holder, Kind, Organisation, Range, Role, Row, Subject, SystemRow};
use crate::organisation::{Class, Verdict};
use crate::resolve::{Decided, Rule, Rules};

/// Why the answer for an address is what it is. It names whatever the sources name, natural
/// persons included: it is for the person who builds the file, from sources that person has.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// What was said about ranges that hold the address, in the order of import: the source's
    /// short name and its statement.
    pub statements: Vec<(String, String)>,
    /// What is known of the AS and of the holders that were weighed.
    pub holders: Vec<String>,
    /// The rule that decided; none where no statement was made at all.
    pub rule: Option<Rule>,
}

/// Collects what is said about one address while sources are imported.
pub(crate) struct Trace {
    pub(crate) address: Address,
    pub(crate) explanation: Explanation,
}

impl Trace {
    pub(crate) fn new(address: Address) -> Trace {
        Trace { address, explanation: Explanation::default() }
    }

    /// Writes a row down if it is about the address.
    pub(crate) fn hear(&mut self, row: &Row<'_>, source: &str) {
        let says = match row {
            Row::Network(network) if self.concerns(network.range) => {
                let mut says = range_text(network.range);
                if let Some(holder) = &network.holder {
                    let role = match network.role {
                        Role::Unsaid => "held by",
                        Role::Allocation => "allocated to",
                        Role::Assignment => "assigned to",
                    };
                    _ = write!(says, ", {role} {}", holder_text(holder));
                }
                if let Some(system) = &network.system {
                    _ = write!(says, ", announced by {}", system_text(system));
                }
                if let Some(country) = network.country {
                    _ = write!(says, ", registered in {}", country_text(country));
                }
                says
            }
            Row::Listed(listed) => match listed.subject {
                Subject::Network(range) if self.concerns(range) => {
                    format!("{}, listed as {}", range_text(range), kind_text(listed.kind))
                }
                _ => return,
            },
            _ => return,
        };
        self.explanation.statements.push((source.to_owned(), says));
    }

    pub(crate) fn concerns(&self, range: Range) -> bool {
        match (self.address, range) {
            (Address::V4(address), Range::V4(first, last)) => first <= address && address <= last,
            (Address::V6(address), Range::V6(first, last)) => first <= address && address <= last,
            _ => false,
        }
    }

    /// Writes down what decided where the address lies.
    pub(crate) fn decided<A: Bits>(
        &mut self,
        rules: &Rules<'_>,
        upper: Option<&Claim<A, u32>>,
        lower: Option<&Claim<A, u32>>,
        sources: &[String],
    ) {
        let Decided { rule, .. } = rules.decide(upper, lower);
        self.explanation.rule = Some(rule);
        let evidence = rules.evidence;
        let claims = [upper, lower].into_iter().flatten();
        for statement in claims.map(|claim| evidence.statements[claim.value as usize]) {
            let says = match statement {
                Statement::Held { party, .. } => {
                    let named = &evidence.parties[party as usize];
                    format!("the holder: {}", party_text(named, rules.verdict(party, None), sources))
                }
                Statement::Announced { asn, .. } => system_says(evidence, rules, asn, sources),
                Statement::Listed { kind, .. } => format!("a list: {}", kind_text(kind)),
                Statement::Corrected(_) => "a correction".to_owned(),
                Statement::Reserved(_) => "a special-purpose block".to_owned(),
                Statement::Suppressed => "a suppressed network".to_owned(),
                Statement::Registered { .. } => continue,
            };
            self.explanation.holders.push(says);
        }
    }
}

fn system_says(evidence: &Evidence, rules: &Rules<'_>, asn: u32, sources: &[String]) -> String {
    let mut says = format!("AS{asn}");
    let Some(system) = evidence.systems.get(&asn) else { return says };
    let System { shape, listed, country, .. } = system;
    if let Some(country) = country {
        _ = write!(says, ", registered in {}", country_text(*country));
    }
    _ = write!(
        says,
        ", announces {} IPv4 ranges with {} addresses and {} IPv6 ranges",
        shape.v4_ranges, shape.v4_addresses, shape.v6_ranges
    );
    for kind in listed {
        _ = write!(says, ", listed as {}", kind_text(*kind));
    }
    if let Some(party) = system.holder {
        let verdict = rules.verdict(party, Some(system));
        let named = &evidence.parties[party as usize];
        _ = write!(says, "; its holder: {}", party_text(named, verdict, sources));
    }
    says
}

fn party_text(party: &Party, verdict: Verdict, sources: &[String]) -> String {
    let mut text = party.name.to_string();
    if let Some(country) = party.country {
        _ = write!(text, ", {}", country_text(country));
    }
    if let Some(Details { domain, register, register_id, lei, industry, legal_form }) =
        party.details.as_deref()
    {
        let facts = [
            ("domain", domain),
            ("register", register),
            ("number", register_id),
            ("LEI", lei),
            ("industry", industry),
            ("legal form", legal_form),
        ];
        for (name, fact) in facts {
            if let Some(fact) = fact {
                _ = write!(text, ", {name} {fact}");
            }
        }
    }
    let named: Vec<&str> = (0..sources.len())
        .filter(|bit| party.sources >> bit & 1 == 1)
        .map(|bit| sources[bit].as_str())
        .collect();
    _ = write!(text, " (named by {}); ", named.join(", "));
    match verdict.class {
        Class::Company(kind) => _ = write!(text, "a company, {kind}, confidence {}", verdict.confidence),
        Class::Operator(Some(kind)) => _ = write!(text, "an operator, {kind}"),
        Class::Operator(None) => text.push_str("an operator"),
        Class::Withheld => text.push_str("withheld"),
    }
    _ = write!(text, " by the rule {}", verdict.rule);
    text
}

fn holder_text(holder: &Holder<'_>) -> String {
    match holder {
        Holder::Named(organisation) => organisation_text(organisation),
        Holder::Handle(handle) => format!("handle {handle}"),
    }
}

fn organisation_text(organisation: &Organisation<'_>) -> String {
    let mut text = organisation.name.to_string();
    if let Some(country) = organisation.country {
        _ = write!(text, " ({})", country_text(country));
    }
    if let Some(kind) = organisation.kind {
        _ = write!(text, ", {}", kind_text(kind));
    }
    if organisation.natural_person {
        text.push_str(", a natural person");
    }
    text
}

fn system_text(system: &SystemRow<'_>) -> String {
    match &system.holder {
        Some(holder) => format!("AS{} of {}", system.asn, holder_text(holder)),
        None => format!("AS{}", system.asn),
    }
}

fn country_text(country: Country) -> String {
    String::from_utf8_lossy(&country).into_owned()
}

fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Company(kind) => kind.as_str(),
        Kind::Operator(kind) => kind.as_str(),
    }
}

fn range_text(range: Range) -> String {
    match range {
        Range::V4(first, last) => format!("{}-{}", Ipv4Addr::from_bits(first), Ipv4Addr::from_bits(last)),
        Range::V6(first, last) => format!("{}-{}", Ipv6Addr::from_bits(first), Ipv6Addr::from_bits(last)),
    }
}
